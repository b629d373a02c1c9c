"""Destinations: where a call may go, one value used by routes, menus, forwards and transfers.

Written ``kind:target``: ``extension:101``, ``queue:support``, ``flow:main-menu``, ``ring-group:sales``,
``voicemail:101``, ``conference:room-1``, ``external:+982112345678``, ``hangup:busy``.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from shared.telephony.causes import CAUSES, Cause

__all__ = ["HANGUP_CAUSES", "Destination", "DestinationKind", "parse_destination"]


class DestinationKind(StrEnum):
    """What a destination's target names."""

    EXTENSION = "extension"
    QUEUE = "queue"
    FLOW = "flow"
    RING_GROUP = "ring-group"
    VOICEMAIL = "voicemail"
    CONFERENCE = "conference"
    EXTERNAL = "external"
    HANGUP = "hangup"


HANGUP_CAUSES: Final = {
    "normal": CAUSES["NORMAL_CLEARING"],
    "busy": CAUSES["USER_BUSY"],
    "no-answer": CAUSES["NO_ANSWER"],
    "rejected": CAUSES["CALL_REJECTED"],
    "unreachable": CAUSES["SUBSCRIBER_ABSENT"],
    "unknown-number": CAUSES["UNALLOCATED_NUMBER"],
    "barred": CAUSES["OUTGOING_CALL_BARRED"],
    "congested": CAUSES["NORMAL_CIRCUIT_CONGESTION"],
}
"""What ``hangup:<word>`` hangs up with."""

_NUMBER: Final = r"[0-9]{2,8}"
_SLUG: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_TARGETS: Final = {
    DestinationKind.EXTENSION: _NUMBER,
    DestinationKind.QUEUE: _SLUG,
    DestinationKind.FLOW: _SLUG,
    DestinationKind.RING_GROUP: _SLUG,
    DestinationKind.VOICEMAIL: _NUMBER,
    DestinationKind.CONFERENCE: _SLUG,
    DestinationKind.EXTERNAL: r"\+[1-9][0-9]{6,14}",
    DestinationKind.HANGUP: "|".join(HANGUP_CAUSES),
}
_PATTERN: Final = "|".join(f"{kind.value}:(?:{target})" for kind, target in _TARGETS.items())
_TARGET_PATTERNS: Final = {kind: re.compile(target) for kind, target in _TARGETS.items()}
_WHAT_IS_EXPECTED: Final = {
    DestinationKind.EXTENSION: "an extension number of 2-8 digits",
    DestinationKind.VOICEMAIL: "an extension number of 2-8 digits",
    DestinationKind.EXTERNAL: "a phone number like +982112345678",
    DestinationKind.HANGUP: "one of " + ", ".join(HANGUP_CAUSES),
}


@dataclass(frozen=True, slots=True, order=True)
class Destination:
    """A place a call may go. Constructing one with a target that does not fit its kind raises ValueError.

    A pydantic field of this type takes and gives the text form; its JSON schema is a string with a pattern.
    """

    kind: DestinationKind
    target: str

    def __post_init__(self) -> None:
        if not isinstance(self.target, str) or not _TARGET_PATTERNS[DestinationKind(self.kind)].fullmatch(self.target):
            expected = _WHAT_IS_EXPECTED.get(self.kind, "a name of a-z, 0-9 and inner hyphens")
            raise ValueError(f"after '{DestinationKind(self.kind).value}:' comes {expected}")

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.target}"

    @classmethod
    def parse(cls, text: str) -> "Destination":
        """The destination written as `text`. Raises ValueError saying what is wrong."""
        return parse_destination(text)

    @property
    def hangup_cause(self) -> Cause:
        """What a ``hangup`` destination hangs up with. Raises ValueError for any other kind."""
        if self.kind is not DestinationKind.HANGUP:
            raise ValueError(f"{self} does not hang up")
        return HANGUP_CAUSES[self.target]

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            _validated, serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {
            "type": "string",
            "format": "destination",
            "maxLength": 80,
            "pattern": f"^(?:{_PATTERN})$",
            "examples": ["extension:101", "queue:support", "external:+982112345678", "hangup:busy"],
        }


@lru_cache(maxsize=4096)
def parse_destination(text: str) -> Destination:
    """The destination written as `text` (``kind:target``). Raises ValueError saying what is wrong."""
    kind, colon, target = text.partition(":")
    if not colon or kind not in _KINDS:
        raise ValueError("a destination is written kind:target, with the kind one of " + ", ".join(_KINDS))
    return Destination(DestinationKind(kind), target)


def _validated(value: object) -> Destination:
    if isinstance(value, Destination):
        return value
    if not isinstance(value, str):
        raise ValueError("a destination is text, written kind:target")
    return parse_destination(value[:81])


_KINDS: Final = tuple(kind.value for kind in DestinationKind)
