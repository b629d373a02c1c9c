"""What ``shared.esl`` believes about FreeSWITCH, asked of a real one."""

from __future__ import annotations

import asyncio
import json
import uuid

import pytest

from shared.esl import (
    CallEnded,
    DownReason,
    InboundLink,
    LinkDown,
    LinkSupervisor,
    OutboundServer,
    OutboundSession,
    SwitchDisconnected,
    SwitchRefused,
    UnsafeValue,
)
from shared.esl.api_commands import (
    GlobalGetVar,
    Originate,
    ShowChannels,
    UuidDump,
    UuidExists,
    UuidGetVar,
    UuidKill,
    UuidRecord,
    UuidSetVar,
)
from shared.esl.commands import Execute, Filter
from tests.support.freeswitch_node import FreeSwitchNode

pytestmark = pytest.mark.freeswitch

ANSWERS = "null/callee"  # mod_loopback's endpoint that answers and says nothing


def link_to(node: FreeSwitchNode, *events: str) -> InboundLink:
    return InboundLink(node.host, node.esl_port, node.esl_password, events=events)


async def event_of(link: InboundLink, name: str, leg: str) -> None:
    async with asyncio.timeout(10):
        async for event in link.events():
            if event.name == name and event.uuid == leg:
                return


async def originate(
    link: InboundLink, dial_string: str = ANSWERS, application: str = "park", argument: str = ""
) -> str:
    answer = await link.bgapi(Originate(dial_string, application, argument), 10)
    assert answer.startswith("+OK ")
    return answer.split()[1]


async def test_a_call_driven_by_commands(freeswitch_node):
    link = await link_to(
        freeswitch_node, "CHANNEL_PARK", "CHANNEL_EXECUTE_COMPLETE", "RECORD_START", "CHANNEL_HANGUP_COMPLETE"
    ).connect()
    leg = await originate(link)
    await event_of(link, "CHANNEL_PARK", leg)
    async with asyncio.timeout(10):
        while (shown := json.loads(await link.api(ShowChannels())))["row_count"] == 0:  # its database lags behind
            await asyncio.sleep(0.05)
    assert [row["uuid"] for row in shown["rows"]] == [leg]
    assert json.loads(await link.api(UuidDump(leg)))["Unique-ID"] == leg

    ours = str(uuid.uuid4())
    assert (await link.send(Execute("set", "seda_a=b c", ours, leg))).ok
    async for event in link.events():
        if event.application_uuid == ours:
            assert (event.get("Application"), event.variable("seda_a")) == ("set", "b c")
            break

    path = str(freeswitch_node.directory / "a b's.wav")
    await link.api(UuidRecord(leg, "start", path))
    async for event in link.events():
        if event.name == "RECORD_START":
            assert event.get("Record-File-Path") == path
            break
    await link.api(UuidRecord(leg, "stop", path))
    await link.api(UuidKill(leg, "USER_BUSY"))
    await event_of(link, "CHANNEL_HANGUP_COMPLETE", leg)
    assert await link.api(UuidExists(leg)) == "false"
    with pytest.raises(SwitchRefused, match="No such channel"):
        await link.api(UuidKill(leg))
    await link.close()


VALUES = ("O'Brien", 'a "b" c', "back\\slash \\n", "  two  spaces ", "a,b|c;d}]>", "^^:x", "علی", "50%0A")


async def test_a_value_is_what_it_was(shared_link):
    leg = await originate(shared_link)
    for value in VALUES:
        await shared_link.api(UuidSetVar(leg, "seda_note", value))
        assert await shared_link.api(UuidGetVar(leg, "seda_note")) == value
    assert await shared_link.api(GlobalGetVar("seda_nothing")) == ""


@pytest.fixture
async def shared_link(freeswitch_node):
    link = await link_to(freeswitch_node).connect()
    yield link
    await link.close()


async def test_a_dial_string_means_what_it_means_to_bridge(shared_link):
    leg = await originate(shared_link, "{seda_note='a, b c',seda_more=d}" + ANSWERS)
    assert await shared_link.api(UuidGetVar(leg, "seda_note")) == "a, b c"
    assert await shared_link.api(UuidGetVar(leg, "seda_more")) == "d"
    with pytest.raises(SwitchRefused, match="CHAN_NOT_IMPLEMENTED"):
        await shared_link.bgapi(Originate("nowhere/1", application="park"), 10)


async def test_a_filter_keeps_other_calls_away(freeswitch_node):
    link = await link_to(freeswitch_node, "CHANNEL_HANGUP_COMPLETE").connect()
    wanted, other = await originate(link), await originate(link)
    (await link.send(Filter("Unique-ID", wanted))).or_refused()
    await link.api(UuidKill(other))
    await link.api(UuidKill(wanted))
    assert (await anext(link.events())).uuid == wanted
    await link.close()


