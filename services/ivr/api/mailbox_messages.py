"""``/v1/mailboxes/{id}/messages`` and ``/greetings``."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse

from services.ivr.api.mailboxes_context import (
    Admin,
    HereNow,
    Paging,
    Reader,
    Writer,
    box_to_change,
    box_to_show,
    message_to_change,
    message_to_show,
    tag,
)
from services.ivr.audio.errors import AUDIO_REFUSALS
from services.ivr.domain.writes_voicemail import ForwardMessage, GreetingKind, MessageState
from services.ivr.errors import MailboxFull, MailboxUnknown, RecordingGone
from services.ivr.schemas.mailboxes import ForwardTo, GreetingView, MessageUpdate, MessageView
from services.ivr.voicemail import put_greeting
from services.ivr.voicemail_changes import is_full
from shared.http.auth import TenantQuery, tenant_of
from shared.http.errors import NotFound, PreconditionFailed, problems
from shared.http.idempotency import IdempotencyKey
from shared.http.idempotent import IdempotentRoute, posts
from shared.http.pages import InvalidCursor, Page
from shared.telephony.ids import new_id

router = APIRouter(prefix="/v1/mailboxes/{mailbox_id}", tags=["mailboxes"], route_class=IdempotentRoute)

_BYTES: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
_AUDIO: dict[int | str, dict[str, Any]] = {
    200: {"content": {"audio/wav": _BYTES}, "description": "the whole recording"},
    206: {"content": {"audio/wav": _BYTES}, "description": "the part that `Range` asks for"},
    416: {"description": "no such part"},
}
_UPLOAD: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": dict.fromkeys(("audio/wav", "audio/mpeg", "audio/ogg", "application/octet-stream"), _BYTES),
    }
}


@router.get("/messages", responses=problems(NotFound, InvalidCursor))
async def list_messages(
    *,
    mailbox_id: UUID,
    principal: Reader,
    here: HereNow,
    paging: Paging,
    state: Annotated[MessageState | None, Query(description="none: new and saved ones")] = None,
    tenant_id: TenantQuery = None,
) -> Page[MessageView]:
    """Messages, the oldest first."""
    after = paging.after((UUID,))
    async with here.changes.open(tenant_of(principal, tenant_id)) as store:
        await box_to_show(store, mailbox_id)
        states = (state,) if state else ("new", "saved")
        found = await store.messages(mailbox_id, states=states, limit=paging.limit, after=after)
    rows, cursor = paging.page(found, lambda row: (row.id,))
    return Page[MessageView](items=[MessageView.model_validate(row) for row in rows], next_cursor=cursor)


@router.get("/messages/{message_id}", responses=problems(NotFound))
async def show_message(
    *,
    mailbox_id: UUID,
    message_id: UUID,
    principal: Reader,
    here: HereNow,
    response: Response,
    tenant_id: TenantQuery = None,
) -> MessageView:
    """One message."""
    async with here.changes.open(tenant_of(principal, tenant_id)) as store:
        row = await message_to_show(store, mailbox_id, message_id)
    tag(response, row)
    return MessageView.model_validate(row)


@router.patch("/messages/{message_id}", responses=problems(NotFound, PreconditionFailed, MailboxFull))
async def update_message(
    *,
    mailbox_id: UUID,
    message_id: UUID,
    body: MessageUpdate,
    principal: Writer,
    here: HereNow,
    response: Response,
    tenant_id: TenantQuery = None,
) -> MessageView:
    """Mark a message. The phone's lamp follows."""
    now = here.clock.now()
    async with here.changes.open(tenant_of(principal, tenant_id)) as store:
        box = await box_to_change(store, mailbox_id)
        row = await message_to_change(store, mailbox_id, message_id, body.revision)
        if row.state != body.state:
            if row.state == "deleted" and is_full(box, await store.filled(mailbox_id)):
                raise MailboxFull()
            row.state, row.state_at = body.state, now
            if body.state == "saved":
                row.listened_at = row.listened_at or now
            await store.flush()
            await here.changes.tell_of_messages(store, box)
    tag(response, row)
    return MessageView.model_validate(row)


@router.delete("/messages/{message_id}", status_code=204, responses=problems(NotFound))
async def delete_message(
    mailbox_id: UUID, message_id: UUID, principal: Writer, here: HereNow, tenant_id: TenantQuery = None
) -> None:
    """Delete a message and its recording for good."""
    async with here.changes.open(tenant_of(principal, tenant_id)) as store:
        box = await box_to_change(store, mailbox_id)
        await store.remove_message(await message_to_change(store, mailbox_id, message_id))
        await here.changes.tell_of_messages(store, box)


