"""What a consult asks of the switch, step by step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol
from uuid import UUID

from services.acd.domain.model import Agent
from services.acd.floor_changes import Consulting
from services.acd.records import Entry
from shared.contracts.switch import (
    Barge,
    Bridge,
    Broadcast,
    Park,
    Separate,
    SetVariables,
    SwitchCommand,
    SwitchReply,
    Transfer,
)
from shared.telephony.destinations import Destination
from shared.telephony.dial_string import Leg
from shared.telephony.handover import HOLD, LEAVE, LEAVING, Leaving, TextSeal
from shared.telephony.queueing import QUEUE_TURN
from shared.telephony.sounds import Tone

PHONES: Final = "seda"
RINGS: Final = Tone("%(1000,4000,425)", loops=24)
"""What an agent hears while another agent's phone rings, for as long as it may."""

Phones = Callable[[UUID, str], list[Leg]]
"""The devices of a tenant's extension."""


class Ask(Protocol):
    """Sends a command; none: nobody answered."""

    async def __call__(self, command: SwitchCommand, timeout: float = ...) -> SwitchReply | None: ...


def who_talks(agent: Agent, phones: list[Leg]) -> dict[str, str]:
    """Variables of the caller's leg: the agent who talks is who may transfer the caller, in its own name.

    Args:
        phones: the devices of the agent's extension; none of a mobile.
    """
    party = {"seda_party_id": str(phones[0].variables["seda_party_id"])} if phones else {}
    return {"seda_agent_id": str(agent.id), **party}


class ConsultSteps:
    """Carries steps out; what became of them is for the floor to look up.

    Args:
        ask: sends a command; none: nobody answered.
        seal: with which a leg is sent on in the tenant's name.
        phones: knows the devices of extensions.
    """

    def __init__(self, ask: Ask, seal: TextSeal, phones: Phones) -> None:
        self._ask = ask
        self._phones = phones
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
                held = Separate(leg_id=caller, other_leg_id=agent, **where)
                return [held, *self._call(entry, agent, where, is_agent=action.asked is not None)]
            case ("connecting" | "returning") as step, _:
                parked = Park(leg_id=agent, **where)
                asked = Bridge(leg_id=agent, other_leg_id=third, **where)
                return [asked] if step == "connecting" else [parked, Bridge(leg_id=caller, other_leg_id=agent, **where)]
            case "completing", _:
                variables = {QUEUE_TURN: str(entry.turn + 1), **self._taker(tenant_id, action)}
                turn = SetVariables(leg_id=caller, variables=variables, **where)
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

    def _call(self, entry: Entry, agent: str, where: dict[str, Any], *, is_agent: bool) -> list[SwitchCommand]:
        """The agent's leg goes where routing says, and comes back to park however that ends.

        Args:
            is_agent: another agent is asked, who is called as for a caller: the leg hears it ring.
        """
        if is_agent:
            return [Broadcast(leg_id=agent, media=RINGS.uri, **where)]
        destination = Destination.parse(entry.consult.destination if entry.consult else "")
        leaving = Leaving(destination, program=HOLD, after=HOLD).encode()
        variables = {LEAVING: self._seal.close(leaving, agent)}
        return [
            SetVariables(leg_id=agent, variables=variables, **where),
            Transfer(leg_id=agent, number=LEAVE, context=PHONES, **where),
        ]

    def _taker(self, tenant_id: UUID, action: Consulting) -> dict[str, str]:
        """Of an agent who takes the caller over."""
        if action.asked is None:
            return {}
        return who_talks(action.asked, self._phones(tenant_id, action.asked.phone.target))

    @staticmethod
    def _legs(entry: Entry) -> tuple[str, str, str]:
        third = entry.consult.leg_id if entry.consult else None
        return entry.leg_id or "", entry.agent_leg_id or "", third or ""
