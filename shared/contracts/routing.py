"""What ``routing`` tells its own replicas and others."""

from __future__ import annotations

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.contracts.message import StateEvent


class RoutingConfigChanged(StateEvent):
    """A tenant's routes, ring groups, forwarding or limits changed.

    ``revision`` is that of the tenant's configuration. Every routing replica reads the tenant's rows again.
    """

    owner: ClassVar[str] = "routing"
    name: ClassVar[str] = "config.changed"

    id: UUID
    ring_groups: tuple[str, ...] | None = Field(
        default=None, description="slugs of the tenant's ring groups; none: told by a release that did not say"
    )

    def key(self) -> str:
        return str(self.id)


class InternationalUsageChanged(StateEvent):
    """Seconds of international and premium calls in one local day, of a tenant (``id`` is its own) or an extension.

    ``revision`` grows with the day and the seconds.
    """

    owner: ClassVar[str] = "routing"
    name: ClassVar[str] = "usage.changed"

    id: UUID
    day: date
    seconds: int = Field(ge=0)

    def key(self) -> str:
        return str(self.id)


ROUTING_EVENTS: tuple[type[StateEvent], ...] = (RoutingConfigChanged, InternationalUsageChanged)
