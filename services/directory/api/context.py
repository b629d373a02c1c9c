"""What every request needs: who asks, from where, about which tenant, and which revision they have seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Depends, Query, Request
from pydantic import AfterValidator, StringConstraints
from sqlmodel import SQLModel

from services.directory.changes import Actor, Changes
from services.directory.memory import Memory
from services.directory.password_hashing import PasswordHashing
from services.directory.secret_box import SecretBox
from services.directory.sign_in import SignIn
from services.directory.signing_keys import SigningKeys
from services.directory.store import SORT_KEYS, Store
from shared.db.republishing import Republisher
from shared.http.auth import tenant_of
from shared.http.errors import NotFound
from shared.http.pages import PageQuery, page_query
from shared.http.revisions import check_revision
from shared.http.tokens import Principal
from shared.telephony.safe_text import safe_name

M = TypeVar("M", bound=SQLModel)


@dataclass(frozen=True, slots=True)
class Services:
    """What the routes work with."""

    changes: Changes
    memory: Memory
    passwords: PasswordHashing
    sign_in: SignIn
    signing: SigningKeys
    secrets: SecretBox
    republisher: Republisher


async def services_of(request: Request) -> Services:
    """The parts that the composition root put there."""
    found: Services = request.app.state.services
    return found


async def address_of(request: Request) -> str:
    """Where the request came from."""
    return request.client.host if request.client else ""


ServicesHere = Annotated[Services, Depends(services_of)]
SourceAddress = Annotated[str, Depends(address_of)]
Paging = Annotated[PageQuery, Depends(page_query)]
Search = Annotated[
    Annotated[str, StringConstraints(max_length=80), AfterValidator(safe_name)] | None,
    Query(description="only what holds this text in its number or name"),
]


def actor(principal: Principal, address: str) -> Actor:
    """Who an audit entry names."""
    return Actor(principal.subject, address)


def seen_tenant(principal: Principal, tenant_id: UUID | None) -> UUID | None:
    """The tenant a list is about; none: all, for the platform's own."""
    return tenant_id if principal.tenant_id is None else tenant_of(principal, tenant_id)


async def row_to_change(store: Store, model: type[M], row_id: UUID, *revisions: int | None) -> M:
    """The row, locked.

    Raises:
        NotFound: there is none, or it is another tenant's.
        PreconditionFailed: it has another revision than one of `revisions` (none: any).
    """
    row = await store.get(model, row_id, lock=True)
    if row is None:
        raise NotFound()
    check_revision(row, *revisions)
    return row


async def row_to_show(store: Store, model: type[M], row_id: UUID) -> M:
    """The row.

    Raises:
        NotFound: there is none, or it is another tenant's.
    """
    row = await store.get(model, row_id)
    if row is None:
        raise NotFound()
    return row


async def rows_to_list(store: Store, model: type[M], paging: PageQuery, **filters: Any) -> tuple[list[M], str | None]:
    """A page of rows with the cursor of the next one. Raises InvalidCursor."""
    names, kinds = zip(*SORT_KEYS[model], strict=True)
    rows = await store.page(model, limit=paging.limit, after=paging.after(kinds), **filters)
    key: Callable[[Any], tuple[Any, ...]] = lambda row: tuple(getattr(row, name) for name in names)  # noqa: E731
    return paging.page(rows, key)


def apply(row: SQLModel, changes: dict[str, Any]) -> None:
    """Set what differs, so that an unchanged row makes no new revision."""
    for name, value in changes.items():
        if getattr(row, name) != value:
            setattr(row, name, value)
