"""``/v1/users``."""

from __future__ import annotations

import secrets
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from services.directory.api.context import (
    Paging,
    Search,
    Services,
    ServicesHere,
    SourceAddress,
    actor,
    apply,
    row_to_change,
    row_to_show,
    rows_to_list,
    seen_tenant,
)
from services.directory.api.idempotent import IdempotentRoute, posts
from services.directory.changes import Change, snapshot
from services.directory.domain.passwords import RANDOM_BYTES, generate, weakness
from services.directory.domain.people import ADMINISTRATORS, grant_refusal
from services.directory.errors import (
    EmailTaken,
    LastAdministrator,
    RoleNotGrantable,
    SignInBusy,
    SignInThrottled,
    WeakPassword,
    WrongPassword,
)
from services.directory.models import Tenant, User
from services.directory.schemas.fields import Email, named
from services.directory.schemas.people import PasswordChange, UserCreate, UserIssued, UserUpdate, UserView
from shared.http.auth import TenantQuery, require
from shared.http.errors import Forbidden, NotFound, PreconditionFailed, problems
from shared.http.idempotency import IdempotencyKey
from shared.http.pages import InvalidCursor, Page
from shared.http.revisions import IfMatch, IfMatchInvalid, tag
from shared.http.tokens import Principal

router = APIRouter(prefix="/v1/users", tags=["users"], route_class=IdempotentRoute)

Anybody = Annotated[Principal, Depends(require("tenant_admin", "manager", "supervisor", "quality", "agent"))]
Reader = Annotated[Principal, Depends(require("tenant_admin", "manager", "supervisor", scope="users:read"))]
Writer = Annotated[Principal, Depends(require("tenant_admin", scope="users:write"))]


