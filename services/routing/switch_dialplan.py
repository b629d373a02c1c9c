"""``POST /switch/dialplan``: mod_xml_curl asks where a call goes.

Of a body of about 10 kB (tests/support/captured) a dozen values matter: they are found by name, the rest is not read.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable
from dataclasses import replace
from functools import partial
from urllib.parse import unquote_to_bytes
from uuid import UUID

from services.routing.agent_codes import AgentCodes
from services.routing.domain.decide import decide
from services.routing.domain.progress import Progress
from services.routing.domain.request import PHONES, TRUNKS, Request
from services.routing.domain.route import ChangeAgentState, Confirm, Route
from services.routing.effects import Effects
from services.routing.metrics import RoutingMetrics
from services.routing.rendering import actions_of
from services.routing.replica import Replica
from services.routing.seal import Seal
from shared.http.switch_secret import NotReady
from shared.runtime.clock import Clock
from shared.runtime.logs import get_logger
from shared.telephony.dial_string import Leg
from shared.telephony.dialplan_xml import NOT_FOUND, dialplan_document
from shared.telephony.handover import CALLED, LEAVE, LEAVING, TURN, Leaving
from shared.telephony.hops import HOP_HEADER, Direction, Hop, Hops
from shared.telephony.queueing import LAST_BRIDGE, QUEUE_TURN
from shared.telephony.safe_text import UnsafeText

log = get_logger(__name__)

HOP = b"variable_" + HOP_HEADER.encode()
_DIRECTIONS: dict[bytes, Direction] = {b"internal": "internal", b"inbound": "inbound", b"outbound": "outbound"}


class DialplanAnswers:
    """Answers from memory. Only a feature code waits, for its change to be stored or done."""

    def __init__(
        self,
        *,
        replica: Replica,
        effects: Effects,
        agents: AgentCodes,
        seal: Seal,
        hops: Hops,
        metrics: RoutingMetrics,
        clock: Clock,
        programs: tuple[str, ...] = (),
    ) -> None:
        self._replica = replica
        self._effects = effects
        self._agents = agents
        self._seal = seal
        self._hops = hops
        self._metrics = metrics
        self._clock = clock
        self._programs = programs

    def __call__(self, body: bytes) -> bytes | Awaitable[bytes]:
        """The document for one question.

        Raises:
            NotReady: the configuration is not all here yet; the switch goes on to its static dialplan.
        """
        began = time.perf_counter()
        if not self._replica.is_ready:
            raise NotReady
        request = read_request(body, self._seal)
        if request is None:
            return NOT_FOUND
        if request.context == TRUNKS and (hop := self._hop(body, request)) is not None:
            request = replace(request, hop=hop)
        route = decide(self._replica.config, self._replica.usage, request, self._clock.now())
        if route.turn_of:
            self._replica.take_turn(route.turn_of)
        if route.effects:
            return self._carried_out(route, request)
        document = self._document(route, request)
        self._metrics.answered(route, time.perf_counter() - began)
        return document

    async def _carried_out(self, route: Route, request: Request) -> bytes:
        asked = next((effect for effect in route.effects if isinstance(effect, ChangeAgentState)), None)
        if asked is not None:
            route = await self._agents.carry_out(route, asked, request.leg_id)
        elif not await self._effects.carry_out(route):
            route = replace(route, step=Confirm(done=False))
        self._metrics.answered(route, None)
        return self._document(route, request)

    def _wherever(self, node_id: str, route: Route, leg: Leg) -> Leg:
        """The leg to a device, by the switch on which it is registered."""
        if route.tenant_id is None:
            return leg
        hop = Hop(route.tenant_id, route.call_id, route.direction)
        return self._hops.leg(leg, node_id, hop, self._clock.now())

    def _sealed(self, leg_id: str, progress: Progress) -> str:
        return self._seal.close(progress, leg_id)

    def _hop(self, body: bytes, request: Request) -> Hop | None:
        """What another node says of its call, if it was one of ours that called."""
        sealed = _value(body, HOP)
        return self._hops.open(sealed, request.destination, self._clock.now()) if sealed else None

    def _document(self, route: Route, request: Request) -> bytes:
        try:
            sealed, wherever = partial(self._sealed, request.leg_id), partial(self._wherever, request.node_id)
            actions = actions_of(route, sealed, self._programs, wherever)
            return dialplan_document(actions, context=request.context)
        except (UnsafeText, ValueError) as error:
            log.error("a route could not be written safely", leg_id=request.leg_id, reason=str(error))
            self._metrics.unsafe.inc()
            raise NotReady from error


def read_request(body: bytes, seal: Seal) -> Request | None:
    """The question in a form's body; none when it is not about one of our contexts."""
    # The profile that is being hunted for stands at the end: no need to read the rest for it again and again.
    hunt = max(body.find(b"&Hunt-"), 0)
    context = _value(body, b"Hunt-Context", hunt)
    leg = _id(body, b"Unique-ID")
    if context not in (PHONES, TRUNKS) or leg is None:
        return None
    request = Request(
        leg_id=str(leg),
        context=context,
        destination=_value(body, b"Hunt-Destination-Number", hunt),
        tenant_id=_id(body, b"variable_seda_tenant_id"),
        extension_id=_id(body, b"variable_seda_extension_id"),
        caller_number=_value(body, b"Hunt-Caller-ID-Number", hunt),
        caller_name=_value(body, b"Hunt-Caller-ID-Name", hunt),
        answered=_raw(body, b"Answer-State") == b"answered",
        node_id=_first(body, b"hostname"),
    )
    direction = _DIRECTIONS.get(_raw(body, b"variable_seda_direction"))
    if direction is not None:
        return _asked_again(body, request, direction, seal)
    if context == TRUNKS:
        source, gateway = _value(body, b"variable_sip_network_ip"), _value(body, b"variable_sip_gateway")
        return replace(request, network_address=source, gateway=gateway)
    return request


