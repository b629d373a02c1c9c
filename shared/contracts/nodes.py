"""State of FreeSWITCH nodes and of the devices registered on them, as ``switchlink`` tells it."""

from __future__ import annotations

from typing import ClassVar, Final, Literal
from uuid import UUID, uuid5

from pydantic import Field

from shared.contracts.message import Event, Moment, StateEvent

DEVICES: Final = UUID("7d1c1f0e-6f5e-4b0c-9a53-0f6b8c1d2e3f")
"""Namespace of the keys of devices on nodes: a device's own name may hold what a subject may not."""


class NodeStarted(Event):
    """switchlink sees a switch process it had not seen: calls of earlier lives of this node are lost."""

    owner: ClassVar[str] = "switchlink"
    name: ClassVar[str] = "node.started"

    node_id: str
    core_id: str

    def key(self) -> str:
        return self.node_id


class NodeLost(Event):
    """The switch process is gone: every call of this life of the node has ended as ``switch_lost``."""

    owner: ClassVar[str] = "switchlink"
    name: ClassVar[str] = "node.lost"

    node_id: str
    core_id: str

    def key(self) -> str:
        return self.node_id


class NodeReconciled(Event):
    """After (re)connecting: every leg that is really up.

    Legs created before ``occurred_at`` and absent here ended unseen.
    """

    owner: ClassVar[str] = "switchlink"
    name: ClassVar[str] = "node.reconciled"

    node_id: str
    core_id: str
    live_leg_ids: tuple[str, ...] = ()

    def key(self) -> str:
        return self.node_id


class NodeReported(StateEvent):
    """A node's load and readiness, every few seconds and at each change. Replaces the previous report."""

    owner: ClassVar[str] = "switchlink"
    name: ClassVar[str] = "node.reported"

    node_id: str
    core_id: str
    state: Literal["up", "draining", "drained", "down"]
    switch_version: str = ""
    sessions: int = Field(default=0, ge=0)
    max_sessions: int = Field(default=0, ge=0)
    sessions_per_second: int = Field(default=0, ge=0)
    max_sessions_per_second: int = Field(default=0, ge=0)
    idle_cpu_percent: float = Field(default=0, ge=0, le=100)
    registrations: int = Field(default=0, ge=0)
    spooled_records: int = Field(default=0, ge=0, description="call records waiting to be stored")
    lost: bool = Field(default=False, description="the switch process is gone, and every call of its life is over")
    sip_address: str = Field(default="", description="host:port where other nodes call phones registered here")

    def key(self) -> str:
        return self.node_id


class DeviceEvent(Event):
    """Base of what happens to a device's registration."""

    owner: ClassVar[str] = "switchlink"

    node_id: str
    domain: str
    sip_username: str
    device_id: str | None = None
    network_address: str = Field(default="", description="source ip:port of the REGISTER")
    user_agent: str = ""

    def key(self) -> str:
        return self.node_id


class DeviceRegistered(DeviceEvent):
    """A device registered, or refreshed its registration."""

    name: ClassVar[str] = "device.registered"
    contact: str = ""
    expires_seconds: int = Field(default=0, ge=0)


class DeviceUnregistered(DeviceEvent):
    """A registration ended: by the device, or because it expired."""

    name: ClassVar[str] = "device.unregistered"
    expired: bool = False


class DeviceLocated(StateEvent):
    """Whether a device is registered on a node, told at each of its registrations there and at their end.

    It holds for the life ``core_id`` of the switch. A device that moved is known on several nodes until the older
    registrations expire: the newest ``registered_at`` is where it is.
    """

    owner: ClassVar[str] = "switchlink"
    name: ClassVar[str] = "device.located"

    node_id: str
    core_id: str
    domain: str
    sip_username: str
    registered_at: Moment

    def key(self) -> str:
        return str(uuid5(DEVICES, f"{self.node_id}/{self.sip_username}@{self.domain}"))


class DeviceRegistrationRefused(DeviceEvent):
    """Wrong password, unknown user or unknown domain. Counted, and the base of bans."""

    name: ClassVar[str] = "device.registration_refused"
    reason: str = ""


NODE_EVENTS: tuple[type[Event], ...] = (
    NodeStarted,
    NodeLost,
    NodeReconciled,
    NodeReported,
    DeviceRegistered,
    DeviceUnregistered,
    DeviceRegistrationRefused,
    DeviceLocated,
)
