"""Kinds of fields that several bodies share."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, Field, StrictBool, StrictInt, StringConstraints

from services.directory.domain.people import SCOPE_PATTERN

CALL_CLASSES: Final = ("internal", "local", "national", "international", "premium")

CallClass = Literal["internal", "local", "national", "international", "premium"]
"""Class of service: the dearest calls an extension may make."""
Language = Literal["en", "fa", "ar"]
Flag = StrictBool
MaxCalls = Annotated[StrictInt, Field(ge=1, le=100_000, description="concurrent calls; none: no cap")]
MaxCallsPerSecond = Annotated[StrictInt, Field(ge=1, le=10_000, description="new calls a second; none: no cap")]
MaxMinutes = Annotated[StrictInt, Field(ge=0, le=1_000_000, description="minutes a day; none: no cap")]
Revision = Annotated[StrictInt, Field(ge=1, le=2_147_483_647, description="change this revision only, else 412")]
Password = Annotated[
    str,
    StringConstraints(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+$"),
]
SipPassword = Annotated[
    str,
    StringConstraints(min_length=1, max_length=128, pattern=r"^[\x21-\x7e]+$"),
    Field(description="12-128 printable ASCII characters without blanks"),
]
Scope = Annotated[str, StringConstraints(max_length=60, pattern=SCOPE_PATTERN)]

_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_EMAIL: Final = re.compile(rf"[a-z0-9.!#$%&*+/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(?:\.{_LABEL})*")
_ZONE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}")


def email(text: str) -> str:
    """A mail address in lower case; nothing exotic. Raises ValueError."""
    address = text.lower()
    if not _EMAIL.fullmatch(address):
        raise ValueError("must be a mail address")
    return address


def time_zone(text: str) -> str:
    """A zone of the IANA database. Raises ValueError."""
    try:
        if not _ZONE.fullmatch(text):
            raise ValueError
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("must be a time zone such as Asia/Tehran") from error
    return text


Email = Annotated[
    str,
    StringConstraints(min_length=3, max_length=254),
    AfterValidator(email),
    Field(json_schema_extra={"pattern": r"^[a-z0-9._+-]{1,64}@[a-z0-9]+(?:\.[a-z0-9]+)*$"}),
]
TimeZone = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64),
    AfterValidator(time_zone),
    Field(json_schema_extra={"pattern": f"^{_ZONE.pattern}$", "examples": ["Asia/Tehran", "UTC"]}),
]


def left_out() -> Any:
    """The default of a field that a PATCH need not name; such a field cannot be null unless its type says so."""
    return Field(default_factory=lambda: None)


def named(body: BaseModel) -> dict[str, Any]:
    """What a PATCH names, without the revision it is meant for."""
    return {name: getattr(body, name) for name in body.model_fields_set if name != "revision"}
