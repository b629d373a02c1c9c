import asyncio
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.http.auth import TenantRequired, tenant_of
from shared.http.errors import NotFound
from shared.http.tokens import (
    InvalidToken,
    JwksKeySource,
    KeysUnavailable,
    Principal,
    StaticKeySource,
    TokenSigner,
    TokenVerifier,
)

KEY = Ed25519PrivateKey.generate()
SIGNER = TokenSigner(KEY, "k1")
VERIFIER = TokenVerifier(StaticKeySource({"k1": KEY.public_key()}))


async def test_a_token_brings_back_who_it_was_signed_for():
    principal = Principal("u1", uuid4(), frozenset({"agent"}), None)
    assert await VERIFIER.verify(SIGNER.sign(principal)) == principal
    of_a_key = Principal("key1", uuid4(), frozenset(), frozenset({"calls:read"}))
    assert await VERIFIER.verify(SIGNER.sign(of_a_key)) == of_a_key


async def test_an_expired_token_is_refused():
    yesterday = datetime.now(UTC) - timedelta(days=1)
    with pytest.raises(InvalidToken):
        await VERIFIER.verify(SIGNER.sign(Principal("u", None, frozenset()), now=yesterday))


async def test_an_unsigned_token_and_one_of_another_algorithm_are_refused():
    claims = {"sub": "u", "iss": "seda", "aud": "seda-api", "exp": datetime.now(UTC) + timedelta(hours=1)}
    for token in (
        jwt.encode(claims, None, algorithm="none", headers={"kid": "k1"}),
        jwt.encode(claims, "x" * 32, algorithm="HS256", headers={"kid": "k1"}),
    ):
        with pytest.raises(InvalidToken):
            await VERIFIER.verify(token)


@asynccontextmanager
async def directory(answer):
    """A server that answers each request with what ``answer`` returns; yields the URL of its keys."""

    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(await answer())
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/jwks"


def key_set(*signers):
    body = json.dumps({"keys": [signer.jwk() for signer in signers]}).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


async def test_keys_once_fetched_stay_usable_while_directory_is_away():
    async def answer():
        return key_set(SIGNER)

    token = SIGNER.sign(Principal("u", None, frozenset()))
    async with directory(answer) as url:
        verifier = TokenVerifier(JwksKeySource(url, refresh_seconds=0, min_refresh_seconds=0))
        assert (await verifier.verify(token)).subject == "u"
    assert (await verifier.verify(token)).subject == "u"
    with pytest.raises(KeysUnavailable):
        await TokenVerifier(JwksKeySource(url)).verify(token)


@pytest.mark.parametrize("said", [b"HTTP/1.1 500 No\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\nhello", b"hello\r\n\r\n", b""])
async def test_an_answer_that_is_no_key_set_leaves_the_keys_unavailable(said):
    async def answer():
        return said

    async with directory(answer) as url:
        with pytest.raises(KeysUnavailable):
            await TokenVerifier(JwksKeySource(url)).verify(SIGNER.sign(Principal("u", None, frozenset())))


async def test_whoever_comes_while_the_keys_are_asked_for_waits_for_the_answer():
    asked = []

    async def answer():
        asked.append(1)
        await asyncio.sleep(0.05)
        return key_set(*signers)

    signers = [SIGNER]
    async with directory(answer) as url:
        verifier = TokenVerifier(JwksKeySource(url, min_refresh_seconds=0.01))
        nobody = Principal("u", None, frozenset())
        first = await asyncio.gather(*(verifier.verify(SIGNER.sign(nobody)) for _ in range(5)))
        assert [principal.subject for principal in first] == ["u"] * 5
        assert len(asked) == 1

        rotated = TokenSigner(Ed25519PrivateKey.generate(), "k2")
        signers.append(rotated)
        await asyncio.sleep(0.02)
        await asyncio.gather(*(verifier.verify(signer.sign(nobody)) for signer in (rotated, SIGNER, rotated, rotated)))
        assert len(asked) == 2


def test_a_tenants_people_reach_no_other_tenant_and_are_not_told_of_it():
    own, other = uuid4(), uuid4()
    admin = Principal("u", own, frozenset({"tenant_admin"}))
    assert tenant_of(admin, None) == own
    assert tenant_of(admin, own) == own
    with pytest.raises(NotFound):
        tenant_of(admin, other)
    platform = Principal("p", None, frozenset({"platform_admin"}))
    assert tenant_of(platform, other) == other
    with pytest.raises(TenantRequired):
        tenant_of(platform, None)
