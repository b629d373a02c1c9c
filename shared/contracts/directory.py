"""The directory's tables as replicated to other services. No secret is ever in them."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.message import StateEvent


class DirectoryState(StateEvent):
    """Base: one directory entity, identified by ``id``."""

    owner: ClassVar[str] = "directory"

    id: UUID

    def key(self) -> str:
        return str(self.id)


class TenantChanged(DirectoryState):
    """A tenant. ``tenant_id`` equals ``id``."""

    name: ClassVar[str] = "tenant.changed"

    slug: str
    display_name: str
    domain: str
    country: str = Field(description="ISO 3166 alpha-2; decides how national numbers are read")
    time_zone: str
    language: str = "en"
    enabled: bool = True
    max_calls: int | None = Field(default=None, description="concurrent calls; none: no cap")
    max_calls_per_second: int | None = None
    max_international_minutes_per_day: int | None = None


class DeviceSummary(BaseModel):
    """A device as routing needs it to ring it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: UUID
    sip_username: str
    enabled: bool = True


class ExtensionChanged(DirectoryState):
    """An extension with its devices (a change of a device is a change of its extension)."""

    name: ClassVar[str] = "extension.changed"

    number: str
    display_name: str
    enabled: bool = True
    call_class: str = Field(description="class of service: internal, local, national, international or premium")
    outbound_caller_id: str | None = Field(
        default=None, description="E.164 number of the tenant shown on outbound calls"
    )
    max_calls: int | None = None
    max_calls_per_second: int | None = None
    max_international_minutes_per_day: int | None = None
    language: str | None = None
    devices: tuple[DeviceSummary, ...] = ()


class DeviceChanged(DirectoryState):
    """A device's credentials or place changed: cached sign-in data of ``sip_username@domain`` must be dropped."""

    name: ClassVar[str] = "device.changed"

    extension_id: UUID
    domain: str
    sip_username: str
    previous_sip_username: str | None = None
    enabled: bool = True


class NumberChanged(DirectoryState):
    """A public number and where its calls go. ``tenant_id`` owns it."""

    name: ClassVar[str] = "number.changed"

    e164: str
    destination: str | None = Field(default=None, description="a Destination, such as extension:101")
    display_name: str = ""
    enabled: bool = True


class TrunkChanged(DirectoryState):
    """A trunk: a way out and in. Platform trunks (``tenant_id`` none) may be shared by tenants."""

    name: ClassVar[str] = "trunk.changed"

    display_name: str
    kind: str = Field(description="registration, or ip (authenticated by source address)")
    proxy: str = Field(description="host or host:port")
    source_addresses: tuple[str, ...] = Field(default=(), description="networks that inbound calls come from")
    codecs: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = Field(
        default=("",), description="E.164 prefixes without +; longest match wins, empty: all"
    )
    priority: int = Field(default=100, description="lower is tried first among equal prefixes")
    max_calls: int | None = None
    max_calls_per_second: int | None = None
    number_format: str = Field(default="e164", description="e164, e164_no_plus or national")
    carries_emergency: bool = True
    enabled: bool = True


DIRECTORY_EVENTS: tuple[type[DirectoryState], ...] = (
    TenantChanged,
    ExtensionChanged,
    DeviceChanged,
    NumberChanged,
    TrunkChanged,
)
