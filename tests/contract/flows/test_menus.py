"""Callers in flows, on both switches: menus, keys, languages, and what happens when nothing is pressed."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.contracts.ivr import FlowEntered, FlowInputFailed, FlowInputTaken, FlowLeft, FlowNodePassed
from tests.contract.switch.bench import Bench
from tests.contract.switch.scenes import phone
from tests.support.flow_host import FlowHost, handed_to, seen

pytestmark = pytest.mark.asyncio(loop_scope="session")

MENU = {
    "start": "menu",
    "languages": ["en", "fa"],
    "nodes": {
        "menu": {
            "type": "menu",
            "announcement": {"text": "For sales press one"},
            "first_seconds": 1,
            "tries": 2,
            "exits": {"1": "sales", "2": "persian", "no_input": "bye"},
        },
        "sales": {"type": "say", "say": "number", "value": "21", "exits": {"done": "bye"}},
        "persian": {"type": "language", "language": "fa", "exits": {"done": "sales"}},
        "bye": {"type": "hangup", "cause": "normal"},
    },
}


async def test_key_leads_on_and_the_flow_hangs_up(bench: Bench, tmp_path: Path) -> None:
    alice = await phone(bench, "101")
    async with FlowHost(tmp_path) as host:
        host.library.put("main", MENU)
        bench.route(lambda _: handed_to("flow:main", host.address))
        call = await alice.dial("700")
        await call.answered()
        await seen(lambda: host.spoken.texts, lambda texts: len(texts) == 1)
        await call.dtmf("2")
        assert await call.ended() == 200
        await seen(lambda: host.told(FlowLeft))
    assert [event.exit for event in host.told(FlowNodePassed)] == ["2", "done", "done"]
    assert [event.digits for event in host.told(FlowInputTaken)] == ["2"]
    assert host.told(FlowEntered)[0].called_number == "+982112345678"
    assert [event.reason for event in host.told(FlowLeft)] == ["hung_up_by_flow"]


async def test_nothing_pressed_is_asked_again_and_then_given_up(bench: Bench, tmp_path: Path) -> None:
    alice = await phone(bench, "101")
    async with FlowHost(tmp_path) as host:
        host.library.put("main", MENU)
        bench.route(lambda _: handed_to("flow:main", host.address))
        call = await alice.dial("700")
        assert await call.ended() == 200
        await seen(lambda: host.told(FlowLeft))
    assert [(event.missed, event.attempt) for event in host.told(FlowInputFailed)] == [(True, 1), (True, 2)]


async def test_caller_leaves_in_the_menu(bench: Bench, tmp_path: Path) -> None:
    alice = await phone(bench, "101")
    async with FlowHost(tmp_path) as host:
        host.library.put("main", MENU)
        bench.route(lambda _: handed_to("flow:main", host.address))
        call = await alice.dial("700")
        await call.answered()
        await seen(lambda: host.spoken.texts)
        await call.hang_up()
        [left] = await seen(lambda: host.told(FlowLeft))
    assert (left.reason, left.node, left.cause) == ("hung_up_by_caller", "menu", "NORMAL_CLEARING")


async def test_call_goes_on_where_it_was_when_its_process_dies(bench: Bench, tmp_path: Path) -> None:
    alice = await phone(bench, "101")
    async with FlowHost(tmp_path) as first, FlowHost(tmp_path / "other", first.library) as second:
        first.library.put(
            "main",
            {
                "start": "ask",
                "nodes": {
                    "ask": {
                        "type": "gather",
                        "announcement": {"text": "Your order?"},
                        "variable": "order",
                        "most": 4,
                        "exits": {"done": "menu"},
                    },
                    "menu": {
                        "type": "menu",
                        "announcement": {"text": "You said {order}"},
                        "first_seconds": 9,
                        "exits": {"1": "bye"},
                    },
                    "bye": {"type": "hangup"},
                },
            },
        )
        bench.route(lambda _: handed_to("flow:main", first.address, second.address))
        call = await alice.dial("700")
        await call.answered()
        await seen(lambda: first.spoken.texts)
        await call.dtmf("4711")
        await seen(lambda: first.spoken.texts, lambda texts: len(texts) == 2)
        await first.server.stop()
        await seen(lambda: second.spoken.texts)
        assert second.spoken.texts == [("en", "You said 4711")]
        await call.dtmf("1")
        assert await call.ended() == 200
        await seen(lambda: second.told(FlowLeft))
    assert second.told(FlowEntered)[0].resumed
