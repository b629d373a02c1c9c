"""Mailboxes, their messages and greetings, in REST. A PIN is taken and never given."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StrictBool, StringConstraints

from services.ivr.domain.names import Language
from services.ivr.domain.writes_voicemail import GreetingKind, MessageState
from shared.http.errors import FieldProblem
from shared.http.schemas import StrictModel, View
from shared.telephony.numbers import ExtensionNumber

_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_EMAIL: Final = re.compile(rf"[a-z0-9.!#$%&*+/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(?:\.{_LABEL})*")
MOST_BULK: Final = 1000


def _email(text: str) -> str:
    address = text.lower()
    if not _EMAIL.fullmatch(address):
        raise ValueError("must be a mail address")
    return address


Email = Annotated[
    str,
    StringConstraints(min_length=3, max_length=254),
    AfterValidator(_email),
    Field(json_schema_extra={"format": "email"}),
]
Pin = Annotated[str, StringConstraints(pattern=r"^[0-9]{4,10}$"), Field(json_schema_extra={"writeOnly": True})]
Days = Annotated[int, Field(ge=1, le=3650)]
Revision = Annotated[int, Field(ge=1, le=2**31 - 1, description="change this revision only, else 412")]
QuotaMessages = Annotated[int, Field(ge=1, le=1000)]
QuotaSeconds = Annotated[int, Field(ge=10, le=1_000_000)]
MaxSeconds = Annotated[int, Field(ge=5, le=900)]


class MailboxFields(StrictModel):
    """What a box may be told."""

    enabled: StrictBool = True
    language: Language = Field(default="en", description="of its menu and its e-mails")
    quota_messages: QuotaMessages = Field(default=100, description="new and saved ones; one more is not taken")
    quota_seconds: QuotaSeconds | None = Field(default=None, description="of all messages together; none: no cap")
    message_max_seconds: MaxSeconds = 180
    retention_days_new: Days | None = Field(default=None, description="none: kept until somebody deletes them")
    retention_days_saved: Days | None = None
    email: Email | None = Field(default=None, description="where a mail goes with each message")
    email_attach_audio: StrictBool = True
    delete_after_email: StrictBool = Field(
        default=False,
        description="a message is deleted as soon as the mail server has taken its mail with the recording",
    )


class MailboxCreate(MailboxFields):
    """A new box. Its PIN is set by its owner's first call, unless it is given here."""

    number: ExtensionNumber
    pin: Pin | None = None


class MailboxUpdate(MailboxFields):
    """What is given is set. With ``revision``, only while the box still has it."""

    revision: Revision | None = None


class PinUpdate(StrictModel):
    """A new PIN; it ends a lock as well."""

    pin: Pin


class MailboxView(View):
    """A box."""

    id: UUID
    tenant_id: UUID
    number: str
    extension_id: UUID | None
    enabled: bool
    language: str
    has_pin: bool
    locked_until: datetime | None
    quota_messages: int
    quota_seconds: int | None
    message_max_seconds: int
    retention_days_new: int | None
    retention_days_saved: int | None
    email: str | None
    email_attach_audio: bool
    delete_after_email: bool
    new_messages: int
    saved_messages: int
    greetings: list[GreetingKind] = Field(description="kinds that the box has of its own")
    closed_at: datetime | None = Field(
        description="its extension was removed: no call reaches it, and 30 days later it is deleted"
    )
    created_at: datetime
    updated_at: datetime
    revision: int


class BulkCreate(MailboxFields):
    """Boxes for many extensions, all told the same."""

    numbers: list[ExtensionNumber] = Field(min_length=1, max_length=MOST_BULK)


class BulkRow(View):
    """What became of one number."""

    row: int = Field(description="1 is the first number")
    number: str
    status: Literal["created", "refused"]
    id: UUID | None = None
    errors: list[FieldProblem] = Field(default_factory=list)


class BulkReport(View):
    """What became of each number. The others are made though some are refused."""

    created: int
    refused: int
    rows: list[BulkRow]


class MessageView(View):
    """A message."""

    id: UUID
    mailbox_id: UUID
    state: MessageState
    seconds: float
    caller_number: str
    caller_name: str
    call_id: str
    received_at: datetime
    listened_at: datetime | None
    forwarded_from: UUID | None
    revision: int


class MessageUpdate(StrictModel):
    """A message is kept as new or saved, or is deleted; a deleted one comes back while it is still there."""

    state: MessageState
    revision: Revision | None = None


class ForwardTo(StrictModel):
    """Whose box gets a copy."""

    number: ExtensionNumber


class GreetingView(View):
    """A box's own greeting."""

    kind: GreetingKind
    seconds: float
    updated_at: datetime
