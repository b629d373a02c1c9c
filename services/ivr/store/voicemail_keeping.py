"""Queries of voicemail's housekeeping and mail queue, over all tenants, in platform transactions."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, or_, select, text, update

from services.ivr.domain.mailbox_owners import Held
from services.ivr.models_voicemail import GreetingRow, MailboxRow, MailRow, RemovalRow, VoicemailRow
from shared.db.engine import Session

BOX: Any = MailboxRow
MESSAGE: Any = VoicemailRow
GREETING: Any = GreetingRow
MAIL: Any = MailRow
REMOVAL: Any = RemovalRow

_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtext('seda.ivr.voicemail.keeping'))")


async def only_one(session: Session) -> bool:
    """Whether no other process keeps house in another transaction just now."""
    return bool((await session.execute(_LOCK)).scalar_one())


async def over_age(session: Session, now: datetime, *, deleted_days: int, limit: int) -> list[VoicemailRow]:
    """Messages that have been kept as long as their box keeps them, or deleted that long."""
    query = (
        select(VoicemailRow)
        .join(MailboxRow, BOX.id == MESSAGE.mailbox_id)
        .where(
            or_(
                (MESSAGE.state == "new") & (MESSAGE.received_at < now - _days(BOX.retention_days_new)),
                (MESSAGE.state == "saved") & (MESSAGE.state_at < now - _days(BOX.retention_days_saved)),
                (MESSAGE.state == "deleted") & (MESSAGE.state_at < now - timedelta(days=deleted_days)),
            )
        )
        .order_by(MESSAGE.mailbox_id, MESSAGE.id)
        .limit(limit)
        .with_for_update(of=VoicemailRow, skip_locked=True)
    )
    return list((await session.execute(query)).scalars())


async def open_boxes(session: Session) -> list[tuple[UUID, Held]]:
    """Every tenant's boxes that are open, and whose they are."""
    query = select(BOX.tenant_id, BOX.id, BOX.number, BOX.extension_id).where(BOX.closed_at.is_(None))
    return [(tenant_id, Held(*row)) for tenant_id, *row in await session.execute(query)]


async def closed_before(session: Session, moment: datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """(tenant, box) of boxes that were closed before that."""
    query = select(BOX.tenant_id, BOX.id).where(BOX.closed_at < moment).order_by(BOX.closed_at).limit(limit)
    return [(tenant_id, box_id) for tenant_id, box_id in await session.execute(query)]


def _days(column: Any) -> Any:
    # A box that keeps messages for ever has null here, and a comparison with null holds for no row.
    return func.make_interval(0, 0, 0, column)


async def removals(session: Session, limit: int) -> list[RemovalRow]:
    """Files to be deleted."""
    query = select(RemovalRow).order_by(REMOVAL.id).limit(limit).with_for_update(skip_locked=True)
    return list((await session.execute(query)).scalars())


async def forget_removals(session: Session, ids: Collection[UUID]) -> None:
    """They are deleted."""
    await session.execute(delete(RemovalRow).where(REMOVAL.id.in_(ids)))


async def named_files(session: Session, tenant_id: UUID, names: Collection[str]) -> set[str]:
    """Those of the files that a message or greeting of the tenant still names."""
    messages = select(MESSAGE.file).where(MESSAGE.tenant_id == tenant_id, MESSAGE.file.in_(names))
    greetings = select(GREETING.file).where(GREETING.tenant_id == tenant_id, GREETING.file.in_(names))
    return set((await session.execute(messages.union(greetings))).scalars())


# Mail


async def claim_mail(
    session: Session, now: datetime, lease: timedelta
) -> tuple[MailRow, VoicemailRow, MailboxRow] | None:
    """The next mail that is due, which nobody else tries to send until ``lease`` is over."""
    query = (
        select(MailRow, VoicemailRow, MailboxRow)
        .join(VoicemailRow, MESSAGE.id == MAIL.message_id)
        .join(MailboxRow, BOX.id == MESSAGE.mailbox_id)
        .where(MAIL.next_at <= now)
        .order_by(MAIL.next_at)
        .limit(1)
        .with_for_update(of=MailRow, skip_locked=True)
    )
    found = (await session.execute(query)).one_or_none()
    if found is None:
        return None
    mail, message, box = found
    mail.attempts += 1
    mail.next_at = now + lease
    await session.flush()
    return mail, message, box


async def mail_accepted(session: Session, mail_id: UUID) -> None:
    """The mail server has it."""
    await session.execute(delete(MailRow).where(MAIL.id == mail_id))


async def mail_failed(session: Session, mail_id: UUID, *, error: str, next_at: datetime | None) -> None:
    """It was not accepted; ``next_at`` none: it will not be tried again, and stays for people to see."""
    values = {"last_error": error[:500], "next_at": next_at}
    await session.execute(update(MailRow).where(MAIL.id == mail_id).values(values))


async def mails_waiting(session: Session) -> tuple[int, int]:
    """How many mails wait to be sent, and how many were given up."""
    query = select(func.count(MAIL.next_at), func.count())
    waiting, every = (await session.execute(query.select_from(MailRow))).one()
    return int(waiting), int(every) - int(waiting)
