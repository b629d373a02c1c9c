"""Calls that FreeSWITCH hands over: which flow they are for, and where they are in it."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from services.ivr.call_states import IN_TABLE, Kept, from_text
from services.ivr.conversation import CallContext, Conversation, Parts, first_event
from services.ivr.domain.built_in import built_in_flow
from services.ivr.domain.flow import Flow, Library
from services.ivr.domain.interpreter import first_state
from services.ivr.domain.node import CallFacts
from services.ivr.domain.state import State, UnreadableState
from services.ivr.domain.variables import VOICEMAIL_REASON
from services.ivr.library import FlowLibrary, TenantFlows
from services.ivr.metrics import IvrMetrics
from services.ivr.performing import Performer, Speaker, World
from services.ivr.recogniser import Recogniser
from services.ivr.settings import IvrSettings
from services.ivr.sounds import Sounds
from services.ivr.states import TableStates
from shared.esl.errors import EslError
from shared.esl.outbound import OutboundServer, OutboundSession
from shared.runtime.logs import get_logger
from shared.telephony.handover import CALLED, CAUSE, NOT_TAKEN, PROGRAM, PROGRAM_STATE, TURN
from shared.telephony.queueing import LAST_QUEUE

log = get_logger(__name__)

UNWANTED: Final = (
    "CHANNEL_ANSWER",
    "CHANNEL_PROGRESS",
    "CHANNEL_PROGRESS_MEDIA",
    "CHANNEL_UNPARK",
    "CHANNEL_CALLSTATE",
    "CHANNEL_STATE",
    "CHANNEL_EXECUTE",
    "CODEC",
    "CALL_UPDATE",
    "PLAYBACK_START",
    "PLAYBACK_STOP",
    "RECORD_START",
    "RECORD_STOP",
    "MEDIA_BUG_START",
    "MEDIA_BUG_STOP",
    "PRESENCE_IN",
)
"""Events of a call that no conversation reads."""
FETCH_SECONDS: Final = 3.0


class UnknownProgram(Exception):
    """Nothing here by that name."""


class CallServer:
    """A component: takes calls and talks with each of them."""

    name = "calls"

    def __init__(
        self,
        settings: IvrSettings,
        parts: Parts,
        library: FlowLibrary,
        states: TableStates,
        *,
        sounds: Sounds,
        speaker: Speaker,
        recogniser: Recogniser | None,
        world: World,
        metrics: IvrMetrics,
    ) -> None:
        self._parts, self._library, self._states = parts, library, states
        self._sounds, self._speaker, self._recogniser, self._world = sounds, speaker, recogniser, world
        self._metrics = metrics
        self._drain_seconds = settings.drain_seconds
        self._server = OutboundServer(
            self._handle,
            host=settings.call_host,
            port=settings.call_port,
            max_calls=settings.max_calls,
            unwanted=UNWANTED,
            on_refused=metrics.refused.inc,
            on_share=metrics.step_seconds.observe,
        )
        metrics.watch(lambda: self._server.active_calls)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._server.port

    @property
    def active_calls(self) -> int:
        """Calls that are being talked with."""
        return self._server.active_calls

    async def start(self) -> None:
        await self._server.start()

    async def stop(self) -> None:
        """Calls that do not end in time go to another process, at the same place in their flow."""
        left = await self._server.stop(self._drain_seconds)
        if left:
            log.info("calls were left to other processes", calls=left)

    async def abort(self) -> None:
        """As if the process had died: listens no more and cuts every connection."""
        await self._server.abort()

    def _handle(self, session: OutboundSession) -> None:
        variable = session.channel.variable
        program, tenant_id = variable(PROGRAM) or "", _id(variable("seda_tenant_id"))
        if tenant_id is None or not program:
            log.warning("a call came for no program", leg_id=session.uuid, program=program)
            return
        tenant = self._library.tenant(tenant_id)
        turn = int(variable(TURN) or 0)
        kept = self._kept(session, tenant_id, program, turn, came_back=bool(variable(CAUSE)))
        try:
            flow = self._flow(session, tenant, program, kept.state if kept else None)
        except UnknownProgram as error:
            log.warning("a call came for a program that is not here", leg_id=session.uuid, program=str(error))
            return
        library = tenant.library()
        if flow.ref not in library.versions:
            library = Library(library.published, {**library.versions, flow.ref: flow})
        call = CallContext(tenant_id, _facts(session, tenant), program, turn, flow)
        self._metrics.taken.labels("new" if kept is None else "again").inc()
        performer = self._performer(session, tenant_id)
        Conversation(
            session,
            self._parts,
            performer,
            library=library,
            call=call,
            state=kept.state if kept else _new(session, tenant, flow),
            first=first_event(kept, variable(CAUSE) or "", performer.seconds_of),
        ).run()

    def _performer(self, session: OutboundSession, tenant_id: UUID) -> Performer:
        return Performer(
            session,
            tenant_id=tenant_id,
            sounds=self._sounds,
            speaker=self._speaker,
            recogniser=self._recogniser,
            world=self._world,
            metrics=self._metrics,
        )

    def _kept(
        self, session: OutboundSession, tenant_id: UUID, program: str, turn: int, *, came_back: bool
    ) -> Kept | None:
        """Where the call was; none when it begins anew."""
        text = session.channel.variable(PROGRAM_STATE) or ""
        if not text:
            return None
        try:
            sealed = self._sealed(session, tenant_id, text)
            kept = self._parts.box.open(sealed, session.uuid)
        except UnreadableState as error:
            log.warning("a call's state cannot be read; it begins anew", leg_id=session.uuid, reason=str(error))
            return None
        # The same handing-over once more: a process died. The next one, with a cause: routing gives the call back.
        same = kept.turn == turn if not came_back else kept.turn <= turn
        return kept if kept.program == program and same else None

    def _sealed(self, session: OutboundSession, tenant_id: UUID, text: str) -> bytes:
        if text != IN_TABLE:
            return from_text(text)
        try:
            found = session.wait_for(self._states.load(tenant_id, UUID(session.uuid)), FETCH_SECONDS)
        except EslError:
            raise
        except Exception as error:
            raise UnreadableState("the table cannot be read") from error
        if found is None:
            raise UnreadableState("there is none in the table")
        return found

    def _flow(self, session: OutboundSession, tenant: TenantFlows, program: str, state: State | None) -> Flow:
        """The flow the call is in, or comes for. Raises UnknownProgram."""
        kind, _, argument = program.partition(":")
        if kind != "flow":
            try:
                return built_in_flow(kind, argument)
            except ValueError as error:
                raise UnknownProgram(program) from error
        ref = state.flow if state else tenant.published.get(argument)
        found = tenant.versions.get(ref) if ref else None
        if found is None and ref is not None:
            found = session.wait_for(self._library.fetch(tenant.id, ref), FETCH_SECONDS)
        if found is None:
            raise UnknownProgram(program)
        return found


def _new(session: OutboundSession, tenant: TenantFlows, flow: Flow) -> State:
    """A call before it enters its flow."""
    not_taken = session.channel.variable(NOT_TAKEN)
    variables = {VOICEMAIL_REASON: not_taken} if not_taken else {}
    return first_state(flow, _language(session, tenant), variables)


def _facts(session: OutboundSession, tenant: TenantFlows) -> CallFacts:
    channel = session.channel
    return CallFacts(
        tenant_id=str(tenant.id),
        call_id=channel.variable("seda_call_id") or session.uuid,
        leg_id=session.uuid,
        caller_number=_plain(channel.get("Caller-Caller-ID-Number")),
        caller_name=_plain(channel.get("Caller-Caller-ID-Name")),
        called_number=_plain(channel.variable(CALLED)),
        extension=_plain(channel.variable("seda_extension")),
        agent=_agent(tenant, channel.variable("seda_party_id")),
        queue=_plain(channel.variable(LAST_QUEUE)),
        time_zone=tenant.time_zone,
    )


def _agent(tenant: TenantFlows, party: str | None) -> str:
    """Number of the extension that answered the call last, if one did."""
    found = tenant.extensions.get(_id(party) or tenant.id)
    return found.number if found else ""


def _language(session: OutboundSession, tenant: TenantFlows) -> str:
    """An extension is spoken to in its own language, others in the tenant's."""
    own = tenant.by_number.get(session.channel.variable("seda_extension") or "")
    return (own.language if own else None) or tenant.language


def _plain(text: str | None) -> str:
    """The caller's words, without what would end a line."""
    return "".join(char for char in (text or "")[:128] if char.isprintable())


def _id(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
