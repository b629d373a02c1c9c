"""Every query of the directory. A `Store` sees one tenant, or, made for the platform, all of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, literal, or_, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.attributes import flag_modified
from sqlmodel import SQLModel

from services.directory.errors import CONFLICTS
from services.directory.models import (
    ApiKey,
    AuditEntry,
    Device,
    Extension,
    Number,
    RefreshToken,
    SignInFailures,
    Tenant,
    Trunk,
    User,
)
from shared.db.engine import Session
from shared.db.errors import constraint_name
from shared.db.tables import Row

M = TypeVar("M", bound=SQLModel)

SORT_KEYS: Mapping[type[SQLModel], tuple[tuple[str, type], ...]] = {
    Tenant: (("slug", str),),
    User: (("email", str),),
    ApiKey: (("id", UUID),),
    Extension: (("number", str), ("id", UUID)),
    Device: (("sip_username", str), ("id", UUID)),
    Number: (("e164", str),),
    Trunk: (("id", UUID),),
    AuditEntry: (("id", UUID),),
}
"""What each list is sorted by, and its cursor made of. Audit entries come newest first, the others ascending."""

_SEARCHED: Mapping[type[SQLModel], tuple[str, ...]] = {
    Tenant: ("slug", "display_name", "domain"),
    User: ("email", "display_name"),
    ApiKey: ("display_name",),
    Extension: ("number", "display_name"),
    Device: ("sip_username", "display_name"),
    Number: ("e164", "display_name"),
    Trunk: ("display_name", "proxy"),
}
_PORTION = 100
_DOMAINS_LOCK = 0x5EDA_0001
_BOOTSTRAP_LOCK = 0x5EDA_0002


class Store:
    """Queries in one transaction.

    Args:
        session: the transaction, opened for the same scope (``Database.tenant`` or ``.platform``).
        tenant_id: the only tenant whose rows are seen; none: every tenant's, for the platform's own work.
    """

    def __init__(self, session: Session, tenant_id: UUID | None) -> None:
        self.session = session
        self.tenant_id = tenant_id

    def of(self, tenant_id: UUID) -> Store:
        """The same transaction, seeing one tenant only."""
        return Store(self.session, tenant_id)

    # Any table

    async def get(self, model: type[M], row_id: UUID, *, lock: bool = False) -> M | None:
        """The row of that id, locked until the end of the transaction on request."""
        query = select(model).where(_column(model, "id") == row_id, *self._wall(model))
        if lock:  # what was read before the lock may be old
            query = query.with_for_update().execution_options(populate_existing=True)
        found: M | None = (await self.session.execute(query)).scalar_one_or_none()
        return found

    async def page(
        self,
        model: type[M],
        *,
        limit: int,
        after: tuple[Any, ...] | None = None,
        q: str | None = None,
        where: Sequence[ColumnElement[bool]] = (),
        **equal: Any,
    ) -> list[M]:
        """Up to `limit` + 1 rows past `after`: one more than shown tells that there is a next page.

        `q` is searched for in the texts of the row; `equal` compares columns (none: not compared).
        """
        keys = [_column(model, name) for name, _ in SORT_KEYS[model]]
        newest_first = model is AuditEntry
        query = select(model).where(*self._wall(model), *where)
        query = query.where(*(_column(model, name) == value for name, value in equal.items() if value is not None))
        if q:
            query = query.where(or_(*(_column(model, n).icontains(q, autoescape=True) for n in _SEARCHED[model])))
        if after is not None:
            bound = tuple_(*(literal(value) for value in after))
            query = query.where(tuple_(*keys) < bound if newest_first else tuple_(*keys) > bound)
        query = query.order_by(*(key.desc() if newest_first else key for key in keys)).limit(limit + 1)
        return list((await self.session.execute(query)).scalars())

    async def add(self, *rows: SQLModel) -> None:
        """Insert rows now, so that a clash is known now. Raises the Conflict of the constraint it breaks.

        Many rows go in portions: between them others get their turn on the event loop.
        """
        for start in range(0, len(rows), _PORTION):
            self.session.add_all(rows[start : start + _PORTION])
            await self.flush()

    async def flush(self) -> None:
        """Write what changed. Raises the Conflict of the constraint it breaks."""
        with told_as_conflicts():
            await self.session.flush()

    async def renew(self, row: Row, now: datetime) -> None:
        """Make a new revision of a row, though none of its own columns changed."""
        row.updated_at = now
        flag_modified(row, "updated_at")
        await self.flush()

    async def remove(self, row: SQLModel) -> None:
        """Delete a row now. Raises the Conflict of the constraint it breaks."""
        await self.session.delete(row)
        await self.flush()

    def _wall(self, model: type[SQLModel]) -> list[ColumnElement[bool]]:
        if self.tenant_id is None:
            return []
        return [_column(model, "id" if model is Tenant else "tenant_id") == self.tenant_id]

    # Tenants

    async def domains_alike(self, domain: str) -> bool:
        """Whether another tenant's domain ends with `domain`, or `domain` with it (see ``ambiguous_domains``).

        Tenants are made one after the other from here to the end of the transaction.
        """
        await self.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _DOMAINS_LOCK})
        new: ColumnElement[str] = literal(domain)
        stored = _column(Tenant, "domain")
        clash = or_(
            func.right(new, func.length(stored)) == stored,
            func.right(stored, func.length(new)) == new,
        )
        return (await self.session.execute(select(stored).where(clash, stored != new).limit(1))).first() is not None

    # People and keys

    async def user_by_email(self, email: str) -> User | None:
        """Whoever signs in with `email` (lower case)."""
        found: User | None = (
            await self.session.execute(select(User).where(_column(User, "email") == email))
        ).scalar_one_or_none()
        return found

    async def other_platform_admin(self, user_id: UUID | None = None) -> bool:
        """Whether anybody (but this user) administers the platform; they stay until the end of the transaction."""
        query = select(_column(User, "id")).where(_column(User, "tenant_id").is_(None), _column(User, "enabled"))
        query = query.where(_column(User, "id") != user_id) if user_id else query
        return (await self.session.execute(query.limit(1).with_for_update())).first() is not None

    async def one_bootstrap_at_a_time(self) -> None:
        """Others who ask for the same wait for the end of this transaction."""
        await self.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _BOOTSTRAP_LOCK})

    async def sign_in_failures(self, email: str) -> SignInFailures | None:
        """Wrong passwords in a row for `email`; others who ask for the same wait for the end of this transaction."""
        key = email_hash(email)
        await self.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})
        return await self.session.get(SignInFailures, key)

    async def save_sign_in_failures(
        self, email: str, count: int, last_at: datetime, locked_until: datetime | None
    ) -> None:
        """Remember how often `email` failed."""
        values = {"count": count, "last_at": last_at, "locked_until": locked_until}
        statement = insert(SignInFailures).values(email_hash=email_hash(email), **values)
        await self.session.execute(statement.on_conflict_do_update(index_elements=["email_hash"], set_=values))

    async def forget_sign_in_failures(self, email: str) -> None:
        """The right password was given."""
        await self.session.execute(
            delete(SignInFailures).where(_column(SignInFailures, "email_hash") == email_hash(email))
        )

    async def purge_sign_ins(self, before: datetime) -> None:
        """Delete failures and refresh tokens that have meant nothing since `before`."""
        await self.session.execute(delete(SignInFailures).where(_column(SignInFailures, "last_at") < before))
        await self.session.execute(delete(RefreshToken).where(_column(RefreshToken, "expires_at") < before))

    async def refresh_token(self, token_hash: str) -> RefreshToken | None:
        """The refresh token of that hash, locked."""
        query = select(RefreshToken).where(_column(RefreshToken, "token_hash") == token_hash).with_for_update()
        found: RefreshToken | None = (await self.session.execute(query)).scalar_one_or_none()
        return found

    async def revoke_refresh_tokens(self, now: datetime, **equal: UUID) -> None:
        """End the refresh tokens of a ``family_id`` or a ``user_id``."""
        where = [_column(RefreshToken, name) == value for name, value in equal.items()]
        await self.session.execute(
            update(RefreshToken).where(_column(RefreshToken, "revoked_at").is_(None), *where).values(revoked_at=now)
        )

    async def api_key_by_prefix(self, prefix: str) -> ApiKey | None:
        """The API key whose public part is `prefix`."""
        found: ApiKey | None = (
            await self.session.execute(select(ApiKey).where(_column(ApiKey, "prefix") == prefix))
        ).scalar_one_or_none()
        return found

    async def touch_api_key(self, key_id: UUID, now: datetime) -> None:
        """Remember that a key was used, without making a new revision of it."""
        await self.session.execute(update(ApiKey).where(_column(ApiKey, "id") == key_id).values(last_used_at=now))

    # Extensions, devices, numbers

    async def devices_of(self, extension_ids: Iterable[UUID], *, lock: bool = False) -> list[Device]:
        """The devices of these extensions, in the order they were made."""
        query = select(Device).where(_column(Device, "extension_id").in_(list(extension_ids)), *self._wall(Device))
        query = query.order_by(_column(Device, "id"))
        return list((await self.session.execute(query.with_for_update() if lock else query)).scalars())

    async def devices_by_extension(self, extension_ids: Iterable[UUID]) -> dict[UUID, list[Device]]:
        """The devices of these extensions, by extension."""
        found: dict[UUID, list[Device]] = {}
        for device in await self.devices_of(extension_ids):
            found.setdefault(device.extension_id, []).append(device)
        return found

    async def taken_extension_numbers(self, numbers: Iterable[str]) -> set[str]:
        """Which of these numbers the tenant's extensions have."""
        return await self._among(Extension, "number", numbers)

    async def taken_numbers(self, e164s: Iterable[str]) -> set[str]:
        """Which of these public numbers are somebody's. For the platform's scope only: a tenant sees its own alone."""
        return await self._among(Number, "e164", e164s)

    async def usernames(self) -> set[str]:
        """The SIP user names of all the tenant's devices, in lower case."""
        query = select(func.lower(_column(Device, "sip_username"))).where(*self._wall(Device))
        return set((await self.session.execute(query)).scalars())

    async def _among(self, model: type[SQLModel], name: str, values: Iterable[str]) -> set[str]:
        column = _column(model, name)
        query = select(column).where(column.in_(list(values)), *self._wall(model))
        return set((await self.session.execute(query)).scalars())

    async def taken_usernames_like(self, stem: str) -> set[str]:
        """SIP user names of the tenant's devices that begin with `stem`."""
        column = _column(Device, "sip_username")
        query = select(column).where(column.startswith(stem, autoescape=True), *self._wall(Device))
        return set((await self.session.execute(query)).scalars())

    async def own_numbers(self, e164s: Iterable[str]) -> set[str]:
        """Which of these numbers are the tenant's, kept from going away until the end of the transaction."""
        column = _column(Number, "e164")
        query = select(column).where(column.in_(list(e164s)), *self._wall(Number)).with_for_update(read=True)
        return set((await self.session.execute(query)).scalars())

    async def callers_with(self, e164: str) -> bool:
        """Whether an extension of the tenant shows this number on its outbound calls."""
        query = select(_column(Extension, "id")).where(
            _column(Extension, "outbound_caller_id") == e164, *self._wall(Extension)
        )
        return (await self.session.execute(query.limit(1))).first() is not None

    # Replication

    async def every(
        self, model: type[M], *, after: UUID | None, limit: int, share: bool = False, ids: Iterable[UUID] | None = None
    ) -> list[M]:
        """Rows of a table in the order of their ids, a batch past `after` at a time.

        With `share` nobody changes them until the end of the transaction, so what is published is not already old.
        """
        key = _column(model, "id")
        query = select(model).where(*self._wall(model)).order_by(key).limit(limit)
        if after is not None:
            query = query.where(key > after)
        if ids is not None:
            query = query.where(key.in_(list(ids)))
        return list((await self.session.execute(query.with_for_update(read=True) if share else query)).scalars())


def email_hash(email: str) -> str:
    """How a mail address that failed to sign in is kept: it may be a password typed into the wrong field."""
    return hashlib.sha256(email.encode()).hexdigest()


@contextmanager
def told_as_conflicts() -> Iterator[None]:
    """Turn a broken constraint into the Conflict that names the field."""
    try:
        yield
    except IntegrityError as error:
        kind = CONFLICTS.get(constraint_name(error) or "")
        if kind is None:
            raise
        raise kind() from error


def _column(model: type[SQLModel], name: str) -> Any:
    return getattr(model, name)
