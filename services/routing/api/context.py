"""What every request works with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, Response
from pydantic import BaseModel

from services.routing.changes import Changes
from services.routing.domain.config import Extension
from services.routing.domain.index import TenantIndex
from services.routing.errors import NotReadyYet, TooManyRows
from services.routing.live_calls import LiveCalls
from services.routing.replica import Replica
from services.routing.store import M, TenantStore
from shared.http.errors import NotFound, PreconditionFailed
from shared.http.pages import PageQuery, page_query
from shared.runtime.clock import Clock


@dataclass(frozen=True, slots=True)
class Here:
    """The parts that the composition root put together."""

    changes: Changes
    replica: Replica
    live: LiveCalls
    clock: Clock

    def tenant(self, tenant_id: UUID) -> TenantIndex:
        """The tenant's configuration.

        Raises:
            NotReadyYet: it is still being read. NotFound: no such tenant.
        """
        if not self.replica.is_ready:
            raise NotReadyYet()
        index = self.replica.config.tenants.get(tenant_id)
        if index is None or index.tenant is None:
            raise NotFound("no such tenant")
        return index

    def extension(self, tenant_id: UUID, extension_id: UUID) -> Extension:
        """An extension of the tenant, disabled ones too. Raises NotFound."""
        found = self.tenant(tenant_id).extensions.get(extension_id)
        if found is None:
            raise NotFound("no such extension")
        return found


async def _here(request: Request) -> Here:
    found: Here = request.app.state.here
    return found


HereNow = Annotated[Here, Depends(_here)]
Paging = Annotated[PageQuery, Depends(page_query)]
MOST_ROWS = 1000
"""Ring groups, routes or rules that one tenant may have: they all stand in memory."""


def named(body: BaseModel) -> dict[str, Any]:
    """The fields that a request named, null or not."""
    return {name: getattr(body, name) for name in body.model_fields_set}


async def room_for(store: TenantStore, model: type[M]) -> None:
    """Raises TooManyRows when the tenant has as many as it may."""
    if await store.count(model) >= MOST_ROWS:
        raise TooManyRows(f"a tenant has at most {MOST_ROWS}")


async def row_to_show(store: TenantStore, model: type[M], row_id: UUID) -> M:
    """The row. Raises NotFound: there is none, or it is another tenant's."""
    row = await store.get(model, row_id)
    if row is None:
        raise NotFound()
    return row


async def row_to_change(store: TenantStore, model: type[M], row_id: UUID, revision: int | None = None) -> M:
    """The row, locked. Raises NotFound; PreconditionFailed when it has another revision by now."""
    row = await store.get(model, row_id, lock=True)
    if row is None:
        raise NotFound()
    if revision is not None and revision != row.revision:
        raise PreconditionFailed(f"it has revision {row.revision} by now", field="revision")
    return row


async def page_of(store: TenantStore, model: type[M], paging: PageQuery, **equal: Any) -> tuple[list[M], str | None]:
    """A page of rows with the cursor of the next one; ``equal`` compares columns (none: not). Raises InvalidCursor."""
    rows = await store.page(model, limit=paging.limit, after=paging.after((UUID,)), **equal)
    return paging.page(rows, lambda row: (row.id,))


def tag(response: Response, row: Any) -> None:
    """Tell the revision as ETag."""
    response.headers["ETag"] = f'"{row.revision}"'
