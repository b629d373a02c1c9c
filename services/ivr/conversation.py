"""One call in a flow: the interpreter's decisions carried out, in the call's own greenlet, from its coming on."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

from services.ivr.call_states import IN_TABLE, Kept, StateBox, as_text
from services.ivr.domain.actions import Action, GoTo, HangUp, Note, Record
from services.ivr.domain.events import CameBack, Event, HungUp, Recorded, Resumed, Started
from services.ivr.domain.flow import Flow, Library
from services.ivr.domain.interpreter import Step, decide, kept_after_hang_up
from services.ivr.domain.node import CallFacts
from services.ivr.domain.state import State
from services.ivr.metrics import IvrMetrics
from services.ivr.performing import Performer
from services.ivr.telling import Common, Teller, common_of
from shared.esl.errors import CallEnded, EslError
from shared.esl.outbound import OutboundSession
from shared.runtime.clock import Clock
from shared.runtime.logs import get_logger
from shared.telephony.causes import CAUSES, Cause
from shared.telephony.dialplan_actions import SetAll, Transfer
from shared.telephony.handover import CAUSE, LEAVE, LEAVING, PROGRAM_STATE, Leaving, TextSeal

log = get_logger(__name__)

SAVE_SECONDS: Final = 2.0
GONE_SECONDS: Final = 4.0
CONTEXT: Final = "seda"
Result = TypeVar("Result")


class CallStates(Protocol):
    """Keeps states that are too large for a channel variable."""

    async def save(self, tenant_id: UUID, leg_id: UUID, sealed: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class CallContext:
    """What is known of a call when something is written down of it."""

    tenant_id: UUID
    facts: CallFacts
    program: str
    turn: int
    flow: Flow
    node: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Parts:
    """What conversations work with, put together by the composition root."""

    box: StateBox
    seal: TextSeal
    states: CallStates
    teller: Teller
    metrics: IvrMetrics
    clock: Clock


class Conversation:
    """Talks with one caller.

    Args:
        library: the tenant's flows.
        call: the call, with the flow it came for.
        state: where it is; a new one's is `interpreter.first_state`.
        first: what happened: `Started`, `Resumed`, `CameBack`, or `Recorded` while no process had the call.
    """

    def __init__(
        self,
        session: OutboundSession,
        parts: Parts,
        performer: Performer,
        *,
        library: Library,
        call: CallContext,
        state: State,
        first: Event,
    ) -> None:
        self._session, self._parts, self._performer = session, parts, performer
        self._library, self._call, self._state, self._first = library, call, state, first
        self._began = time.monotonic()

    def run(self) -> None:
        """Until the call is gone or somebody else's. Raises nothing but what is a defect."""
        resumed = not isinstance(self._first, Started)
        facts = self._call.facts
        self._parts.teller.entered(
            self._common(), caller=facts.caller_number, called=facts.called_number, resumed=resumed
        )
        event: Event | None = self._first
        try:
            self._performer.take_over()
            while event is not None:
                event = self._after(event)
        except CallEnded:
            self._after_hang_up()

    def _after(self, event: Event) -> Event | None:
        """One decision, carried out; the answer to it, or none when this was the last."""
        step = self._decide(event)
        self._keep(step)
        if step.action is None:
            return None
        if isinstance(step.action, HangUp):
            self._hang_up(step.action)
            return None
        if isinstance(step.action, GoTo):
            self._go(step.action)
            return None
        return self._performer.perform(step.action, self._context())

    def _decide(self, event: Event) -> Step:
        step = decide(self._library, self._state, event, self._call.facts, self._parts.clock.now())
        self._state = step.state
        self._tell(step.notes)
        return step

    def _keep(self, step: Step) -> None:
        """Where the call is now, on its channel: whoever gets it next goes on from there."""
        action: Action | None = step.action
        if action is None or isinstance(action, HangUp) or (isinstance(action, GoTo) and not action.comes_back):
            return
        recording = action.name if isinstance(action, Record) else ""
        kept = Kept(self._call.program, self._call.turn, self._state, recording)
        sealed = self._parts.box.seal(kept, self._session.uuid)
        text = as_text(sealed)
        if text is None:
            text = IN_TABLE
            self._wait(self._parts.states.save(self._call.tenant_id, UUID(self._session.uuid), sealed))
        self._session.set_variable(PROGRAM_STATE, text)

    def _wait(self, coroutine: Coroutine[Any, Any, Result]) -> Result | None:
        try:
            return self._session.wait_for(coroutine, SAVE_SECONDS, own=True)
        except EslError:
            raise
        except Exception:
            log.exception("a call's state could not be kept", leg_id=self._session.uuid)
            return None

    def _hang_up(self, action: HangUp) -> None:
        self._session.hangup(action.cause.name)

    def _go(self, action: GoTo) -> None:
        back = self._call.program if action.comes_back else ""
        after = f"flow:{action.after}" if action.after else ""
        leaving = Leaving(
            action.destination, back, action.ring_seconds, action.accept_key, after, not_taken=action.not_taken
        )
        sealed = self._parts.seal.close(leaving.encode(), self._session.uuid)
        variables = {LEAVING: sealed, CAUSE: ""} | ({} if action.comes_back else {PROGRAM_STATE: ""})
        self._performer.execute(SetAll(variables))
        self._performer.leave(Transfer(LEAVE, CONTEXT))

    def _after_hang_up(self) -> None:
        """What was being recorded is kept; then the flow hears that the caller left.

        A connection that is lost is no hang-up: the switch offers the call to another process.
        """
        self._session.wait_gone(GONE_SECONDS)  # the notice of the end may come before the hang-up is told
        if not self._session.hangup_cause:
            log.info("the connection to a call was lost", leg_id=self._session.uuid, node=self._state.node)
            return
        recording, self._performer.recording = self._performer.recording, None
        if recording is not None:
            self._keep_recording(recording)
        step = decide(self._library, self._state, HungUp(self._cause()), self._call.facts, self._parts.clock.now())
        self._tell(step.notes)

    def _keep_recording(self, record: Record) -> None:
        recorded = Recorded(record.name, self._performer.seconds_of(record.name), hung_up=True)
        step = kept_after_hang_up(self._library, self._state, recorded, self._call.facts, self._parts.clock.now())
        self._state = step.state
        self._tell(step.notes)
        if step.action is not None and not isinstance(step.action, HangUp | GoTo):
            self._performer.perform_without_call(step.action, self._context())

    def _cause(self) -> Cause:
        return CAUSES.get(self._session.hangup_cause, CAUSES["NORMAL_CLEARING"])

    def _tell(self, notes: tuple[Note, ...]) -> None:
        self._parts.teller.notes(notes, self._common(), seconds=time.monotonic() - self._began)

    def _context(self) -> CallContext:
        return replace(self._call, flow=self._flow(), node=self._state.node, language=self._state.language)

    def _flow(self) -> Flow:
        return self._library.versions.get(self._state.flow, self._call.flow)

    def _common(self) -> Common:
        flow, facts = self._flow(), self._call.facts
        return common_of(
            self._call.tenant_id,
            call_id=facts.call_id,
            leg_id=facts.leg_id,
            flow_id=flow.ref.id,
            flow=flow.slug,
            version=flow.ref.version,
        )


def first_event(kept: Kept | None, cause: str, seconds_of: Callable[[str], float]) -> Event:
    """What brought the call here.

    Args:
        kept: where the call was; none: it is new.
        cause: why nobody took it where it had been sent; empty: it had not been sent on.
        seconds_of: how long a recording is.
    """
    if kept is None:
        return Started()
    if cause:
        return CameBack(CAUSES.get(cause, CAUSES["NORMAL_TEMPORARY_FAILURE"]))
    if kept.recording:  # the switch went on recording when the process died
        return Recorded(kept.recording, seconds_of(kept.recording))
    return Resumed()
