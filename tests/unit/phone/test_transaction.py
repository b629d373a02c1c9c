"""Retransmission, on an event loop whose clock the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from freeswitch.phone.message import Headers, Request, Response, parse
from freeswitch.phone.transaction import ClientTransaction, NoAnswerError, ServerTransaction


class Clock:
    """Moves `loop.time` forward and runs what has become due."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._loop = asyncio.get_running_loop()
        self._now = self._loop.time()
        monkeypatch.setattr(self._loop, "time", lambda: self._now)

    async def pass_seconds(self, seconds: float) -> None:
        for _ in range(round(seconds / 0.25)):
            self._now += 0.25
            for _ in range(3):
                await asyncio.sleep(0)


def request(method: str) -> Request:
    return Request(method, "sip:102@demo.example", Headers([("CSeq", f"1 {method}")]))


def response(status: int) -> Response:
    return Response(status, "Reason", Headers())


@pytest.fixture
async def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def started(
    method: str, sent: list[bytes], on_provisional: Callable[[Response], None] = lambda _: None
) -> ClientTransaction:
    client = ClientTransaction(request(method), sent.append, on_provisional)
    client.start()
    return client


async def test_request_is_repeated_until_it_is_answered(clock: Clock) -> None:
    sent: list[bytes] = []
    client = started("REGISTER", sent)
    await clock.pass_seconds(4)  # at 0, 0.5, 1.5, 3.5
    client.receive(response(200))
    await clock.pass_seconds(30)

    assert len(sent) == 4
    assert (await client.final()).status == 200


async def test_ringing_stops_the_repetition_of_an_invite_for_good(clock: Clock) -> None:
    sent: list[bytes] = []
    seen: list[int] = []
    client = started("INVITE", sent, lambda provisional: seen.append(provisional.status))
    client.receive(response(100))
    client.receive(response(180))
    await clock.pass_seconds(60)
    client.receive(response(486))

    assert (len(sent), seen) == (1, [100, 180])
    assert (await client.final()).status == 486


async def test_nobody_answers(clock: Clock) -> None:
    client = started("BYE", [])
    await clock.pass_seconds(33)

    with pytest.raises(NoAnswerError, match="BYE"):
        await client.final()


async def test_only_the_first_final_answer_counts(clock: Clock) -> None:
    client = started("INVITE", [])
    client.receive(response(486))
    client.receive(response(200))

    assert (await client.final()).status == 486


async def test_final_answer_to_an_invite_is_repeated_until_the_ack(clock: Clock) -> None:
    sent: list[bytes] = []
    server = ServerTransaction(request("INVITE"), sent.append)
    server.respond(response(180))
    server.respond(response(200))
    await clock.pass_seconds(2)  # at 0, 0.5, 1.5
    server.acknowledged()
    await clock.pass_seconds(30)

    assert [parse(datagram).status for datagram in sent] == [180, 200, 200, 200]  # type: ignore[union-attr]


async def test_repeated_request_gets_the_last_answer_again(clock: Clock) -> None:
    sent: list[bytes] = []
    server = ServerTransaction(request("BYE"), sent.append)
    server.repeated()
    server.respond(response(200))
    server.repeated()

    assert len(sent) == 2
    assert sent[0] == sent[1]


async def test_answer_is_not_repeated_for_ever(clock: Clock) -> None:
    sent: list[bytes] = []
    ServerTransaction(request("INVITE"), sent.append).respond(response(200))
    await clock.pass_seconds(120)

    assert 8 <= len(sent) <= 12
