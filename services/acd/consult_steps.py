"""What a consult asks of the switch, step by step."""

from __future__ import annotations

from typing import Any, Final, Protocol
from uuid import UUID

from services.acd.floor_changes import Consulting
from services.acd.records import Entry
from shared.contracts.switch import Barge, Bridge, Park, Separate, SetVariables, SwitchCommand, SwitchReply, Transfer
from shared.telephony.destinations import Destination
from shared.telephony.handover import HOLD, LEAVE, LEAVING, Leaving, TextSeal
from shared.telephony.queueing import QUEUE_TURN

PHONES: Final = "seda"


class Ask(Protocol):
    """Sends a command; none: nobody answered."""

    async def __call__(self, command: SwitchCommand, timeout: float = ...) -> SwitchReply | None: ...


class ConsultSteps:
    """Carries steps out; what became of them is for the floor to look up.

    Args:
        ask: sends a command; none: nobody answered.
        seal: with which a leg is sent on in the tenant's name.
    """

    def __init__(self, ask: Ask, seal: TextSeal) -> None:
        self._ask = ask
        self._seal = seal

    async def do(self, tenant_id: UUID, action: Consulting) -> bool:
        """Whether the switch did it all; else it may have done a part."""
        for command in self._commands(tenant_id, action):
            reply = await self._ask(command)
            if reply is None or not reply.ok:
                return False
        return True

    def _commands(self, tenant_id: UUID, action: Consulting) -> list[SwitchCommand]:
        entry = action.entry
        where = {"node_id": entry.node_id, "tenant_id": tenant_id}
        caller, agent, third = self._legs(entry)
        match action.step, action.before:
            case "beginning", _:
                return [Separate(leg_id=caller, other_leg_id=agent, **where), *self._call(entry, agent, where)]
            case "returning", _:
                return [Park(leg_id=agent, **where), Bridge(leg_id=caller, other_leg_id=agent, **where)]
            case "completing", _:
                turn = SetVariables(leg_id=caller, variables={QUEUE_TURN: str(entry.turn + 1)}, **where)
                return [turn, Bridge(leg_id=caller, other_leg_id=third, **where)]
            case "swapping", "on_hold":
                held = Separate(leg_id=caller, other_leg_id=agent, **where)
                return [held, Bridge(leg_id=third, other_leg_id=agent, **where)]
            case ("swapping" | "joining") as step, before:
                back = [
                    Separate(leg_id=third, other_leg_id=agent, **where),
                    Bridge(leg_id=caller, other_leg_id=agent, **where),
                ]
                together = [Barge(leg_id=third, other_leg_id=caller, **where)] if step == "joining" else []
                return [*(back if before == "talking" else []), *together]
        raise ValueError(f"no such step: {action.step}")

    def _call(self, entry: Entry, agent: str, where: dict[str, Any]) -> list[SwitchCommand]:
        """The agent's leg goes where routing says, and comes back to park however that ends."""
        destination = Destination.parse(entry.consult.destination if entry.consult else "")
        leaving = Leaving(destination, program=HOLD, after=HOLD).encode()
        variables = {LEAVING: self._seal.close(leaving, agent)}
        return [
            SetVariables(leg_id=agent, variables=variables, **where),
            Transfer(leg_id=agent, number=LEAVE, context=PHONES, **where),
        ]

    @staticmethod
    def _legs(entry: Entry) -> tuple[str, str, str]:
        third = entry.consult.leg_id if entry.consult else None
        return entry.leg_id or "", entry.agent_leg_id or "", third or ""
