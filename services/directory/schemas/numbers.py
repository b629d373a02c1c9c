"""Public numbers in REST."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.directory.schemas.fields import Flag, Revision, left_out
from shared.http.schemas import StrictModel, View
from shared.telephony.destinations import Destination
from shared.telephony.numbers import E164Number
from shared.telephony.safe_text import SafeText


class NumberCreate(StrictModel):
    """A number the tenant has."""

    e164: E164Number
    destination: Destination | None = None
    display_name: SafeText = ""
    enabled: Flag = True


class NumberUpdate(StrictModel):
    """What may change."""

    revision: Revision | None = None
    destination: Destination | None = None
    display_name: SafeText = left_out()
    enabled: Flag = left_out()


class NumberView(View):
    """A number."""

    id: UUID
    tenant_id: UUID
    e164: str
    destination: str | None
    display_name: str
    enabled: bool
    created_at: datetime
    updated_at: datetime
    revision: int
