"""Does on the switch what follows on a floor, and tells the floor how it went."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Protocol
from uuid import UUID

from services.acd.consult_steps import ConsultSteps, who_talks
from services.acd.domain.announcing import Part
from services.acd.domain.model import Agent
from services.acd.floor import Floor
from services.acd.floor_changes import (
    Action,
    Announce,
    Beep,
    CallAgent,
    CallCustomer,
    CallStanding,
    Connect,
    Consulting,
    EndCall,
    Farewell,
    LookAgain,
    ParkAgent,
    SendOn,
    Supervise,
)
from services.acd.metrics import AcdMetrics
from services.acd.nodes import Nodes
from services.acd.reaching import UNKNOWN, UNREACHABLE, Caller, NotCallable, Origin, Reaching, Way
from services.acd.speech import Speech
from services.acd.supervising import Supervising
from shared.bus.port import Bus, BusError
from shared.contracts.switch import (
    Bridge,
    Broadcast,
    HangUp,
    Originate,
    Park,
    PlayAndHangUp,
    SetVariables,
    SwitchCommand,
    SwitchReply,
    Transfer,
)
from shared.runtime.logs import get_logger
from shared.telephony.channel_variables import Value
from shared.telephony.handover import LEAVE, LEAVING, Leaving, TextSeal
from shared.telephony.queueing import MEDIA_TIMEOUT, QUEUE_TURN, SILENT_PHONE_MS
from shared.telephony.safe_text import UnsafeText
from shared.telephony.sounds import Tone

log = get_logger(__name__)

QUICK_SECONDS = 6.0
PHONES = "seda"
CUSTOMER_RINGS_SECONDS = 40
GOODBYE = (Part("announcement", "callback-keeps-place"),)
OUTCOME_UNKNOWN = frozenset({"deadline_exceeded", "switch_unreachable", "internal"})
CANCEL = "ORIGINATOR_CANCEL"
STANDING_RING_SECONDS = 45
BEEP = Tone("%(200,0,880)")
"""What an agent hears on a leg that stands when a caller is there."""


class Floored(Protocol):
    """What is needed of an owner."""

    tenant_id: UUID

    @property
    def floor(self) -> Floor: ...

    def put(self, happening: Any) -> None: ...

    def look_soon(self) -> None: ...


class Connecting:
    """Commands to the switches.

    Args:
        reaching: knows how agents' phones are called.
        switch_secret: with which a call is sent on in the tenant's name.
    """

    def __init__(self, bus: Bus, nodes: Nodes, reaching: Reaching, metrics: AcdMetrics, *, switch_secret: str) -> None:
        self._bus = bus
        self._nodes = nodes
        self._reaching = reaching
        self._metrics = metrics
        self._seal = TextSeal(switch_secret, LEAVING)
        self._speech = Speech(bus)
        self._consults = ConsultSteps(self._ask, self._seal, nodes.phones)
        self.supervising = Supervising(self._ask, reaching)

    async def do(self, owner: Floored, action: Action) -> None:
        """One action. Never raises: what went wrong is told to the floor, which would wait for it for ever."""
        try:
            match action:
                case CallAgent():
                    await self._call(owner, action)
                case Connect():
                    await self._connect(owner, action)
                case EndCall():
                    await self._ask(
                        HangUp(leg_id=action.leg_id, node_id=action.node_id, tenant_id=owner.tenant_id, cause=CANCEL)
                    )
                case SendOn():
                    await self._send_on(owner, action)
                case CallStanding():
                    await self._stand(owner, action)
                case _:
                    await self._quickly(owner, action)
        except Exception:
            log.exception("an action failed", action=type(action).__name__)
            if isinstance(action, CallAgent):
                owner.put(lambda now: owner.floor.not_taken(action.leg_id, UNKNOWN, now))
            elif isinstance(action, Connect):
                owner.put(lambda now: owner.floor.not_connected(action.leg_id, now))
            elif isinstance(action, CallCustomer):
                owner.put(lambda now: owner.floor.customer_not_reached(action.leg_id, UNKNOWN, now, is_up=True))
            elif isinstance(action, CallStanding):
                owner.put(lambda now: owner.floor.does_not_stand(action.leg_id, now))

    async def _quickly(self, owner: Floored, action: Action) -> None:
        match action:
            case ParkAgent():
                await self._ask(Park(leg_id=action.leg_id, node_id=action.node_id, tenant_id=owner.tenant_id))
            case Beep():
                where = {"leg_id": action.leg_id, "node_id": action.node_id, "tenant_id": owner.tenant_id}
                await self._ask(Broadcast(media=BEEP.uri, **where))
            case Announce():
                await self._announce(owner, action)
            case Consulting():
                done = await self._consults.do(owner.tenant_id, action)
                owner.put(lambda now: owner.floor.consult_went(action.entry.id, now, done=done))
            case Supervise():
                await self.supervising.do(owner, action)
            case Farewell():
                await self._part(owner, action)
            case CallCustomer():
                await self._call_customer(owner, action)
            case LookAgain():
                owner.look_soon()

    async def _stand(self, owner: Floored, call: CallStanding) -> None:
        """Call an agent's phone for the connection that stays up, by its own switch, or the one with most room."""
        leg_id, tenant_id, phone = call.leg_id, owner.tenant_id, call.agent.phone
        node_id, about = self._nodes.beside(tenant_id, phone), _about(call.agent)
        try:
            origin = Origin(tenant_id, node_id or "", leg_id)
            way = await self._reaching.way(origin, phone, Caller(), STANDING_RING_SECONDS, about)
        except NotCallable:
            node_id = None
        if node_id is not None:
            command = Originate(
                node_id=node_id,
                tenant_id=owner.tenant_id,
                leg_id=leg_id,
                dial_string=str(way.dial_string),
                caller_number=way.caller_number,
                caller_name=way.caller_name,
                ring_timeout_seconds=way.seconds,
            )
            reply = await self._ask(command, way.answer_seconds)
            if reply is not None and reply.ok:
                stands_on = reply.node_id or node_id
                owner.put(lambda now: owner.floor.stands(leg_id, stands_on, now))
                return
        owner.put(lambda now: owner.floor.does_not_stand(leg_id, now))

    async def _call(self, owner: Floored, call: CallAgent) -> None:
        leg_id, node_id = call.leg_id, call.entry.node_id or self._nodes.beside(owner.tenant_id, call.agent.phone)
        try:
            if node_id is None:
                raise NotCallable(UNKNOWN)
            way = await self._way(owner.tenant_id, call, node_id)
        except NotCallable as error:
            cause = error.cause
        else:
            command = _originate(owner.tenant_id, call, way, node_id)
            reply = await self._ask(command, way.answer_seconds)
            if reply is not None and reply.ok:
                owner.put(lambda now: owner.floor.answered(leg_id, node_id or "", now))
                return
            cause = _cause(reply)
            if cause and self._reaching.failed(way, cause):
                log.warning("a trunk did not reach an agent", trunk_id=str(way.trunks[0]), cause=cause)
        self._metrics.offers_failed.labels(cause or "unknown").inc()
        owner.put(lambda now: owner.floor.not_taken(leg_id, cause, now))

    async def _way(self, tenant_id: UUID, call: CallAgent, node_id: str) -> Way:
        """Raises NotCallable: the agent has no phone that could ring."""
        entry = call.entry
        # A leg that calls a customer ends with that call, and so does one to a leg that stands.
        ends_with_it = entry.callback or call.stands
        about = _about(replace(call.agent, standing=False) if ends_with_it else call.agent)
        caller = Caller(entry.caller_number, entry.caller_name)
        origin = Origin(tenant_id, node_id, _call_id(call) or call.leg_id)
        try:
            if call.stands:
                return self._reaching.way_to_standing(origin, call.stands, call.stands_on, caller, about)
            return await self._reaching.way(origin, call.agent.phone, caller, call.queue.queue.ring_seconds, about)
        except (UnsafeText, ValueError) as error:
            log.error("an agent cannot be called", agent_id=str(call.agent.id), reason=str(error))
            raise NotCallable(UNREACHABLE) from error

    async def _connect(self, owner: Floored, connect: Connect) -> None:
        entry, leg_id = connect.entry, connect.leg_id
        where = {"node_id": entry.node_id, "tenant_id": owner.tenant_id}
        variables = who_talks(connect.agent, self._nodes.phones(owner.tenant_id, connect.agent.phone.target))
        await self._ask(SetVariables(leg_id=entry.leg_id, variables=variables, **where))
        reply = await self._ask(Bridge(leg_id=entry.leg_id, other_leg_id=leg_id, **where))
        if await self._is_connected(owner.tenant_id, connect, reply):
            owner.put(lambda now: owner.floor.connected(leg_id, now))
        else:
            owner.put(lambda now: owner.floor.not_connected(leg_id, now))

    async def _is_connected(self, tenant_id: UUID, connect: Connect, reply: SwitchReply | None) -> bool:
        """Whether the two were joined; where the answer to the command does not say, the switch is asked."""
        if reply is not None and reply.code not in OUTCOME_UNKNOWN:
            return reply.ok
        entry = connect.entry
        return await self._nodes.hears(entry.node_id or "", tenant_id, entry.leg_id or "") == connect.leg_id

    async def _send_on(self, owner: Floored, action: SendOn) -> None:
        entry = action.entry
        if entry.leg_id is None:
            return
        sealed = self._seal.close(Leaving(action.destination).encode(), entry.leg_id)
        where = {"node_id": entry.node_id, "tenant_id": owner.tenant_id, "leg_id": entry.leg_id}
        turn = {QUEUE_TURN: str(entry.turn - 1)} if action.is_back else {}  # routing counts on from there
        reply = await self._ask(SetVariables(variables={LEAVING: sealed, **turn}, **where))
        if reply is not None and reply.ok:  # else it is tried again when the caller is found still waiting
            reply = await self._ask(Transfer(number=LEAVE, context=PHONES, **where))
        if action.agent_leg_id is not None:
            await self._taken_from_agent(owner, action, reply)

    async def _taken_from_agent(self, owner: Floored, action: SendOn, reply: SwitchReply | None) -> None:
        """The agent's leg ends by itself when the caller is taken from it; what is not known is looked at later."""
        entry_id = action.entry.id
        if reply is None or reply.code in OUTCOME_UNKNOWN:
            return
        if reply.ok and not action.agent_stays:
            ended = HangUp(leg_id=action.agent_leg_id, node_id=action.entry.node_id, tenant_id=owner.tenant_id)
            await self._ask(ended)
        owner.put(lambda now: owner.floor.passed_on(entry_id, now, done=reply.ok))

    async def _announce(self, owner: Floored, action: Announce) -> None:
        """What cannot be said just now is not said: the caller hears music."""
        entry = action.entry
        media = await self._speech.media(owner.tenant_id, entry.language, action.parts)
        if media and owner.floor.is_alone(entry.id):
            where = {"node_id": entry.node_id, "tenant_id": owner.tenant_id, "leg_id": entry.leg_id}
            await self._ask(Broadcast(media=media, **where))

    async def _part(self, owner: Floored, action: Farewell) -> None:
        """The caller is told to hang up, and the switch ends the call after that should they not."""
        entry = action.entry
        where = {"node_id": entry.node_id, "tenant_id": owner.tenant_id, "leg_id": entry.leg_id}
        media = await self._speech.media(owner.tenant_id, entry.language, GOODBYE)
        reply = await self._ask(PlayAndHangUp(media=media, **where)) if media else None
        if reply is None or not reply.ok:
            await self._ask(HangUp(cause="NORMAL_CLEARING", **where))

    async def _call_customer(self, owner: Floored, action: CallCustomer) -> None:
        """The agent's leg goes where the tenant's calls go out."""
        leg_id = action.leg_id
        leaving = Leaving(action.destination, ring_seconds=CUSTOMER_RINGS_SECONDS)
        where = {"node_id": action.node_id, "tenant_id": owner.tenant_id, "leg_id": leg_id}
        sealed = self._seal.close(leaving.encode(), leg_id)
        reply = await self._ask(SetVariables(variables={LEAVING: sealed}, **where))
        if reply is not None and reply.ok:
            reply = await self._ask(Transfer(number=LEAVE, context=PHONES, **where))
        if reply is None or not reply.ok:
            owner.put(lambda now: owner.floor.customer_not_reached(leg_id, UNKNOWN, now, is_up=True))

    async def _ask(self, command: SwitchCommand, timeout: float = QUICK_SECONDS) -> SwitchReply | None:
        """The reply; none: nobody answered."""
        try:
            reply = await self._bus.request(command, timeout=timeout)
        except BusError as error:
            log.warning("the switch did not answer", command=command.name, reason=str(error))
            return None
        return reply if isinstance(reply, SwitchReply) else None


def _about(agent: Agent) -> dict[str, Value]:
    """Variables of an agent's leg: whether it ends with the caller's, or is parked for the next."""
    after = "park_after_bridge" if agent.standing else "hangup_after_bridge"
    return {"seda_agent_id": str(agent.id), "seda_agent_leg": True, after: True, MEDIA_TIMEOUT: SILENT_PHONE_MS}


def _call_id(call: CallAgent) -> str:
    """The call that the agent's leg becomes part of; empty: one of its own, as a callback is."""
    return "" if call.entry.callback else call.entry.call_id


def _originate(tenant_id: UUID, call: CallAgent, way: Way, node_id: str) -> Originate:
    return Originate(
        node_id=node_id,
        tenant_id=tenant_id,
        leg_id=call.leg_id,
        call_id=_call_id(call),
        dial_string=str(way.dial_string),
        caller_number=way.caller_number,
        caller_name=way.caller_name,
        ring_timeout_seconds=way.seconds,
    )


def _cause(reply: SwitchReply | None) -> str:
    """Why the agent's call failed; empty: not known, or nothing that the agent or the phone is to blame for."""
    if reply is None or reply.code != "refused":
        return UNKNOWN
    return reply.detail.split()[0] if reply.detail.split() else UNREACHABLE
