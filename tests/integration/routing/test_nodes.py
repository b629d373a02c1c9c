"""Nodes, for the platform's administrators only."""

from __future__ import annotations

from typing import Any

import pytest

from shared.contracts.switch import Drain, SwitchReply, Undrain
from tests.integration.routing.world import Routing, node_event


@pytest.fixture
async def told(routing: Routing) -> list[Any]:
    commands: list[Any] = []

    async def handle(command: Any) -> SwitchReply:
        commands.append(command)
        return SwitchReply(node_id="node-1")

    for kind in (Drain, Undrain):
        await routing.bus.serve(kind, handle, key="node-1")
    return commands


async def test_the_platform_sees_and_drains_its_nodes(routing: Routing, told: list[Any]) -> None:
    platform = routing.person("platform_admin", tenant=None)
    [node] = (await platform.get("/v1/nodes")).json()["items"]
    assert (node["node_id"], node["state"]) == ("node-1", "up")
    assert (await platform.get("/v1/nodes/node-1")).json() == node
    assert (await platform.post("/v1/nodes/node-1/drain")).status_code == 204
    assert (await platform.post("/v1/nodes/node-1/undrain")).status_code == 204
    assert [type(command) for command in told] == [Drain, Undrain]


async def test_tenants_do_not(routing: Routing, told: list[Any]) -> None:
    for method, path in (("GET", "/v1/nodes"), ("GET", "/v1/nodes/node-1"), ("POST", "/v1/nodes/node-1/drain")):
        assert (await routing.admin.ask(method, path)).status_code == 403
    assert told == []


async def test_an_unknown_node_and_one_that_does_not_answer(routing: Routing) -> None:
    platform = routing.person("platform_admin", tenant=None)
    answer = await platform.post("/v1/nodes/nowhere/drain")
    assert (answer.status_code, answer.json()["code"]) == (404, "node_unknown")
    answer = await platform.post("/v1/nodes/node-1/drain")
    assert (answer.status_code, answer.json()["detail"]) == (503, "nobody answers for this node")
    assert node_event().node_id == "node-1"
