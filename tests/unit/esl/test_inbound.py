"""A link to a switch: commands and their answers, events, jobs, and every way it can end."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from shared.esl import (
    AuthRefused,
    DownReason,
    EslError,
    HubThread,
    InboundLink,
    LinkState,
    SwitchDisconnected,
    SwitchRefused,
    SwitchTimeout,
)
from shared.esl.api_commands import GlobalGetVar, Originate, Status, UuidKill
from shared.esl.commands import Api, Filter
from shared.esl.connection import NUDGE_SECONDS
from tests.support.ports import free_port
from tests.support.waiting import eventually
from tests.unit.esl.fake_switch import PASSWORD, FakeSwitch, api_response, command_reply, json_event

LEG = "7d7e4d0e-1c3c-4a4e-9a0e-0d4a4d3a6b11"


def link_to(switch: FakeSwitch, **options: Any) -> InboundLink:
    return InboundLink("127.0.0.1", switch.port, PASSWORD, **{"events": ["DTMF"], **options})


def job_uuid(command: str) -> str:
    return command.rpartition("Job-UUID: ")[2]


async def test_the_life_of_a_link():
    async with FakeSwitch() as switch:
        link = link_to(switch, subclasses=["sofia::register"])
        assert link.state is LinkState.NEW
        await link.connect()
        assert link.state is LinkState.UP
        assert await link.api(Status()) == "+OK status\n"
        await link.close()
        assert link.state is LinkState.DOWN
        assert await link.wait_down() is DownReason.CLOSED
        assert switch.peers[0].commands == [
            f"auth {PASSWORD}",
            "event json DTMF BACKGROUND_JOB CUSTOM sofia::register",
            "api status",
            "exit",
        ]
        assert not [thread for thread in threading.enumerate() if thread.name == "esl-hub"]


async def test_a_link_is_used_once():
    async with FakeSwitch() as switch:
        link = await link_to(switch).connect()
        await link.close()
        with pytest.raises(SwitchDisconnected):
            await link.connect()
        with pytest.raises(SwitchDisconnected):
            await link.send(Filter("Unique-ID", LEG))
        assert len(switch.peers) == 1


async def test_answers_come_in_the_order_of_the_commands():
    async with FakeSwitch() as switch:
        link = await link_to(switch).connect()
        answers = await asyncio.gather(*(link.api(GlobalGetVar(f"v{n}")) for n in range(500)))
        assert answers == [f"+OK global_getvar v{n}\n" for n in range(500)]
        await link.close()


async def test_a_refusal_is_an_answer_to_send_and_an_error_to_api():
    async with FakeSwitch({"api": lambda peer, _: peer.send(api_response("-ERR No such channel!\n"))}) as switch:
        link = await link_to(switch).connect()
        reply = await link.send(Api(UuidKill(LEG)))
        assert (reply.ok, reply.text) == (False, "-ERR No such channel!\n")
        with pytest.raises(SwitchRefused) as refused:
            await link.api(UuidKill(LEG))
        assert refused.value.detail == "-ERR No such channel!"
        await link.close()


async def test_jobs_are_matched_by_our_own_id_whatever_their_order():
    waiting: list[str] = []

    def answer(peer, command):
        peer.send(command_reply("+OK"))
        waiting.append(command)
        if len(waiting) == 3:
            for each in reversed(waiting):
                output = "+OK " + each.split()[2]
                peer.send(json_event("BACKGROUND_JOB", {"Job-UUID": job_uuid(each), "_body": output}))
            peer.send(json_event("BACKGROUND_JOB", {"Job-UUID": "somebody-else", "_body": "-ERR"}))

    async with FakeSwitch({"bgapi": answer}) as switch:
        link = await link_to(switch).connect()
        jobs = [link.bgapi(Originate(f"loopback/{n}", application="park"), 5) for n in range(3)]
        assert await asyncio.gather(*jobs) == [f"+OK loopback/{n}" for n in range(3)]
        assert link.backlog == 0  # nobody asked for jobs as events, so none is kept
        await link.close()


async def test_a_job_that_fails_or_takes_too_long():
    def answer(peer, command):
        peer.send(command_reply("+OK"))
        if "busy" in command:
            peer.send(json_event("BACKGROUND_JOB", {"Job-UUID": job_uuid(command), "_body": "-ERR USER_BUSY\n"}))

    async with FakeSwitch({"bgapi": answer}) as switch:
        link = await link_to(switch).connect()
        with pytest.raises(SwitchRefused, match="USER_BUSY"):
            await link.bgapi(Originate("loopback/busy", application="park"), 5)
        with pytest.raises(SwitchTimeout):
            await link.bgapi(Originate("loopback/slow", application="park"), 0.05)
        await link.close()


async def test_other_peoples_jobs_are_events_for_whoever_subscribes_to_them():
    event = json_event("BACKGROUND_JOB", {"Job-UUID": "somebody-else"})
    async with FakeSwitch({"event": lambda peer, _: peer.send(command_reply("+OK"), event)}) as switch:
        link = await link_to(switch, events=["BACKGROUND_JOB"]).connect()
        assert (await anext(link.events())).job_uuid == "somebody-else"
        await link.close()


async def test_events_arrive_in_order_and_leaving_the_loop_loses_none():
    def answer(peer, _):
        peer.send(command_reply("+OK"), *(json_event("DTMF", {"Event-Sequence": str(n)}) for n in range(1000)))

    async with FakeSwitch({"event": answer}) as switch:
        link = await link_to(switch).connect()
        seen: list[int] = []
        while len(seen) < 1000:
            async for event in link.events():
                seen.append(event.sequence)
                if len(seen) % 8 == 0:
                    break
        assert seen == list(range(1000))
        await link.close()


async def test_while_events_come_the_switch_is_kept_from_sleeping_and_left_alone_afterwards():
    async with FakeSwitch() as switch:
        link = link_to(switch)
        await link.connect()
        peer = switch.peers[0]
        assert peer.nudges == 0
        peer.send(json_event("DTMF"))
        await eventually(lambda: asyncio.sleep(0, peer.nudges > 3))

        async def rests() -> bool:
            before = peer.nudges
            await asyncio.sleep(5 * NUDGE_SECONDS)
            return peer.nudges == before

        await eventually(rests)
        assert await link.api(Status()) == "+OK status\n"
        await link.close()


async def test_an_answer_overtakes_a_slow_reader_of_events():
    flood = json_event("DTMF", {"padding": "x" * 5000}) * 300  # 1.5 MB, three times what may wait

    def answer(peer, command):
        peer.send(flood, api_response("+OK"))

    async with FakeSwitch({"api": answer}) as switch:
        link = await link_to(switch, backlog_bytes=500_000).connect()
        assert await link.api(Status()) == "+OK"  # though nobody took an event
        stream = link.events()
        for _ in range(300):
            await anext(stream)
        await link.close()


@pytest.mark.parametrize(
    ("greeting", "reason"),
    [
        (b"Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n", DownReason.AUTH),
        (b"HTTP/1.1 400 Bad Request\nContent-Length: none\n\n", DownReason.PROTOCOL),
        (b"", DownReason.TIMEOUT),
        (None, DownReason.AUTH),
    ],
    ids=["access list", "not a switch", "silence", "wrong password"],
)
async def test_why_a_connection_cannot_be_made(greeting, reason):
    async with FakeSwitch(greeting=greeting) as switch:
        link = InboundLink("127.0.0.1", switch.port, "wrong", connect_timeout=0.1 if greeting == b"" else 10)
        with pytest.raises(EslError) as failed:
            await link.connect()
        assert failed.value.reason is reason
        assert isinstance(failed.value, AuthRefused) == (reason is DownReason.AUTH)
        assert await link.wait_down() is reason


async def test_nobody_listens():
    with pytest.raises(SwitchDisconnected) as refused:
        await InboundLink("127.0.0.1", free_port(), PASSWORD).connect()
    assert refused.value.reason is DownReason.REFUSED


async def test_the_switch_hangs_up_before_it_says_anything():
    async with FakeSwitch({"auth": lambda peer, _: peer.close()}) as switch:
        with pytest.raises(SwitchDisconnected) as lost:
            await link_to(switch).connect()
        assert lost.value.reason is DownReason.EOF


async def test_everything_that_waits_is_told_when_the_link_is_lost():
    async with FakeSwitch({"api": None, "bgapi": None}) as switch:
        link = await link_to(switch).connect()
        waiting = [
            asyncio.ensure_future(each)
            for each in (link.api(Status()), link.bgapi(Status(), 5), anext(link.events()))  # type: ignore[list-item]
        ]
        await switch.until(lambda: len(switch.peers[0].commands) == 4)
        switch.peers[0].close()
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(each) for each in outcomes] == [SwitchDisconnected] * 3
        assert {each.reason for each in outcomes} == {DownReason.EOF}
        await link.close()


async def test_events_end_quietly_when_we_close_and_loudly_when_it_is_lost():
    async with FakeSwitch() as switch:
        closed, lost = await link_to(switch).connect(), await link_to(switch).connect()
        await closed.close()
        assert [event async for event in closed.events()] == []
        switch.peers[1].close()
        with pytest.raises(SwitchDisconnected):
            await anext(lost.events())
        await lost.close()


async def test_an_answer_to_no_command_ends_the_link():
    async with FakeSwitch() as switch:
        link = await link_to(switch).connect()
        switch.peers[0].send(json_event("DTMF"), command_reply("+OK nobody asked"))
        assert await link.wait_down() is DownReason.PROTOCOL
        assert (await anext(link.events())).name == "DTMF"  # what came before it counts
        await link.close()


async def test_a_body_that_is_too_long_ends_the_link():
    async with FakeSwitch() as switch:
        link = await link_to(switch).connect()
        switch.peers[0].send(b"Content-Length: 999999999\n\n")
        assert await link.wait_down() is DownReason.PROTOCOL
        await link.close()


async def test_connecting_can_be_cancelled():
    async with FakeSwitch(greeting=b"") as switch:
        link = link_to(switch)
        connecting = asyncio.create_task(link.connect())
        async with asyncio.timeout(5):
            while not switch.peers:
                await asyncio.sleep(0.001)
        connecting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await connecting
        assert link.state is LinkState.DOWN
        async with asyncio.timeout(5):
            await switch.peers[0].closed.wait()


async def test_links_can_share_a_thread():
    hub = HubThread()
    async with FakeSwitch() as switch:
        one, two = await link_to(switch, hub=hub).connect(), await link_to(switch, hub=hub).connect()
        await one.close()
        assert await two.api(Status()) == "+OK status\n"
        await two.close()
    hub.stop()
