"""Extensions and devices in REST."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.directory.schemas.fields import (
    CallClass,
    Flag,
    Language,
    MaxCalls,
    MaxCallsPerSecond,
    MaxMinutes,
    Revision,
    SipPassword,
    left_out,
)
from shared.http.schemas import StrictModel, View
from shared.telephony.numbers import E164Number, ExtensionNumber
from shared.telephony.safe_text import SafeName, SafeText
from shared.telephony.sip_names import SipUsername


class ExtensionCreate(StrictModel):
    """A new extension."""

    number: ExtensionNumber
    display_name: SafeName
    enabled: Flag = True
    call_class: CallClass = "national"
    outbound_caller_id: E164Number | None = None
    max_calls: MaxCalls | None = None
    max_calls_per_second: MaxCallsPerSecond | None = None
    max_international_minutes_per_day: MaxMinutes | None = None
    language: Language | None = None


class ExtensionUpdate(StrictModel):
    """What may change."""

    revision: Revision | None = None
    number: ExtensionNumber = left_out()
    display_name: SafeName = left_out()
    enabled: Flag = left_out()
    call_class: CallClass = left_out()
    outbound_caller_id: E164Number | None = None
    max_calls: MaxCalls | None = None
    max_calls_per_second: MaxCallsPerSecond | None = None
    max_international_minutes_per_day: MaxMinutes | None = None
    language: Language | None = None


class DeviceView(View):
    """A device, without its password (which nobody knows)."""

    id: UUID
    tenant_id: UUID
    extension_id: UUID
    sip_username: str
    display_name: str
    enabled: bool
    created_at: datetime
    updated_at: datetime
    revision: int


class DeviceIssued(DeviceView):
    """A device with what its phone is set up with; a password that was made is shown this once."""

    domain: str
    password: str | None = None


class ExtensionView(View):
    """An extension."""

    id: UUID
    tenant_id: UUID
    number: str
    display_name: str
    enabled: bool
    call_class: str
    outbound_caller_id: str | None
    max_calls: int | None
    max_calls_per_second: int | None
    max_international_minutes_per_day: int | None
    language: str | None
    created_at: datetime
    updated_at: datetime
    revision: int
    devices: list[DeviceView]


class DeviceCreate(StrictModel):
    """A new device.

    The SIP user name defaults to the extension's number (then ``101-2``, ...); a password is made when none is given.
    """

    sip_username: SipUsername | None = None
    display_name: SafeText = ""
    password: SipPassword | None = None
    enabled: Flag = True


class DeviceUpdate(StrictModel):
    """What may change. A new SIP user name makes the old password useless: give a new one, or one is made."""

    revision: Revision | None = None
    sip_username: SipUsername = left_out()
    display_name: SafeText = left_out()
    password: SipPassword = left_out()
    enabled: Flag = left_out()
