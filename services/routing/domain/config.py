"""What is configured, as values: the directory's entities and routing's own rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from types import MappingProxyType
from uuid import UUID

from shared.telephony.caller_id import CallerIdPolicy
from shared.telephony.destinations import Destination
from shared.telephony.schedules import Schedule

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Caps:
    """Limits of a tenant, an extension or a trunk; none: no cap."""

    max_calls: int | None = None
    max_calls_per_second: int | None = None
    max_international_minutes_per_day: int | None = None

    @classmethod
    def of(
        cls, calls: int | None = None, calls_per_second: int | None = None, international_minutes: int | None = None
    ) -> Caps:
        """Caps; `NO_CAPS` itself where nothing is capped, which is quick to tell."""
        if calls is None and calls_per_second is None and international_minutes is None:
            return NO_CAPS
        return cls(calls, calls_per_second, international_minutes)

    def narrowed(self, other: Caps) -> Caps:
        """The stricter of two caps, field by field: a tenant may narrow what the platform allows, never widen it."""
        if other is NO_CAPS:
            return self
        if self is NO_CAPS:
            return other
        return Caps.of(
            _least(self.max_calls, other.max_calls),
            _least(self.max_calls_per_second, other.max_calls_per_second),
            _least(self.max_international_minutes_per_day, other.max_international_minutes_per_day),
        )


NO_CAPS = Caps()


def _least(one: int | None, other: int | None) -> int | None:
    given = [cap for cap in (one, other) if cap is not None]
    return min(given) if given else None


class ServiceClass(StrEnum):
    """Class of service of an extension: what it may call, each including the ones before."""

    INTERNAL = "internal"
    LOCAL = "local"
    NATIONAL = "national"
    INTERNATIONAL = "international"
    PREMIUM = "premium"


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant as routing sees it."""

    id: UUID
    slug: str
    domain: str
    country: str
    time_zone: str
    display_name: str = ""
    language: str = "en"
    enabled: bool = True
    caps: Caps = NO_CAPS


@dataclass(frozen=True, slots=True)
class Device:
    """One SIP user of an extension."""

    id: UUID
    sip_username: str


@dataclass(frozen=True, slots=True)
class Extension:
    """An extension with the devices that ring."""

    id: UUID
    tenant_id: UUID
    number: str
    display_name: str = ""
    enabled: bool = True
    service_class: ServiceClass = ServiceClass.INTERNAL
    outbound_caller_id: str | None = None
    caps: Caps = NO_CAPS
    devices: tuple[Device, ...] = ()


@dataclass(frozen=True, slots=True)
class Number:
    """A public number of a tenant."""

    id: UUID
    tenant_id: UUID
    e164: str
    destination: Destination | None = None
    enabled: bool = True


class NumberFormat(StrEnum):
    """How a trunk wants the number it is to call."""

    E164 = "e164"
    E164_NO_PLUS = "e164_no_plus"
    NATIONAL = "national"


@dataclass(frozen=True, slots=True)
class Trunk:
    """A way out and in. Without ``tenant_id`` it belongs to the platform and serves every tenant."""

    id: UUID
    tenant_id: UUID | None
    networks: tuple[Network, ...] = ()
    prefixes: tuple[str, ...] = ("",)
    priority: int = 100
    caps: Caps = NO_CAPS
    number_format: NumberFormat = NumberFormat.E164
    carries_emergency: bool = True
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Forwarding:
    """Where an extension's calls go instead, and whether it wants any.

    ``no_answer_seconds``: how long it rings before ``no_answer`` (5-120).
    """

    always: Destination | None = None
    busy: Destination | None = None
    no_answer: Destination | None = None
    unreachable: Destination | None = None
    no_answer_seconds: int = 20
    do_not_disturb: bool = False


NO_FORWARDING = Forwarding()


class Strategy(StrEnum):
    """How a ring group rings its members."""

    SIMULTANEOUS = "simultaneous"
    SEQUENTIAL = "sequential"
    ROUND_ROBIN = "round_robin"


@dataclass(frozen=True, slots=True)
class Member:
    """An extension in a ring group: it rings after ``delay_seconds``, for ``timeout_seconds``."""

    extension: str
    delay_seconds: int = 0
    timeout_seconds: int = 20


@dataclass(frozen=True, slots=True)
class RingGroup:
    """Extensions that take calls together. ``ring_seconds`` bounds a simultaneous ring as a whole."""

    id: UUID
    slug: str
    strategy: Strategy = Strategy.SIMULTANEOUS
    members: tuple[Member, ...] = ()
    ring_seconds: int = 30
    no_answer: Destination | None = None


@dataclass(frozen=True, slots=True)
class RouteEntry:
    """While ``schedule`` is open (always, without one) calls go to ``destination``."""

    destination: Destination
    schedule: Schedule | None = None


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue that takes calls.

    Args:
        survey: slug of the flow that callers go to when the agent has left; empty: none.
        music: slug of the prompt that callers hear; empty: Seda's own music.
    """

    id: UUID
    slug: str
    survey: str = ""
    music: str = ""


@dataclass(frozen=True, slots=True)
class InboundRoute:
    """What replaces a number's plain destination: the first entry that is open, else ``otherwise``."""

    number_id: UUID
    entries: tuple[RouteEntry, ...] = ()
    otherwise: Destination | None = None


@dataclass(frozen=True, slots=True)
class OutboundRule:
    """For numbers that begin with ``prefix`` (E.164 without the plus; longest wins): refuse, or these trunks."""

    id: UUID
    prefix: str
    allow: bool = True
    trunk_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """A tenant's own choices."""

    default_caller_id: str | None = None
    caller_id_policy: CallerIdPolicy = CallerIdPolicy.EXTENSION
    emergency_numbers: frozenset[str] = frozenset()
    forwarding_codes: bool = True
    do_not_disturb_codes: bool = True
    echo_code: bool = True
    caps: Caps = NO_CAPS


@dataclass(frozen=True, slots=True)
class TenantRoutes:
    """All routing rows of one tenant, as of ``revision``."""

    tenant_id: UUID
    revision: int = 0
    settings: Settings = Settings()
    forwarding: Mapping[UUID, Forwarding] = field(default_factory=lambda: MappingProxyType({}))
    ring_groups: Mapping[str, RingGroup] = field(default_factory=lambda: MappingProxyType({}))
    inbound: Mapping[UUID, InboundRoute] = field(default_factory=lambda: MappingProxyType({}))
    outbound: Mapping[str, OutboundRule] = field(default_factory=lambda: MappingProxyType({}))
    extension_caps: Mapping[UUID, Caps] = field(default_factory=lambda: MappingProxyType({}))
