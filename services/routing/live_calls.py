"""Calls that are up: placed and steered by commands to the nodes, which alone know them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from services.routing.domain.config import Device, Extension
from services.routing.errors import (
    CallFailed,
    CallGone,
    CallNotFound,
    NodeUnknown,
    NoNode,
    NotRegistered,
    SwitchDeadline,
    SwitchRefused,
    SwitchUnavailable,
)
from services.routing.replica import Replica
from shared.bus.port import Bus, BusTimeout, BusUnavailable, NoResponder
from shared.contracts.nodes import NodeReported
from shared.contracts.switch import LegCommand, ListLegs, Originate, SwitchCommand, SwitchReply
from shared.http.errors import ApiError
from shared.telephony.caller_id import display_name
from shared.telephony.causes import cause
from shared.telephony.dial_string import DialString, Leg, Phone
from shared.telephony.ids import new_leg_id

ANSWER_SECONDS = 2.0
NODE_SECONDS = 6.0
RING_MARGIN_SECONDS = 8.0
PHONES = "seda"
NOT_REGISTERED = frozenset({"USER_NOT_REGISTERED", "SUBSCRIBER_ABSENT"})

PROBLEMS: dict[str, type[ApiError]] = {
    "call_not_found": CallNotFound,
    "call_gone": CallGone,
    "node_draining": NoNode,
    "switch_unreachable": SwitchUnavailable,
    "deadline_exceeded": SwitchDeadline,
    "refused": SwitchRefused,
    "invalid": SwitchRefused,
}
"""What a node's codes are told as."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A call whose first phone answered."""

    call_id: str
    node_id: str


@dataclass(frozen=True, slots=True)
class LegsUp:
    """The legs that are up, and the nodes that did not say."""

    legs: list[dict[str, Any]]
    silent_nodes: list[str]


