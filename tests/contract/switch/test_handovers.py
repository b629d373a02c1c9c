"""A call goes from program to program, and back to the dialplan: the outbound socket when something fails or ends."""

from __future__ import annotations

import pytest

from tests.contract.switch.bench import Bench
from tests.contract.switch.drivers import DOMAIN
from tests.contract.switch.program import Conversation, Program
from tests.contract.switch.scenes import Compare, handed, leave, phone
from tests.support.fake_xml_curl import Actions

pytestmark = pytest.mark.asyncio(loop_scope="session")
LONG = "silence_stream://20000"
REFUSES = "127.0.0.1:9"


def last(talk: Conversation) -> list[str]:
    """Events of a leg that was hung up, and were not waited for; what was on its way when the program came is not."""
    return [event["Event-Name"] for event in talk.events if event.get("Answer-State") == "hangup"]


async def taken_over(bench: Bench, talk: Conversation) -> None:
    """Note what the next program is told, then hang up."""
    read = ("variable_seda_step", "variable_seda_digits", "variable_read_result", "Answer-State")
    bench.note("taken over", {name: talk.channel.get(name) for name in read})
    await talk.send("myevents")
    await talk.send("sendmsg\ncall-command: hangup\nhangup-cause: NORMAL_CLEARING")
    await bench.event("CHANNEL_HANGUP", talk.channel["Unique-ID"])  # the program's connection may end before it
    await talk.end()


async def test_first_program_refuses(bench: Bench, compare: Compare) -> None:
    """The second address of the list is tried at once, in the same action."""
    alice = await phone(bench, "101")
    async with Program() as program:
        bench.route(lambda _form: [("answer", ""), ("socket", f"{REFUSES}|127.0.0.1:{program.port} async full")])
        call = await alice.dial("750")
        talk = await program.accept()
        await bench.times("CHANNEL_PARK", 1)
        await taken_over(bench, talk)
        assert await call.ended() == 200
    await compare(except_for=("socket",))


async def test_every_program_refuses(bench: Bench, compare: Compare) -> None:
    """The next action of the dialplan runs."""
    bench.route(lambda _form: [("socket", f"{REFUSES}|{REFUSES} async full"), ("respond", "480")])
    alice = await phone(bench, "101")
    assert await (await alice.dial("751")).ended() == 480
    await compare()


async def test_program_dies_while_it_plays(bench: Bench, compare: Compare) -> None:
    """What plays is stopped (`done`), and the next `socket` finds the channel's variables as they were."""
    async with Program() as other:
        again = [("set", "seda_again=true"), ("socket", f"127.0.0.1:{other.port} async full")]
        async with handed(bench, "752", *again) as call:
            await call.talk.run("set", "seda_step=menu")
            await call.talk.begin("playback", LONG)
            await bench.event("PLAYBACK_START", call.leg)
            call.talk.drop()
            talk = await other.accept()
            await bench.times("CHANNEL_PARK", 2)
            await taken_over(bench, talk)
            assert await call.call.ended() == 200
    await compare(except_for=("socket",))


async def test_program_dies_while_it_asks_for_digits(bench: Bench, compare: Compare) -> None:
    """The application ends with what was typed so far."""
    async with Program() as other:
        again = [("set", "seda_again=true"), ("socket", f"127.0.0.1:{other.port} async full")]
        async with handed(bench, "753", *again) as call:
            await call.talk.begin("play_and_get_digits", f"4 4 1 5000 # {LONG} '' seda_digits '' 5000")
            await bench.event("PLAYBACK_START", call.leg)
            await call.call.dtmf("1")
            await bench.event("PLAYBACK_STOP", call.leg)
            call.talk.drop()
            talk = await other.accept()
            await bench.times("CHANNEL_PARK", 2)
            await taken_over(bench, talk)
            assert await call.call.ended() == 200
    await compare(except_for=("socket",))


async def test_program_dies_during_a_prompt(bench: Bench, compare: Compare) -> None:
    """Nobody typed yet: no result, no digits."""
    async with handed(bench, "746", ("set", "seda_step=again"), ("park", "")) as call:
        await call.talk.begin("play_and_get_digits", f"4 4 1 5000 # {LONG} '' seda_digits '' 5000")
        await bench.event("PLAYBACK_START", call.leg)
        call.talk.drop()
        await bench.times("CHANNEL_PARK", 2)
        await call.call.hang_up()
    await compare(except_for=("socket",))


async def test_program_that_is_not_resumed_dies_while_it_plays(bench: Bench, compare: Compare) -> None:
    """What plays is played to its end before the next action runs."""
    async with handed(bench, "745", ("set", "seda_step=again"), ("park", "")) as call:
        await call.talk.run("unset", "socket_resume")
        await call.talk.begin("playback", "silence_stream://1000")
        await bench.event("PLAYBACK_START", call.leg)
        call.talk.drop()
        await bench.times("CHANNEL_PARK", 2)
        await call.call.hang_up()
    await compare(except_for=("socket",))


async def test_program_leaves(bench: Bench, compare: Compare) -> None:
    """`exit` after an application: the next action of the dialplan runs."""
    async with handed(bench, "754", ("set", "seda_step=after"), ("hangup", "NORMAL_CLEARING")) as call:
        await call.talk.run("set", "seda_step=menu")
        bench.note("exit", (await call.talk.send("exit"))["Reply-Text"])
        bench.note("notices", await call.talk.end())
        assert await call.call.ended() == 200
    await compare(except_for=("socket",))


