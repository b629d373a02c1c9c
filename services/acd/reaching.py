"""How an agent's phone is called: the devices of an extension, or a mobile outside by the trunks that routing names."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.acd.floor_offers import is_trunks_fault
from services.acd.nodes import Nodes
from services.acd.ways_out import NO_TRUNK, WaysOut
from shared.bus.port import BusError
from shared.contracts.routing import WayOut, WayOutReply
from shared.runtime.clock import Clock
from shared.telephony.caller_id import display_name
from shared.telephony.channel_variables import Value, Variables
from shared.telephony.destinations import Destination, DestinationKind
from shared.telephony.dial_string import DialString, GroupConfirm, Leg, Trunk
from shared.telephony.hops import Hop, Hops

UNREACHABLE: Final = "SUBSCRIBER_ABSENT"
BARRED: Final = "OUTGOING_CALL_BARRED"
UNKNOWN: Final = ""
ACCEPT_KEY: Final = "1"
STANDING_SECONDS: Final = 5
"""A leg that stands takes a call at once, if it is there at all."""
KEY_SECONDS: Final = 10
"""Whoever answers a mobile has so long to press the key; a voicemail box never does."""
RING_MARGIN_SECONDS: Final = 8.0
SPARED_SECONDS: Final = 60.0
"""A trunk that failed comes after the others for so long."""
MOST_SPARED: Final = 1000

ONLY_UNREGISTERED: Final = {"fail_on_single_reject": "!USER_NOT_REGISTERED"}
"""Of several devices the next one is tried only where one is not registered, which shows at once. One that rings, is
busy or declines decides, so the ring time bounds the whole call, and a leg that ended does not come back."""
ONLY_DOWN: Final = {"fail_on_single_reject": "!GATEWAY_DOWN,INVALID_GATEWAY"}
"""Of several trunks, likewise."""


class NotCallable(Exception):
    """There is nothing to call.

    Args:
        cause: as the switch would say it; empty: it is not known, or nobody's fault.
    """

    def __init__(self, cause: str) -> None:
        super().__init__(cause or "unknown")
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Way:
    """How one phone is called.

    Args:
        dial_string: what to call; one leg.
        seconds: until it was answered, and taken, or never will be.
        caller_number, caller_name: what the phone shows.
        trunks: by which it may go, first to last.
    """

    dial_string: DialString
    seconds: int
    caller_number: str
    caller_name: str
    trunks: tuple[UUID, ...] = ()

    @property
    def answer_seconds(self) -> float:
        """Until the switch must have said how the call went."""
        return self.seconds + RING_MARGIN_SECONDS


@dataclass(frozen=True, slots=True)
class Origin:
    """What a phone is called from.

    Args:
        tenant_id: whose phones are called.
        node_id: the switch that calls it.
        call_id: the call that its leg becomes part of.
    """

    tenant_id: UUID
    node_id: str
    call_id: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom an agent is called for, as the phone shows it."""

    number: str = ""
    name: str = ""


