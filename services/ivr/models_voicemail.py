"""Tables of voicemail. Migrations make them; these classes read and write them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Index, UniqueConstraint, column
from sqlmodel import Field, SQLModel

from shared.db.tables import TenantRow, metadata_for
from shared.telephony.ids import new_id

METADATA = metadata_for("ivr")
_MOMENT: Any = DateTime(timezone=True)


def _now() -> datetime:
    return datetime.now(UTC)


class MailboxRow(TenantRow, table=True):
    """A voicemail box. ``revision`` grows with every change of it or of its messages: it is what the lamp follows.

    ``pin_hash`` is argon2id; ``failed_pins`` and ``locked_until`` change without a new revision. A closed box
    (``closed_at``) is not reached by its number, which another one may have.
    """

    __tablename__ = "mailboxes"
    __table_args__ = (
        Index(
            "uq_mailboxes_tenant_id_number",
            "tenant_id",
            "number",
            unique=True,
            postgresql_where=column("closed_at").is_(None),
        ),
        Index("ix_mailboxes_closed_at", "closed_at", postgresql_where=column("closed_at").is_not(None)),
    )
    metadata = METADATA

    number: str
    extension_id: UUID | None = None
    enabled: bool = True
    language: str = "en"
    pin_hash: str | None = None
    failed_pins: int = 0
    locked_until: datetime | None = Field(default=None, sa_type=_MOMENT)
    quota_messages: int = 100
    quota_seconds: int | None = None
    message_max_seconds: int = 180
    retention_days_new: int | None = None
    retention_days_saved: int | None = None
    email: str | None = None
    email_attach_audio: bool = True
    delete_after_email: bool = False
    closed_at: datetime | None = Field(default=None, sa_type=_MOMENT)


class VoicemailRow(TenantRow, table=True):
    """A message. ``leg_id`` is the leg that left it, so that it is written once; none for a forwarded copy."""

    __tablename__ = "voicemail_messages"
    __table_args__ = (
        UniqueConstraint("mailbox_id", "leg_id"),
        Index("ix_voicemail_messages_tenant_id_mailbox_id_id", "tenant_id", "mailbox_id", "id"),
    )
    metadata = METADATA

    mailbox_id: UUID = Field(sa_column_args=[ForeignKey("ivr.mailboxes.id", ondelete="CASCADE")])
    state: str = "new"
    file: str
    seconds: float
    caller_number: str = ""
    caller_name: str = ""
    call_id: str = ""
    leg_id: str | None = None
    received_at: datetime = Field(sa_type=_MOMENT)
    listened_at: datetime | None = Field(default=None, sa_type=_MOMENT)
    state_at: datetime = Field(sa_type=_MOMENT)
    forwarded_from: UUID | None = None


class GreetingRow(TenantRow, table=True):
    """A box's own greeting."""

    __tablename__ = "greetings"
    __table_args__ = (UniqueConstraint("mailbox_id", "kind"),)
    metadata = METADATA

    mailbox_id: UUID = Field(sa_column_args=[ForeignKey("ivr.mailboxes.id", ondelete="CASCADE")])
    kind: str
    file: str
    seconds: float = 0.0


class MailRow(SQLModel, table=True):
    """An e-mail about a message that the mail server has not accepted yet; the row goes when it has."""

    __tablename__ = "voicemail_mails"
    __table_args__ = (Index("ix_voicemail_mails_next_at", "next_at"),)
    metadata = METADATA

    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID
    message_id: UUID = Field(sa_column_args=[ForeignKey("ivr.voicemail_messages.id", ondelete="CASCADE")], unique=True)
    created_at: datetime = Field(default_factory=_now, sa_type=_MOMENT)
    next_at: datetime | None = Field(default_factory=_now, sa_type=_MOMENT)
    attempts: int = 0
    last_error: str = ""


class RemovalRow(SQLModel, table=True):
    """A file that no row names any more, to be deleted once that is committed."""

    __tablename__ = "media_removals"
    metadata = METADATA

    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID
    file: str
    created_at: datetime = Field(default_factory=_now, sa_type=_MOMENT)
