"""POST with an ``Idempotency-Key``: done once; asked again, answered as the first time."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from shared.db.idempotency import IdempotencyStore, KeyReused, StillInProgress, StoredAnswer
from shared.http.errors import ApiError, Invalid, problems
from shared.http.idempotency import IdempotencyInProgress, IdempotencyKeyReused, fingerprint
from shared.http.tokens import Principal

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
_KEPT_HEADERS = ("etag", "location")


def posts(*errors: type[ApiError]) -> dict[int | str, dict[str, Any]]:
    """``responses=`` of a POST that takes an Idempotency-Key."""
    return problems(Invalid, IdempotencyKeyReused, IdempotencyInProgress, *errors)


class IdempotentRoute(APIRoute):
    """A route whose POSTs honour ``Idempotency-Key``. Refusals are not kept: the same request may be tried again."""

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def once(request: Request) -> Response:
            key = request.headers.get("idempotency-key", "")
            if request.method != "POST" or not 0 < len(key) <= 128 or not key.isascii() or not key.isprintable():
                return await handle(request)
            principal = await _principal(request)
            return await (handle(request) if principal is None else _once(request, key, principal, handle))

        return once


async def _principal(request: Request) -> Principal | None:
    """Who asks; none when the route will refuse them anyway."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return None
    try:
        found: Principal = await request.app.state.tokens.verify(token)
    except ApiError:
        return None
    return found


async def _once(request: Request, key: str, principal: Principal, handle: Handler) -> Response:
    keys: IdempotencyStore = request.app.state.idempotency
    owner = f"{principal.tenant_id or 'platform'}/{principal.subject}"
    asked = fingerprint(request.method, f"{request.url.path}?{request.url.query}", await request.body())
    try:
        claim = await keys.begin(owner, key, asked)
    except KeyReused as error:
        raise IdempotencyKeyReused(field="Idempotency-Key") from error
    except StillInProgress as error:
        raise IdempotencyInProgress(field="Idempotency-Key") from error
    if isinstance(claim, StoredAnswer):
        return Response(claim.body, claim.status, dict(claim.headers), "application/json")
    answered = False
    try:
        response = await handle(request)
        if response.status_code < 300:
            headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
            await keys.finish(claim, status=response.status_code, headers=headers, body=bytes(response.body))
            answered = True
        return response
    finally:
        if not answered:
            await keys.abandon(claim)
