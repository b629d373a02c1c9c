"""Calls in the hands of a program, and connections that are lost."""

from __future__ import annotations

import json

import pytest

from tests.contract.switch.bench import Bench
from tests.contract.switch.program import Program, execute
from tests.contract.switch.scenes import Compare, answered_call, phone

pytestmark = pytest.mark.asyncio(loop_scope="session")
READ = (
    "Unique-ID",
    "Channel-Name",
    "Caller-Destination-Number",
    "Socket-Mode",
    "Control",
    "Answer-State",
    "Reply-Text",
)


async def test_outbound_socket(bench: Bench, compare: Compare) -> None:
    alice = await phone(bench, "101")
    async with Program() as program:
        bench.route(lambda _form: [("set", "seda_step=ivr"), ("socket", f"127.0.0.1:{program.port} async full")])
        call = await alice.dial("720")
        talk = await program.accept()
        bench.note("connect", {name: talk.channel.get(name, "") for name in READ})
        bench.note("variable", talk.channel.get("variable_seda_step", ""))
        for command in ("linger 5", "myevents", execute("answer")):
            bench.note(command, (await talk.send(command))["Reply-Text"])
        await talk.event("CHANNEL_ANSWER")
        await call.answered()
        bench.note("set", (await talk.send(execute("set", "seda_step=2", "app-2")))["Reply-Text"])
        # the end of the dialplan's own `set` may still be on its way when the program begins to listen
        data = {"Application": "set", "Application_Data": "seda_step=2"}
        complete = await talk.event("CHANNEL_EXECUTE_COMPLETE", **data)
        bench.note("Application-UUID", complete["Application-UUID"])
        bench.note("getvar", (await talk.send("getvar seda_step"))["Reply-Text"])
        bench.note(
            "hang up", (await talk.send("sendmsg\ncall-command: hangup\nhangup-cause: NORMAL_CLEARING"))["Reply-Text"]
        )
        await talk.event("CHANNEL_HANGUP_COMPLETE")
        assert await call.ended() == 200
        await talk.send("exit")
        bench.note("notices", await talk.end())
    await compare(except_for=("socket",))


async def test_outbound_socket_program_dies(bench: Bench, compare: Compare) -> None:
    alice = await phone(bench, "101")
    async with Program() as program:
        socket = ("socket", f"127.0.0.1:{program.port} async full")
        bench.route(lambda _form: [("set", "socket_resume=true"), socket, ("set", "seda_step=again"), socket])
        call = await alice.dial("721")
        talk = await program.accept()
        await talk.send(execute("answer"))
        await call.answered()
        talk.drop()
        again = await program.accept()
        bench.note("variable", again.channel.get("variable_seda_step", ""))
        bench.note("state", again.channel["Answer-State"])
        await bench.times("CHANNEL_PARK", 2)
        await call.hang_up()
        bench.note("notices", await again.end())
    await compare(except_for=("socket",))


async def test_outbound_socket_nobody_listens(bench: Bench, compare: Compare) -> None:
    bench.route(lambda _form: [("socket", "127.0.0.1:9 async full"), ("respond", "480")])
    alice = await phone(bench, "101")
    assert await (await alice.dial("722")).ended() == 480
    await compare()


async def test_event_socket_lost_in_mid_call(bench: Bench, compare: Compare) -> None:
    outgoing, incoming = await answered_call(bench)
    legs = [await bench.leg("102", "inbound"), await bench.leg("102", "outbound")]
    await bench.reconnect()
    columns = (
        "direction",
        "name",
        "state",
        "cid_name",
        "cid_num",
        "dest",
        "context",
        "callstate",
        "application",
        "call_uuid",
    )
    for leg, row in zip(legs, await bench.shown(legs), strict=True):
        bench.note("show channels", {column: row[column] for column in columns})
        dump = json.loads(await bench.commands.api(f"uuid_dump {leg} json"))
        read = (
            "Event-Name",
            "Unique-ID",
            "Answer-State",
            "Channel-Call-State",
            "Other-Leg-Unique-ID",
            "variable_seda_call_id",
        )
        bench.note("uuid_dump", {name: dump.get(name) for name in read})
    await outgoing.hang_up()
    assert await incoming.ended() == 200
    await compare()
