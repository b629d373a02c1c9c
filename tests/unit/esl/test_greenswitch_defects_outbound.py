"""greenswitch 0.0.19: defects of outbound sessions, shown twice: greenswitch as it is has it, Seda's has not.

If a test fails in its first half, greenswitch was mended and ``shared.esl`` may be able to let go of something.
"""

from __future__ import annotations

import asyncio
import socket
from types import SimpleNamespace
from typing import Any

import gevent
import gevent.socket
import greenswitch
import greenswitch.esl
import pytest

from shared.esl import (
    BindFailed,
    OutboundServer,
    OutboundSession,
    UnsafeValue,
)
from tests.support.ports import free_port
from tests.unit.esl.fake_switch import (
    DEADLINE_SECONDS,
    accept_call,
    command_reply,
    hand_over_call,
    in_gevent,
    json_event,
    raw_event,
    released,
)


def greenswitch_session(sock: Any) -> greenswitch.esl.OutboundSession:
    return greenswitch.esl.OutboundSession(("127.0.0.1", 0), sock)


# 8. The outbound server polls its accept, and refuses the 101st call after taking it over


async def test_8a_a_call_is_accepted_without_waiting_for_a_timer(monkeypatch):
    sleep, timers = gevent.sleep, []

    def sleep_for_ever(seconds: float = 0, **_: Any) -> None:
        if seconds:
            timers.append(seconds)
            gevent.event.Event().wait()
        sleep(0)

    monkeypatch.setattr(gevent, "sleep", sleep_for_ever)

    def probe() -> bool:
        port = free_port()
        gevent.spawn(greenswitch.OutboundESLServer(bind_port=port, application=lambda session: None).listen)
        sleep(0)
        call = gevent.socket.create_connection(("127.0.0.1", port))
        with gevent.Timeout(0.2, False):
            return bool(call.recv(1))
        return False

    assert await in_gevent(probe) is False
    assert timers == [0.1]

    server = OutboundServer(lambda session: None)
    await server.start()
    call = await hand_over_call(server.port)
    assert await call.next_command() == "connect"
    assert timers == [0.1]
    call.close()
    await server.stop(0)


async def test_8b_more_than_a_hundred_calls_at_once():
    def last_command(port: int) -> str:
        """What a call was told last: to be let go of, or its events."""
        call = gevent.socket.create_connection(("127.0.0.1", port))
        calls.append(call)
        command = ""
        while command not in ("exit", "myevents", "myevents json"):
            several = call.recv(4096).decode().split("\n\n")[:-1]
            for _ in several:
                call.sendall(command_reply("+OK", Unique_ID=f"leg-{len(calls)}"))
            command = several[-1] if several else command
        return command

    calls: list[Any] = []

    def probe_ours() -> list[str]:
        calls.clear()
        try:
            return [last_command(server.port) for _ in range(101)]
        finally:
            at_once.append(server.active_calls)
            for call in calls:
                call.close()

    at_once: list[int] = []

    def probe() -> list[str]:
        class Application:
            def __init__(self, session: Any) -> None:
                self.session = session

            def run(self) -> None:
                self.session.myevents()
                gevent.event.Event().wait()

        port = free_port()
        gevent.spawn(greenswitch.OutboundESLServer(bind_port=port, application=Application).listen)
        gevent.sleep(0)
        first = gevent.joinall([gevent.spawn(last_command, port) for _ in range(100)])
        return [call.get() for call in first] + [last_command(port)]

    assert (await in_gevent(probe))[99:] == ["myevents", "exit"]

    server = OutboundServer(lambda session: session.next_event(None))
    await server.start()
    assert await in_gevent(probe_ours) == ["myevents json"] * 101
    assert at_once == [101]
    await server.stop(0)


async def test_8c_a_call_over_the_cap_goes_on_in_its_dialplan():
    """FreeSWITCH parks a call after ``connect``; a connection that ends before that leaves it parked for ever."""

    def probe() -> list[bytes]:
        ours, theirs = gevent.socket.socketpair()
        server = greenswitch.OutboundESLServer(application=lambda session: None, max_connections=0)
        gevent.spawn(server._accept_call, greenswitch_session(theirs))
        commands = [ours.recv(4096)]
        ours.sendall(command_reply("+OK"))
        return [*commands, ours.recv(4096)]

    assert await in_gevent(probe) == [b"connect\n\n", b"exit\n\n"]  # parked or not

    server = OutboundServer(lambda session: None, max_calls=0)
    await server.start()
    call = await accept_call(server.port, parked=False)
    assert await released(call)
    assert "execute-app-name: set" in call.commands[2]
    await server.stop(0)
    assert server.refused_calls == 1


# 9. Arguments are not checked


async def test_9_an_argument_cannot_add_a_command():
    argument = "hello.wav\n\napi fsctl shutdown now"

    def probe() -> bytes:
        ours, theirs = gevent.socket.socketpair()
        gevent.spawn(greenswitch_session(theirs).call_command, "playback", argument)
        return ours.recv(4096)

    assert b"\n\napi fsctl shutdown now\n\n" in await in_gevent(probe)

    outcome: asyncio.Queue[str] = asyncio.Queue()

    def handler(session: OutboundSession) -> None:
        try:
            session.execute("playback", argument, timeout=5)
        except UnsafeValue as refused:
            session.wait_for(outcome.put(refused.field), 5)

    server = OutboundServer(handler)
    await server.start()
    call = await accept_call(server.port)
    assert await outcome.get() == "argument"
    assert await released(call)  # nothing else was sent
    assert not any("playback" in command for command in call.commands)
    await server.stop(0)


# 10. Completion by application name, sys.exit()


async def test_10c_the_end_of_another_playback_does_not_end_this_one():
    def complete(application_uuid: str) -> dict[str, str]:
        return {
            "Event-Name": "CHANNEL_EXECUTE_COMPLETE",
            "Application": "playback",
            "Application-UUID": application_uuid,
            "variable_current_application": "playback",
        }

    def probe() -> str:
        ours, theirs = gevent.socket.socketpair()
        session = greenswitch_session(theirs)
        playing = gevent.spawn(session.call_command, "playback", "long.wav", block=True)
        ours.recv(4096)
        ours.sendall(command_reply("+OK"))
        body = "".join(f"{name}: {value}\n" for name, value in complete("an earlier one").items()).encode()
        ours.sendall(raw_event(body, "plain"))
        return playing.get().headers["Application-UUID"]

    assert await in_gevent(probe) == "an earlier one"

    ended: asyncio.Queue[str] = asyncio.Queue()

    def handler(session: OutboundSession) -> None:
        event = session.execute("playback", "long.wav", timeout=DEADLINE_SECONDS)
        session.wait_for(ended.put(event.application_uuid), 5)

    server = OutboundServer(handler)
    await server.start()
    call = await accept_call(server.port)
    ours = (await call.next_command()).rpartition("Event-UUID: ")[2]
    call.send(command_reply("+OK"))
    for application_uuid in ("an earlier one", ours):
        call.send(json_event("CHANNEL_EXECUTE_COMPLETE", complete(application_uuid)))
    assert await ended.get() == ours
    call.close()
    await server.stop(0)


async def test_10e_a_port_that_is_taken_is_an_error_and_not_the_end_of_the_process():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        def probe() -> None:
            greenswitch.OutboundESLServer(bind_port=port, application=SimpleNamespace).listen()

        with pytest.raises(SystemExit):
            await in_gevent(probe)
        with pytest.raises(BindFailed, match=str(port)):
            await OutboundServer(lambda session: None, port=port).start()