async def test_a_call_handed_over_and_given_back(freeswitch_node):
    """The handler talks with the caller, then the dialplan goes on with its next action."""
    told: asyncio.Queue[object] = asyncio.Queue()

    def handler(session: OutboundSession) -> None:
        done = session.execute("set", "seda_step=menu", timeout=5)
        session.execute("playback", "silence_stream://100", timeout=5)
        exists = session.api(UuidExists(session.uuid))
        session.wait_for(told.put((session.uuid, done.variable("seda_step"), exists)), 5)

    server = OutboundServer(handler)
    await server.start()
    link = await link_to(freeswitch_node, "CHANNEL_PARK").connect()
    leg = str(uuid.uuid4())
    actions = f"socket:127.0.0.1:{server.port} async full,park"
    await link.bgapi(
        Originate(f"{{origination_uuid={leg}}}{ANSWERS}", application="transfer", argument=f"'{actions}' inline"), 10
    )
    assert await told.get() == (leg, "menu", "true")
    while (parked := await anext(link.events())).variable("current_application") != "park":
        pass
    assert (parked.uuid, parked.variable("seda_step")) == (leg, "menu")
    await server.stop(5)
    await link.close()


@pytest.mark.parametrize("max_calls", [0, 1], ids=["refused", "handler returns at once"])
async def test_a_call_that_is_let_go_of_at_once_goes_on_in_its_dialplan(freeswitch_node, max_calls):
    server = OutboundServer(lambda session: None, max_calls=max_calls)
    await server.start()
    link = await link_to(freeswitch_node, "CHANNEL_EXECUTE_COMPLETE").connect()
    actions = f"socket:127.0.0.1:{server.port} async full,set:seda_next=reached,park"
    await link.bgapi(Originate(ANSWERS, application="transfer", argument=f"'{actions}' inline"), 10)
    while (event := await anext(link.events())).variable("seda_next") != "reached":
        pass
    assert event.get("Application") == "set"
    assert server.refused_calls == 1 - max_calls
    await server.stop(0)
    await link.close()


async def test_the_callers_hang_up_ends_the_handler(freeswitch_node):
    ended: asyncio.Queue[bool] = asyncio.Queue()

    def handler(session: OutboundSession) -> None:
        try:
            session.execute("playback", "silence_stream://-1", timeout=None)
        except CallEnded:
            session.wait_for(ended.put(session.ended), 5)
            raise

    server = OutboundServer(handler)
    await server.start()
    link = await link_to(freeswitch_node, "PLAYBACK_START").connect()
    leg = await originate(link, application="socket", argument=f"127.0.0.1:{server.port} async full")
    await event_of(link, "PLAYBACK_START", leg)
    await link.api(UuidKill(leg))
    assert await ended.get() is True
    await server.stop(5)
    await link.close()


async def test_a_switch_that_dies_is_noticed_and_found_again(freeswitch_node):
    ups: asyncio.Queue[InboundLink] = asyncio.Queue()
    downs: list[LinkDown] = []

    async def note(down: LinkDown) -> None:
        downs.append(down)

    supervisor = LinkSupervisor(lambda: link_to(freeswitch_node).connect(), ups.put, note)
    running = asyncio.create_task(supervisor.run())
    first = await ups.get()
    await freeswitch_node.kill()
    assert await first.wait_down() is DownReason.EOF
    with pytest.raises(SwitchDisconnected):
        await first.api(ShowChannels())
    await freeswitch_node.start()
    second = await ups.get()
    assert json.loads(await second.api(ShowChannels())) == {"row_count": 0}
    assert downs[0].reason is DownReason.EOF
    assert {down.reason for down in downs[1:]} <= {DownReason.REFUSED, DownReason.EOF, DownReason.TIMEOUT}
    running.cancel()
    await asyncio.wait([running])


async def test_a_wrong_password_is_told_apart(freeswitch_node):
    with pytest.raises(SwitchDisconnected) as refused:
        await InboundLink(freeswitch_node.host, freeswitch_node.esl_port, "wrong").connect()
    assert refused.value.reason is DownReason.AUTH


async def test_words_the_builders_refuse_would_really_unload_the_event_socket(freeswitch_node):
    link = await link_to(freeswitch_node).connect()
    leg = await originate(link)
    with pytest.raises(UnsafeValue):
        Execute("set", "note=please reload mod_event_socket", uuid=leg)
    raw = f"sendmsg {leg}\ncall-command: execute\nexecute-app-name: set\nexecute-app-arg: reload mod_event_socket\n\n"
    reader, writer = await asyncio.open_connection(freeswitch_node.host, freeswitch_node.esl_port)
    await reader.readuntil(b"\n\n")
    writer.write(f"auth {freeswitch_node.esl_password}\n\n{raw}".encode())
    assert await link.wait_down() is DownReason.EOF
    writer.close()
    await link.close()
