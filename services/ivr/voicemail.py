"""What flows ask of mailboxes and tell them, carried out: ``domain.writes_voicemail`` says what there is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from services.ivr.domain.mailbox_pins import LOCKED_MINUTES, MOST_WRONG, is_weak
from services.ivr.domain.node import CallFacts
from services.ivr.domain.writes_voicemail import (
    CheckPin,
    CountMessages,
    FindGreeting,
    FindMailbox,
    FindMessage,
    ForwardMessage,
    ForwardVerdict,
    MailboxFound,
    MarkMessage,
    MessageCounts,
    MessageFound,
    PinChange,
    PinVerdict,
    RemoveGreeting,
    SaveGreeting,
    SaveMessage,
    SaveVerdict,
    SetPin,
)
from services.ivr.models_voicemail import GreetingRow, MailboxRow, VoicemailRow
from services.ivr.store.voicemail import VoicemailStore
from services.ivr.voicemail_changes import VoicemailChanges, is_full, mails_of
from services.ivr.voicemail_files import VoicemailFiles
from services.ivr.voicemail_pins import PinHashing
from shared.contracts.ivr import VoicemailLeft
from shared.runtime.logs import get_logger
from shared.telephony.ids import new_id

log = get_logger(__name__)

_MOST_NAME: Final = 120


class Voicemail:
    """The mailboxes of all tenants, as calls use them."""

    def __init__(self, changes: VoicemailChanges, files: VoicemailFiles, pins: PinHashing) -> None:
        self._changes, self._files, self._pins = changes, files, pins

    async def carry_out(self, tenant_id: UUID, what: object, *, call: CallFacts) -> object:
        """Do one of `ERRANDS` for a call; the answer is what its class says.

        Raises:
            KeyError: it is none of them.
        """
        return await _HOW[type(what)](self, tenant_id, what, call)

    # Asked

    async def find(self, tenant_id: UUID, what: FindMailbox, _: CallFacts) -> MailboxFound | None:
        async with self._changes.open(tenant_id) as store:
            box = await store.box_of(what.number)
            if box is None:
                return None
            full = is_full(box, await store.filled(box.id))
            greetings = await store.greetings(box.id)
        return MailboxFound(
            id=str(box.id),
            number=box.number,
            language=box.language,
            enabled=box.enabled,
            has_pin=box.pin_hash is not None,
            full=full,
            locked=box.locked_until is not None and box.locked_until > what.at,
            most_seconds=box.message_max_seconds,
            greetings={kind: row.file for kind, row in greetings.items()},
        )

    async def check_pin(self, tenant_id: UUID, what: CheckPin, _: CallFacts) -> PinVerdict:
        """The try is counted before the PIN is looked at, so that many calls at once have no more tries than one."""
        pin_hash, failed, locked_until = None, 0, None
        mailbox_id = UUID(what.mailbox_id) if what.mailbox_id else None
        if mailbox_id is not None:
            async with self._changes.open(tenant_id) as store:
                box = await store.box(mailbox_id, lock=True)
                if box is not None:
                    if box.locked_until is not None and box.locked_until > what.at:
                        return "locked"
                    pin_hash = box.pin_hash
                    failed = (0 if box.locked_until is not None else box.failed_pins) + 1
                    locked_until = what.at + timedelta(minutes=LOCKED_MINUTES) if failed >= MOST_WRONG else None
                    await store.note_pin(mailbox_id, failed=failed, locked_until=locked_until)
        if await self._pins.verify(pin_hash, what.pin) and mailbox_id is not None:
            async with self._changes.open(tenant_id) as store:
                await store.note_pin(mailbox_id, failed=0, locked_until=None)
            return "right"
        if locked_until is not None:
            log.warning("a mailbox is locked after wrong PINs", tenant_id=str(tenant_id), mailbox_id=what.mailbox_id)
        return "wrong" if locked_until is None else "locked"

    async def count(self, tenant_id: UUID, what: CountMessages, _: CallFacts) -> MessageCounts:
        async with self._changes.open(tenant_id) as store:
            return MessageCounts(*await store.counts(UUID(what.mailbox_id)))

    async def find_message(self, tenant_id: UUID, what: FindMessage, _: CallFacts) -> MessageFound | None:
        beside = UUID(what.beside) if what.beside else None
        async with self._changes.open(tenant_id) as store:
            row = await store.beside(
                UUID(what.mailbox_id), folder=what.folder, since=what.since, beside=beside, step=what.step
            )
        if row is None:
            return None
        return MessageFound(
            id=str(row.id),
            recording=row.file,
            seconds=row.seconds,
            caller_number=row.caller_number,
            received_at=row.received_at.isoformat(),
            state=row.state,  # type: ignore[arg-type]
        )

    async def find_greeting(self, tenant_id: UUID, what: FindGreeting, _: CallFacts) -> str | None:
        async with self._changes.open(tenant_id) as store:
            found = (await store.greetings(UUID(what.mailbox_id))).get(what.kind)
        return found.file if found else None

    # Told

    async def save(self, tenant_id: UUID, what: SaveMessage, call: CallFacts) -> SaveVerdict:
        async with self._changes.open(tenant_id) as store:
            box = await store.box(UUID(what.mailbox_id), lock=True)
            if box is None or box.closed_at is not None:
                return "unknown"
            if await store.message_of_leg(box.id, call.leg_id) is not None:
                return "saved"
            if is_full(box, await store.filled(box.id)):
                await store.remove_file(what.recording)
                return "full"
            message = VoicemailRow(
                tenant_id=tenant_id,
                mailbox_id=box.id,
                file=what.recording,
                seconds=what.seconds,
                caller_number=_shown(call.caller_number),
                caller_name=_shown(call.caller_name),
                call_id=call.call_id,
                leg_id=call.leg_id,
                received_at=what.at,
                state_at=what.at,
            )
            await store.add(message)
            await store.add(*mails_of(box, message))
            await self._changes.tell_of_messages(store, box, left=_left(box, message))
        return "saved"

    async def mark(self, tenant_id: UUID, what: MarkMessage, _: CallFacts) -> None:
        async with self._changes.open(tenant_id) as store:
            box = await store.box(UUID(what.mailbox_id), lock=True)
            row = await store.message(UUID(what.mailbox_id), UUID(what.message_id), lock=True) if box else None
            if box is None or row is None:
                return
            row.listened_at = row.listened_at or what.at
            if row.state != what.state:
                row.state, row.state_at = what.state, what.at
            await store.flush()
            await self._changes.tell_of_messages(store, box)

    async def forward(self, tenant_id: UUID, what: ForwardMessage, _: CallFacts) -> ForwardVerdict:
        async with self._changes.open(tenant_id) as store:
            row = await store.message(UUID(what.mailbox_id), UUID(what.message_id))
            box = await store.box_of(what.to_number, lock=True)
            if row is None or box is None or not box.enabled:
                return "unknown"
            if is_full(box, await store.filled(box.id)):
                return "full"
            try:
                await self.put_copy(store, row, box, what)
            except FileNotFoundError:
                return "unknown"
        return "forwarded"

    async def put_copy(
        self, store: VoicemailStore, row: VoicemailRow, box: MailboxRow, what: ForwardMessage
    ) -> VoicemailRow:
        """A copy of a message in another box, which was locked and has room. Raises OSError: the recording is gone."""
        copy = VoicemailRow(
            id=new_id(),
            tenant_id=box.tenant_id,
            mailbox_id=box.id,
            file="",
            seconds=row.seconds,
            caller_number=row.caller_number,
            caller_name=row.caller_name,
            call_id=row.call_id,
            received_at=what.at,
            state_at=what.at,
            forwarded_from=row.id,
        )
        copy.file = f"voicemail/{copy.id}-{box.number}"
        # Before the commit: should that fail, the sweep of orphans finds the file.
        await self._files.copy(box.tenant_id, row.file, copy.file)
        await store.add(copy)
        await store.add(*mails_of(box, copy))
        await self._changes.tell_of_messages(store, box)
        return copy

    async def set_pin(self, tenant_id: UUID, what: SetPin, _: CallFacts) -> PinChange:
        hashed = await self._pins.hash(what.pin)
        async with self._changes.open(tenant_id) as store:
            box = await store.box(UUID(what.mailbox_id), lock=True)
            if box is None or is_weak(what.pin, box.number):
                return "weak"
            box.pin_hash, box.failed_pins, box.locked_until = hashed, 0, None
            await store.flush()
            await self._changes.tell(store, box)
        return "changed"

    async def save_greeting(self, tenant_id: UUID, what: SaveGreeting, _: CallFacts) -> None:
        async with self._changes.open(tenant_id) as store:
            if await store.box(UUID(what.mailbox_id), lock=True) is not None:
                await put_greeting(store, UUID(what.mailbox_id), what.kind, what.recording, what.seconds)

    async def remove_greeting(self, tenant_id: UUID, what: RemoveGreeting, _: CallFacts) -> None:
        async with self._changes.open(tenant_id) as store:
            found = (await store.greetings(UUID(what.mailbox_id))).get(what.kind)
            if found is not None:
                await store.remove_greeting(found)


async def put_greeting(store: VoicemailStore, mailbox_id: UUID, kind: str, file: str, seconds: float) -> GreetingRow:
    """Make this the box's greeting; what was it before is deleted."""
    row = (await store.greetings(mailbox_id)).get(kind)
    if row is None:
        row = GreetingRow(tenant_id=store.tenant_id, mailbox_id=mailbox_id, kind=kind, file=file, seconds=seconds)
        await store.add(row)
        return row
    if row.file != file:
        await store.remove_file(row.file)
    row.file, row.seconds = file, seconds
    await store.flush()
    return row


