"""Identifiers: new ones, and the shape of those that come from outside."""

import os
import re
import time
from typing import Annotated, Final, NewType
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

__all__ = [
    "CallId",
    "LegId",
    "Slug",
    "call_id",
    "is_slug",
    "leg_id",
    "new_id",
    "new_leg_id",
    "slug",
]

CallId = NewType("CallId", str)
"""A call: the channel UUID of its first leg, carried to every leg as the channel variable ``seda_call_id``."""
LegId = NewType("LegId", str)
"""One leg of a call: the channel's own UUID."""

_UUID_TEXT: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_SLUG: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def new_id(now_ns: int | None = None, randomness: bytes | None = None) -> UUID:
    """A new UUID of version 7 (RFC 9562, 5.7): sorts by creation time, to about 250 ns.

    `now_ns` (nanoseconds since 1970) and `randomness` (8 bytes) are for tests. The ``uuid7`` package is not used: it
    lays out the time as a draft did, so that PostgreSQL reads a wrong time back out of it.
    """
    milliseconds, rest_ns = divmod(time.time_ns() if now_ns is None else now_ns, 1_000_000)
    tail = int.from_bytes(os.urandom(8) if randomness is None else randomness, "big") & 0x3FFF_FFFF_FFFF_FFFF
    fraction = rest_ns * 4096 // 1_000_000
    return UUID(int=milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | tail)


def new_leg_id() -> LegId:
    """A fresh channel UUID, for ``origination_uuid`` when the caller must know the leg before it exists."""
    return LegId(str(new_id()))


def leg_id(text: str) -> LegId:
    """`text` as a leg id: a lower-case UUID. Raises ValueError."""
    if not _UUID_TEXT.fullmatch(text):
        raise ValueError("must be a channel UUID in lower case")
    return LegId(text)


def call_id(text: str) -> CallId:
    """`text` as a call id: a lower-case UUID. Raises ValueError."""
    return CallId(leg_id(text))


def is_slug(text: str) -> bool:
    """Whether `text` is a slug: 1-63 of a-z, 0-9 and inner hyphens (also a valid DNS label)."""
    return _SLUG.fullmatch(text) is not None


def slug(text: str) -> str:
    """`text` itself when it is a slug. Raises ValueError."""
    if not is_slug(text):
        raise ValueError("must be 1-63 of a-z, 0-9 and inner hyphens")
    return text


Slug = Annotated[
    str,
    StringConstraints(min_length=1, max_length=63),
    AfterValidator(slug),
    Field(json_schema_extra={"pattern": f"^{_SLUG.pattern}$"}),
]
"""The short name of a tenant, queue, flow or ring group in addresses and destinations."""
