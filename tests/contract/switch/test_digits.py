"""A program asks a caller for digits: `play_and_get_digits` over the outbound socket.

What FreeSWITCH does is said with each scenario; what a service may rely on stands in `freeswitch/README.md`.
"""

from __future__ import annotations

import pytest

from tests.contract.switch.bench import Bench
from tests.contract.switch.scenes import Compare, Handed, handed, leave
from tests.contract.switch.threads import RESULT

pytestmark = pytest.mark.asyncio(loop_scope="session")
SHORT, LONG = "silence_stream://200", "silence_stream://20000"


def ask(
    least: int, most: int, prompt: str = SHORT, *, wait: int = 3000, digit_wait: int = 3000, terminators: str = "#"
) -> str:
    return f"{least} {most} 1 {wait} {terminators} {prompt} '' seda_digits '' {digit_wait}"


async def asked(bench: Bench, handed: Handed, keys: str, data: str, *, during_prompt: bool = False) -> dict[str, str]:
    """Ask, press `keys` while the prompt plays or after it, and wait for the end."""
    before = len([event for event in bench.events.events if event["Event-Name"] == "PLAYBACK_STOP"])
    app = await handed.talk.begin("play_and_get_digits", data)
    if during_prompt:
        await bench.event("PLAYBACK_START", handed.leg, Playback_File_Path=LONG)
    else:
        await bench.times("PLAYBACK_STOP", before + 1)
    if keys:
        await handed.call.dtmf(keys)
    complete = await handed.talk.complete(app)
    await bench.times("PLAYBACK_STOP", before + 1)  # told on another connection: the next question counts from here
    return complete


def told(bench: Bench, what: str, complete: dict[str, str], raced: tuple[str, ...] = ()) -> None:
    """Note what the program reads of the end of `play_and_get_digits`, but not what is `raced`."""
    read = ("Application-Response", "variable_seda_digits", RESULT, "variable_read_terminator_used")
    bench.note(what, {name: None if name in raced else complete.get(name) for name in read})


async def test_digits_ended_by_a_terminator(bench: Bench, compare: Compare) -> None:
    """The terminator is not part of the digits. Its variable is never cleared: asked again, it is still there."""
    async with handed(bench, "730") as call:
        told(bench, "12#", await asked(bench, call, "12#", ask(1, 4)))
        told(bench, "34", await asked(bench, call, "34", ask(1, 2)))
        await leave(call)
    await compare(except_for=("socket",))


async def test_digits_typed_during_the_prompt(bench: Bench, compare: Compare) -> None:
    """The first key ends the prompt (`Playback-Status: break`) and belongs to the digits."""
    async with handed(bench, "731") as call:
        told(bench, "42", await asked(bench, call, "42", ask(1, 2, LONG), during_prompt=True))
        await leave(call)
    await compare(except_for=("socket",))


async def test_menu_of_one_key(bench: Bench, compare: Compare) -> None:
    """It ends at the key, be it `*` or `#`. Where the key is one of the terminators, it is lost: no variable."""
    async with handed(bench, "732") as call:
        told(bench, "1", await asked(bench, call, "1", ask(1, 1, terminators="none")))
        told(bench, "#", await asked(bench, call, "#", ask(1, 1, LONG, terminators="none"), during_prompt=True))
        told(bench, "terminator", await asked(bench, call, "#", ask(1, 1)))
        await leave(call)
    await compare(except_for=("socket",))


async def test_no_digits(bench: Bench, compare: Compare) -> None:
    """Nothing within the first wait: `read_result` is failure, the variable of an earlier entry is gone."""
    async with handed(bench, "733") as call:
        await call.talk.run("set", "seda_digits=old")
        told(bench, "nothing", await asked(bench, call, "", ask(1, 4, wait=300)))
        await leave(call)
    await compare(except_for=("socket",))


async def test_too_few_digits(bench: Bench, compare: Compare) -> None:
    """Ended by time or by the terminator with fewer than the least: failure, but the variable holds what came."""
    async with handed(bench, "734") as call:
        told(bench, "by time", await asked(bench, call, "12", ask(3, 3, digit_wait=500)))
        told(bench, "by terminator", await asked(bench, call, "1#", ask(3, 3)))
        told(bench, "only the terminator", await asked(bench, call, "#", ask(1, 4)))
        await leave(call)
    await compare(except_for=("socket",))


async def test_second_digit_too_late(bench: Bench, compare: Compare) -> None:
    """Enough digits, but fewer than the most: `timeout`, and the variable holds them."""
    async with handed(bench, "735") as call:
        told(bench, "1", await asked(bench, call, "1", ask(1, 4, digit_wait=500)))
        await leave(call)
    await compare(except_for=("socket",))


async def test_digits_asked_without_a_prompt(bench: Bench, compare: Compare) -> None:
    """`silence` as prompt: nothing is played."""
    async with handed(bench, "736") as call:
        app = await call.talk.begin("play_and_get_digits", ask(1, 2, "silence"))
        await bench.event("CHANNEL_EXECUTE", call.leg, Application="play_and_get_digits")
        await call.call.dtmf("56")
        told(bench, "56", await call.talk.complete(app))
        await leave(call)
    await compare(except_for=("socket",))


