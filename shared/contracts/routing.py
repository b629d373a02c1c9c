"""What ``routing`` tells its own replicas and others, and how a number outside is reached."""

from __future__ import annotations

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.message import Command, Reply, StateEvent


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


class WayOut(BaseModel):
    """One trunk that carries a number, and what is sent through it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    trunk_id: UUID
    number: str = Field(description="as the trunk wants it written")
    shown_number: str = Field(default="", description="of the tenant; what the far end is shown")
    shown_name: str = ""
    hidden: bool = False


class WayOutReply(Reply):
    """The trunks for a number, best first.

    ``code``: ``ok``; ``not_found`` (no such tenant), ``not_ready``; or why the number is not called:
    ``own_number``, ``number_unknown``, ``class_of_service``, ``outbound_rule``, ``international_minutes_used_up``,
    ``no_trunk``.
    """

    ways: tuple[WayOut, ...] = ()
    number_class: str = ""
    language: str = Field(default="en", description="the tenant's, for what whoever answers is told")


class FindWayOut(Command):
    """Say how a number outside is called in the tenant's own name. Nothing is called, stored or counted."""

    owner: ClassVar[str] = "routing"
    name: ClassVar[str] = "find_way_out"
    reply: ClassVar[type[Reply]] = WayOutReply

    number: str = Field(pattern=r"^\+[1-9][0-9]{6,14}$", description="E.164")

    def key(self) -> str:
        if self.tenant_id is None:
            raise ValueError("a question about a way out names its tenant")
        return str(self.tenant_id)


ROUTING_COMMANDS: tuple[type[Command], ...] = (FindWayOut,)
