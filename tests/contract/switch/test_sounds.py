"""A program plays and records: what ends it, and what the program reads of it."""

from __future__ import annotations

import asyncio
import time
import wave
from pathlib import Path

import pytest

from tests.contract.switch.bench import Bench
from tests.contract.switch.scenes import Compare, Handed, handed, leave

pytestmark = pytest.mark.asyncio(loop_scope="session")
SHORT, LONG = "silence_stream://200", "silence_stream://20000"


def told(bench: Bench, what: str, complete: dict[str, str]) -> None:
    """Note what the program reads of the end of an application."""
    read = ("Application", "Application-Response", "variable_playback_terminator_used")
    bench.note(what, {name: complete.get(name) for name in read})


def a_sound(folder: Path) -> Path:
    """A file of 300 ms."""
    path = folder / "sound.wav"
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(2 * 2400))
    return path


async def pressed(bench: Bench, handed: Handed, keys: str, application: str, data: str) -> dict[str, str]:
    """Run an application and press keys once it does its work; its end."""
    name = "RECORD_START" if application == "record" else "PLAYBACK_START"
    before = len([event for event in bench.events.events if event["Event-Name"] == name])
    app = await handed.talk.begin(application, data)
    await bench.times(name, before + 1)
    await handed.call.dtmf(keys)
    return await handed.talk.complete(app)


async def test_playback_stopped_by_a_key(bench: Bench, compare: Compare) -> None:
    """`playback_terminators`: any, none, or some keys; without it `*`. Every key typed meanwhile is taken."""
    async with handed(bench, "760") as call:
        await call.talk.run("set", "playback_terminators=any")
        told(bench, "any", await pressed(bench, call, "5", "playback", LONG))
        await call.talk.run("set", "playback_terminators=none")
        told(bench, "none", await pressed(bench, call, "7", "playback", "silence_stream://1000"))
        await call.talk.run("set", "playback_terminators=12")
        told(bench, "12", await pressed(bench, call, "92", "playback", LONG))
        await call.talk.run("unset", "playback_terminators")
        told(bench, "by itself", await pressed(bench, call, "1*", "playback", LONG))
        await leave(call)
    await compare(except_for=("socket",))


async def test_playback_of_several(bench: Bench, compare: Compare) -> None:
    """`file_string://` is one playback with one pair of events; a file that is missing is passed over."""
    async with handed(bench, "761") as call:
        sound = a_sound(bench.folder)
        told(bench, "one file", await call.talk.run("playback", str(sound)))
        several = f"file_string://{SHORT}!{sound}!{SHORT}"
        told(bench, "several", await call.talk.run("playback", several))
        missing = f"file_string://{SHORT}!{bench.folder}/missing.wav!{SHORT}"
        told(bench, "one missing", await call.talk.run("playback", missing))
        told(bench, "all missing", await call.talk.run("playback", f"file_string://{bench.folder}/missing.wav"))
        await leave(call)
    await compare(except_for=("socket",))


async def test_several_stopped_by_a_key(bench: Bench, compare: Compare) -> None:
    """A key stops all of them."""
    async with handed(bench, "762") as call:
        await call.talk.run("set", "playback_terminators=#")
        several = f"file_string://{LONG}!{SHORT}"
        told(bench, "several", await pressed(bench, call, "#", "playback", several))
        await leave(call)
    await compare(except_for=("socket",))


async def test_playback_of_a_missing_file(bench: Bench, compare: Compare) -> None:
    """No event of playing; the answer says so."""
    async with handed(bench, "763") as call:
        told(bench, "missing", await call.talk.run("playback", f"{bench.folder}/missing.wav"))
        await leave(call)
    await compare(except_for=("socket",))


async def test_playback_broken_by_command(bench: Bench, compare: Compare) -> None:
    """`uuid_break` stops it as a key does; the answer is the same."""
    async with handed(bench, "764") as call:
        app = await call.talk.begin("playback", LONG)
        await bench.event("PLAYBACK_START", call.leg)
        await bench.api(f"uuid_break {call.leg}")
        told(bench, "broken", await call.talk.complete(app))
        await bench.api(f"uuid_break {call.leg} all")
        told(bench, "after a break of nothing", await call.talk.run("playback", SHORT))
        await leave(call)
    await compare(except_for=("socket",))


