"""Order status from a program of the tenant's: hidden keys stay hidden, and no answer costs a caller its deadline."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.call_flows import Played, number_of, played, publish, text, told
from tests.support.company import PATIENCE_SECONDS, Company
from tests.support.waiting import eventually

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]

PIN = "86427531"
DEADLINE_SECONDS = 1.0
LATE_SECONDS = 1.0
"""What a busy machine may add."""
Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


class Shop:
    """A program of the tenant's."""

    def __init__(self, answer: Answer) -> None:
        self.asked: list[tuple[str, Any]] = []
        self.port = 0
        self._answer = answer

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
            body = await reader.readexactly(int(fields.get("content-length", "0")))
            self.asked.append((head.split(" ")[1], json.loads(body) if body else None))
            await self._answer(writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def shop(answer: Answer) -> AsyncIterator[Shop]:
    """A running program on this machine."""
    here = Shop(answer)
    server = await asyncio.start_server(here.serve, "127.0.0.1", 0)
    here.port = server.sockets[0].getsockname()[1]
    try:
        yield here
    finally:
        server.close()


def response(document: Any, status: str = "200 OK", *headers: str) -> Answer:
    """An answer in JSON."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        body = json.dumps(document).encode()
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)

    return answer


async def hang(writer: asyncio.StreamWriter) -> None:
    """Takes the request and says nothing."""
    await asyncio.wait_for(writer.wait_closed(), PATIENCE_SECONDS)


async def drip(writer: asyncio.StreamWriter) -> None:
    """Always one more byte, never the end."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(200):
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.1)


async def flood(writer: asyncio.StreamWriter) -> None:
    """Ten megabytes."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10485760\r\n\r\n")
    for _ in range(160):
        writer.write(b"[" * 65536)
        await writer.drain()


def order_status(port: int, host: str = "127.0.0.1", seconds: float = DEADLINE_SECONDS) -> dict[str, Any]:
    """Number and PIN, the shop's answer, what is said."""
    ask = {"type": "gather", "tries": 1, "first_seconds": 20, "terminators": "#"}
    return {
        "start": "order",
        "languages": ["en"],
        "nodes": {
            "order": {
                **ask,
                "announcement": text(en="Your order?"),
                "variable": "order",
                "most": 8,
                "exits": {"done": "pin", "no_input": "bye", "invalid": "bye"},
            },
            "pin": {
                **ask,
                "announcement": text(en="Your PIN?"),
                "variable": "pin",
                "least": 8,
                "most": 8,
                "hidden": True,
                "exits": {"done": "shop", "no_input": "bye", "invalid": "bye"},
            },
            "shop": {
                "type": "http_request",
                "method": "POST",
                "url": f"http://{host}:{port}/orders/{{order}}",
                "body": {"pin": "{pin}", "caller": "{caller_number}"},
                "keep": {"order.state": "state", "order.total": "total.amount"},
                "seconds": seconds,
                "exits": {"done": "state", "failed": "away"},
            },
            "state": {
                "type": "branch",
                "conditions": [{"value": "{order.state}", "test": "equals", "than": "sent", "exit": "sent"}],
                "exits": {"sent": "total", "otherwise": "away"},
            },
            "total": {"type": "say", "say": "number", "value": "{order.total}", "exits": {"done": "bye"}},
            "away": {"type": "hangup", "announcement": text(en="Sorry.")},
            "bye": {"type": "hangup"},
        },
    }


async def ask_for_order(company: Company, sounds: Played, number: str) -> Any:
    """A caller who has given number and PIN; the PIN was asked for before it was typed."""
    alice = await company.phone("201")
    call = await alice.dial(number)
    await call.answered()
    await sounds.sound("/spoken/")
    await call.dtmf("4711#")
    await sounds.sound("/spoken/", count=2)
    await call.dtmf(PIN)
    return call


async def test_order_status_is_told_and_the_pin_is_nowhere(company: Company) -> None:
    everything: list[str] = []
    async with shop(response({"state": "sent", "total": {"amount": 250}})) as program:
        await company.extension("201")
        await publish(company, "orders", order_status(program.port, seconds=5.0))
        number = await number_of(company, "flow:orders")
        async with told(company) as events, played(company.platform) as sounds:
            call = await ask_for_order(company, sounds, number)
            await sounds.sound("pieces/")
            assert await call.ended() == 200
            await events.event("flow.left")
            everything += [json.dumps(event) for event in events.all]

    assert program.asked == [("/orders/4711", {"pin": PIN, "caller": "201"})]
    assert events.way() == ["order:done", "pin:done", "shop:done", "state:sent", "total:done"]
    record = await company.record(legs=1)
    everything += [json.dumps(record), *map(json.dumps, sounds.events)]
    assert any("4711" in text for text in everything)  # what is not hidden is there
    assert not [text for text in everything if PIN in text]
    assert not await asyncio.to_thread(files_with, PIN, company.platform.settings.var)


def files_with(word: str, var: Path) -> list[Path]:
    """Logs and records of the platform and its switch that hold a word."""
    places = [var / "logs", var / "switch" / "log", var / "switch" / "spool"]
    found = [path for place in places if place.exists() for path in place.rglob("*") if path.is_file()]
    assert any(path.name == "ivr.log" for path in found)
    return [path for path in found if word.encode() in path.read_bytes()]


@pytest.mark.parametrize("answer", [hang, drip, flood], ids=["hangs", "drips", "floods"])
async def test_a_program_that_gives_no_answer_costs_the_caller_its_deadline(company: Company, answer: Answer) -> None:
    async with shop(answer) as program:
        await company.extension("201")
        await publish(company, "orders", order_status(program.port))
        number = await number_of(company, "flow:orders")
        async with told(company) as events, played(company.platform) as sounds:
            call = await ask_for_order(company, sounds, number)

            async def was_asked() -> bool:
                return bool(program.asked)

            await eventually(was_asked, timeout=PATIENCE_SECONDS)
            asked_at = asyncio.get_running_loop().time()
            await sounds.sound("/spoken/", count=3)
            seconds = asyncio.get_running_loop().time() - asked_at
            assert await call.ended() == 200
            await events.event("flow.passed", node="shop", exit="failed")
    print(f"{answer.__name__}: the next words began {seconds:.2f} s after the request")
    assert seconds < DEADLINE_SECONDS + LATE_SECONDS


async def test_a_redirect_is_followed_without_the_callers_pin(company: Company) -> None:
    async with shop(response({"state": "sent", "total": {"amount": 7}})) as other:
        moved = response({}, "302 Found", f"Location: http://127.0.0.1:{other.port}/elsewhere")
        async with shop(moved) as program:
            await company.extension("201")
            await publish(company, "orders", order_status(program.port, seconds=5.0))
            number = await number_of(company, "flow:orders")
            async with told(company) as events, played(company.platform) as sounds:
                call = await ask_for_order(company, sounds, number)
                assert await call.ended() == 200
                await events.event("flow.left")
    assert program.asked[0][1]["pin"] == PIN
    assert other.asked == [("/elsewhere", None)]
    assert events.way()[-1] == "total:done"