@router.post(
    "/messages/{message_id}/forward",
    status_code=201,
    responses=posts(NotFound, MailboxUnknown, MailboxFull, RecordingGone),
)
async def forward_message(
    *,
    mailbox_id: UUID,
    message_id: UUID,
    body: ForwardTo,
    principal: Writer,
    here: HereNow,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> MessageView:
    """Put a copy of a message into another box of the tenant."""
    what = ForwardMessage(str(mailbox_id), str(message_id), body.number, here.clock.now())
    async with here.changes.open(tenant_of(principal, tenant_id)) as store:
        row = await message_to_show(store, mailbox_id, message_id)
        target = await store.box_of(body.number, lock=True)
        if target is None or not target.enabled:
            raise MailboxUnknown(field="number")
        if is_full(target, await store.filled(target.id)):
            raise MailboxFull(field="number")
        try:
            copy = await here.voicemail.put_copy(store, row, target, what)
        except FileNotFoundError as error:
            raise RecordingGone() from error
    return MessageView.model_validate(copy)


@router.get(
    "/messages/{message_id}/audio",
    response_class=FileResponse,
    responses={**_AUDIO, **problems(NotFound, RecordingGone)},
)
async def hear_message(
    mailbox_id: UUID, message_id: UUID, principal: Reader, here: HereNow, tenant_id: TenantQuery = None
) -> FileResponse:
    """The recording, whole or the part that `Range` asks for. Hearing it here does not mark it."""
    tenant = tenant_of(principal, tenant_id)
    async with here.changes.open(tenant) as store:
        row = await message_to_show(store, mailbox_id, message_id)
    return await _audio(here.files.path(tenant, row.file))


# Greetings


@router.get("/greetings", responses=problems(NotFound))
async def list_greetings(
    mailbox_id: UUID, principal: Reader, here: HereNow, tenant_id: TenantQuery = None
) -> list[GreetingView]:
    """The box's own greetings."""
    async with here.changes.open(tenant_of(principal, tenant_id)) as store:
        await box_to_show(store, mailbox_id)
        found = await store.greetings(mailbox_id)
    return [GreetingView.model_validate(found[kind]) for kind in sorted(found)]


@router.put("/greetings/{kind}", responses=problems(NotFound, *AUDIO_REFUSALS), openapi_extra=_UPLOAD)
async def upload_greeting(
    *,
    mailbox_id: UUID,
    kind: GreetingKind,
    request: Request,
    principal: Admin,
    here: HereNow,
    tenant_id: TenantQuery = None,
) -> GreetingView:
    """Give a box a greeting: wav, mp3 or ogg as the request's body; checked, converted and made as loud as others."""
    tenant = tenant_of(principal, tenant_id)
    async with here.changes.open(tenant) as store:
        await box_to_show(store, mailbox_id)
    name = f"greetings/{new_id()}-uploaded"
    path = here.files.path(tenant, name)
    await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
    converted = await here.converter.convert(await request.body(), path)
    async with here.changes.open(tenant) as store:
        await box_to_change(store, mailbox_id)
        row = await put_greeting(store, mailbox_id, kind, name, converted.seconds)
    return GreetingView.model_validate(row)


@router.delete("/greetings/{kind}", status_code=204, responses=problems(NotFound))
async def delete_greeting(
    mailbox_id: UUID, kind: GreetingKind, principal: Admin, here: HereNow, tenant_id: TenantQuery = None
) -> None:
    """Callers hear Seda's own words again."""
    async with here.changes.open(tenant_of(principal, tenant_id)) as store:
        await box_to_change(store, mailbox_id)
        row = (await store.greetings(mailbox_id)).get(kind)
        if row is None:
            raise NotFound("the box has no such greeting")
        await store.remove_greeting(row)


@router.get(
    "/greetings/{kind}/audio",
    response_class=FileResponse,
    responses={**_AUDIO, **problems(NotFound, RecordingGone)},
)
async def hear_greeting(
    mailbox_id: UUID, kind: GreetingKind, principal: Reader, here: HereNow, tenant_id: TenantQuery = None
) -> FileResponse:
    """The greeting's recording."""
    tenant = tenant_of(principal, tenant_id)
    async with here.changes.open(tenant) as store:
        await box_to_show(store, mailbox_id)
        row = (await store.greetings(mailbox_id)).get(kind)
    if row is None:
        raise NotFound("the box has no such greeting")
    return await _audio(here.files.path(tenant, row.file))


async def _audio(path: Path) -> FileResponse:
    if not await asyncio.to_thread(path.is_file):
        raise RecordingGone()
    return FileResponse(path, media_type="audio/wav", headers={"Cache-Control": "private, no-store"})
