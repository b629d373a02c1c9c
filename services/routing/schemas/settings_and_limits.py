"""A tenant's choices and caps."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from services.routing.schemas.fields import Count, EmergencyNumber, Minutes
from shared.http.schemas import StrictModel, View
from shared.telephony.caller_id import CallerIdPolicy
from shared.telephony.numbers import E164Number


class LimitsFields(StrictModel):
    """Caps; what is given is set, null takes a cap away. They narrow what the platform allows, and never widen it."""

    max_calls: Count | None = None
    max_calls_per_second: Count | None = None
    max_international_minutes_per_day: Minutes | None = None


class EffectiveLimits(View):
    """The stricter of the caps chosen here and in the directory."""

    max_calls: int | None
    max_calls_per_second: int | None
    max_international_minutes_per_day: int | None


class LimitsView(View):
    """The caps chosen here, those in force together with the directory's, and today's use."""

    max_calls: int | None
    max_calls_per_second: int | None
    max_international_minutes_per_day: int | None
    effective: EffectiveLimits
    international_seconds_today: int


class SettingsUpdate(StrictModel):
    """A tenant's choices; what is given is set."""

    default_caller_id: E164Number | None = None
    caller_id_policy: Literal[CallerIdPolicy.EXTENSION, CallerIdPolicy.TENANT, CallerIdPolicy.HIDDEN] = (
        CallerIdPolicy.EXTENSION
    )
    emergency_numbers: Annotated[list[EmergencyNumber], Field(max_length=20)] = Field(default_factory=list)
    forwarding_codes: bool = True
    do_not_disturb_codes: bool = True
    echo_code: bool = True


class SettingsView(View):
    """A tenant's choices."""

    default_caller_id: str | None = None
    caller_id_policy: CallerIdPolicy = CallerIdPolicy.EXTENSION
    emergency_numbers: list[str] = Field(default_factory=list)
    forwarding_codes: bool = True
    do_not_disturb_codes: bool = True
    echo_code: bool = True
    revision: int = 0
