"""What every bus message has in common, and how its subject is made.

Subjects put the fixed words first so that a consumer filters by prefix:

* events    ``seda.evt.<owner>.<noun>.<verb>.<tenant>.<key>``
* commands  ``seda.cmd.<owner>.<verb>.<key>``
* live      ``seda.live.<tenant>.<topic>``
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, ClassVar, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.functional_validators import AfterValidator

from shared.telephony.ids import new_id

PLATFORM = "platform"
"""The tenant word of a message that belongs to no tenant (node state, for example)."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]+\Z")


class Delivery(StrEnum):
    """How a message travels."""

    STREAM = "stream"  # JetStream, at least once, consumers are idempotent on message_id
    COMPACTED = "compacted"  # JetStream, the last message per subject is kept: a replicated table
    REQUEST = "request"  # core NATS request and reply, with a deadline
    LIVE = "live"  # core NATS, at most once, superseded by the next one


def _utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return value.astimezone(UTC)


Moment = Annotated[datetime, AfterValidator(_utc)]
"""A UTC instant with microseconds."""


EVERY_EVENT = "seda.evt.>"
"""The subject filter that catches every event of every tenant."""


def events_of(tenant_id: UUID | None, prefixes: Iterable[str] = ()) -> str:
    """The narrowest subject filter that catches a tenant's events (none: the platform's); no prefixes: all of them."""
    words = zip(*(prefix.split(".") for prefix in prefixes or ["seda.evt.*.*.*"]), strict=True)
    fixed = (different.pop() if len(different := set(each)) == 1 else "*" for each in words)
    return f"{'.'.join(fixed)}.{tenant_id or PLATFORM}.*"


def token(value: str) -> str:
    """Return ``value`` when it may stand as one word of a subject.

    Raises:
        ValueError: it is empty, or holds a dot, a wildcard, a blank or another character outside ``[A-Za-z0-9_-]``.
    """
    if not _TOKEN.match(value):
        raise ValueError(f"{value!r} cannot be a word of a subject")
    return value


class Message(BaseModel):
    """Base of every message. Unknown fields of a newer sender are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    owner: ClassVar[str]
    name: ClassVar[str]
    version: ClassVar[int] = 1
    delivery: ClassVar[Delivery]

    message_id: UUID = Field(default_factory=new_id)
    occurred_at: Moment = Field(default_factory=lambda: datetime.now(UTC))
    tenant_id: UUID | None = None

    def key(self) -> str:
        """The last word of the subject: the identity this message is about."""
        raise TypeError(f"{type(self).__name__} names no key")

    def subject(self) -> str:
        """The subject this message is sent on."""
        raise TypeError(f"{type(self).__name__} has no subject")

    def encode(self) -> bytes:
        """The message as JSON; ``type`` and ``version`` say how to read it."""
        body = self.__pydantic_serializer__.to_json(self, exclude_none=True)
        return body[:-1] + b',"type":"%s","version":%d}' % (self.name.encode(), self.version)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read a message of this class.

        Raises:
            pydantic.ValidationError: the JSON is broken or does not fit this class.
        """
        return cls.model_validate_json(data)


@dataclass(frozen=True, slots=True)
class Encoded:
    """A message ready for the wire, as the outbox keeps it.

    Args:
        subject: where it goes.
        body: the encoded message.
        message_id: for de-duplication by the stream (``Nats-Msg-Id``).
        headers: further headers, such as ``traceparent``.
    """

    subject: str
    body: bytes
    message_id: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Event(Message):
    """Something that happened; named in the past tense."""

    delivery: ClassVar[Delivery] = Delivery.STREAM

    def subject(self) -> str:
        tenant = str(self.tenant_id) if self.tenant_id else PLATFORM
        return f"{self.prefix()}.{tenant}.{token(self.key())}"

    @classmethod
    def prefix(cls) -> str:
        """The fixed words, ``seda.evt.<owner>.<noun>.<verb>``."""
        return f"seda.evt.{cls.owner}.{cls.name}"

    @classmethod
    def pattern(cls) -> str:
        """The subject filter that catches every message of this class."""
        return f"{cls.prefix()}.*.*"


class StateEvent(Event):
    """The whole state of one entity after a change: a row of a replicated table.

    ``revision`` grows with every change of the entity; a consumer ignores what is not newer than what it holds.
    ``removed`` marks the end of the entity (a tombstone).
    """

    delivery: ClassVar[Delivery] = Delivery.COMPACTED

    revision: int = Field(ge=1)
    removed: bool = False


class Reply(BaseModel):
    """Answer to a command. ``ok`` is false with a stable ``code`` and a sentence when it was not carried out."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    ok: bool = True
    code: str = "ok"
    detail: str = ""


class Command(Message):
    """Something to be done by its owner, which replies; named in the imperative."""

    delivery: ClassVar[Delivery] = Delivery.REQUEST
    reply: ClassVar[type[Reply]] = Reply

    def subject(self) -> str:
        return f"{self.prefix()}.{token(self.key())}"

    @classmethod
    def prefix(cls) -> str:
        """The fixed words, ``seda.cmd.<owner>.<verb>``."""
        return f"seda.cmd.{cls.owner}.{cls.name}"


class Live(Message):
    """A snapshot for screens, replaced by the next one."""

    delivery: ClassVar[Delivery] = Delivery.LIVE

    def subject(self) -> str:
        return f"seda.live.{self.tenant_id or PLATFORM}.{self.name}.{token(self.key())}"