async def test_playback_inside_playback(bench: Bench, compare: Compare) -> None:
    """Without `event-lock` a second application runs inside the first, which then goes on."""
    async with handed(bench, "765") as call:
        outer = await call.talk.begin("playback", "silence_stream://1500")
        await bench.event("PLAYBACK_START", call.leg)
        told(bench, "inner", await call.talk.run("playback", SHORT))
        told(bench, "outer", await call.talk.complete(outer))
        await leave(call)
    await compare(except_for=("socket",))


async def recorded(bench: Bench, path: Path, complete: dict[str, str]) -> None:
    """Note what the program reads of a recording, and that the file is whole."""
    told(bench, "record", complete)
    milliseconds = int(complete["variable_record_ms"])
    with wave.open(str(path)) as sound:
        bench.note("file", {"rate": sound.getframerate(), "channels": sound.getnchannels()})
        bench.note("length agrees", sound.getnframes() * 1000 // sound.getframerate() == milliseconds)


async def test_record_ended_by_a_key(bench: Bench, compare: Compare) -> None:
    async with handed(bench, "770") as call:
        path = bench.folder / "message.wav"
        await call.talk.run("set", "playback_terminators=#")
        await recorded(bench, path, await pressed(bench, call, "1#", "record", f"{path} 20"))
        await leave(call)
    await compare(except_for=("socket",))


async def test_record_ended_by_its_limit(bench: Bench, compare: Compare) -> None:
    """The limit is counted in whole seconds of the clock: up to one second longer than it says."""
    async with handed(bench, "771") as call:
        path = bench.folder / "message.wav"
        await asyncio.sleep(1.4 - time.time() % 1)  # not where two seconds meet: the number of seconds is compared
        complete = await call.talk.run("record", f"{path} 1")
        await recorded(bench, path, complete)
        bench.note("at least the limit", int(complete["variable_record_ms"]) >= 1000)
        bench.note("at most a second more", int(complete["variable_record_ms"]) <= 2100)
        await leave(call)
    await compare(except_for=("socket",))


async def test_record_ended_by_silence(bench: Bench, compare: Compare) -> None:
    """`silence_hits_exhausted` tells it from the other ends; the silence is part of the recording."""
    async with handed(bench, "772", silent=True) as call:
        path = bench.folder / "message.wav"
        complete = await call.talk.run("record", f"{path} 20 200 1")
        await recorded(bench, path, complete)
        bench.note("a second", 900 <= int(complete["variable_record_ms"]) <= 1100)
        await leave(call)
    await compare(except_for=("socket",))


async def test_record_ended_by_the_caller(bench: Bench, compare: Compare) -> None:
    """The file is whole when RECORD_STOP comes; with `linger` the program hears the end of the application."""
    async with handed(bench, "773") as call:
        path = bench.folder / "message.wav"
        app = await call.talk.begin("record", f"{path} 20")
        await bench.event("RECORD_START", call.leg)
        await call.call.hang_up()
        await bench.event("RECORD_STOP", call.leg)
        await recorded(bench, path, await call.talk.complete(app))
    await compare(except_for=("socket",))


async def test_record_to_where_nothing_can_be_written(bench: Bench, compare: Compare) -> None:
    """The switch makes missing folders; where it cannot, it hangs up with DESTINATION_OUT_OF_ORDER."""
    async with handed(bench, "774") as call:
        app = await call.talk.begin("record", "/proc/nowhere/message.wav 20")
        told(bench, "record", await call.talk.complete(app))
        assert await call.call.ended() == 200
    await compare(except_for=("socket",))


async def test_playback_of_a_relative_name(bench: Bench, compare: Compare) -> None:
    """It is looked for below the folder of sounds, alone and in `file_string://`."""
    async with handed(bench, "775") as call:
        await call.talk.run("set", "playback_terminators=any")
        told(bench, "alone", await pressed(bench, call, "1", "playback", "en/not-available.wav"))
        told(bench, "in a list", await pressed(bench, call, "2", "playback", "file_string://en/not-available.wav"))
        await leave(call)
    await compare(except_for=("socket",))