def _left(box: MailboxRow, message: VoicemailRow) -> VoicemailLeft | None:
    if not message.call_id:
        return None
    return VoicemailLeft(
        tenant_id=box.tenant_id,
        voicemail_id=message.id,
        mailbox_id=box.id,
        mailbox=box.number,
        call_id=message.call_id,
        caller_number=message.caller_number,
        caller_name=message.caller_name,
        seconds=message.seconds,
    )


def _shown(text: str) -> str:
    """What a caller says of themselves, without control characters: PostgreSQL takes no NUL, a mail no newline."""
    return "".join(char for char in text if char.isprintable())[:_MOST_NAME]


_HOW: Final[dict[type, Callable[[Voicemail, UUID, Any, CallFacts], Awaitable[object]]]] = {
    FindMailbox: Voicemail.find,
    CheckPin: Voicemail.check_pin,
    CountMessages: Voicemail.count,
    FindMessage: Voicemail.find_message,
    FindGreeting: Voicemail.find_greeting,
    SaveMessage: Voicemail.save,
    MarkMessage: Voicemail.mark,
    ForwardMessage: Voicemail.forward,
    SetPin: Voicemail.set_pin,
    SaveGreeting: Voicemail.save_greeting,
    RemoveGreeting: Voicemail.remove_greeting,
}

ERRANDS: Final = tuple(_HOW)
"""The classes that `Voicemail.carry_out` takes."""