class Reaching:
    """Finds the way to agents' phones.

    Args:
        switch_secret: with which one node proves to another that it may call a phone there.
    """

    def __init__(self, nodes: Nodes, ways: WaysOut, clock: Clock, *, switch_secret: str) -> None:
        self._nodes = nodes
        self._ways = ways
        self._clock = clock
        self._hops = Hops(switch_secret, nodes.whereabouts)
        self._failed: OrderedDict[UUID, datetime] = OrderedDict()

    async def way(
        self, origin: Origin, phone: Destination, caller: Caller, ring_seconds: int, about: Mapping[str, Value]
    ) -> Way:
        """How to call a phone.

        Args:
            phone: an extension, whose devices may be registered on any switch, or a number outside.
            caller: shown on an extension's phone; outside, only numbers of the tenant are shown.
            ring_seconds: 5-120.
            about: channel variables of the leg.

        Raises:
            NotCallable: the phone is none, or the number is not called.
        """
        if phone.kind is DestinationKind.EXTERNAL:
            return await self._outside(origin.tenant_id, phone.target, ring_seconds, about)
        legs = self._nodes.phones(origin.tenant_id, phone.target) if phone.kind is DestinationKind.EXTENSION else []
        if not legs:
            raise NotCallable(UNREACHABLE)
        variables = {**about, "seda_direction": "internal", **ONLY_UNREGISTERED}
        shown = caller.number or "anonymous"
        hop, now = Hop(origin.tenant_id, origin.call_id, "internal"), self._clock.now()
        legs = [self._hops.leg(leg, origin.node_id, hop, now) for leg in legs]
        dial_string = DialString.sequential(legs, variables, ignore_early_media=True)  # a leg id names one leg
        return Way(dial_string, ring_seconds, shown, display_name(caller.name) or shown)

    def way_to_standing(self, origin: Origin, leg_id: str, node_id: str, caller: Caller, about: Variables) -> Way:
        """How to call a leg that stands on another switch, which takes the call at once.

        Raises:
            NotCallable: that switch is away.
        """
        hop = Hop(origin.tenant_id, origin.call_id, "internal")
        leg = self._hops.standing_leg(leg_id, node_id, origin.node_id, hop, self._clock.now())
        if leg is None:
            raise NotCallable(UNKNOWN)
        shown = caller.number or "anonymous"
        dial_string = DialString(((leg,),), {**about, "seda_direction": "internal"}, ignore_early_media=True)
        return Way(dial_string, STANDING_SECONDS, shown, display_name(caller.name) or shown)

    async def _outside(self, tenant_id: UUID, number: str, ring_seconds: int, about: Mapping[str, Value]) -> Way:
        try:
            reply = await self._ways.find(tenant_id, number)
        except BusError as error:
            raise NotCallable(UNKNOWN) from error
        if not reply.ok or not reply.ways:
            is_nobodys_fault = reply.code in {NO_TRUNK, "not_ready", "internal", "invalid"}
            raise NotCallable(UNKNOWN if is_nobodys_fault else BARRED)
        ways = sorted(reply.ways, key=lambda way: self._is_spared(way.trunk_id))
        dial_string = DialString.sequential(
            [_by_trunk(way, reply, ring_seconds) for way in ways],
            {**about, "seda_direction": "outbound", **ONLY_DOWN},
            ignore_early_media=True,
            confirm=GroupConfirm(ACCEPT_KEY, f"{reply.language}/ivr-accept-call.wav", KEY_SECONDS),
        )
        first = ways[0]
        trunks = tuple(way.trunk_id for way in ways)
        return Way(dial_string, ring_seconds + KEY_SECONDS, first.shown_number, _name(first), trunks)

    def failed(self, way: Way, cause_name: str) -> bool:
        """The call failed with that cause; whether the trunk is to blame, and not the agent."""
        if not way.trunks or not is_trunks_fault(cause_name):
            return False
        self._failed[way.trunks[0]] = self._clock.now() + timedelta(seconds=SPARED_SECONDS)
        while len(self._failed) > MOST_SPARED:
            self._failed.popitem(last=False)
        return True

    def _is_spared(self, trunk_id: UUID) -> bool:
        until = self._failed.get(trunk_id)
        return until is not None and self._clock.now() < until


def _by_trunk(way: WayOut, reply: WayOutReply, ring_seconds: int) -> Leg:
    variables: dict[str, Value] = {
        "seda_trunk_id": str(way.trunk_id),
        "seda_number_class": reply.number_class,
        "origination_caller_id_number": way.shown_number,
        "origination_caller_id_name": _name(way),
    }
    if way.hidden:
        variables["origination_privacy"] = "hide_name:hide_number"
    return Leg(Trunk(way.trunk_id, way.number), variables, timeout_seconds=ring_seconds)


def _name(way: WayOut) -> str:
    return display_name(way.shown_name) or way.shown_number
