"""Callers who speak instead of pressing keys, and callers for whom there is no room, on both switches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from services.ivr.recogniser import HttpRecogniser
from shared.contracts.ivr import FlowEntered, FlowInputTaken, FlowLeft, FlowNodePassed
from tests.contract.switch.bench import Bench
from tests.contract.switch.scenes import phone
from tests.support.flow_host import FlowHost, handed_to, seen

pytestmark = pytest.mark.asyncio(loop_scope="session")

FLOW = {
    "start": "ask",
    "nodes": {
        "ask": {
            "type": "speech",
            "announcement": {"text": "What can we do for you?"},
            "keys_announcement": {"text": "For sales press one"},
            "first_seconds": 5,
            "seconds": 2,
            "choices": [
                {"exit": "sales", "phrases": {"en": ["sales"]}, "key": "1"},
                {"exit": "help", "phrases": {"en": ["support"]}, "key": "2"},
            ],
            "exits": {"sales": "bye", "help": "bye", "no_input": "bye"},
        },
        "bye": {"type": "hangup"},
    },
}


@asynccontextmanager
async def listening(answer: Callable[[], str], folder: Path) -> AsyncIterator[tuple[FlowHost, list[bytes]]]:
    """A host whose recogniser answers so; gives it and what was heard."""
    async with program(answer) as (url, heard), FlowHost(folder, recogniser=HttpRecogniser(url)) as host:
        host.library.put("main", FLOW)
        yield host, heard


@asynccontextmanager
async def program(answer: Callable[[], str]) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A recogniser that answers what it is told to, and keeps what it heard."""
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(head.split("content-length: ")[1].split("\r\n")[0])
            heard.append(await reader.readexactly(length))
            body = answer().encode()
            writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            await writer.drain()
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", heard
    finally:
        server.close()


async def test_what_is_said_leads_on(bench: Bench, tmp_path: Path) -> None:
    alice = await phone(bench, "101")
    async with listening(lambda: '{"text": "Support, please"}', tmp_path) as (host, heard):
        bench.route(lambda _: handed_to("flow:main", host.address))
        call = await alice.dial("700")
        assert await call.ended() == 200
        await seen(lambda: host.told(FlowLeft))
    assert [event.exit for event in host.told(FlowNodePassed)] == ["help"]
    assert heard[0].startswith(b"RIFF")
    assert not list((host.media).rglob("utterances/*")), "what was said is not kept"


async def test_a_recogniser_that_fails_gives_way_to_keys(bench: Bench, tmp_path: Path) -> None:
    alice = await phone(bench, "101")
    async with listening(lambda: "not json", tmp_path) as (host, _):
        bench.route(lambda _: handed_to("flow:main", host.address))
        call = await alice.dial("700")
        await seen(lambda: ("en", "For sales press one") in host.spoken.texts)
        await call.dtmf("1")
        assert await call.ended() == 200
        await seen(lambda: host.told(FlowLeft))
    assert [event.exit for event in host.told(FlowNodePassed)] == ["sales"]


async def test_a_key_pressed_instead_of_speaking_is_the_answer(bench: Bench, tmp_path: Path) -> None:
    alice = await phone(bench, "101")
    async with listening(lambda: '{"text": ""}', tmp_path) as (host, heard):
        bench.route(lambda _: handed_to("flow:main", host.address))
        call = await alice.dial("700")
        await bench.event("PLAYBACK_START")
        await call.dtmf("2")
        assert await call.ended() == 200
        await seen(lambda: host.told(FlowLeft))
    assert [event.digits for event in host.told(FlowInputTaken)] == ["2"]
    assert heard == []


async def test_a_caller_for_whom_there_is_no_room_goes_to_the_next_process(bench: Bench, tmp_path: Path) -> None:
    alice, bob = await phone(bench, "101"), await phone(bench, "102")
    async with FlowHost(tmp_path, max_calls=1) as full, FlowHost(tmp_path / "b", full.library) as other:
        full.library.put("main", FLOW)
        bench.route(
            lambda _: handed_to("flow:main", full.address, lives=1)[:-1] + handed_to("flow:main", other.address)
        )
        first = await alice.dial("700")
        await first.answered()
        await seen(lambda: full.told(FlowEntered))
        second = await bob.dial("700")
        await second.answered()
        await seen(lambda: other.told(FlowEntered))
        assert len(full.told(FlowEntered)) == 1
        await first.hang_up()
        await second.hang_up()
        await seen(lambda: full.told(FlowLeft) and other.told(FlowLeft))


async def test_without_any_room_the_dialplan_goes_on(bench: Bench, tmp_path: Path) -> None:
    alice, bob = await phone(bench, "101"), await phone(bench, "102")
    async with FlowHost(tmp_path, max_calls=1) as full:
        full.library.put("main", FLOW)
        bench.route(lambda _: handed_to("flow:main", full.address))
        first = await alice.dial("700")
        await first.answered()
        await seen(lambda: full.told(FlowEntered))
        assert await (await bob.dial("700")).ended() == 480
        await first.hang_up()
        await seen(lambda: full.told(FlowLeft))
