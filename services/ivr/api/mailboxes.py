"""``/v1/mailboxes``."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.ivr.api.mailboxes_context import (
    Admin,
    HereNow,
    MailboxesHere,
    Paging,
    Reader,
    box_to_change,
    box_to_show,
    tag,
    view_of,
)
from services.ivr.domain.mailbox_pins import fault_of_pin
from services.ivr.errors import ExtensionUnknown, MailboxNumberTaken, TooManyRows, WeakPin
from services.ivr.models_voicemail import MailboxRow
from services.ivr.schemas.mailboxes import (
    BulkCreate,
    BulkReport,
    BulkRow,
    MailboxCreate,
    MailboxUpdate,
    MailboxView,
    PinUpdate,
)
from shared.http.auth import TenantQuery, tenant_of
from shared.http.errors import FieldProblem, NotFound, PreconditionFailed, problems
from shared.http.idempotency import IdempotencyKey
from shared.http.idempotent import IdempotentRoute, posts
from shared.http.pages import InvalidCursor, Page

router = APIRouter(prefix="/v1/mailboxes", tags=["mailboxes"], route_class=IdempotentRoute)

MOST_BOXES = 20_000


@router.post("", status_code=201, responses=posts(NotFound, MailboxNumberTaken, TooManyRows, WeakPin))
async def create_mailbox(
    *,
    body: MailboxCreate,
    principal: Admin,
    here: HereNow,
    response: Response,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> MailboxView:
    """Make a box. It belongs to the extension of its number, if there is one."""
    tenant = tenant_of(principal, tenant_id)
    values = body.model_dump(exclude={"pin"})
    row = MailboxRow(tenant_id=tenant, extension_id=_extension(here, tenant, body.number), **values)
    if body.pin is not None:
        row.pin_hash = await _hashed(here, body.pin, body.number)
    async with here.changes.open(tenant) as store:
        if await store.count_boxes() >= MOST_BOXES:
            raise TooManyRows(f"a tenant has at most {MOST_BOXES} mailboxes")
        await store.add(row)
        shown = await view_of(store, row)
        await here.changes.tell(store, row)
    tag(response, row)
    return shown


@router.post("/bulk", responses=posts(NotFound, TooManyRows))
async def create_mailboxes(
    *,
    body: BulkCreate,
    principal: Admin,
    here: HereNow,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> BulkReport:
    """Make boxes for extensions, each told the same; numbers without an extension are refused."""
    tenant = tenant_of(principal, tenant_id)
    values = body.model_dump(exclude={"numbers"})
    rows: list[BulkRow] = []
    async with here.changes.open(tenant) as store:
        if await store.count_boxes() + len(body.numbers) > MOST_BOXES:
            raise TooManyRows(f"a tenant has at most {MOST_BOXES} mailboxes")
        taken = await store.taken(body.numbers)
        made: list[MailboxRow] = []
        for place, number in enumerate(body.numbers, start=1):
            extension_id = _extension(here, tenant, number)
            if number in taken or extension_id is None:
                kind = MailboxNumberTaken if number in taken else ExtensionUnknown
                error = FieldProblem(field="number", code=kind.code, detail=kind.title)
                rows.append(BulkRow(row=place, number=number, status="refused", errors=[error]))
                continue
            taken.add(number)
            box = MailboxRow(tenant_id=tenant, number=number, extension_id=extension_id, **values)
            made.append(box)
            rows.append(BulkRow(row=place, number=number, status="created", id=box.id))
        await store.add(*made)
        await here.changes.tell_new(store, made)
    created = len(made)
    return BulkReport(created=created, refused=len(rows) - created, rows=rows)


@router.get("", responses=problems(NotFound, InvalidCursor))
async def list_mailboxes(
    principal: Reader,
    here: HereNow,
    paging: Paging,
    number: Annotated[str, Query(max_length=8, pattern=r"^[0-9]*$", description="only the box of this number")] = "",
    tenant_id: TenantQuery = None,
) -> Page[MailboxView]:
    """Boxes, the oldest first."""
    after = paging.after((UUID,))
    async with here.changes.open(tenant_of(principal, tenant_id)) as store:
        found = await store.boxes(limit=paging.limit, after=after, number=number)
        rows, cursor = paging.page(found, lambda row: (row.id,))
        return Page[MailboxView](items=[await view_of(store, row) for row in rows], next_cursor=cursor)


@router.get("/{mailbox_id}", responses=problems(NotFound))
async def show_mailbox(
    mailbox_id: UUID, principal: Reader, here: HereNow, response: Response, tenant_id: TenantQuery = None
) -> MailboxView:
    """One box."""
    async with here.changes.open(tenant_of(principal, tenant_id)) as store:
        row = await box_to_show(store, mailbox_id)
        shown = await view_of(store, row)
    tag(response, row)
    return shown


@router.patch("/{mailbox_id}", responses=problems(NotFound, PreconditionFailed))
async def update_mailbox(
    *,
    mailbox_id: UUID,
    body: MailboxUpdate,
    principal: Admin,
    here: HereNow,
    response: Response,
    tenant_id: TenantQuery = None,
) -> MailboxView:
    """Change a box; what is not given stays."""
    wanted = {name: getattr(body, name) for name in body.model_fields_set}
    async with here.changes.open(tenant_of(principal, tenant_id)) as store:
        row = await box_to_change(store, mailbox_id, wanted.pop("revision", None))
        for name, value in wanted.items():
            setattr(row, name, value)
        await store.flush()
        shown = await view_of(store, row)
        await here.changes.tell(store, row)
    tag(response, row)
    return shown


@router.delete("/{mailbox_id}", status_code=204, responses=problems(NotFound))
async def delete_mailbox(mailbox_id: UUID, principal: Admin, here: HereNow, tenant_id: TenantQuery = None) -> None:
    """Remove a box with every message and greeting in it."""
    async with here.changes.open(tenant_of(principal, tenant_id)) as store:
        row = await box_to_change(store, mailbox_id)
        await store.remove_box(row)
        await here.changes.tell(store, row, removed=True)


@router.put("/{mailbox_id}/pin", status_code=204, responses=problems(NotFound, WeakPin))
async def set_pin(
    mailbox_id: UUID, body: PinUpdate, principal: Admin, here: HereNow, tenant_id: TenantQuery = None
) -> None:
    """Give a box a PIN. A lock after wrong ones ends by it."""
    async with here.changes.open(tenant_of(principal, tenant_id)) as store:
        number = (await box_to_show(store, mailbox_id)).number
    hashed = await _hashed(here, body.pin, number)
    await _put_pin(here, tenant_of(principal, tenant_id), mailbox_id, hashed)


@router.delete("/{mailbox_id}/pin", status_code=204, responses=problems(NotFound))
async def forget_pin(mailbox_id: UUID, principal: Admin, here: HereNow, tenant_id: TenantQuery = None) -> None:
    """Take a box's PIN away: the next call from its own extension sets one; no other call gets in."""
    await _put_pin(here, tenant_of(principal, tenant_id), mailbox_id, None)


async def _put_pin(here: MailboxesHere, tenant: UUID, mailbox_id: UUID, hashed: str | None) -> None:
    async with here.changes.open(tenant) as store:
        row = await box_to_change(store, mailbox_id)
        row.pin_hash, row.failed_pins, row.locked_until = hashed, 0, None
        await store.flush()
        await here.changes.tell(store, row)


async def _hashed(here: MailboxesHere, pin: str, number: str) -> str:
    if fault := fault_of_pin(pin, number):
        raise WeakPin(fault, field="pin")
    return await here.pins.hash(pin)


def _extension(here: MailboxesHere, tenant: UUID, number: str) -> UUID | None:
    found = here.library.tenant(tenant).by_number.get(number)
    return found.id if found else None
