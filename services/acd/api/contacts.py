"""``/v1/contacts/{entry_id}/...``: an agent passes on, puts back or ends the own contact; who leads, anybody's."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter

from services.acd.api.context import AgentOrLeader, FloorWriter, Here, HereNow, leads, user_of
from services.acd.asking import PHONE_SECONDS
from services.acd.errors import (
    AgentUnknown,
    ContactOver,
    ContactUnknown,
    DestinationUnknown,
    FloorDeadline,
    FloorNotReady,
    IllegalChange,
    PhoneNeeded,
    PhoneNotReached,
)
from services.acd.schemas.contacts import ConsultBody, SuperviseBody, TransferBody
from services.acd.schemas.floor import CallerNow
from services.acd.store import TenantStore
from shared.contracts.acd import ChangeContact
from shared.http.auth import TenantQuery
from shared.http.errors import Forbidden, NotFound, problems
from shared.http.idempotency import IdempotencyKey
from shared.http.idempotent import IdempotentRoute, posts
from shared.http.tokens import Principal
from shared.telephony.destinations import Destination, DestinationKind, parse_destination

router = APIRouter(prefix="/v1/contacts/{entry_id}", tags=["contacts"], route_class=IdempotentRoute)

REFUSED = (NotFound, ContactUnknown, ContactOver, IllegalChange, FloorNotReady, FloorDeadline)
CHANGING = posts(*REFUSED)


@router.post("/transfer", responses={**CHANGING, **posts(NotFound, AgentUnknown, DestinationUnknown)})
async def transfer(
    *,
    entry_id: UUID,
    body: TransferBody,
    principal: AgentOrLeader,
    here: HereNow,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> CallerNow:
    """Pass the caller on without talking to whoever comes next.

    An agent must be available; one who does not take the caller leaves them their old place in line.
    """
    destination = None if body.destination is None else str(body.destination)
    what = {"action": "transfer", "destination": destination, "to_agent_id": body.agent_id}
    return await _change(here, principal, tenant_id, entry_id, **what)


@router.post("/put-back", responses=CHANGING)
async def put_back(
    *,
    entry_id: UUID,
    principal: AgentOrLeader,
    here: HereNow,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> CallerNow:
    """Let the caller wait in the queue again, in the old place; other agents are asked first."""
    return await _change(here, principal, tenant_id, entry_id, action="put_back")


@router.post("/end", responses=CHANGING)
async def end(
    *,
    entry_id: UUID,
    principal: AgentOrLeader,
    here: HereNow,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> CallerNow:
    """End the contact as if the agent hung up: the caller goes on to the queue's survey, where it has one."""
    return await _change(here, principal, tenant_id, entry_id, action="end")


