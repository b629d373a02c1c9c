"""POST with an ``Idempotency-Key``: done once; asked again, answered as the first time.

The answer is committed with the change it tells of, sealed, because it may hold a password that is shown once.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from fastapi.routing import APIRoute

from services.directory.changes import KEPT_ANSWER, KeptAnswer
from services.directory.secret_box import SecretBox
from shared.db.idempotency import IdempotencyStore, KeyReused, StillInProgress, StoredAnswer
from shared.http.errors import ApiError, Invalid, problems
from shared.http.idempotency import IdempotencyInProgress, IdempotencyKeyReused, fingerprint
from shared.http.tokens import Principal, TokenVerifier

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def posts(*errors: type[ApiError]) -> dict[int | str, dict[str, Any]]:
    """``responses=`` of a POST that takes an Idempotency-Key."""
    return problems(Invalid, IdempotencyKeyReused, IdempotencyInProgress, *errors)


class IdempotentRoute(APIRoute):
    """A route whose POSTs honour ``Idempotency-Key``. Refusals are not kept: the same request may be tried again."""

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def once(request: Request) -> Response:
            key = request.headers.get("idempotency-key", "")
            if request.method != "POST" or not (0 < len(key) <= 128) or not key.isascii() or not key.isprintable():
                return await handle(request)
            principal = await _principal(request)
            return await (handle(request) if principal is None else _once(request, key, principal, handle))

        return once


async def _principal(request: Request) -> Principal | None:
    """Who asks; none when the route will refuse them anyway."""
    try:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        verifier: TokenVerifier = request.app.state.tokens
        return await verifier.verify(token) if scheme.lower() == "bearer" else None
    except ApiError:
        return None


async def _once(request: Request, key: str, principal: Principal, handle: Handler) -> Response:
    keys: IdempotencyStore = request.app.state.idempotency
    secrets: SecretBox = request.app.state.secrets
    tenant = principal.tenant_id or _named_tenant(request)
    owner = f"{tenant or 'platform'}/{principal.subject}"
    asked = fingerprint(request.method, str(request.url.path) + "?" + request.url.query, await request.body())
    try:
        claim = await keys.begin(owner, key, asked, tenant_id=tenant)
    except KeyReused as error:
        raise IdempotencyKeyReused(field="Idempotency-Key") from error
    except StillInProgress as error:
        raise IdempotencyInProgress(field="Idempotency-Key") from error
    if isinstance(claim, StoredAnswer):
        return Response(secrets.open(claim.body.decode("ascii")), claim.status, dict(claim.headers), "application/json")
    kept = KeptAnswer(lambda session, status, headers, body: keys.finish(
        claim, status=status, headers=headers, body=secrets.seal(body).encode("ascii"), session=session
    ))  # fmt: skip
    token = KEPT_ANSWER.set(kept)
    try:
        return await handle(request)
    finally:
        KEPT_ANSWER.reset(token)
        if not kept.committed:
            await keys.abandon(claim)


def _named_tenant(request: Request) -> UUID | None:
    try:
        return UUID(request.query_params.get("tenant_id", ""))
    except ValueError:
        return None
