"""Which switches there are, what is up on them, and by which phones agents are reached."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson

from services.acd.floor_changes import Seen
from shared.bus.port import Bus, BusError, NoResponder, Replica
from shared.contracts.calls import CallQueued
from shared.contracts.directory import DirectoryState, ExtensionChanged, TenantChanged
from shared.contracts.message import StateEvent
from shared.contracts.nodes import DeviceLocated, NodeReported
from shared.contracts.switch import ListLegs, SwitchReply
from shared.runtime.logs import get_logger
from shared.telephony.destinations import Destination, DestinationKind
from shared.telephony.dial_string import Leg, Phone
from shared.telephony.whereabouts import Located, Whereabouts

log = get_logger(__name__)

LIST_SECONDS = 1.0


@dataclass
class Look:
    """What was seen of a tenant on the switches.

    Args:
        cores: of nodes that answered, the life of its switch.
        absent: nodes for which nobody answers commands at all.
        legs: all that are up, by their ids.
        waiting: those that wait in a queue, as if it were told.
    """

    absent: set[str] = field(default_factory=set)
    cores: dict[str, str] = field(default_factory=dict)
    legs: dict[str, Seen] = field(default_factory=dict)
    waiting: list[CallQueued] = field(default_factory=list)


@dataclass
class Nodes:
    """A component; ``whereabouts``: on which of them each device is registered."""

    bus: Bus
    name: str = "nodes"
    whereabouts: Whereabouts = field(default_factory=Whereabouts)
    _nodes: dict[str, NodeReported] = field(default_factory=dict)
    _domains: dict[UUID, str] = field(default_factory=dict)
    _countries: dict[UUID, str] = field(default_factory=dict)
    _extensions: dict[tuple[UUID, str], ExtensionChanged] = field(default_factory=dict)
    _numbers: dict[UUID, tuple[UUID, str]] = field(default_factory=dict)
    """Under which key each extension is kept."""
    _revisions: dict[UUID, int] = field(default_factory=dict)
    _replica: Replica | None = None

    async def start(self) -> None:
        told = [NodeReported, DeviceLocated, TenantChanged, ExtensionChanged]
        self._replica = await self.bus.replicate(told, self._take)

    async def stop(self) -> None:
        if self._replica is not None:
            await self._replica.stop()

    @property
    def is_ready(self) -> bool:
        """Whether everything that was told before has been read."""
        return self._replica is not None and self._replica.is_caught_up

    async def _take(self, event: StateEvent) -> None:
        if isinstance(event, NodeReported):
            known = self._nodes.get(event.node_id)
            if known is None or event.revision > known.revision:
                self._nodes[event.node_id] = event
                is_up = event.state != "down"
                self.whereabouts.reported(event.node_id, event.core_id, event.sip_address, is_up=is_up)
            return
        if isinstance(event, DeviceLocated):
            told = Located(event.core_id, event.registered_at, event.revision, is_there=not event.removed)
            self.whereabouts.located(event.sip_username, event.domain, event.node_id, told)
            return
        if not isinstance(event, DirectoryState) or event.revision <= self._revisions.get(event.id, 0):
            return
        self._revisions[event.id] = event.revision
        if isinstance(event, TenantChanged):
            self._domains[event.id] = event.domain
            self._countries[event.id] = event.country
        elif isinstance(event, ExtensionChanged) and event.tenant_id is not None:
            self._put_extension(event.tenant_id, event)

    def _put_extension(self, tenant_id: UUID, event: ExtensionChanged) -> None:
        before = self._numbers.pop(event.id, None)
        if before is not None and self._extensions.get(before, event).id == event.id:  # else another has its number now
            self._extensions.pop(before, None)
        if not event.removed and event.enabled:
            self._extensions[tenant_id, event.number] = event
            self._numbers[event.id] = (tenant_id, event.number)

    def country(self, tenant_id: UUID) -> str:
        """How national numbers of a tenant are read; empty: it is not known."""
        return self._countries.get(tenant_id, "")

    def phones(self, tenant_id: UUID, number: str) -> list[Leg]:
        """The devices of an extension, as legs to be called; none: no such extension."""
        extension, domain = self._extensions.get((tenant_id, number)), self._domains.get(tenant_id)
        if extension is None or domain is None:
            return []
        variables = {
            "seda_extension_id": str(extension.id),
            "seda_extension": extension.number,
            "seda_party_id": str(extension.id),
        }
        return [Leg(Phone(device.sip_username, domain), variables) for device in extension.devices if device.enabled]

    def beside(self, tenant_id: UUID, phone: Destination) -> str | None:
        """The switch from which a phone is best called: where it is registered, if new calls are taken there."""
        legs = self.phones(tenant_id, phone.target) if phone.kind is DestinationKind.EXTENSION else []
        for leg in legs:
            if isinstance(leg.endpoint, Phone):
                place = self.whereabouts.of(leg.endpoint.sip_username, leg.endpoint.domain)
                if place is not None and self._nodes[place.node_id].state == "up":
                    return place.node_id
        return self.roomiest()

    def has_extension(self, tenant_id: UUID, number: str) -> bool:
        """Whether the tenant has this extension, enabled; it may have no device."""
        return (tenant_id, number) in self._extensions

    def roomiest(self) -> str | None:
        """The switch that takes new calls and has the fewest; none: there is none."""
        nodes = [node for node in self._nodes.values() if node.state == "up"]
        return min(nodes, key=lambda node: (node.sessions, node.node_id)).node_id if nodes else None

    async def look(self, tenant_id: UUID) -> Look:
        """What is up on all nodes: each answers within a second or is passed over."""
        asked = [node for node in self._nodes.values() if node.state != "down"]
        replies = await asyncio.gather(*(self._list(node.node_id, tenant_id) for node in asked))
        found = Look()
        for node, reply in zip(asked, replies, strict=True):
            if isinstance(reply, list):
                found.cores[node.node_id] = node.core_id
                for leg in reply:
                    try:
                        _take_in(found, leg, node, tenant_id)
                    except (KeyError, ValueError) as error:  # of another release
                        log.warning("a leg cannot be read", node=node.node_id, reason=str(error)[:500])
            elif reply is NoResponder:
                found.absent.add(node.node_id)
        return found

    async def hears(self, node_id: str, tenant_id: UUID, leg_id: str) -> str | None:
        """The leg that a leg is connected with; none: with no leg, or the node does not say."""
        reply = await self._list(node_id, tenant_id)
        legs = reply if isinstance(reply, list) else []
        return next((leg.get("other_leg_id") for leg in legs if leg["leg_id"] == leg_id), None)

    async def _list(self, node_id: str, tenant_id: UUID) -> list[dict[str, Any]] | type[BusError]:
        """The tenant's legs on a node, or how it failed."""
        try:
            reply = await self.bus.request(ListLegs(node_id=node_id, tenant_id=tenant_id), timeout=LIST_SECONDS)
        except BusError as error:
            return type(error)
        if not isinstance(reply, SwitchReply) or not reply.ok:
            return BusError
        found: list[dict[str, Any]] = orjson.loads(reply.result)
        return [leg for leg in found if leg.get("tenant_id") == str(tenant_id)]


