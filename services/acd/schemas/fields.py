"""Kinds of fields that several resources have."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints

from services.acd.domain.skills import MAX_LEVEL, parse_rings
from shared.telephony.destinations import Destination, DestinationKind
from shared.telephony.safe_text import SafeName

Revision = Annotated[int, Field(ge=1, le=2**31 - 1)]
Level = Annotated[int, Field(ge=1, le=9, description="agents of level 2 are asked only when none of level 1 is free")]
Position = Annotated[int, Field(ge=0, le=10_000, description="place in the strategy top_down")]
Priority = Annotated[int, Field(ge=-100, le=100, description="one point is worth a minute of waiting")]
SkillName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,63}$", max_length=63)]
Skills = Annotated[
    dict[SkillName, Annotated[int, Field(ge=0, le=MAX_LEVEL)]],
    Field(max_length=50, description="name to level, 0-100"),
]
PauseReason = Annotated[SafeName, Field(description="in words of the tenant, such as lunch")]


PHONE_KINDS = (DestinationKind.EXTENSION, DestinationKind.EXTERNAL)


def _is_rings(text: str) -> str:
    parse_rings(text)
    return text


def _is_phone(destination: Destination) -> Destination:
    if destination.kind not in PHONE_KINDS:
        raise ValueError("an agent's phone is extension:<number>, or a mobile as external:+<number>")
    return destination


Rings = Annotated[
    str,
    StringConstraints(max_length=2000),
    AfterValidator(_is_rings),
    Field(
        description="skills that agents need, relaxing as a caller waits; empty: none",
        examples=["WT<60: english>50; english>0"],
        json_schema_extra={"pattern": r"^(WT<[1-9][0-9]{0,3}: [a-z]{1,20}>[1-9][0-9]?; [a-z]{1,20}>0)?$"},
    ),
]
PHONE_PATTERN = r"^(extension:[0-9]{2,8}|external:\+[1-9][0-9]{6,14})$"
Phone = Annotated[
    Destination,
    AfterValidator(_is_phone),
    Field(
        description="extension:<number>: of several devices the first that is registered rings; or a number outside, "
        "external:+<number>: whoever answers presses 1 to take the caller",
        json_schema_extra={"pattern": PHONE_PATTERN, "examples": ["extension:101", "external:+989121234567"]},
    ),
]


def left_out() -> Any:
    """The default of a field that a PATCH need not name; such a field cannot be null unless its type says so."""
    return Field(default_factory=lambda: None)
