"""Switches on which agents ask somebody: each step is the service's own, and its commands arrive one by one."""

from __future__ import annotations

from collections.abc import Coroutine, Generator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from services.acd.consult_steps import ConsultSteps
from services.acd.floor_changes import Action, Consulting
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
from shared.telephony.destinations import DestinationKind
from shared.telephony.handover import LEAVING, Leaving, TextSeal
from shared.telephony.queueing import QUEUE_TURN
from tests.unit.acd.call_centre import TENANT
from tests.unit.acd.simulated_switch import UNKNOWN_CALL, Leg, Switches

SEAL = TextSeal("secret", LEAVING)


class _Asked:
    """A command for whose reply a step waits."""

    def __init__(self, command: SwitchCommand) -> None:
        self._command = command

    def __await__(self) -> Generator[SwitchCommand, SwitchReply | None, SwitchReply | None]:
        return (yield self._command)


async def _ask(command: SwitchCommand, timeout: float = 0.0) -> SwitchReply | None:
    return await _Asked(command)


STEPS = ConsultSteps(_ask, SEAL, lambda tenant_id, number: [])


@dataclass(frozen=True)
class StepUnderWay:
    """The rest of a step: the command that is sent now, and whoever waits for the reply."""

    entry_id: UUID
    command: SwitchCommand
    waits: Coroutine[Any, SwitchReply | None, bool]


class ConsultingSwitches(Switches):
    """Switches that know consults."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.leaving: dict[str, str] = {}

    def carry_out(self, owner: int, action: Action | StepUnderWay) -> None:
        if isinstance(action, Consulting):
            action = self._begun(action)
        if isinstance(action, StepUnderWay):
            self._goes_on(owner, action, self.does(action.command))
        else:
            super().carry_out(owner, action)

    def fail(self, owner: int, action: Action | StepUnderWay, *, done: bool = False) -> None:
        """A command got lost, or (``done``) the reply to it: whoever sent it cannot tell."""
        if isinstance(action, Consulting):
            action = self._begun(action)
        if isinstance(action, StepUnderWay):
            if done:
                self.does(action.command)
            self._goes_on(owner, action, None)
        else:
            super().fail(owner, action)

    @staticmethod
    def _begun(action: Consulting) -> StepUnderWay:
        step = STEPS.do(TENANT, action)
        return StepUnderWay(action.entry.id, step.send(None), step)

    def _goes_on(self, owner: int, step: StepUnderWay, reply: SwitchReply | None) -> None:
        try:
            following = step.waits.send(reply)
        except StopIteration as over:
            self.tell("consult_went", str(step.entry_id), cause="" if over.value else UNKNOWN_CALL, owner=owner)
        else:
            self.commands.append((owner, replace(step, command=following)))

    # What the commands do

    def does(self, command: SwitchCommand) -> SwitchReply:
        """One command of a step."""
        leg_id, other = getattr(command, "leg_id", ""), getattr(command, "other_leg_id", "")
        if any(one and (one not in self.legs or self.legs[one].is_ringing) for one in (leg_id, other)):
            return SwitchReply(ok=False, code=UNKNOWN_CALL)
        match command:
            case Separate():
                return self._separate(leg_id, other)
            case Bridge():
                self.join(leg_id, other)
            case Park():
                self.park(leg_id)
            case Barge():
                self.leave(leg_id)
                self.legs[leg_id] = replace(self.legs[leg_id], listens_to=other)
            case SetVariables(variables=variables):
                self._set(leg_id, variables)
            case Transfer():
                self._is_sent_on(leg_id)
            case Broadcast():
                pass
            case _:
                raise AssertionError(f"no step asks for {command.name}")
        return SwitchReply()

    def _separate(self, leg_id: str, other: str) -> SwitchReply:
        """One hears music; the other is in park then, or it is not told in time that they were parted."""
        self.legs[other] = replace(self.legs[other], parks=True)
        self.leave(leg_id)
        self.legs[leg_id] = replace(self.legs[leg_id], is_on_hold=True)
        is_parted = other in self.legs and self.legs[other].is_parked
        return SwitchReply() if is_parted else SwitchReply(ok=False, code="deadline_exceeded")

    def _set(self, leg_id: str, variables: dict[str, str]) -> None:
        if LEAVING in variables:
            self.leaving[leg_id] = variables[LEAVING]
        if (turn := variables.get(QUEUE_TURN)) is not None:
            leg = self.legs[leg_id]
            self.turns[leg_id] = int(turn)
            if leg.turn is not None:
                self.legs[leg_id] = replace(leg, turn=int(turn), is_queued=leg.is_queued and leg.turn == int(turn))

    def _is_sent_on(self, leg_id: str) -> None:
        """The agent's leg goes where it was told to, and comes back to park."""
        leaving = Leaving.decode(SEAL.open(self.leaving[leg_id], leg_id) or "")
        assert leaving is not None
        self.leave(leg_id)
        leg = self.legs[leg_id]
        if leaving.destination.kind is DestinationKind.QUEUE:
            turn = self.turns.get(leg_id, 0) + 1
            self.queue(leg_id, leg.node_id, turn, leaving.destination.target)
        else:
            self.asked += 1
            third = f"third-{self.asked}"
            self.legs[leg_id] = replace(leg, turn=None, is_queued=False)
            self.legs[third] = Leg(third, leg.node_id, is_ringing=True, is_third=True, called_by=leg_id)

    # What people do

    def third_answers(self, leg_id: str) -> None:
        """Whom an agent's leg calls takes the call."""
        leg = self.legs[leg_id]
        self.legs[leg_id] = replace(leg, is_ringing=False)
        self.join(leg.called_by, leg_id)