async def test_program_transfers(bench: Bench, compare: Compare) -> None:
    """The transfer wins over the next action: routing is asked, and the connection stays until the program ends it."""

    async with handed(bench, "755", ("set", "seda_step=not_reached"), ("hangup", "CALL_REJECTED")) as call:
        before = bench.switch.services.dial

        def decide(form: dict[str, str]) -> Actions | None:
            return [("park", "")] if form["Caller-Destination-Number"] == "801" else before(form)

        bench.route(decide)
        app = await call.talk.begin("transfer", "801 XML seda")
        complete = await call.talk.complete(app)
        bench.note("complete", {name: complete.get(name) for name in ("Application", "Application-Response")})
        await bench.times("CHANNEL_PARK", 2)
        await call.talk.event("CHANNEL_PARK", Caller_Destination_Number="801")
        bench.note("still there", (await call.talk.send("getvar destination_number"))["Reply-Text"])
        await leave(call)
        await call.talk.send("exit")
        bench.note("notices", await call.talk.end())
    await compare(except_for=("socket",))


async def test_program_transfers_and_leaves_at_once(bench: Bench, compare: Compare) -> None:
    """`socket_resume` unset, the transfer begun and not waited for, `exit`: the leg transfers by itself."""
    async with handed(bench, "756", ("set", "seda_step=not_reached"), ("hangup", "CALL_REJECTED")) as call:
        bench.route(lambda _form: [("park", "")])
        await call.talk.run("unset", "socket_resume")
        await call.talk.begin("transfer", "801 XML seda")
        await call.talk.send("exit")
        bench.note("notices", await call.talk.end())
        await bench.times("CHANNEL_PARK", 2)
        await call.call.hang_up()
    await compare(except_for=("socket",))


async def test_program_leaves_late_after_its_transfer(bench: Bench, compare: Compare) -> None:
    """The end of the connection ends the park of whatever the leg does by then: leave at once."""
    async with handed(bench, "758") as call:
        bench.route(lambda _form: [("park", ""), ("set", "seda_step=unparked"), ("hangup", "CALL_REJECTED")])
        await call.talk.run("unset", "socket_resume")
        await call.talk.run("transfer", "801 XML seda")
        await bench.times("CHANNEL_PARK", 2)
        await call.talk.send("exit")
        bench.note("notices", await call.talk.end())
        assert await call.call.ended() == 200
    await compare(except_for=("socket",))


async def test_program_that_may_be_resumed_leaves_late_after_its_transfer(bench: Bench, compare: Compare) -> None:
    """With `socket_resume` the late end of the connection resets the leg, which then does nothing any more."""
    async with handed(bench, "759") as call:
        bench.route(lambda _form: [("park", ""), ("set", "seda_step=unparked"), ("hangup", "CALL_REJECTED")])
        await call.talk.run("transfer", "801 XML seda")
        await bench.times("CHANNEL_PARK", 2)
        await call.talk.send("exit")
        bench.note("notices", await call.talk.end())
        await bench.times("CHANNEL_UNPARK", 2)
        await bench.times("CHANNEL_EXECUTE_COMPLETE", 5)
        await call.call.hang_up()
    await compare(except_for=("socket",))


async def test_program_dies_while_it_records(bench: Bench, compare: Compare) -> None:
    """`record` hangs up a leg that is taken from it (DESTINATION_OUT_OF_ORDER): nobody takes the call over."""
    async with handed(bench, "749", ("set", "seda_step=again"), ("park", "")) as call:
        await call.talk.begin("record", f"{bench.folder}/message.wav 20")
        await bench.event("RECORD_START", call.leg)
        call.talk.drop()
        assert await call.call.ended() == 200
    await compare(except_for=("socket",))


async def test_program_dies_while_its_call_is_bridged(bench: Bench, compare: Compare) -> None:
    """With `socket_resume` the bridge ends: the other side is hung up, the next action of the dialplan runs."""
    bob = await phone(bench, "102")
    async with handed(bench, "748", ("set", "seda_step=again"), ("park", "")) as call:
        await call.talk.begin("bridge", f"[origination_callee_id_number=102]sofia/phones/102%{DOMAIN}")
        incoming = await bob.incoming()
        await incoming.answer()
        await bench.wait_bridged(call.leg, await bench.leg("102", "outbound"))
        call.talk.drop()
        assert await incoming.ended() == 200
        await bench.times("CHANNEL_PARK", 2)
        await call.call.hang_up()
    await compare(except_for=("socket",))


async def test_program_that_is_not_resumed_dies_while_its_call_is_bridged(bench: Bench, compare: Compare) -> None:
    """Without `socket_resume` the bridge stands; when it ends the next action of the dialplan runs."""
    bob = await phone(bench, "102")
    async with handed(bench, "747", ("set", "seda_step=again"), ("park", "")) as call:
        await call.talk.run("unset", "socket_resume")
        await call.talk.begin("bridge", f"[origination_callee_id_number=102]sofia/phones/102%{DOMAIN}")
        incoming = await bob.incoming()
        await incoming.answer()
        await bench.wait_bridged(call.leg, await bench.leg("102", "outbound"))
        call.talk.drop()
        await call.call.dtmf("1")
        await bench.event("DTMF", call.leg)
        await incoming.hang_up()
        await bench.times("CHANNEL_PARK", 2)
        await call.call.hang_up()
    await compare(except_for=("socket",))


async def test_caller_hangs_up_on_an_idle_program(bench: Bench, compare: Compare) -> None:
    """With `linger` the program is told of it, hears the last events, and ends the connection itself."""
    async with handed(bench, "757") as call:
        await call.call.hang_up()
        gone = await call.talk.event("CHANNEL_HANGUP")
        bench.note("cause", gone["Hangup-Cause"])
        await call.talk.event("CHANNEL_HANGUP_COMPLETE")
        await call.talk.send("exit")
        bench.note("notices", await call.talk.end())
        bench.note("last", [name for name in last(call.talk) if name != "CHANNEL_STATE"])
    await compare(except_for=("socket",))
