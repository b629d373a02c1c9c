"""Calls that are up, steered over REST: nodes are played by handlers on the bus."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import orjson
import pytest

from shared.contracts.switch import HangUp, Hold, ListLegs, Originate, Record, SwitchReply, Transfer
from tests.integration.routing.world import Routing, extension_event, node_event
from tests.support.nats_server import until
from tests.unit.routing.town import ACME, RIVAL, id_of

CALL = str(id_of("call"))


class Node:
    """A switchlink that notes what it is told and answers as it is told to."""

    def __init__(self, node_id: str = "node-1") -> None:
        self.node_id = node_id
        self.commands: list[Any] = []
        self.replies: list[SwitchReply | None] = []

    async def handle(self, command: Any) -> SwitchReply | None:
        self.commands.append(command)
        return self.replies.pop(0) if self.replies else SwitchReply(node_id=self.node_id)


@pytest.fixture
async def node(routing: Routing) -> Node:
    node = Node()
    for kind in (HangUp, Hold, Record, Transfer):
        await routing.bus.serve(kind, node.handle, key="any")
    for kind in (Originate, ListLegs):
        await routing.bus.serve(kind, node.handle, key=node.node_id)
    return node


async def place(routing: Routing, to: str = "102", **options: Any) -> Any:
    return await routing.admin.post("/v1/calls", {"from_extension": "101", "to": to}, **options)


async def test_a_call_is_placed_from_the_extensions_phone(routing: Routing, node: Node) -> None:
    answer = await place(routing)
    assert answer.status_code == 200
    [command] = node.commands
    assert answer.json() == {"call_id": command.leg_id, "node_id": "node-1"}
    assert (command.application, command.argument) == ("transfer", "102 XML seda")
    assert command.tenant_id == ACME.id
    assert command.dial_string.endswith("]sofia/phones/101%acme.example")
    assert f"seda_extension_id={id_of('acme/101')}" in command.dial_string


async def test_an_unregistered_phone_and_a_busy_one_are_told_apart(routing: Routing, node: Node) -> None:
    node.replies = [SwitchReply(ok=False, code="refused", detail="USER_NOT_REGISTERED")]
    answer = await place(routing)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_registered")
    node.replies = [SwitchReply(ok=False, code="refused", detail="USER_BUSY")]
    answer = await place(routing)
    assert (answer.status_code, answer.json()["code"], answer.json()["detail"]) == (
        409,
        "call_failed",
        "USER_BUSY: Busy",
    )


async def test_the_first_device_that_is_registered_rings_on_the_least_busy_node(routing: Routing, node: Node) -> None:
    devices = extension_event(ACME, "101").devices
    second = devices[0].model_copy(update={"id": uuid4(), "sip_username": "101-mobile"})
    await routing.bus.publish(extension_event(ACME, "101", 2, devices=(*devices, second)))
    await routing.bus.publish_many([node_event(sessions=50, revision=2), node_event("node-2", sessions=10)])
    await routing.bus.publish(node_event("node-3", state="draining"))
    replica = routing.app.http.state.here.replica
    await until(lambda: len(replica.nodes) == 3)
    other = Node("node-2")
    await routing.bus.serve(Originate, other.handle, key="node-2")
    other.replies = [
        SwitchReply(ok=False, code="refused", detail="USER_NOT_REGISTERED"),
        SwitchReply(ok=False, code="refused", detail="USER_NOT_REGISTERED"),
    ]
    node.replies = [SwitchReply(ok=False, code="refused", detail="USER_NOT_REGISTERED"), SwitchReply(node_id="node-1")]
    answer = await place(routing)
    assert answer.json() == {"call_id": node.commands[1].leg_id, "node_id": "node-1"}
    assert "101-mobile" in node.commands[1].dial_string
    assert len({command.leg_id for command in (*other.commands, *node.commands)}) == 4


async def test_what_would_go_nowhere_rings_no_phone(routing: Routing, node: Node) -> None:
    for to, status, code in (
        ("201", 422, "not_dialable"),
        ("*78", 422, "not_dialable"),
        ("*43", 422, "not_dialable"),
        ("seda-next", 422, "invalid"),
        ("102 XML public", 422, "invalid"),
    ):
        answer = await place(routing, to)
        assert (answer.status_code, answer.json()["code"]) == (status, code), to
    await routing.bus.publish(extension_event(ACME, "101", 2, call_class="internal"))
    replica = routing.app.http.state.here.replica
    await until(lambda: replica.config.tenant(ACME.id).by_number["101"].service_class == "internal")
    answer = await place(routing, "09121234567")
    assert (answer.status_code, answer.json()["code"]) == (403, "destination_refused")
    assert node.commands == []


async def test_without_a_node_there_is_no_call(routing: Routing) -> None:
    assert (await place(routing)).json()["code"] == "no_switch"  # nobody serves node-1
    await routing.bus.publish(node_event(state="draining", revision=2))
    replica = routing.app.http.state.here.replica
    await until(lambda: replica.nodes["node-1"].state == "draining")
    answer = await place(routing)
    assert (answer.status_code, answer.json()["code"]) == (503, "no_switch")


async def test_a_repeated_request_places_one_call(routing: Routing, node: Node) -> None:
    first = await place(routing, headers={"Idempotency-Key": "k"})
    again = await place(routing, headers={"Idempotency-Key": "k"})
    assert first.json() == again.json()
    assert len(node.commands) == 1


async def test_commands_carry_the_tenant_and_the_leg(routing: Routing, node: Node) -> None:
    path = f"/v1/calls/{CALL}"
    for method, end, body in (
        ("DELETE", "", None),
        ("POST", "/transfer", {"to": "103"}),
        ("POST", "/hold", None),
        ("POST", "/unhold", None),
        ("POST", "/recording", {"action": "start"}),
        ("POST", "/recording", {"action": "mask"}),
    ):
        answer = await routing.admin.ask(method, path + end, json=body)
        assert answer.status_code == 204, answer.text
    assert {(command.tenant_id, command.leg_id) for command in node.commands} == {(ACME.id, CALL)}
    hang_up, transfer, hold, unhold, start, mask = node.commands
    assert hang_up.cause == "MANAGER_REQUEST"
    assert (transfer.number, transfer.context, transfer.which) == ("103", "seda", "other")
    assert (hold.on, unhold.on) == (True, False)
    assert start.file == mask.file == f"{ACME.id}/{CALL}.wav"


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("call_not_found", 404),
        ("call_gone", 410),
        ("refused", 409),
        ("switch_unreachable", 503),
        ("deadline_exceeded", 504),
    ],
)
async def test_a_nodes_honest_answer_is_passed_on(routing: Routing, node: Node, code: str, status: int) -> None:
    node.replies = [SwitchReply(ok=False, code=code, detail="told so")]
    answer = await routing.admin.delete(f"/v1/calls/{CALL}")
    assert (answer.status_code, answer.json()["detail"]) == (status, "told so")


async def test_a_call_that_no_node_has_is_not_found(routing: Routing, node: Node) -> None:
    node.replies = [None]
    asked = asyncio.create_task(routing.admin.delete(f"/v1/calls/{CALL}"))
    answer = await asked
    assert (answer.status_code, answer.json()["code"]) == (404, "call_not_found")
    assert (await routing.admin.delete("/v1/calls/nonsense")).status_code == 422


async def test_live_calls_are_listed_tenant_by_tenant(routing: Routing, node: Node) -> None:
    await routing.bus.publish(node_event("node-2"))
    replica = routing.app.http.state.here.replica
    await until(lambda: len(replica.nodes) == 2)
    leg = {"call_id": CALL, "leg_direction": "inbound", "direction": "internal", "tenant_id": str(ACME.id)}
    legs = [
        {**leg, "leg_id": CALL, "created_at": "2026-03-14T08:30:00+00:00", "extension": "101"},
        {**leg, "leg_id": "b", "created_at": "2026-03-14T08:30:01+00:00"},
        {**leg, "leg_id": "c", "tenant_id": str(RIVAL.id)},
    ]
    node.replies = [SwitchReply(result=orjson.dumps(legs).decode())]
    answer = (await routing.admin.get("/v1/calls")).json()
    assert [[leg["leg_id"] for leg in call["legs"]] for call in answer["items"]] == [[CALL, "b"]]
    assert answer["items"][0]["legs"][0]["node_id"] == "node-1"
    assert answer["silent_nodes"] == ["node-2"]
    assert node.commands[0].tenant_id == ACME.id


async def test_who_may(routing: Routing, node: Node) -> None:
    agent = routing.person("agent")
    assert (await agent.delete(f"/v1/calls/{CALL}")).status_code == 403
    assert (await routing.person(scopes={"calls:read"}).delete(f"/v1/calls/{CALL}")).status_code == 403
    assert node.commands == []