class LiveCalls:
    """Sends commands to nodes.

    Args:
        ring_seconds: how long the caller's own phone rings.
    """

    def __init__(self, bus: Bus, replica: Replica, *, ring_seconds: int) -> None:
        self._bus = bus
        self._replica = replica
        self._ring_seconds = ring_seconds

    async def place(self, tenant_id: UUID, domain: str, extension: Extension, number: str) -> Placed:
        """Call the extension's phone; once answered, it dials ``number``.

        The first of its devices that is registered rings, on the least busy node that knows it.

        Raises:
            NoNode: no node takes calls. NotRegistered: no device is registered anywhere.
            CallFailed: the phone was busy, or was not answered.
            SwitchUnavailable, SwitchDeadline: the switch is at fault.
        """
        reached = False
        for node in self.nodes_by_load():
            try:
                placed = await self._place_on(node.node_id, tenant_id, domain, extension, number)
            except (NoNode, SwitchUnavailable):
                continue  # nothing was sent: its switchlink or its switch is away
            reached = True
            if placed is not None:
                return placed
        if not reached:
            raise NoNode()
        raise NotRegistered(f"no device of extension {extension.number} is registered")

    async def _place_on(
        self, node_id: str, tenant_id: UUID, domain: str, extension: Extension, number: str
    ) -> Placed | None:
        """Try the extension's devices on one node; none: no device is registered there."""
        for device in extension.devices:
            command = self._originate(node_id, tenant_id, _phone(device, extension, domain), number)
            reply = await self._ask(command, self._ring_seconds + RING_MARGIN_SECONDS)
            if reply.ok:
                return Placed(command.leg_id, reply.node_id or node_id)
            failed = reply.detail.split()[0] if reply.detail else ""
            if reply.code != "refused" or failed not in NOT_REGISTERED:
                raise _failed(reply, failed)
        return None

    async def steer(self, command: LegCommand) -> SwitchReply:
        """Send a command about a leg to whichever node has it.

        Raises:
            CallNotFound: no node has it, or it is another tenant's. CallGone: it ended.
            SwitchRefused, SwitchUnavailable, SwitchDeadline: the node could not.
        """
        try:
            reply = await self._ask(command, ANSWER_SECONDS)
        except SwitchDeadline as error:
            # Nodes that do not have a call keep silent.
            raise CallNotFound() from error
        if not reply.ok:
            raise PROBLEMS.get(reply.code, SwitchUnavailable)(reply.detail)
        return reply

    async def command_node(self, command: SwitchCommand) -> SwitchReply:
        """Send a command to one node.

        Raises:
            NodeUnknown: no such node, or nobody answers for it.
            SwitchRefused, SwitchUnavailable, SwitchDeadline: the node could not.
        """
        if command.node_id not in self._replica.nodes:
            raise NodeUnknown()
        try:
            reply = await self._ask(command, NODE_SECONDS)
        except NoNode as error:
            raise SwitchUnavailable("nobody answers for this node") from error
        if not reply.ok:
            raise PROBLEMS.get(reply.code, SwitchUnavailable)(reply.detail)
        return reply

    async def legs_up(self, tenant_id: UUID) -> LegsUp:
        """The tenant's legs on all nodes."""
        nodes = [node.node_id for node in self._replica.nodes.values() if node.state != "down"]
        commands = [ListLegs(tenant_id=tenant_id, node_id=node_id) for node_id in nodes]
        replies = await asyncio.gather(*(self._ask(one, ANSWER_SECONDS) for one in commands), return_exceptions=True)
        legs: list[dict[str, Any]] = []
        silent: list[str] = []
        for node_id, reply in zip(nodes, replies, strict=True):
            if isinstance(reply, SwitchReply) and reply.ok:
                legs += [{**leg, "node_id": node_id} for leg in orjson.loads(reply.result)]
            else:
                silent.append(node_id)
        # A node lists only the tenant asked for; believing that would make its word the wall.
        return LegsUp([leg for leg in legs if leg.get("tenant_id") == str(tenant_id)], silent)

    def nodes_by_load(self) -> list[NodeReported]:
        """Nodes that take calls, the least busy first."""
        up = [node for node in self._replica.nodes.values() if node.state == "up"]
        return sorted(up, key=lambda node: (node.sessions / (node.max_sessions or 1), node.node_id))

    def _originate(self, node_id: str, tenant_id: UUID, leg: Leg, number: str) -> Originate:
        return Originate(
            node_id=node_id,
            tenant_id=tenant_id,
            leg_id=new_leg_id(),
            dial_string=str(DialString.simultaneous([leg])),
            application="transfer",
            argument=f"{number} XML {PHONES}",
            caller_number=number,
            caller_name=number,
            ring_timeout_seconds=self._ring_seconds,
        )

    async def _ask(self, command: SwitchCommand, timeout: float) -> SwitchReply:
        try:
            reply = await self._bus.request(command, timeout=timeout)
        except NoResponder as error:
            raise NoNode() from error
        except BusTimeout as error:
            raise SwitchDeadline() from error
        except BusUnavailable as error:
            raise SwitchUnavailable() from error
        assert isinstance(reply, SwitchReply)  # noqa: S101 -- the bus decodes the command's own reply class
        return reply


def _phone(device: Device, extension: Extension, domain: str) -> Leg:
    """The extension's own phone; it dials as if its owner had."""
    variables = {
        "seda_extension_id": str(extension.id),
        "seda_extension": extension.number,
        "seda_device_id": str(device.id),
        # What the leg is called by whoever lists it, and what it shows once it dials; else FreeSWITCH's own words.
        "origination_callee_id_number": extension.number,
        "origination_callee_id_name": display_name(extension.display_name) or extension.number,
    }
    return Leg(Phone(device.sip_username, domain), variables)


def _failed(reply: SwitchReply, name: str) -> ApiError:
    if reply.code == "refused":
        return CallFailed(f"{name}: {cause(name).words()}" if name else reply.detail)
    return PROBLEMS.get(reply.code, SwitchUnavailable)(reply.detail)
