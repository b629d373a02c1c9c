"""What every request works with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from pydantic import BaseModel

from services.acd.asking import Asking
from services.acd.changes import ConfigurationChanges
from services.acd.errors import AgentUnknown, TooManyRows
from services.acd.models import AgentRow, QueueRow
from services.acd.store import M, TenantStore
from services.acd.tenants import Tenants
from services.acd.ways_out import WaysOut
from shared.http.auth import require, tenant_of
from shared.http.errors import Forbidden, NotFound
from shared.http.pages import PageQuery, page_query
from shared.http.revisions import check_revision
from shared.http.tokens import Principal
from shared.runtime.clock import Clock

QueueReader = Annotated[
    Principal, Depends(require("tenant_admin", "manager", "supervisor", "quality", scope="queues:read"))
]
QueueWriter = Annotated[Principal, Depends(require("tenant_admin", scope="queues:write"))]
AgentReader = Annotated[
    Principal, Depends(require("tenant_admin", "manager", "supervisor", "quality", scope="agents:read"))
]
AgentWriter = Annotated[Principal, Depends(require("tenant_admin", scope="agents:write"))]
AgentOrReader = Annotated[
    Principal, Depends(require("tenant_admin", "manager", "supervisor", "quality", "agent", scope="agents:read"))
]
"""Who may see an agent; one who is nothing but an agent: themselves."""
AgentOrLeader = Annotated[
    Principal, Depends(require("tenant_admin", "manager", "supervisor", "agent", scope="floor:write"))
]
"""Who may change what an agent does; one who is nothing but an agent: themselves."""
FloorReader = Annotated[
    Principal, Depends(require("tenant_admin", "manager", "supervisor", "quality", scope="floor:read"))
]
FloorWriter = Annotated[Principal, Depends(require("tenant_admin", "manager", "supervisor", scope="floor:write"))]
Paging = Annotated[PageQuery, Depends(page_query)]

LEADERS = frozenset({"platform_admin", "tenant_admin", "manager", "supervisor"})
MOST_ROWS: dict[type[QueueRow] | type[AgentRow], int] = {QueueRow: 500, AgentRow: 5000}
"""Queues and agents that one tenant may have: the owner of the floor keeps them all in memory."""


@dataclass(frozen=True, slots=True)
class Here:
    """The parts that the composition root put together."""

    changes: ConfigurationChanges
    asking: Asking
    tenants: Tenants
    ways: WaysOut
    clock: Clock

    def tenant(self, principal: Principal, tenant_id: UUID | None) -> UUID:
        """The tenant that is changed.

        Raises:
            NotFound: there is none, or another than the asker's own. TenantRequired: none was named.
            TenantsNotRead: it is not known yet whether there is.
        """
        wanted = tenant_of(principal, tenant_id)
        if principal.tenant_id is None:
            self.tenants.find(wanted)
        return wanted


async def _here(request: Request) -> Here:
    found: Here = request.app.state.here
    return found


HereNow = Annotated[Here, Depends(_here)]


def named(body: BaseModel) -> dict[str, Any]:
    """The fields that a request named, null or not, but for the revision."""
    return {name: getattr(body, name) for name in body.model_fields_set if name != "revision"}


def apply(row: Any, values: dict[str, Any]) -> None:
    """Set what differs, so that an unchanged row makes no new revision."""
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)


async def room_for(store: TenantStore, model: type[M], more: int = 1) -> None:
    """Raises TooManyRows when the tenant would have more than it may."""
    most = MOST_ROWS[model]
    if await store.count(model) + more > most:
        raise TooManyRows(f"a tenant has at most {most:,}")


async def row_to_show(store: TenantStore, model: type[M], row_id: UUID) -> M:
    """The row. Raises NotFound or AgentUnknown: there is none, or it is another tenant's."""
    return _found(model, await store.get(model, row_id))


async def row_to_change(store: TenantStore, model: type[M], row_id: UUID, *revisions: int | None) -> M:
    """The row, locked. Raises NotFound or AgentUnknown; PreconditionFailed when it has another revision by now."""
    row = _found(model, await store.get(model, row_id, lock=True))
    check_revision(row, *revisions)
    return row


async def page_of(store: TenantStore, model: type[M], paging: PageQuery, **equal: Any) -> tuple[list[M], str | None]:
    """A page of rows with the cursor of the next one; ``equal`` compares columns (none: not). Raises InvalidCursor."""
    rows = await store.page(model, limit=paging.limit, after=paging.after((UUID,)), **equal)
    return paging.page(rows, lambda row: (row.id,))


def user_of(principal: Principal) -> UUID | None:
    """The user who asks; none for an API key."""
    kind, _, text = principal.subject.partition(":")
    try:
        return UUID(text) if kind == "user" and principal.scopes is None else None
    except ValueError:
        return None


def is_self(principal: Principal, agent: AgentRow) -> bool:
    """Whether the agent asks."""
    return agent.user_id is not None and agent.user_id == user_of(principal)


def check_may_see(principal: Principal, agent: AgentRow) -> None:
    """Raises Forbidden: one who is nothing but an agent, and another one."""
    if principal.scopes is None and not principal.roles - {"agent"} and not is_self(principal, agent):
        raise Forbidden("agents see themselves only")


def check_may_change(principal: Principal, agent: AgentRow) -> None:
    """Raises Forbidden: one who leads nobody, and another agent."""
    if not leads(principal) and not is_self(principal, agent):
        raise Forbidden("agents change what they do themselves only")


def leads(principal: Principal) -> bool:
    """Whether it is for them to say what others do; an API key's scope has been looked at already."""
    return principal.scopes is not None or bool(principal.roles & LEADERS)


def _found(model: type[M], row: M | None) -> M:
    if row is None:
        raise AgentUnknown() if model is AgentRow else NotFound("no such queue")
    return row