def _asked_again(body: bytes, request: Request, direction: Direction, seal: Seal) -> Request:
    """With what earlier answers left on the channel; only they set a direction."""
    sealed, call_id = _value(body, b"variable_seda_next"), _id(body, b"variable_seda_call_id")
    return replace(
        request,
        direction=direction,
        call_id=str(call_id) if call_id else None,
        progress=seal.open(sealed, request.leg_id) if sealed else None,
        disposition=_value(body, b"variable_originate_disposition"),
        acting_id=_id(body, b"variable_seda_acting_extension_id"),
        party_id=_id(body, b"variable_seda_party_id"),
        leaving=_leaving(body, request, seal),
        called=_value(body, b"variable_" + CALLED.encode())[:32],
        turn=_count(_raw(body, b"variable_" + TURN.encode())),
        queue_turn=_count(_raw(body, b"variable_" + QUEUE_TURN.encode())),
        was_bridged=bool(_raw(body, b"variable_" + LAST_BRIDGE.encode())),
    )


def _leaving(body: bytes, request: Request, seal: Seal) -> Leaving | None:
    """Where a program sends the call, on the one question that it made the call ask."""
    if request.destination != LEAVE:
        return None
    return seal.open_leaving(_value(body, b"variable_" + LEAVING.encode()), request.leg_id)


def _count(raw: bytes) -> int:
    return int(raw) if raw.isdigit() and len(raw) < 9 else 0


def _raw(body: bytes, name: bytes, start: int = 0) -> bytes:
    """The first value of that name; values are percent-encoded by ``switch_url_encode``, so ``&`` ends one."""
    key = b"&" + name + b"="
    start = body.find(key, start)
    if start < 0:
        return b""
    start += len(key)
    end = body.find(b"&", start)
    return body[start:] if end < 0 else body[start:end]


def _first(body: bytes, name: bytes) -> str:
    """The value with which the form begins, if it has that name."""
    first, _, value = body.partition(b"&")[0].partition(b"=")
    return unquote_to_bytes(value).decode(errors="replace") if first == name else ""


def _value(body: bytes, name: bytes, start: int = 0) -> str:
    raw = _raw(body, name, start)
    return (unquote_to_bytes(raw) if b"%" in raw else raw).decode(errors="replace")


def _id(body: bytes, name: bytes) -> UUID | None:
    raw = _raw(body, name)
    if len(raw) != 36:
        return None
    try:
        return UUID(raw.decode("ascii"))
    except ValueError:
        return None
