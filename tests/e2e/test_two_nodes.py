"""Two FreeSWITCH nodes of one platform: callers on one of them, phones on the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from tests.contract.switch.drivers import Phone, RealPhone
from tests.e2e.test_queue_consults import becomes, does
from tests.e2e.test_queue_supervisors import hear
from tests.e2e.test_queues import agent, queue, signed_in, status, waiting
from tests.support.call_flows import number_of, told
from tests.support.company import Company
from tests.support.platform import LivePlatform
from tests.support.second_node import NAME, SecondNode

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.freeswitch,
    pytest.mark.timeout(180),
]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def second(real_platform: LivePlatform, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SecondNode]:
    node = SecondNode(real_platform, tmp_path_factory.mktemp("second"))
    try:
        await node.start()
        yield node
    finally:
        await node.stop()


@dataclass
class Town:
    """A company, the node that its carrier calls, and the other one."""

    company: Company
    second: SecondNode

    async def phone(self, number: str) -> Phone:
        """A phone on the second node, which all have heard of."""
        if number not in self.company.extensions:
            await self.company.extension(number)
        async with told(self.company) as events:
            phone = RealPhone(await self.company.sip_phone(number, registered=False, proxy=self.second.sip))
            assert await phone.register() == 200
            await events.event("device.located", sip_username=number, node_id=NAME)
        return phone


@pytest.fixture
def town(real_company: Company, second: SecondNode) -> Town:
    return Town(real_company, second)


async def test_caller_on_one_node_is_served_by_an_agent_on_the_other(town: Town) -> None:
    company = town.company
    phone, (_, carrier) = await town.phone("201"), await company.carrier()
    support = await queue(company, "support")
    mina = await agent(company, "201", support)
    await signed_in(company, mina)
    number = await number_of(company, "queue:support", led_to="queue")
    async with told(company) as events:
        call = await carrier.dial(number)
        answer = await phone.incoming()
        await answer.ring()
        await status(company, mina, "ringing")
        await answer.answer()
        await company.hear_each_other(call, answer)
        await status(company, mina, "on_contact")
        await call.hang_up()
        assert await answer.ended() == 200
        ended = await events.event("queue.contact_ended")
        await status(company, mina, "available")

        again = await carrier.dial(number)
        answer = await phone.incoming()
        await answer.answer()
        await company.hear_each_other(again, answer)
        await answer.hang_up()
        assert await again.ended() == 200
        await events.event("queue.contact_ended", count=2)
    assert ended["agent_id"] == mina["id"]
    record = await company.record(legs=4, calls=2)
    import json

    print("RECORD", json.dumps(record, indent=1))
    assert {leg["codec"] for leg in record["legs"]} == {"PCMU"}, "nothing is transcoded"
    assert (record["answered_by"], record["direction"]) == ("201", "inbound")


async def test_who_declines_or_does_not_answer_on_the_other_node_is_told_of_as_such(town: Town) -> None:
    company = town.company
    phone, (_, carrier) = await town.phone("201"), await company.carrier()
    support = await queue(company, "support", ring_seconds=5)
    mina = await agent(company, "201", support)
    await signed_in(company, mina)
    number = await number_of(company, "queue:support", led_to="queue")
    async with told(company) as events:
        call = await carrier.dial(number)
        answer = await phone.incoming()
        await answer.reject(486)
        failed = await events.event("queue.offer_failed")
        assert failed["reason"] == "busy"
        answer = await phone.incoming()
        await answer.ring()
        missed = await events.event("queue.offer_failed", count=2)
        assert missed["reason"] == "no_answer"
        assert await answer.ended() == 487
        answer = await phone.incoming()
        await answer.ring()
        await call.hang_up()
        assert await answer.ended() == 487, "the caller gave up"
        await waiting(company, support, 0)


async def test_leg_that_stands_on_the_other_node_takes_one_caller_after_another(town: Town) -> None:
    company = town.company
    phone, (_, carrier) = await town.phone("201"), await company.carrier()
    support = await queue(company, "support")
    mina = await agent(company, "201", support, standing=True)
    number = await number_of(company, "queue:support", led_to="queue")
    async with told(company) as events:
        await signed_in(company, mina)
        connection = await phone.incoming()
        await connection.answer()
        standing = await events.event("agent.standing_changed")
        for count in (1, 2):
            call = await carrier.dial(number)
            await call.answered()
            await events.event("queue.connected", count=count)
            talking = await status(company, mina, "on_contact")
            assert talking["standing_leg_id"] == standing["leg_id"]
            await company.hear_each_other(call, connection)
            await call.hang_up()
            await status(company, mina, "available")
        last = await carrier.dial(number)
        await last.answered()
        await events.event("queue.connected", count=3)
        await company.hear_each_other(last, connection)
        await connection.hang_up()
        assert await last.ended() == 200
        await events.event("agent.standing_changed", count=2)
    assert (await status(company, mina, "paused"))["pause_reason"] == "disconnected"


async def test_agent_asks_somebody_of_that_node_while_a_supervisor_of_it_whispers(town: Town) -> None:
    company = town.company
    phone, other, leads = [await town.phone(number) for number in ("201", "202", "209")]
    _, carrier = await company.carrier()
    support = await queue(company, "support")
    mina = await agent(company, "201", support)
    await signed_in(company, mina)
    call = await carrier.dial(await number_of(company, "queue:support", led_to="queue"))
    answer = await phone.incoming()
    await answer.answer()
    await company.hear_each_other(call, answer)
    mina["contact"] = (await status(company, mina, "on_contact"))["entry_id"]
    body = {"mode": "whisper", "phone": "extension:209"}
    asking = asyncio.create_task(company.post("acd", f"/v1/contacts/{mina['contact']}/supervise", body))
    listening = await leads.incoming()
    await listening.answer()
    await asking
    await hear(company, listening, [answer], [call])
    await does(company, mina, "consult", {"destination": "extension:202"})
    third = await other.incoming()
    await third.answer()
    await becomes(company, mina, "talking")
    await company.hear_each_other(answer, third)
    await does(company, mina, "consult/complete")
    assert await answer.ended() == 200
    assert await listening.ended() == 200
    await company.hear_each_other(call, third)
    await third.hang_up()
    assert await call.ended() == 200


async def test_phone_that_moves_to_the_other_node_rings_there(town: Town) -> None:
    company = town.company
    caller, there = await company.phone("101"), await town.phone("102")
    await company.connect(caller, there, "102")
    async with told(company) as events:
        moved = await company.phone("102")
        await events.event("device.located", sip_username="102", node_id="local")
    call, answer = await company.connect(caller, moved, "102")
    await call.hang_up()
    assert await answer.ended() == 200
    away = await town.phone("103")
    call, answer = await company.connect(away, moved, "102")
    await answer.hang_up()
    assert await call.ended() == 200


async def test_agent_whose_node_is_lost_is_free_again(town: Town) -> None:
    company = town.company
    phone, (_, carrier) = await town.phone("201"), await company.carrier()
    support = await queue(company, "support")
    mina = await agent(company, "201", support)
    await signed_in(company, mina)
    number = await number_of(company, "queue:support", led_to="queue")
    call = await carrier.dial(number)
    answer = await phone.incoming()
    await answer.answer()
    await company.hear_each_other(call, answer)
    await status(company, mina, "on_contact")
    await town.second.kill_switch()
    await status(company, mina, "available")
    late: Any = await carrier.dial(number)
    await late.answered()
    back = await company.phone("201")
    answer = await back.incoming()
    await answer.answer()
    await company.hear_each_other(late, answer)
