"""Following events over HTTP, on a real server: streams are read while they are written."""

import asyncio
import json

import httpx
import uvicorn

from tests.support.ports import free_port
from tests.support.reporting import OTHER, Events, token


async def following(reporting, client, heard, **query):
    async with client.stream("GET", "/v1/events", params=query, headers=token("manager")) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        async for line in answer.aiter_lines():
            if line.startswith(":"):
                await reporting.bus.publish(Events("a").created())
                await reporting.bus.publish(Events("a").answered(1))
            if line.startswith("data:"):
                heard.append(json.loads(line[5:]))
                return


async def test_a_follower_hears_its_tenants_events_from_now_on(reporting):
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(reporting.app.http, port=port, lifespan="off", log_level="warning"))
    serving = asyncio.create_task(server.serve())
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
            async with asyncio.timeout(10):
                while not server.started:
                    await asyncio.sleep(0.01)
                heard = []
                await following(reporting, client, heard, only="call.answered")
            assert [(event["type"], event["call_id"]) for event in heard] == [("call.answered", "a")]
    finally:
        server.should_exit = True
        await serving


async def test_whoever_may_not_follow_is_told_before_the_stream_begins(reporting):
    assert (await reporting.client.get("/v1/events", headers=token("agent"))).status_code == 403
    assert (await reporting.client.get("/v1/events", params={"tenant_id": str(OTHER)})).status_code == 404
    assert (await reporting.client.get("/v1/events", params={"only": "A;"})).json()["field"] == "only"
