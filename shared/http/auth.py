"""Who may do what: a dependency per route."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from shared.http.errors import Forbidden, Invalid, NotFound, Unauthorized
from shared.http.tokens import Principal, TokenVerifier

Role = Literal["platform_admin", "tenant_admin", "manager", "supervisor", "quality", "agent"]
ROLES: tuple[Role, ...] = ("platform_admin", "tenant_admin", "manager", "supervisor", "quality", "agent")

_bearer = HTTPBearer(auto_error=False, description="An access token from `POST /v1/tokens`.")


class TenantRequired(Invalid):
    """A platform administrator must say which tenant."""

    code = "tenant_required"
    title = "Name the tenant with ?tenant_id="


async def authenticated(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Principal:
    """Whoever the bearer token speaks for.

    Raises:
        Unauthorized: no token. InvalidToken: a bad one.
    """
    if credentials is None:
        raise Unauthorized("a bearer token is needed", headers={"WWW-Authenticate": "Bearer"})
    verifier: TokenVerifier = request.app.state.tokens
    principal = await verifier.verify(credentials.credentials)
    request.state.principal = principal
    return principal


def require(*roles: Role, scope: str | None = None) -> Callable[..., Awaitable[Principal]]:
    """A dependency that lets people with one of ``roles`` in, and API keys that carry ``scope``.

    A platform administrator passes always; without ``scope`` no API key does.
    """

    async def check(principal: Annotated[Principal, Depends(authenticated)]) -> Principal:
        if principal.scopes is not None:
            if scope is None or scope not in principal.scopes:
                raise Forbidden(f"the API key lacks the scope {scope}" if scope else "API keys may not do this")
            return principal
        if "platform_admin" not in principal.roles and not principal.roles.intersection(roles):
            raise Forbidden("needs one of the roles " + ", ".join(roles or ("platform_admin",)))
        return principal

    return check


TenantQuery = Annotated[UUID | None, Query(description="which tenant; needed from platform administrators only")]


def tenant_of(principal: Principal, tenant_id: UUID | None) -> UUID:
    """The tenant a request is about.

    Raises:
        NotFound: another tenant than the asker's own was named.
        TenantRequired: a platform administrator named none.
    """
    if principal.tenant_id is None:
        if tenant_id is None:
            raise TenantRequired(field="tenant_id")
        return tenant_id
    if tenant_id is not None and tenant_id != principal.tenant_id:
        raise NotFound("no such tenant")
    return principal.tenant_id