@router.post("/consult", responses={**CHANGING, **posts(NotFound, AgentUnknown, DestinationUnknown)})
async def consult(
    *,
    entry_id: UUID,
    body: ConsultBody,
    principal: AgentOrLeader,
    here: HereNow,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> CallerNow:
    """Ask somebody while the caller hears music: the agent's phone is connected with the destination.

    An agent must be available, also one who is asked by the extension of their phone: they are busy while they are
    asked, and have the contact once the consult is completed.
    """
    destination = None if body.destination is None else str(body.destination)
    what = {"action": "consult", "destination": destination, "to_agent_id": body.agent_id}
    return await _change(here, principal, tenant_id, entry_id, **what)


@router.post("/consult/complete", responses=CHANGING)
async def complete(
    *,
    entry_id: UUID,
    principal: AgentOrLeader,
    here: HereNow,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> CallerNow:
    """Connect the caller with whoever is asked; the agent is out."""
    return await _change(here, principal, tenant_id, entry_id, action="complete")


@router.post("/consult/swap", responses=CHANGING)
async def swap(
    *,
    entry_id: UUID,
    principal: AgentOrLeader,
    here: HereNow,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> CallerNow:
    """Talk with the other one of the two, who hears music meanwhile."""
    return await _change(here, principal, tenant_id, entry_id, action="swap")


@router.post("/consult/conference", responses=CHANGING)
async def conference(
    *,
    entry_id: UUID,
    principal: AgentOrLeader,
    here: HereNow,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> CallerNow:
    """Let caller, agent and whoever is asked hear each other."""
    return await _change(here, principal, tenant_id, entry_id, action="conference")


@router.post("/consult/cancel", responses=CHANGING)
async def cancel(
    *,
    entry_id: UUID,
    principal: AgentOrLeader,
    here: HereNow,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> CallerNow:
    """Back to the caller; the call of whoever is asked ends."""
    return await _change(here, principal, tenant_id, entry_id, action="cancel")


@router.post("/supervise", responses={**CHANGING, **posts(NotFound, PhoneNeeded, DestinationUnknown, PhoneNotReached)})
async def supervise(
    *,
    entry_id: UUID,
    body: SuperviseBody,
    principal: FloorWriter,
    here: HereNow,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> CallerNow:
    """Call the supervisor's phone and let it hear agent and caller; again with another mode: change who hears it.

    Answered once the phone was, or will not be: it rings for 20 seconds.
    """
    tenant = here.tenant(principal, tenant_id)
    async with here.changes.reading(tenant) as store:
        await _who_has(store, principal, entry_id)
        phone = body.phone or await _phone_of(store, principal)
    command = ChangeContact(
        tenant_id=tenant,
        entry_id=entry_id,
        action="supervise",
        mode=body.mode,
        destination=str(phone),
        by=principal.subject,
    )
    try:
        return await here.asking.show(command, CallerNow, PHONE_SECONDS)
    except DestinationUnknown as error:
        raise DestinationUnknown(error.detail, field="phone") from error


@router.delete("/supervise", status_code=204, responses=problems(*REFUSED))
async def unsupervise(*, entry_id: UUID, principal: FloorWriter, here: HereNow, tenant_id: TenantQuery = None) -> None:
    """End the supervisor's call; agent and caller go on."""
    await here.asking.ask(await _command(here, principal, tenant_id, entry_id, action="unsupervise"))


async def _phone_of(store: TenantStore, principal: Principal) -> Destination:
    """The phone of the agent who asks. Raises PhoneNeeded."""
    user_id = user_of(principal)
    agent = None if user_id is None else await store.agent_of_user(user_id)
    phone = None if agent is None else parse_destination(agent.phone)
    if phone is None or phone.kind is not DestinationKind.EXTENSION:
        raise PhoneNeeded()
    return phone


async def _change(here: Here, principal: Principal, tenant_id: UUID | None, entry_id: UUID, **what: Any) -> CallerNow:
    return await here.asking.show(await _command(here, principal, tenant_id, entry_id, **what), CallerNow)


async def _command(
    here: Here, principal: Principal, tenant_id: UUID | None, entry_id: UUID, **what: Any
) -> ChangeContact:
    """Raises what `_who_has` and `_check` raise."""
    tenant = here.tenant(principal, tenant_id)
    async with here.changes.reading(tenant) as store:
        agent_id = await _who_has(store, principal, entry_id)
        await _check(store, what.get("destination"))
    return ChangeContact(tenant_id=tenant, entry_id=entry_id, agent_id=agent_id, by=principal.subject, **what)


async def _who_has(store: TenantStore, principal: Principal, entry_id: UUID) -> UUID | None:
    """The agent who must still have the contact; none: whoever has.

    Raises:
        ContactUnknown, ContactOver: there is none, or none any more. Forbidden: it is another agent's.
    """
    entry = await store.entry(entry_id)
    if entry is None:
        raise ContactUnknown()
    if not leads(principal):
        user_id = user_of(principal)
        agent = None if user_id is None else await store.agent_of_user(user_id)
        if agent is None or entry.agent_id != agent.id:
            raise Forbidden("agents change their own contacts only")
    if entry.state == "left":
        raise ContactOver()
    return None if leads(principal) else entry.agent_id


async def _check(store: TenantStore, destination: str | None) -> None:
    """Raises DestinationUnknown: the tenant has no such queue."""
    kind, _, target = (destination or "").partition(":")
    if kind == DestinationKind.QUEUE and not await store.queue_ids([target]):
        raise DestinationUnknown(f"no {destination}", field="destination")
