"""``/v1/tokens``: sign in, refresh, sign out; the public keys."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from services.directory.api.context import ServicesHere, SourceAddress
from services.directory.errors import SignInBusy, SignInRefused, SignInThrottled
from services.directory.schemas.people import KeyExchange, Refresh, SignIn, TokenView
from services.directory.sign_in import Tokens
from shared.http.errors import problems

router = APIRouter(tags=["tokens"])


@router.post(
    "/v1/tokens", response_model_exclude_none=True, responses=problems(SignInRefused, SignInThrottled, SignInBusy)
)
async def create_token(
    *, body: SignIn | KeyExchange, here: ServicesHere, address: SourceAddress, response: Response
) -> TokenView:
    """Sign in with mail address and password, or exchange an API key for an access token."""
    if isinstance(body, KeyExchange):
        tokens = await here.sign_in.with_api_key(body.api_key, address)
    else:
        tokens = await here.sign_in.with_password(body.email, body.password, address)
    return _shown(tokens, response)


@router.post("/v1/tokens/refresh", response_model_exclude_none=True, responses=problems(SignInRefused, SignInThrottled))
async def refresh_token(*, body: Refresh, here: ServicesHere, address: SourceAddress, response: Response) -> TokenView:
    """The next access token and refresh token. A refresh token used twice ends the whole sign-in."""
    return _shown(await here.sign_in.refreshed(body.refresh_token, address), response)


@router.post("/v1/tokens/revoke", status_code=204)
async def revoke_token(*, body: Refresh, here: ServicesHere) -> None:
    """Sign out: no refresh token of this sign-in is good any more."""
    await here.sign_in.sign_out(body.refresh_token)


@router.get("/.well-known/jwks.json")
async def jwks(*, here: ServicesHere, response: Response) -> dict[str, Any]:
    """The public keys that access tokens are checked with (RFC 7517)."""
    response.headers["Cache-Control"] = "public, max-age=60"
    return here.signing.jwks()


def _shown(tokens: Tokens, response: Response) -> TokenView:
    response.headers["Cache-Control"] = "no-store"
    return TokenView.model_validate(tokens)
