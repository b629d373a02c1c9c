"""Tenants in REST."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.directory.schemas.fields import (
    Flag,
    Language,
    MaxCalls,
    MaxCallsPerSecond,
    MaxMinutes,
    Revision,
    TimeZone,
    left_out,
)
from shared.http.schemas import StrictModel, View
from shared.telephony.ids import Slug
from shared.telephony.numbers import CountryCode
from shared.telephony.safe_text import SafeName
from shared.telephony.sip_names import SipDomain


class TenantCreate(StrictModel):
    """A new tenant. Slug and domain stay for life: passwords of devices are bound to the domain."""

    slug: Slug
    display_name: SafeName
    domain: SipDomain
    country: CountryCode
    time_zone: TimeZone = "UTC"
    language: Language = "en"
    enabled: Flag = True
    max_calls: MaxCalls | None = None
    max_calls_per_second: MaxCallsPerSecond | None = None
    max_international_minutes_per_day: MaxMinutes | None = None


class TenantUpdate(StrictModel):
    """What may change. A tenant's own administrator may change name, time zone and language only."""

    revision: Revision | None = None
    display_name: SafeName = left_out()
    country: CountryCode = left_out()
    time_zone: TimeZone = left_out()
    language: Language = left_out()
    enabled: Flag = left_out()
    max_calls: MaxCalls | None = None
    max_calls_per_second: MaxCallsPerSecond | None = None
    max_international_minutes_per_day: MaxMinutes | None = None


OWN_FIELDS = frozenset({"display_name", "time_zone", "language"})
"""What a tenant's own administrator may change."""


class TenantView(View):
    """A tenant."""

    id: UUID
    slug: str
    display_name: str
    domain: str
    country: str
    time_zone: str
    language: str
    enabled: bool
    max_calls: int | None
    max_calls_per_second: int | None
    max_international_minutes_per_day: int | None
    created_at: datetime
    updated_at: datetime
    revision: int
