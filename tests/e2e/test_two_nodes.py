"""Two FreeSWITCH nodes of one platform: callers on one of them, phones on the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio

from tests.contract.switch.drivers import Call, Phone, RealPhone
from tests.e2e.test_queue_consults import becomes, does
from tests.e2e.test_queue_supervisors import hear, supervises
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
    numbers: Iterator[str] = field(default_factory=lambda: map(str, range(900, 1000)))
    """Of extensions that nobody calls."""

    async def phone(self, number: str) -> Phone:
        """A phone on the second node, which all have heard of."""
        if number not in self.company.extensions:
            await self.company.extension(number)
        async with told(self.company) as events:
            phone = RealPhone(await self.company.sip_phone(number, registered=False, proxy=self.second.sip))
            assert await phone.register() == 200
            await events.event("device.located", sip_username=number, node_id=NAME)
        await self.routing_has_heard()
        return phone

    async def routing_has_heard(self) -> None:
        """Wait until routing has heard of all that was told: of an extension that is made now it hears after that."""
        await self.company.extension(next(self.numbers), device=False)

    async def served_by_201(self, *, standing: bool = False, **fields: Any) -> Served:
        """A queue with the agent of 201, whose phone is on the second node; its number is called on the first."""
        company = self.company
        phone, (_, carrier) = await self.phone("201"), await company.carrier()
        support = await queue(company, "support", **fields)
        mina = await agent(company, "201", support, standing=standing)
        await signed_in(company, mina)
        return Served(phone, carrier, support, mina, await number_of(company, "queue:support"))


@dataclass
class Served:
    """A queue, its agent with their phone, and the carrier by which callers come to its number."""

    phone: Phone
    carrier: Phone
    queue: dict[str, Any]
    agent: dict[str, Any]
    number: str

    async def talks(self, company: Company) -> tuple[Call, Call]:
        """A caller and the agent, who hear each other."""
        call = await self.carrier.dial(self.number)
        answer = await self.phone.incoming()
        await answer.answer()
        await company.hear_each_other(call, answer)
        await status(company, self.agent, "on_contact")
        return call, answer


@pytest.fixture
def town(real_company: Company, second: SecondNode) -> Town:
    return Town(real_company, second)


async def test_caller_on_one_node_is_served_by_an_agent_on_the_other(town: Town) -> None:
    company, served = town.company, await town.served_by_201()
    async with told(company) as events:
        call = await served.carrier.dial(served.number)
        answer = await served.phone.incoming()
        await answer.ring()
        await status(company, served.agent, "ringing")
        await answer.answer()
        await company.hear_each_other(call, answer)
        talking = await status(company, served.agent, "on_contact")
        assert talking["on_other_call"] is False, "the leg of the other node is the same call"
        await call.hang_up()
        assert await answer.ended() == 200
        ended = await events.event("queue.contact_ended")
        assert ended["agent_id"] == served.agent["id"]
        await status(company, served.agent, "available")
        again, answer = await served.talks(company)
        await answer.hang_up()
        assert await again.ended() == 200
        await events.event("queue.contact_ended", count=2)
    record = await company.record(legs=4, calls=2)
    # By the switches' own clocks, which tick apart, the legs may begin in another order.
    assert sorted(leg["extension"] or "" for leg in record["legs"]) == ["", "", "201", "201"], "one call, by two nodes"
    assert {leg["codec"] for leg in record["legs"]} == {"PCMU"}, "nothing is transcoded"
    assert (record["answered_by"], record["direction"]) == ("201", "inbound")


async def test_who_declines_or_does_not_answer_on_the_other_node_is_told_of_as_such(town: Town) -> None:
    company, served = town.company, await town.served_by_201(ring_seconds=5)
    async with told(company) as events:
        call = await served.carrier.dial(served.number)
        answer = await served.phone.incoming()
        await answer.reject(486)
        failed = await events.event("queue.offer_failed")
        assert failed["reason"] == "busy"
        answer = await served.phone.incoming()
        await answer.ring()
        missed = await events.event("queue.offer_failed", count=2)
        assert missed["reason"] == "no_answer"
        assert await answer.ended() == 487
        answer = await served.phone.incoming()
        await answer.ring()
        await call.hang_up()
        assert await answer.ended() == 487, "the caller gave up"
        await waiting(company, served.queue, 0)


async def test_leg_that_stands_on_the_other_node_takes_one_caller_after_another(town: Town) -> None:
    company = town.company
    async with told(company) as events:
        served = await town.served_by_201(standing=True)
        connection = await served.phone.incoming()
        await connection.answer()
        standing = await events.event("agent.standing_changed")
        for count in (1, 2):
            call = await served.carrier.dial(served.number)
            await call.answered()
            await events.event("queue.connected", count=count)
            talking = await status(company, served.agent, "on_contact")
            assert (talking["standing_leg_id"], talking["on_other_call"]) == (standing["leg_id"], False)
            await company.hear_each_other(call, connection)
            await call.hang_up()
            await status(company, served.agent, "available")
        last = await served.carrier.dial(served.number)
        await last.answered()
        await events.event("queue.connected", count=3)
        await company.hear_each_other(last, connection)
        await connection.hang_up()
        assert await last.ended() == 200
        await events.event("agent.standing_changed", count=2)
    assert (await status(company, served.agent, "paused"))["pause_reason"] == "disconnected"


async def test_agent_asks_somebody_of_that_node_while_a_supervisor_of_it_whispers(town: Town) -> None:
    company, served = town.company, await town.served_by_201()
    other, leads = await town.phone("202"), await town.phone("209")
    call, answer = await served.talks(company)
    mina = {**served.agent, "contact": (await status(company, served.agent, "on_contact"))["entry_id"]}
    asking = asyncio.create_task(supervises(company, mina["contact"], "whisper"))
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
    await town.routing_has_heard()
    call, answer = await company.connect(caller, moved, "102")
    await call.hang_up()
    assert await answer.ended() == 200
    away = await town.phone("103")
    call, answer = await company.connect(away, moved, "102")
    await answer.hang_up()
    assert await call.ended() == 200


async def test_agent_whose_node_is_lost_is_free_again(town: Town) -> None:
    company, served = town.company, await town.served_by_201()
    await served.talks(company)
    await town.second.kill_switch()
    await status(company, served.agent, "available")
    late = await served.carrier.dial(served.number)
    await late.answered()
    back = await company.phone("201")
    answer = await back.incoming()
    await answer.answer()
    await company.hear_each_other(late, answer)
    await town.second.start_switch()