@router.post("", status_code=201, responses=posts(NotFound, EmailTaken, WeakPassword, RoleNotGrantable, SignInBusy))
async def create_user(
    *,
    body: UserCreate,
    principal: Writer,
    here: ServicesHere,
    address: SourceAddress,
    response: Response,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> UserIssued:
    """Make a user: of a tenant, or (by an administrator of the platform who names none) of the platform."""
    owner = seen_tenant(principal, tenant_id)
    _check_roles(body.roles, owner, principal)
    password = body.password or generate(secrets.token_bytes(RANDOM_BYTES))
    _check_password(password, body.email, field="password")
    user = User(
        tenant_id=owner,
        email=body.email,
        display_name=body.display_name,
        roles=sorted(set(body.roles)),
        password_hash=await here.passwords.hash(password),
        enabled=body.enabled,
    )
    async with here.changes.open(owner, actor(principal, address)) as change:
        if owner is not None:
            await row_to_show(change.store, Tenant, owner)
        await change.store.add(user)
        change.note("user.created", user, None, snapshot(user))
        made = None if body.password else password
        shown = UserIssued.model_validate({**user.model_dump(), "password": made})
        change.answers(shown, revision=user.revision)
    tag(response, user)
    response.headers["Cache-Control"] = "no-store"
    return shown


@router.get("", responses=problems(NotFound, InvalidCursor))
async def list_users(
    *,
    principal: Reader,
    here: ServicesHere,
    paging: Paging,
    tenant_id: TenantQuery = None,
    q: Search = None,
    email: Annotated[Email | None, Query(description="only the user with this mail address")] = None,
) -> Page[UserView]:
    """Users by mail address."""
    async with here.changes.reading(seen_tenant(principal, tenant_id)) as store:
        rows, cursor = await rows_to_list(store, User, paging, q=q, email=email)
    return Page[UserView](items=[UserView.model_validate(row) for row in rows], next_cursor=cursor)


@router.get("/me", responses=problems(NotFound))
async def show_me(*, principal: Anybody, here: ServicesHere, response: Response) -> UserView:
    """Whoever asks."""
    async with here.changes.reading(principal.tenant_id) as store:
        user = await row_to_show(store, User, _own_id(principal))
    tag(response, user)
    return UserView.model_validate(user)


@router.post(
    "/me/password",
    status_code=204,
    responses=problems(NotFound, WeakPassword, WrongPassword, SignInBusy, SignInThrottled),
)
async def change_my_password(
    *, body: PasswordChange, principal: Anybody, here: ServicesHere, address: SourceAddress
) -> None:
    """Choose another password. Every other sign-in of this user ends."""
    async with here.changes.reading(principal.tenant_id) as store:
        user = await row_to_show(store, User, _own_id(principal))
    _check_password(body.new_password, user.email, field="new_password")
    await here.sign_in.check_own_password(user, body.current_password, address)
    hashed = await here.passwords.hash(body.new_password)
    async with here.changes.open(None, actor(principal, address)) as change:
        user = await row_to_change(change.store, User, user.id)
        await _rewrite(change, user, {"password_hash": hashed})


@router.get("/{user_id}", responses=problems(NotFound))
async def show_user(*, user_id: UUID, principal: Reader, here: ServicesHere, response: Response) -> UserView:
    """One user."""
    async with here.changes.reading(principal.tenant_id) as store:
        user = await row_to_show(store, User, user_id)
    tag(response, user)
    return UserView.model_validate(user)


@router.patch(
    "/{user_id}",
    responses=problems(
        NotFound, EmailTaken, WeakPassword, RoleNotGrantable, PreconditionFailed, LastAdministrator, SignInBusy,
        IfMatchInvalid,
    ),
)  # fmt: skip
async def update_user(
    *,
    user_id: UUID,
    body: UserUpdate,
    principal: Writer,
    here: ServicesHere,
    address: SourceAddress,
    revision: IfMatch,
    response: Response,
) -> UserView:
    """Change a user. New roles, a new password or disabling end the user's sign-ins."""
    async with here.changes.reading(principal.tenant_id) as store:
        user = await row_to_show(store, User, user_id)
        _check_reach(principal, user.roles)
    wanted = await _columns(body, user, here, principal)
    # Refresh tokens belong to the platform, hence its scope; the row was found within the asker's own wall.
    async with here.changes.open(None, actor(principal, address)) as change:
        user = await row_to_change(change.store, User, user_id, revision, body.revision)
        if wanted.get("enabled") is False and user.enabled:
            await _check_not_last(change, user)
        await _rewrite(change, user, wanted)
    tag(response, user)
    return UserView.model_validate(user)


@router.delete(
    "/{user_id}",
    status_code=204,
    responses=problems(NotFound, PreconditionFailed, LastAdministrator, IfMatchInvalid),
)
async def delete_user(
    *, user_id: UUID, principal: Writer, here: ServicesHere, address: SourceAddress, revision: IfMatch
) -> None:
    """Remove a user."""
    async with here.changes.open(principal.tenant_id, actor(principal, address)) as change:
        user = await row_to_change(change.store, User, user_id, revision)
        _check_reach(principal, user.roles)
        await _check_not_last(change, user)
        await change.store.remove(user)
        change.note("user.removed", user, snapshot(user), None)


async def _columns(body: UserUpdate, user: User, here: Services, principal: Principal) -> dict[str, Any]:
    wanted = named(body)
    if "roles" in wanted:
        _check_roles(wanted["roles"], user.tenant_id, principal)
        wanted["roles"] = sorted(set(wanted["roles"]))
    if "password" in wanted:
        _check_password(wanted["password"], wanted.get("email", user.email), field="password")
        wanted["password_hash"] = await here.passwords.hash(wanted.pop("password"))
    return wanted


async def _rewrite(change: Change, user: User, wanted: dict[str, Any]) -> None:
    before = snapshot(user)
    apply(user, wanted)
    await change.store.flush()
    if user.revision == before["revision"]:
        return
    if {"roles", "password_hash", "enabled"}.intersection(wanted):
        await change.store.revoke_refresh_tokens(change.clock.now(), user_id=user.id)
    change.note("user.updated", user, before, snapshot(user))


async def _check_not_last(change: Change, user: User) -> None:
    if user.tenant_id is None and not await change.store.other_platform_admin(user.id):
        raise LastAdministrator()


def _check_roles(roles: list[Any], owner: UUID | None, principal: Principal) -> None:
    if reason := grant_refusal(roles, for_platform=owner is None):
        raise RoleNotGrantable(reason, field="roles")
    _check_reach(principal, roles)


def _check_reach(principal: Principal, roles: list[Any]) -> None:
    """An API key neither makes administrators nor lays hands on them: its scopes would mean nothing."""
    if principal.scopes is not None and ADMINISTRATORS.intersection(roles):
        raise Forbidden("API keys cannot make or change administrators")


def _check_password(password: str, email: str, *, field: str) -> None:
    if reason := weakness(password, (email, email.partition("@")[0])):
        raise WeakPassword(f"the password {reason}", field=field)


def _own_id(principal: Principal) -> UUID:
    kind, _, own_id = principal.subject.partition(":")
    if kind != "user":
        raise Forbidden("only a person has an account of their own")
    return UUID(own_id)
