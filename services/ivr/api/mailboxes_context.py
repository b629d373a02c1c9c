"""What every request about mailboxes works with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, Response

from services.ivr.audio.conversion import AudioConverter
from services.ivr.library import FlowLibrary
from services.ivr.models_voicemail import MailboxRow, VoicemailRow
from services.ivr.schemas.mailboxes import MailboxView
from services.ivr.store.voicemail import VoicemailStore
from services.ivr.voicemail import Voicemail
from services.ivr.voicemail_changes import VoicemailChanges
from services.ivr.voicemail_files import VoicemailFiles
from services.ivr.voicemail_pins import PinHashing
from shared.http.auth import require
from shared.http.errors import NotFound, PreconditionFailed
from shared.http.pages import PageQuery
from shared.http.tokens import Principal
from shared.runtime.clock import Clock

Reader = Annotated[Principal, Depends(require("tenant_admin", "manager", scope="voicemail:read"))]
Writer = Annotated[Principal, Depends(require("tenant_admin", "manager", scope="voicemail:write"))]
Admin = Annotated[Principal, Depends(require("tenant_admin", scope="voicemail:write"))]
Paging = Annotated[PageQuery, Depends()]


@dataclass(frozen=True, slots=True)
class MailboxesHere:
    """The parts that the composition root put together."""

    changes: VoicemailChanges
    voicemail: Voicemail
    files: VoicemailFiles
    pins: PinHashing
    converter: AudioConverter
    library: FlowLibrary
    clock: Clock


def _here(request: Request) -> MailboxesHere:
    found: MailboxesHere = request.app.state.mailboxes
    return found


HereNow = Annotated[MailboxesHere, Depends(_here)]


async def box_to_show(store: VoicemailStore, mailbox_id: UUID) -> MailboxRow:
    """The box. Raises NotFound: there is none, or it is another tenant's."""
    row = await store.box(mailbox_id)
    if row is None:
        raise NotFound("no such mailbox")
    return row


async def box_to_change(store: VoicemailStore, mailbox_id: UUID, revision: int | None = None) -> MailboxRow:
    """The box, locked. Raises NotFound; PreconditionFailed when it has another revision by now."""
    row = await store.box(mailbox_id, lock=True)
    if row is None:
        raise NotFound("no such mailbox")
    _check_revision(row, revision)
    return row


async def message_to_show(store: VoicemailStore, mailbox_id: UUID, message_id: UUID) -> VoicemailRow:
    """The message. Raises NotFound."""
    row = await store.message(mailbox_id, message_id)
    if row is None:
        raise NotFound("no such message")
    return row


async def message_to_change(
    store: VoicemailStore, mailbox_id: UUID, message_id: UUID, revision: int | None = None
) -> VoicemailRow:
    """The message, locked after its box. Raises NotFound; PreconditionFailed."""
    row = await store.message(mailbox_id, message_id, lock=True)
    if row is None:
        raise NotFound("no such message")
    _check_revision(row, revision)
    return row


async def view_of(store: VoicemailStore, row: MailboxRow) -> MailboxView:
    """A box as it is shown, with what is in it."""
    new, saved = await store.counts(row.id)
    greetings = await store.greetings(row.id)
    shown = {name: getattr(row, name) for name in MailboxView.model_fields if hasattr(row, name)}
    return MailboxView(
        **shown,
        has_pin=row.pin_hash is not None,
        new_messages=new,
        saved_messages=saved,
        greetings=sorted(greetings),
    )


def tag(response: Response, row: Any) -> None:
    """Tell the revision as ETag."""
    response.headers["ETag"] = f'"{row.revision}"'


def _check_revision(row: Any, revision: int | None) -> None:
    if revision is not None and revision != row.revision:
        raise PreconditionFailed(f"it has revision {row.revision} by now", field="revision")
