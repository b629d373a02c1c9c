"""HTTP requests of flows: bounded in time and size, and never to where the tenant has no business."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from services.ivr.domain.actions import Request
from services.ivr.domain.events import RequestFailed, Responded
from services.ivr.webhooks import MOST_BYTES, Webhooks, is_public

Answer = Callable[[str, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def program(answer: Answer) -> AsyncIterator[tuple[str, list[str]]]:
    """A program of a tenant's; gives its address and what it was asked."""
    heads: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                heads.append(head)
                await answer(head, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", heads
    finally:
        server.close()


def says(body: str, status: str = "200 OK", *headers: str) -> Answer:
    async def answer(_: str, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body.encode())}", *headers]
        writer.write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
        await writer.drain()

    return answer


def request(url: str, seconds: float = 5, tries: int = 1, **more: object) -> Request:
    return Request("GET", url, {}, None, seconds, tries, **more)  # type: ignore[arg-type]


async def ask(wanted: Request, *, private: bool = True) -> Responded | RequestFailed:
    webhooks = Webhooks(private=private)
    try:
        return await webhooks.send(wanted)
    finally:
        await webhooks.stop()


async def test_json_comes_back() -> None:
    async with program(says('{"status": "ارسال شد"}')) as (url, heads):
        assert await ask(request(f"{url}/orders/1")) == Responded(200, {"status": "ارسال شد"})
    assert heads[0].startswith("GET /orders/1 HTTP/1.1")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.1.1",
        "172.16.0.1",
        "169.254.169.254",
        "0.0.0.0",
        "100.64.0.1",
        "224.0.0.1",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "::ffff:10.0.0.1",
        "2002:7f00:1::",
        "ff02::1",
        "64:ff9b:1::1",
        "64:ff9b::a00:1",
    ],
)
def test_addresses_that_are_not_of_the_public_internet(address: str) -> None:
    assert not is_public(address)


def test_public_addresses() -> None:
    assert is_public("8.8.8.8")
    assert is_public("2001:4860:4860::8888")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "127.1"])
async def test_private_addresses_are_not_asked(host: str) -> None:
    async with program(says("{}")) as (url, heads):
        port = url.rsplit(":", 1)[1]
        answer = await ask(request(f"http://{host}:{port}/"), private=False)
        assert answer in (RequestFailed("not_allowed"), RequestFailed("unreachable"))
        assert heads == []


async def test_a_redirect_to_a_private_address_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the first address passes for a public one."""
    async with program(says("{}")) as (inner, asked):
        redirect = says("", "302 Found", f"Location: {inner}/secret")
        async with program(redirect) as (outer, _):
            let_in = [True]
            monkeypatch.setattr("services.ivr.webhooks.is_public", lambda _: let_in.pop() if let_in else False)
            assert await ask(request(outer), private=False) == RequestFailed("not_allowed")
        assert asked == []


async def test_redirects_are_followed_without_the_secrets_of_another_host() -> None:
    async with program(says('{"ok": true}')) as (inner, asked):
        redirect = says("", "307 Temporary Redirect", f"Location: {inner}/there")
        async with program(redirect) as (outer, _):
            wanted = Request("GET", outer, {"Authorization": "secret"}, None, 5, 1)
            assert await ask(wanted) == Responded(200, {"ok": True})
    assert "/there" in asked[0]
    assert "secret" not in asked[0]


async def test_redirects_in_a_circle_end() -> None:
    async def circle(head: str, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await says("", "302 Found", "Location: /again")(head, _, writer)

    async with program(circle) as (url, heads):
        assert await ask(request(url)) == RequestFailed("redirects")
    assert len(heads) == 4


async def test_a_program_that_hangs_costs_the_deadline_and_no_more() -> None:
    async def hang(_: str, __: asyncio.StreamReader, ___: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with program(hang) as (url, heads):
        assert await ask(request(url, seconds=0.5, tries=3)) == RequestFailed("deadline")
    assert len(heads) == 1


async def test_one_that_drips_costs_the_deadline_too() -> None:
    async def drip(_: str, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with program(drip) as (url, _):
        assert await ask(request(url, seconds=0.5)) == RequestFailed("deadline")


async def test_an_answer_of_ten_megabytes_is_not_read_to_its_end() -> None:
    sent = 0

    async def much(_: str, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n")
        for _ in range(100):
            writer.write(b"x" * 100_000)
            await writer.drain()
            sent += 100_000

    async with program(much) as (url, _):
        assert await ask(request(url)) == RequestFailed("too_large")
    assert MOST_BYTES <= sent + 100_000 < 10_000_000


@pytest.mark.parametrize(
    ("body", "status", "answer"),
    [
        ("not json", "200 OK", RequestFailed("not_json")),
        ("not json", "500 Internal Server Error", Responded(500)),
        ("", "204 No Content", Responded(204)),
        ("[1]", "404 Not Found", Responded(404, [1])),
    ],
)
async def test_what_an_answer_comes_to(body: str, status: str, answer: Responded | RequestFailed) -> None:
    async with program(says(body, status)) as (url, _):
        assert await ask(request(url)) == answer


async def test_a_program_that_is_away_for_a_moment_is_asked_again() -> None:
    answers = ["503 Service Unavailable", "200 OK"]

    async def sometimes(head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await says("{}", answers.pop(0))(head, reader, writer)

    async with program(sometimes) as (url, heads):
        assert await ask(request(url, tries=2)) == Responded(200, {})
    assert len(heads) == 2


async def test_a_refused_connection_is_told_as_such() -> None:
    async with program(says("{}")) as (url, _):
        pass
    assert await ask(request(url, tries=2)) == RequestFailed("unreachable")


async def test_a_body_is_sent_as_json() -> None:
    async with program(says("{}")) as (url, heads):
        await ask(Request("POST", url, {"X-Key": "k"}, '{"digits": "1"}', 5, 1))
    assert "Content-Type: application/json" in heads[0]
    assert "Content-Length: 15" in heads[0]