async def test_prompt_that_does_not_exist(bench: Bench, compare: Compare) -> None:
    """Ends at once, without asking: no result, no digits, no event of playing."""
    async with handed(bench, "737") as call:
        app = await call.talk.begin("play_and_get_digits", ask(1, 2, f"{bench.folder}/missing.wav"))
        told(bench, "missing", await call.talk.complete(app))
        await leave(call)
    await compare(except_for=("socket",))


async def test_typed_ahead_of_a_locked_program(bench: Bench, compare: Compare) -> None:
    """Applications queued behind a locked one: keys left over go to the next; `flush_dtmf` drops them, unheard of."""
    async with handed(bench, "738") as call:
        first = await call.talk.begin("play_and_get_digits", ask(1, 1, LONG, terminators="none"), lock=True)
        await bench.event("PLAYBACK_START", call.leg)
        second = await call.talk.begin("play_and_get_digits", ask(1, 1, LONG, terminators="none"), lock=True)
        await call.talk.begin("flush_dtmf", lock=True)
        last = await call.talk.begin("play_and_get_digits", ask(1, 1, SHORT, wait=300, terminators="none"), lock=True)
        await bench.api(f"uuid_recv_dtmf {call.leg} 123")
        for name, app in (("first", first), ("second", second), ("last", last)):
            told(bench, name, await call.talk.complete(app))
        await leave(call)
    await compare(except_for=("socket",))


async def test_typed_ahead_of_an_idle_program(bench: Bench, compare: Compare) -> None:
    """Between two applications the leg is parked: keys left over, or typed then, come as DTMF events only."""
    async with handed(bench, "739") as call:
        app = await call.talk.begin("play_and_get_digits", ask(1, 1, LONG, terminators="none"))
        await bench.event("PLAYBACK_START", call.leg)
        await bench.api(f"uuid_recv_dtmf {call.leg} 12")
        told(bench, "first", await call.talk.complete(app))
        await call.talk.event("DTMF", DTMF_Digit="2")
        await call.call.dtmf("3")
        await call.talk.event("DTMF", DTMF_Digit="3")
        told(bench, "second", await asked(bench, call, "", ask(1, 1, wait=300, terminators="none")))
        await leave(call)
    await compare(except_for=("socket",))


async def test_hang_up_while_asked_for_digits(bench: Bench, compare: Compare) -> None:
    """The prompt stops after CHANNEL_HANGUP; with `linger` the program still hears all of it."""
    async with handed(bench, "740") as call:
        app = await call.talk.begin("play_and_get_digits", ask(1, 4, LONG))
        await bench.event("PLAYBACK_START", call.leg)
        await call.call.hang_up()
        told(bench, "hung up", await call.talk.complete(app), raced=(RESULT,))
        await call.talk.event("CHANNEL_HANGUP_COMPLETE")
        await call.talk.send("exit")
        bench.note("notices", await call.talk.end())
    await compare(except_for=("socket",))


async def test_hang_up_after_the_first_digit(bench: Bench, compare: Compare) -> None:
    """What was typed so far is in the variable."""
    async with handed(bench, "741") as call:
        app = await call.talk.begin("play_and_get_digits", ask(2, 4, LONG))
        await bench.event("PLAYBACK_START", call.leg)
        await call.call.dtmf("1")
        await bench.event("PLAYBACK_STOP", call.leg)
        await call.call.hang_up()
        told(bench, "hung up", await call.talk.complete(app))
    await compare(except_for=("socket",))


async def test_digits_that_nobody_may_see(bench: Bench, compare: Compare) -> None:
    """`sensitive_dtmf`: no DTMF events, nothing in `digits_dialed`; the result is in the events of that application,
    and gone from the record once its variable is unset."""
    async with handed(bench, "742") as call:
        await call.talk.run("set", "sensitive_dtmf=true")
        told(bench, "secret", await asked(bench, call, "739146", ask(6, 6)))
        await call.talk.run("unset", "seda_digits")
        await call.talk.run("unset", "sensitive_dtmf")
        await call.call.dtmf("5")
        await call.talk.event("DTMF", DTMF_Digit="5")
        await leave(call)
    await bench.settle()
    bench.note("in the record", "739146" in bench.record_text(call.leg))
    await compare(except_for=("socket",))


async def test_flushed_digits_are_recorded_all_the_same(bench: Bench, compare: Compare) -> None:
    """`flush_dtmf` puts what it drops into `digits_dialed`, even while `sensitive_dtmf` is set."""
    async with handed(bench, "743") as call:
        await call.talk.run("set", "sensitive_dtmf=true")
        app = await call.talk.begin("play_and_get_digits", ask(1, 1, LONG, terminators="none"), lock=True)
        await bench.event("PLAYBACK_START", call.leg)
        flush = await call.talk.begin("flush_dtmf", lock=True)
        await bench.api(f"uuid_recv_dtmf {call.leg} 12")
        await call.talk.complete(app)
        await call.talk.complete(flush)
        await leave(call)
    await compare(except_for=("socket",))
