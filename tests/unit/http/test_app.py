"""The application every service starts from, as a client sees it."""

from typing import Annotated

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import Depends
from pydantic import Field

from shared.http.app import create_app
from shared.http.auth import Principal, require
from shared.http.errors import Conflict, problems
from shared.http.schemas import StrictModel
from shared.http.tokens import StaticKeySource, TokenSigner, TokenVerifier
from shared.runtime.health import Health
from shared.runtime.metrics import Metrics


class Taken(Conflict):
    code = "number_taken"


class Body(StrictModel):
    number: str = Field(max_length=8)
    rings: int = 1


KEY = Ed25519PrivateKey.generate()
SIGNER = TokenSigner(KEY, "k1")


def build():
    metrics = Metrics("demo")
    app = create_app(
        service="demo",
        title="Demo",
        health=Health(),
        metrics=metrics,
        tokens=TokenVerifier(StaticKeySource({"k1": KEY.public_key()})),
        max_body_bytes=1000,
    )

    @app.post("/v1/things", responses=problems(Taken))
    async def create(
        body: Body, principal: Annotated[Principal, Depends(require("tenant_admin", scope="things:write"))]
    ) -> dict[str, str]:
        if body.number == "101":
            raise Taken("101 exists", field="number")
        if body.number == "500":
            raise RuntimeError("bug")
        return {"by": principal.subject}

    return app


@pytest.fixture
async def client():
    transport = httpx.ASGITransport(build(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://demo") as client:
        yield client


def bearer(*roles, scopes=None, signer=SIGNER):
    token = signer.sign(Principal("u1", None, frozenset(roles), None if scopes is None else frozenset(scopes)))
    return {"Authorization": f"Bearer {token}"}


async def test_a_good_request_with_a_fitting_role_passes(client):
    answer = await client.post("/v1/things", json={"number": "102"}, headers=bearer("tenant_admin"))
    assert (answer.status_code, answer.json()) == (200, {"by": "u1"})
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [  # made when the test runs: a token does not live as long as a run of all tests
        (dict, 401, "unauthorized"),
        (lambda: {"Authorization": "Bearer x.y.z"}, 401, "invalid_token"),
        (lambda: bearer("tenant_admin", signer=TokenSigner(Ed25519PrivateKey.generate(), "k1")), 401, "invalid_token"),
        (lambda: bearer("tenant_admin", signer=TokenSigner(KEY, "other")), 401, "invalid_token"),
        (lambda: bearer("tenant_admin", signer=TokenSigner(KEY, "k1", issuer="evil")), 401, "invalid_token"),
        (lambda: bearer("agent"), 403, "forbidden"),
        (lambda: bearer(scopes={"other:write"}), 403, "forbidden"),
        (lambda: bearer("tenant_admin", scopes=set()), 403, "forbidden"),
    ],
)
async def test_who_may_not_is_told_so(client, headers, status, code):
    answer = await client.post("/v1/things", json={"number": "102"}, headers=headers())
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_an_api_key_with_the_scope_passes(client):
    answer = await client.post("/v1/things", json={"number": "102"}, headers=bearer(scopes={"things:write"}))
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("content", "status", "code", "field"),
    [
        (b'{"number": "101"}', 409, "number_taken", "number"),
        (b'{"number": "1", "colour": "red"}', 422, "invalid", "colour"),
        (b'{"number": 5}', 422, "invalid", "number"),
        (b'{"number": "123456789"}', 422, "invalid", "number"),
        (b'{"number": "\\ud800"}', 422, "invalid", "number"),
        (b"{", 400, "malformed", "body"),
        (b'"' + b"x" * 2000 + b'"', 413, "too_large", None),
        (b'{"number": "500"}', 500, "internal", None),
    ],
)
async def test_every_error_is_a_problem_with_code_and_field(client, content, status, code, field):
    headers = {**bearer("tenant_admin"), "content-type": "application/json"}
    answer = await client.post("/v1/things", content=content, headers=headers)
    assert (answer.status_code, answer.json()["code"], answer.json().get("field")) == (status, code, field)
    assert answer.headers["content-type"] == "application/problem+json"
    assert "bug" not in answer.text


async def test_a_streamed_body_over_the_cap_is_refused_too(client):
    async def chunks():
        for _ in range(10):
            yield b" " * 300

    headers = {**bearer("tenant_admin"), "content-type": "application/json"}
    answer = await client.post("/v1/things", content=chunks(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_unknown_paths_and_methods_are_problems(client):
    assert (await client.get("/nowhere")).json()["code"] == "not_found"
    assert (await client.delete("/v1/things")).json()["code"] == "method_not_allowed"


async def test_openapi_documents_every_error_as_a_problem(client):
    responses = (await client.get("/openapi.json")).json()["paths"]["/v1/things"]["post"]["responses"]
    assert {"200", "400", "401", "403", "409", "413", "422"} == set(responses)
    assert "number_taken" in responses["409"]["description"]
    assert "application/problem+json" in responses["422"]["content"]


async def test_requests_are_counted_by_route_template(client):
    await client.get("/nowhere/at/all")
    await client.post("/v1/things", json={"number": "102"}, headers=bearer("tenant_admin"))
    scraped = (await client.get("/metrics")).text
    assert 'seda_demo_http_requests_total{method="POST",route="/v1/things",status="200"} 1.0' in scraped
    assert 'route="unmatched",status="404"' in scraped
