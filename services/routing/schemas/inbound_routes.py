"""Where a number's calls go, by the hour."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.routing.schemas.fields import Revision
from shared.http.schemas import StrictModel, View
from shared.telephony.destinations import Destination
from shared.telephony.schedule_fields import ScheduleFields


class EntryFields(StrictModel):
    """While the schedule is open (always, without one), calls go to the destination."""

    destination: Destination
    schedule: ScheduleFields | None = None


Entries = Annotated[list[EntryFields], Field(max_length=20)]


class InboundRouteCreate(StrictModel):
    """Where a number's calls go, by the hour: the first entry that is open, else ``otherwise``."""

    number_id: UUID
    entries: Entries = Field(default_factory=list)
    otherwise: Destination | None = None


class InboundRouteUpdate(StrictModel):
    """What is given is set. With ``revision``, only while the route still has it."""

    entries: Entries = Field(default_factory=list)
    otherwise: Destination | None = None
    revision: Revision | None = None


class EntryView(View):
    """An entry of a route."""

    destination: Destination
    schedule: ScheduleFields | None = None


class InboundRouteView(View):
    """Where a number's calls go, by the hour."""

    id: UUID
    tenant_id: UUID
    number_id: UUID
    e164: str | None = None
    entries: list[EntryView]
    otherwise: Destination | None
    created_at: datetime
    updated_at: datetime
    revision: int
