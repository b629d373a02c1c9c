"""The demo tenant's flow and mailbox: made once, when ivr has heard of the extension."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from deploy.local import demo
from services.ivr.domain.flow import flow_of
from services.ivr.domain.validation import Surroundings, problems_of
from shared.http.client import ApiClient, ApiProblem

REFUSED = {"code": "extension_unknown", "detail": "no such extension", "field": "number"}
FLOW = {"id": "0197-f", "revision": 1}


class FakeSeda:
    """Every service in one; says no to mailboxes as often as it is told to."""

    def __init__(self, refusals: int = 0, **there: Any) -> None:
        self.refusals = refusals
        self.there: dict[str, list[Any]] = there
        self.posted: list[tuple[str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/v1/tokens":
            return httpx.Response(200, json={"access_token": "t", "expires_in": 900})
        if request.method == "GET":
            return httpx.Response(200, json={"items": self.there.get(path.rsplit("/", 1)[-1], [])})
        if path == "/v1/mailboxes" and self.refusals:
            self.refusals -= 1
            return httpx.Response(422, json=REFUSED)
        self.posted.append((path, json.loads(request.content)))
        return httpx.Response(201, json=FLOW)


async def prepare(seda: FakeSeda) -> list[str]:
    urls = dict.fromkeys(("directory", "ivr"), "http://127.0.0.1:1")
    async with ApiClient(urls, {}, transport=httpx.MockTransport(seda)) as client:
        await demo.prepare_flow(client, "0197-t")
    return [path for path, _ in seda.posted]


async def test_a_mailbox_a_published_flow_and_a_number_that_leads_to_it() -> None:
    seda = FakeSeda(refusals=2)
    assert await prepare(seda) == ["/v1/mailboxes", "/v1/flows", "/v1/flows/0197-f/publish", "/v1/numbers"]
    bodies = dict(seda.posted)
    assert bodies["/v1/flows/0197-f/publish"]["revision"] == 1
    assert bodies["/v1/numbers"]["destination"] == f"flow:{bodies['/v1/flows']['slug']}"


async def test_what_is_there_stays_as_it_is() -> None:
    assert await prepare(FakeSeda(mailboxes=[{}], flows=[FLOW], numbers=[{}])) == []


async def test_ivr_that_never_hears_of_the_extension_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "REPLICA_SECONDS", 0.2)
    with pytest.raises(ApiProblem, match="no such extension"):
        await prepare(FakeSeda(refusals=1000))


def test_the_flow_has_no_problems() -> None:
    document = json.loads(Path(demo.__file__).with_name("welcome.json").read_text())
    flow = flow_of(document, slug=demo.FLOW, flow_id=UUID(int=1), version=1)
    assert problems_of(flow.document, Surroundings(extensions={"101", "102"}, mailboxes={"101"})) == []
