"""A call while it is being decided, and how a decision ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final, Literal
from uuid import UUID

from services.routing.domain.config import Extension, Tenant
from services.routing.domain.index import Config, TenantIndex
from services.routing.domain.progress import Progress
from services.routing.domain.request import Request
from services.routing.domain.route import CAUSE_OF, Cap, Diversion, Refusal, Refuse, Route, Shown, Step
from shared.telephony.causes import Cause
from shared.telephony.destinations import Destination
from shared.telephony.handover import NotTaken
from shared.telephony.hops import Direction
from shared.telephony.schedules import time_zone

MAX_HOPS = 5
"""Forwards, routes and overflows in a row before a call is taken to go in a circle."""

NOT_TAKEN_BY: Final[dict[str, NotTaken]] = {
    "user-busy": "busy",
    "do-not-disturb": "busy",
    "no-answer": "no_answer",
    "unavailable": "unavailable",
}
"""What a forward's reason (RFC 5806) means to a program, which may greet the caller accordingly."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What was used so far.

    Args:
        international_seconds: by tenant or extension id and its tenant's local day.
        turns: by ring group id, how often its round robin has begun.
    """

    international_seconds: Mapping[tuple[UUID, date], int] = field(default_factory=lambda: MappingProxyType({}))
    turns: Mapping[UUID, int] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class World:
    """What every decision looks at."""

    config: Config
    usage: Usage
    now: datetime

    def today(self, tenant: Tenant) -> date:
        """The tenant's local day."""
        return self.now.astimezone(time_zone(tenant.time_zone)).date()


@dataclass(frozen=True, slots=True)
class Call:
    """One call of one tenant, on its way.

    Args:
        caller: the extension that calls; none from outside.
        shown: what an extension of the tenant is shown of the caller.
        acting: the extension in whose name the call goes out: its class of service and caller ID hold.
        hops: forwards so far.
        forwarded_by: number of the extension that forwarded last.
        forward_reason: why it did (RFC 5806).
        via: what led here.
        caps: to be counted before the step.
        trunk_id: the trunk the call came in by.
        path: how it was decided.
        back: the program that gets the call back when nobody takes it.
        after: the program that gets the caller when who answered has hung up.
        ring_seconds: how long an extension rings, where a program says so.
        accept_key: whether who answers outside presses 1 to be connected.
        not_taken: why who was called before did not take the call; empty: nobody was, or it is not known.
    """

    request: Request
    index: TenantIndex
    tenant: Tenant
    direction: Direction
    caller: Extension | None
    shown: Shown
    acting: Extension | None = None
    hops: int = 0
    forwarded_by: str = ""
    forward_reason: str = "unconditional"
    via: str = ""
    caps: tuple[Cap, ...] = ()
    trunk_id: UUID | None = None
    path: tuple[str, ...] = ()
    back: str = ""
    after: str = ""
    ring_seconds: int | None = None
    accept_key: bool = False
    not_taken: NotTaken | Literal[""] = ""

    def noted(self, *why: str) -> Call:
        """The same call, with the reason of what comes next."""
        return replace(self, path=(*self.path, *why))

    def by(self, via: str) -> Call:
        """The same call, led on by ``via``."""
        return replace(self, via=via)

    @property
    def diversion(self) -> Diversion | None:
        """Who forwarded it, if anybody."""
        return Diversion(self.forwarded_by, self.forward_reason) if self.forwarded_by else None

    def forwarded(self, extension: Extension, reason: str) -> Call:
        """The call after ``extension`` sent it on: from here on it goes in that extension's name."""
        return replace(
            self,
            acting=extension,
            forwarded_by=extension.number,
            forward_reason=reason,
            not_taken=NOT_TAKEN_BY.get(reason, ""),
            via=f"forward:{extension.number}",
        )

    def progress(self, **position: Any) -> Progress:
        """What to remember while the next step is under way."""
        return Progress(
            hops=self.hops,
            acting_id=self.acting.id if self.acting else None,
            forwarded_by=self.forwarded_by,
            via=self.via,
            back=self.back,
            after=self.after,
            **position,
        )

    def resumed(self, progress: Progress) -> Call:
        """The call as it was when ``progress`` was noted."""
        return replace(
            self,
            hops=progress.hops,
            acting=self.index.extension_by_id(progress.acting_id),
            forwarded_by=progress.forwarded_by,
            via=progress.via,
            back=progress.back,
            after=progress.after,
        )

    def route(self, step: Step, *why: str, **more: Any) -> Route:
        """The end of the decision, and its reason."""
        more.setdefault("caps", self.caps)
        return Route(
            step=step,
            tenant_id=self.tenant.id,
            call_id=self.request.call_id or self.request.leg_id,
            direction=self.direction,
            acting_id=self.acting.id if self.acting else None,
            trunk_id=self.trunk_id,
            answered=self.request.answered,
            is_first=self.request.is_first,
            path=(*self.path, *why),
            language=self.tenant.language,
            **more,
        )

    def refused(self, reason: Refusal, cause: Cause | None = None, why: str = "") -> Route:
        """The call ends here."""
        return self.route(Refuse(reason, cause or CAUSE_OF[reason]), why or f"refused: {reason.value}")


@dataclass(frozen=True, slots=True)
class Redirect:
    """The call goes on to another destination."""

    call: Call
    destination: Destination


Outcome = Route | Redirect
