"""Calls that FreeSWITCH hands over: each has a greenlet, an orderly beginning and an orderly end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from shared.esl import CallEnded, OutboundServer, OutboundSession, SwitchRefused, SwitchTimeout
from shared.esl.api_commands import UuidExists
from tests.unit.esl.fake_switch import Peer, accept_call, api_response, command_reply, json_event, released

LEG = "7d7e4d0e-1c3c-4a4e-9a0e-0d4a4d3a6b11"


class Story:
    """Runs a handler and keeps what it returned or raised, for the test."""

    def __init__(self, handler: Callable[[OutboundSession], Any]) -> None:
        self.loop, self.outcome = asyncio.get_running_loop(), asyncio.get_running_loop().create_future()
        self._handler = handler

    def __call__(self, session: OutboundSession) -> None:
        try:
            result = self._handler(session)
        except BaseException as error:
            self.loop.call_soon_threadsafe(self.outcome.set_exception, error)
            raise
        self.loop.call_soon_threadsafe(self.outcome.set_result, result)


class Stage:
    """A server, the story of its handler, and the calls that reach it."""

    def __init__(self, server: OutboundServer, story: Story) -> None:
        self.server, self.story = server, story
        self._calls: list[Peer] = []

    async def call(self, channel: bytes = b"Unique-ID: leg-1\n", **options: Any) -> Peer:
        call = await accept_call(self.server.port, channel, **options)
        self._calls.append(call)
        return call

    def hang_up(self) -> None:
        for call in self._calls:
            call.close()


@asynccontextmanager
async def serving(handler: Callable[[OutboundSession], Any], **options: Any) -> AsyncIterator[Stage]:
    story = Story(handler)
    server = OutboundServer(story, **options)
    await server.start()
    stage = Stage(server, story)
    yield stage
    stage.hang_up()
    await server.stop(0)


def completed(command: str, **headers: str) -> bytes:
    event_uuid = command.partition("Event-UUID: ")[2].split("\n")[0]
    return json_event("CHANNEL_EXECUTE_COMPLETE", {"Application-UUID": event_uuid, **headers})


async def test_a_call_from_beginning_to_end():
    def handler(session: OutboundSession) -> tuple[str, str | None, str | None]:
        done = session.execute("play_and_get_digits", "1 1 1", timeout=5)
        session.hangup("NORMAL_CLEARING")
        return session.uuid, session.channel.variable("seda_tenant_id"), done.variable("digits")

    async with serving(handler) as stage:
        call = await stage.call(f"Unique-ID: {LEG}\nvariable_seda_tenant_id: t%201\n".encode())
        command = await call.next_command()
        assert command.startswith("sendmsg\ncall-command: execute\nexecute-app-name: play_and_get_digits\n")
        call.send(command_reply("+OK"), completed(command, variable_digits="5"))
        assert await call.next_command() == "sendmsg\ncall-command: hangup\nhangup-cause: NORMAL_CLEARING"
        call.send(command_reply("+OK"))
        assert await stage.story.outcome == (LEG, "t 1", "5")
        assert await call.next_command() == "exit"


@pytest.mark.parametrize(
    "end",
    [
        lambda call: call.send(json_event("CHANNEL_HANGUP", {"Hangup-Cause": "NORMAL_CLEARING"})),
        lambda call: call.send(
            b"Content-Type: text/disconnect-notice\nContent-Disposition: linger\nContent-Length: 0\n\n"
        ),
        lambda call: call.close(),
    ],
    ids=["hang-up", "linger", "lost connection"],
)
async def test_the_end_of_the_call_ends_what_is_running(end):
    async with serving(lambda session: session.execute("playback", "long.wav", timeout=None)) as stage:
        call = await stage.call()
        await call.next_command()
        call.send(command_reply("+OK"))
        end(call)
        with pytest.raises(CallEnded):
            await stage.story.outcome


async def test_a_hang_up_that_is_told_after_the_end_of_what_ran():
    def handler(session: OutboundSession) -> tuple[str, str]:
        with pytest.raises(CallEnded):
            session.execute("play_and_get_digits", "1 1 1", timeout=5)
        assert session.ended
        session.wait_gone(5)
        return "hung up", session.hangup_cause

    async with serving(handler) as stage:
        call = await stage.call()
        command = await call.next_command()
        call.send(command_reply("+OK"), completed(command, **{"Answer-State": "hangup"}))
        call.send(json_event("CHANNEL_HANGUP", {"Hangup-Cause": "NORMAL_CLEARING"}))
        call.send(json_event("CHANNEL_HANGUP_COMPLETE", {"Hangup-Cause": "NORMAL_CLEARING"}))
        assert await stage.story.outcome == ("hung up", "NORMAL_CLEARING")


async def test_an_application_that_takes_too_long():
    async with serving(lambda session: session.execute("playback", "long.wav", timeout=0.05)) as stage:
        call = await stage.call()
        await call.next_command()
        call.send(command_reply("+OK"))
        with pytest.raises(SwitchTimeout, match="playback"):
            await stage.story.outcome
        assert await released(call)  # the dialplan goes on


async def test_a_command_that_is_refused():
    async with serving(lambda session: session.api(UuidExists(LEG))) as stage:
        call = await stage.call()
        assert await call.next_command() == f"api uuid_exists {LEG}"
        call.send(api_response("-ERR permission denied"))
        with pytest.raises(SwitchRefused):
            await stage.story.outcome


async def test_digits_come_as_events_and_silence_as_none():
    def handler(session: OutboundSession) -> list[str | None]:
        digits = [session.next_event(5).get("DTMF-Digit") for _ in range(2)]
        return [*digits, session.next_event(0.01)]

    async with serving(handler) as stage:
        call = await stage.call()
        call.send(*(json_event("DTMF", {"DTMF-Digit": digit}) for digit in "12"))
        assert await stage.story.outcome == ["1", "2", None]


async def test_events_nobody_takes_are_bounded():
    def handler(session: OutboundSession) -> tuple[int, str | None]:
        session.execute("playback", "a.wav", timeout=5)
        return session.dropped_events, session.next_event(1).get("DTMF-Digit")

    async with serving(handler) as stage:
        call = await stage.call()
        command = await call.next_command()
        call.send(
            command_reply("+OK"), *(json_event("DTMF", {"DTMF-Digit": str(n)}) for n in range(1200)), completed(command)
        )
        assert await stage.story.outcome == (200, "200")  # the oldest went


async def test_a_handler_reaches_asyncio():
    async def look_up(name: str) -> str:
        await asyncio.sleep(0)
        return f"{name} of {asyncio.current_task() is not None}"

    async def fail() -> None:
        raise LookupError("not there")

    def handler(session: OutboundSession) -> tuple[str, str]:
        found = session.wait_for(look_up("flow"), 5)
        with pytest.raises(LookupError):
            session.wait_for(fail(), 5)
        with pytest.raises(SwitchTimeout):
            session.wait_for(asyncio.sleep(60), 0.01)
        return found, "done"

    async with serving(handler) as stage:
        call = await stage.call()
        assert await stage.story.outcome == ("flow of True", "done")
        call.close()


async def test_a_handler_that_fails_lets_its_call_go_on():
    async with serving(lambda session: 1 / 0) as stage:
        call = await stage.call(parked=False)
        assert await released(call)
        with pytest.raises(ZeroDivisionError):
            await stage.story.outcome
        assert await released(await stage.call(parked=False))  # and the server goes on


async def test_one_call_too_many_is_let_go_of_and_the_place_is_free_again_afterwards():
    async with serving(lambda session: session.next_event(None), max_calls=1) as stage:
        first = await stage.call()
        assert await released(await stage.call(parked=False))
        first.close()
        with pytest.raises(CallEnded):
            await stage.story.outcome
        async with asyncio.timeout(5):
            while stage.server.active_calls:
                await asyncio.sleep(0.001)
        assert (await stage.call()).commands == ["connect", "myevents json"]
        assert stage.server.refused_calls == 1


async def test_stopping_waits_for_calls_and_takes_no_new_one():
    async with serving(lambda session: session.execute("playback", "a.wav", timeout=5)) as stage:
        call = await stage.call()
        command = await call.next_command()
        stopping = asyncio.create_task(stage.server.stop(drain_seconds=10))
        async with asyncio.timeout(5):
            while await listens(stage.server.port):
                await asyncio.sleep(0.001)
        call.send(command_reply("+OK"), completed(command))
        assert (await stage.story.outcome).name == "CHANNEL_EXECUTE_COMPLETE"
        assert await call.next_command() == "exit"
        call.close()
        assert await stopping == 0


async def test_stopping_lets_go_of_calls_that_stay_too_long():
    async with serving(lambda session: session.execute("playback", "a.wav", timeout=None)) as stage:
        call = await stage.call()
        await call.next_command()
        call.send(command_reply("+OK"), json_event("CHANNEL_EXECUTE"))
        stopping = asyncio.create_task(stage.server.stop(drain_seconds=0.01))
        assert await released(call)
        assert await stopping == 1
        with pytest.raises(CallEnded):
            await stage.story.outcome


async def listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return False
    writer.close()
    return True
