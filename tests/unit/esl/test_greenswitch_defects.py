"""greenswitch 0.0.19: defects of any connection, each shown twice: greenswitch as it is has it, Seda's link has not.

If a test fails in its first half, greenswitch was mended and ``shared.esl`` may be able to let go of something.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from typing import Any

import gevent
import gevent.socket
import greenswitch
import greenswitch.esl
import pytest

from shared.esl import (
    DownReason,
    InboundLink,
    LinkDown,
    LinkSupervisor,
    OutboundServer,
    SwitchDisconnected,
    SwitchTimeout,
)
from shared.esl.api_commands import GlobalGetVar, Status, UuidBroadcast
from shared.esl.commands import Api
from shared.esl.framing import parse_headers
from tests.unit.esl.fake_switch import (
    DEADLINE_SECONDS,
    PASSWORD,
    FakeSwitch,
    accept_call,
    api_response,
    command_reply,
    in_gevent,
    json_event,
    raw_event,
)

LEG = "7d7e4d0e-1c3c-4a4e-9a0e-0d4a4d3a6b11"


def link_to(switch: FakeSwitch, **options: Any) -> InboundLink:
    return InboundLink("127.0.0.1", switch.port, PASSWORD, **{"events": ["DTMF"], **options})


def greenswitch_to(switch: FakeSwitch) -> greenswitch.InboundESL:
    link = greenswitch.InboundESL("127.0.0.1", switch.port, PASSWORD)
    link.connect()
    return link


# 1. A whole event is URL-decoded before it is split into lines


@pytest.mark.parametrize("line_break", ["%0A", "%E2%80%A8"], ids=["line feed", "U+2028"])
async def test_1_a_callers_name_cannot_replace_the_channel_id(line_break):
    name = f"Bob{line_break}Unique-ID%3A%20victim{line_break}variable_seda_tenant_id%3A%20other"
    channel = f"Unique-ID: leg-1\nvariable_seda_tenant_id: mine\nCaller-Caller-ID-Name: {name}\n"

    forged = greenswitch.esl.ESLEvent(channel).headers
    assert (forged["Unique-ID"], forged["variable_seda_tenant_id"]) == ("victim", "other")

    seen = asyncio.Queue()
    server = OutboundServer(lambda session: session.wait_for(seen.put(session.channel), 5))
    await server.start()
    call = await accept_call(server.port, channel.encode())
    taken = await seen.get()
    assert (taken.uuid, taken.variable("seda_tenant_id")) == ("leg-1", "mine")
    assert taken.get("Caller-Caller-ID-Name").startswith("Bob")
    call.close()
    await server.stop(0)


# 2. Values of several lines become headers


def test_2_the_lines_of_an_sdp_are_no_headers():
    sdp = "variable_switch_r_sdp: v%3D0%0D%0As%3Dx%0D%0AHangup-Cause%3A%20FORGED%0D%0A\n"
    assert greenswitch.esl.ESLEvent(sdp).headers["Hangup-Cause"] == "FORGED"
    assert parse_headers(sdp.encode()) == {"variable_switch_r_sdp": "v=0\r\ns=x\r\nHangup-Cause: FORGED\r\n"}


# 3. The body of BACKGROUND_JOB is parsed as headers


async def test_3_a_jobs_output_cannot_replace_its_headers():
    output = "Event-Name: CHANNEL_ANSWER\nJob-UUID: another\n"
    plain = f"Event-Name: BACKGROUND_JOB\nJob-UUID: mine\nContent-Length: {len(output)}\n\n{output}"
    forged = greenswitch.esl.ESLEvent(plain).headers
    assert (forged["Event-Name"], forged["Job-UUID"]) == ("CHANNEL_ANSWER", "another")

    def answer(peer, command):
        job = command.rpartition("Job-UUID: ")[2]
        peer.send(command_reply("+OK"), json_event("BACKGROUND_JOB", {"Job-UUID": job, "_body": output}))

    async with FakeSwitch({"bgapi": answer}) as switch:
        link = await link_to(switch).connect()
        assert await link.bgapi(Status(), 5) == output
        await link.close()


# 4. sock.send may send a part only


async def test_4_a_large_command_goes_out_whole():
    size, received = 12_000_000, {}

    def slow_switch(name: str, answers: int, ready: threading.Event, listener: socket.socket) -> None:
        peer, _ = listener.accept()
        peer.sendall(b"Content-Type: auth/request\n\n")
        for _ in range(answers):
            peer.recv(4096)
            peer.sendall(command_reply("+OK accepted"))
        ready.wait(DEADLINE_SECONDS)
        received[name] = 0
        peer.settimeout(DEADLINE_SECONDS)
        while data := peer.recv(1 << 20):
            received[name] += len(data)

    def start(name: str, answers: int) -> tuple[int, threading.Event, threading.Thread]:
        listener, ready = socket.socket(), threading.Event()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        thread = threading.Thread(target=slow_switch, args=(name, answers, ready, listener), daemon=True)
        thread.start()
        return listener.getsockname()[1], ready, thread

    port, ready, thread = start("greenswitch", 1)

    def probe() -> None:
        link = greenswitch.InboundESL("127.0.0.1", port, PASSWORD)
        link.connect()
        gevent.spawn(link.send, "x" * size)
        gevent.sleep(0)
        ready.set()
        link.sock.shutdown(socket.SHUT_WR)

    await in_gevent(probe)
    await asyncio.to_thread(thread.join)
    assert 0 < received["greenswitch"] < size

    port, ready, thread = start("seda", 2)
    link = await InboundLink("127.0.0.1", port, PASSWORD).connect()
    large = Api(UuidBroadcast(LEG, "x" * 60_000))
    sending = [asyncio.create_task(link.send(large, DEADLINE_SECONDS)) for _ in range(200)]
    await asyncio.sleep(0)  # each has begun
    ready.set()
    closing = asyncio.create_task(link.close())
    assert all(
        isinstance(e, SwitchDisconnected | SwitchTimeout)
        for e in await asyncio.gather(*sending, return_exceptions=True)
    )
    await closing
    await asyncio.to_thread(thread.join)
    assert received["seda"] >= 200 * len(large.wire())


# 5. At the end of the stream a waiting send() waits for ever, and nobody is told


async def test_5_a_lost_connection_ends_what_waits_and_is_told():
    async with FakeSwitch({"api": lambda peer, command: peer.close()}) as switch:

        def probe() -> tuple[bool, list[Any]]:
            link, told = greenswitch_to(switch), []
            link.register_handle("DISCONNECT", told.append)
            waiting = gevent.spawn(link.send, "api status")
            link._receive_events_greenlet.join()
            link._process_events_greenlet.join()
            return waiting.ready(), told

        # Both of its greenlets are gone: nobody is left who could end the wait.
        assert await in_gevent(probe) == (False, [])

        told = []
        link = link_to(switch)
        link.on_disconnect(lambda reason, detail: told.append(reason))
        await link.connect()
        with pytest.raises(SwitchDisconnected) as lost:
            await link.api(Status())
        assert lost.value.reason is DownReason.EOF
        assert await link.wait_down() is DownReason.EOF
        assert told == [DownReason.EOF]
        await link.close()


# 6. The end of the stream inside a body spins for ever


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_6_an_end_inside_a_body_ends_the_link_and_nothing_else(caplog):
    class Ended:
        reads = 0

        def read(self, length: int) -> bytes:
            self.reads += 1
            if self.reads > 1000:
                raise StopIteration
            return b""

    caplog.set_level("CRITICAL")
    with pytest.raises(StopIteration):  # else it would still be reading
        greenswitch.esl.ESLProtocol._read_socket(Ended(), 10)

    def half(peer, command):
        peer.send(b"Content-Type: api/response\nContent-Length: 100\n\nhalf")
        peer.close()

    async with FakeSwitch({"api": half}) as switch:
        link = await link_to(switch).connect()
        with pytest.raises(SwitchDisconnected, match="in the middle of a message"):
            await link.api(Status())
        assert await link._hub.run(lambda: "the hub still runs") == "the hub still runs"
        await link.close()


# 7. One odd message kills the reader


@pytest.mark.parametrize(
    ("odd_plain", "odd_json"),
    [
        (b"X-Odd: 1\n\n", b"X-Odd: 1\n\n"),
        (raw_event(b"Event-Name: DTMF\nCaller-Name: \xff\n\n", "plain"), raw_event(b'{"Caller-Name":"\xff"}')),
    ],
    ids=["no Content-Type", "no UTF-8"],
)
async def test_7_one_odd_message_does_not_kill_the_reader(odd_plain, odd_json, capsys):
    async with FakeSwitch({"event": lambda peer, _: peer.send(command_reply("+OK"))}) as switch:

        def probe() -> tuple[bool, bool]:
            link = greenswitch_to(switch)
            asyncio.run_coroutine_threadsafe(send_to_last(odd_plain), loop).result()
            link._receive_events_greenlet.join()
            return isinstance(link._receive_events_greenlet.exception, Exception), link.connected

        async def send_to_last(message: bytes) -> None:
            switch.peers[-1].send(message)

        loop = asyncio.get_running_loop()
        assert await in_gevent(probe) == (True, True)  # dead, and it does not know

        link = await link_to(switch).connect()
        await send_to_last(odd_json + json_event("DTMF", {"DTMF-Digit": "5"}))
        async for event in link.events():
            if event.name == "DTMF":
                break
        assert event.get("DTMF-Digit") == "5"
        await link.close()


# 10. No reply timeout, no reconnect, an unbounded queue


async def test_10a_a_command_without_an_answer_ends_at_its_deadline():
    async with FakeSwitch({"api": None}) as switch:

        def probe() -> bool:
            link = greenswitch_to(switch)
            with gevent.Timeout(0.2, False):
                link.send("api status")  # takes no deadline
                return True
            return False

        assert await in_gevent(probe) is False

        link = await link_to(switch).connect()
        with pytest.raises(SwitchTimeout):
            await link.api(Status(), timeout=0.05)
        switch.peers[-1].send(api_response("late"))
        switch.answers["api"] = lambda peer, command: peer.send(api_response("in time"))
        assert await link.api(GlobalGetVar("x")) == "in time"  # the late answer was not taken for this one's
        await link.close()


async def test_10b_a_lost_link_comes_back_and_says_why_it_went():
    async with FakeSwitch({"api": lambda peer, _: peer.close()}) as switch:

        def probe() -> None:
            link = greenswitch_to(switch)
            link.sock.sendall(b"api status\n\n")
            link._receive_events_greenlet.join()
            link._process_events_greenlet.join()

        await in_gevent(probe)
        assert len(switch.peers) == 1  # and nothing is left that would connect again

        ups: asyncio.Queue[InboundLink] = asyncio.Queue()
        downs: list[LinkDown] = []

        async def note(down: LinkDown) -> None:
            downs.append(down)

        supervisor = LinkSupervisor(lambda: link_to(switch).connect(), ups.put, note, sleep=lambda _: asyncio.sleep(0))
        running = asyncio.create_task(supervisor.run())
        first = await ups.get()
        with contextlib.suppress(SwitchDisconnected):
            await first.api(Status())
        second = await ups.get()
        assert second is not first
        assert [down.reason for down in downs] == [DownReason.EOF]
        running.cancel()
        await asyncio.wait([running])


async def test_10d_a_slow_reader_holds_the_switch_up_instead_of_filling_memory():
    count, event = 4000, json_event("DTMF", {"padding": "x" * 5000})

    plain = raw_event(b"Event-Name: DTMF\npadding: " + b"x" * 5000, "plain")

    def flood(peer: Any, command: str) -> None:
        peer.send(command_reply("+OK"), (event if "json" in command else plain) * count)

    async with FakeSwitch({"event": flood}) as switch:

        def probe() -> int:
            link = greenswitch_to(switch)
            link._process_events_greenlet.kill()  # as slow as can be
            gevent.spawn(link.send, "event plain ALL")
            while link._esl_event_queue.qsize() < count:
                gevent.sleep(0.01)
            return link._esl_event_queue.qsize()

        assert await in_gevent(probe) == count

        limit = 500_000
        link = await link_to(switch, backlog_bytes=limit).connect()
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not link.paused:
                await asyncio.sleep(0.001)
        assert limit <= link.backlog < limit + 2 * 256 * 1024
        assert switch.peers[-1].writer.transport.get_write_buffer_size() > 0
        stream = link.events()
        assert [(await anext(stream)).name for _ in range(count)] == ["DTMF"] * count  # nothing was lost
        assert link.backlog == 0
        await link.close()
