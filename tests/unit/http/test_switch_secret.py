import base64

import httpx
import pytest

from shared.http.switch_secret import MAX_BODY, NotReady, SwitchRouter
from shared.runtime.metrics import Metrics


async def otherwise(scope, receive, send):
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b"otherwise"})


def answer(body):
    if body == b"cold":
        raise NotReady
    return b"<document>" + body + b"</document>"


@pytest.fixture
async def client():
    router = SwitchRouter(secret="s3cret-of-the-switch", answers={"/switch/dialplan": answer}, otherwise=otherwise)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(router), base_url="http://x") as client:
        yield client


AUTH = httpx.BasicAuth("switch", "s3cret-of-the-switch")


async def test_the_switch_gets_its_document(client):
    got = await client.post("/switch/dialplan", content=b"a=1", auth=AUTH)
    assert (got.status_code, got.text) == (200, "<document>a=1</document>")
    assert got.headers["content-type"] == "text/xml"


@pytest.mark.parametrize("credentials", [None, "switch:wrong", "other:s3cret-of-the-switch", ""])
async def test_nobody_else_does(client, credentials):
    headers = {}
    if credentials is not None:
        headers["Authorization"] = "Basic " + base64.b64encode(credentials.encode()).decode()
    got = await client.post("/switch/dialplan", content=b"a=1", headers=headers)
    assert (got.status_code, got.content) == (401, b"")


async def test_without_data_the_switch_is_sent_to_its_fallback(client):
    assert (await client.post("/switch/dialplan", content=b"cold", auth=AUTH)).status_code == 503


async def test_a_flood_of_headers_is_cut_off(client):
    assert (await client.post("/switch/dialplan", content=b"x" * (MAX_BODY + 1), auth=AUTH)).status_code == 413


async def test_other_methods_and_paths(client):
    assert (await client.get("/switch/dialplan", auth=AUTH)).status_code == 405
    assert (await client.post("/v1/calls")).text == "otherwise"


async def test_every_answer_is_counted_by_its_status_from_the_start():
    metrics = Metrics("shop")

    def broken(body):
        raise ValueError(body)

    answers = {"/switch/dialplan": answer, "/switch/broken": broken}
    router = SwitchRouter(secret="s3cret-of-the-switch", answers=answers, otherwise=otherwise, metrics=metrics)

    def counted(status):
        return metrics.registry.get_sample_value("seda_shop_switch_answers_total", {"status": status})

    assert [counted(status) for status in ("200", "401", "500", "503")] == [0, 0, 0, 0]
    transport = httpx.ASGITransport(router, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        for body in (b"a=1", b"a=2", b"cold"):
            await client.post("/switch/dialplan", content=body, auth=AUTH)
        await client.post("/switch/dialplan", content=b"a=1")
        await client.post("/switch/broken", content=b"a=1", auth=AUTH)
        await client.post("/v1/calls")
    assert [counted(status) for status in ("200", "401", "500", "503")] == [2, 1, 1, 1]
    assert metrics.registry.get_sample_value("seda_shop_switch_answer_seconds_count") == 5
