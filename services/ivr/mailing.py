"""Sends a mail for each message in a mailbox whose owner wants one.

The queue is a table, and a row goes when the mail server has said yes: nothing is lost, and a mail goes out twice only
where the process dies, or the connection breaks, between that yes and the commit. Both have the same Message-ID then.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.ivr.domain.voicemail_mail import MOST_ATTACHED_BYTES, MailFacts, mail_of
from services.ivr.library import FlowLibrary
from services.ivr.metrics import IvrMetrics
from services.ivr.models_voicemail import MailboxRow, MailRow, VoicemailRow
from services.ivr.settings import IvrSettings
from services.ivr.smtp import MailServer
from services.ivr.store.voicemail_keeping import claim_mail, mail_accepted, mail_failed, mails_waiting
from services.ivr.voicemail_changes import VoicemailChanges
from services.ivr.voicemail_files import VoicemailFiles
from shared.db.engine import Database
from shared.runtime.clock import Clock
from shared.runtime.logs import get_logger

if TYPE_CHECKING:
    from email.message import EmailMessage

log = get_logger(__name__)

EVERY_SECONDS: Final = 5.0
LEASE: Final = timedelta(minutes=5)
"""Longer than a mail can take: nobody else tries meanwhile, and a process that died is forgotten after it."""
FIRST_WAIT: Final = timedelta(minutes=1)
LONGEST_WAIT: Final = timedelta(hours=6)
GIVE_UP: Final = timedelta(days=3)


def next_try(attempts: int, created_at: datetime, now: datetime) -> datetime | None:
    """When a mail that failed for the ``attempts``-th time is tried again; none: never."""
    if now - created_at >= GIVE_UP:
        return None
    wait = FIRST_WAIT * (1 << min(attempts - 1, 10))
    return now + min(wait, LONGEST_WAIT)


class Mailing:
    """A component. Without a mail server in the settings the mails wait for one, three days at most."""

    name = "mailing"

    def __init__(
        self,
        settings: IvrSettings,
        database: Database,
        changes: VoicemailChanges,
        files: VoicemailFiles,
        *,
        library: FlowLibrary,
        metrics: IvrMetrics,
        clock: Clock,
    ) -> None:
        url = settings.smtp_url
        self._server = MailServer.parse(url.get_secret_value()) if url is not None else None
        self._sender = settings.smtp_from
        self._database, self._changes, self._files = database, changes, files
        self._library, self._metrics, self._clock = library, metrics, clock
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin."""
        if self._server is not None:
            self._task = asyncio.create_task(self._run(), name=self.name)

    async def stop(self) -> None:
        """End; a mail on its way is tried again by whoever is next."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            try:
                while await self.send_one():
                    pass
                async with self._database.platform() as session:
                    waiting, given_up = await mails_waiting(session)
                self._metrics.mails_waiting.set(waiting)
                self._metrics.mails_given_up.set(given_up)
            except Exception as error:  # the database is away: there is a next round
                log.warning("could not look for mails to send", reason=str(error))
            await self._clock.sleep(EVERY_SECONDS)

    async def send_one(self) -> bool:
        """Try the next mail that is due; whether there was any."""
        async with self._database.platform() as session:
            found = await claim_mail(session, self._clock.now(), LEASE)
        if found is None or self._server is None:
            return False
        mail, message, box = found
        if message.state == "deleted" or box.email is None:  # nobody wants it any more
            async with self._database.platform() as session:
                await mail_accepted(session, mail.id)
            return True
        audio = await self._audio(message, box)
        written = self._written(message, box, audio)
        refusal = await self._server.send(written, sender=self._sender, to=box.email)
        if refusal is None:
            await self._accepted(mail, message, box, with_audio=audio is not None)
            return True
        now = self._clock.now()
        again = None if refusal.permanent else next_try(mail.attempts, mail.created_at, now)
        async with self._database.platform() as session:
            await mail_failed(session, mail.id, error=refusal.reason, next_at=again)
        self._metrics.mails.labels("given_up" if again is None else "failed").inc()
        log.warning("a mail was not taken", mail_id=str(mail.id), reason=refusal.reason, again=str(again))
        return True

    async def _accepted(self, mail: MailRow, message: VoicemailRow, box: MailboxRow, *, with_audio: bool) -> None:
        self._metrics.mails.labels("sent").inc()
        async with self._changes.open(mail.tenant_id) as store:
            locked = await store.box(box.id, lock=True)
            row = await store.message(box.id, message.id, lock=True) if locked else None
            await mail_accepted(store.session, mail.id)
            if locked is not None and row is not None and box.delete_after_email and with_audio:
                row.state, row.state_at = "deleted", self._clock.now()
                await store.flush()
                await self._changes.tell_of_messages(store, locked)

    async def _audio(self, message: VoicemailRow, box: MailboxRow) -> bytes | None:
        if not box.email_attach_audio:
            return None
        found = await self._files.read(message.tenant_id, message.file)
        return found if found is not None and len(found) <= MOST_ATTACHED_BYTES else None

    def _written(self, message: VoicemailRow, box: MailboxRow, audio: bytes | None) -> EmailMessage:
        try:
            zone = ZoneInfo(self._library.tenant(box.tenant_id).time_zone)
        except (ZoneInfoNotFoundError, ValueError):
            zone = ZoneInfo("UTC")
        facts = MailFacts(
            message_id=str(message.id),
            mailbox=box.number,
            language=box.language,
            to=box.email or "",
            sender=self._sender,
            caller_number=message.caller_number,
            caller_name=message.caller_name,
            seconds=message.seconds,
            received_at=message.received_at,
            zone=zone,
            audio=audio,
        )
        return mail_of(facts)