def _take_in(found: Look, leg: dict[str, Any], node: NodeReported, tenant_id: UUID) -> None:
    leg_id, queue_id, other = leg["leg_id"], leg.get("queue_id"), leg.get("other_leg_id")
    turn = leg.get("queue_turn") if queue_id else None
    found.legs[leg_id] = Seen(
        leg_id,
        node.node_id,
        other,
        turn,
        is_agents=bool(leg.get("agent_leg")),
        is_answered=bool(leg.get("answered_at")),
        is_parked=bool(leg.get("parked")),
        is_held=leg.get("held"),
        extension=leg.get("extension") or "",
        call_id=leg["call_id"],
    )
    if queue_id is None or other is not None or leg.get("queued_at") is None or leg.get("parked"):
        return  # an agent's leg that waited there, to ask, is in park again
    found.waiting.append(
        CallQueued(
            tenant_id=tenant_id,
            occurred_at=leg["queued_at"],
            node_id=node.node_id,
            core_id=node.core_id,
            call_id=leg["call_id"],
            leg_id=leg_id,
            queue_id=queue_id,
            turn=leg.get("queue_turn") or 0,
            priority=leg.get("queue_priority") or 0,
            language=leg.get("queue_language") or "",
            caller_number=leg.get("caller_number") or "",
            caller_name=leg.get("caller_name") or "",
            called_number=leg.get("called_number") or "",
        )
    )
