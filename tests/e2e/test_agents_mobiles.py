"""Agents who take callers on a mobile outside, on both switches."""

from __future__ import annotations

import pytest

from tests.e2e.test_queues import agent, queue, signed_in, status, waiting
from tests.support.call_flows import number_of, played, told
from tests.support.company import Company

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]

MOBILE = "external:+989121234567"


async def test_a_mobile_takes_the_caller_once_1_is_pressed_and_a_voicemail_box_never_does(company: Company) -> None:
    alice, (trunk, carrier) = await company.phone("201"), await company.carrier()
    support = await queue(company, "support", max_missed=2)
    sara = await agent(company, "900", support, phone=MOBILE)
    await signed_in(company, sara)
    number = await number_of(company, "queue:support")

    async with told(company) as events, played(company.platform) as sounds:
        call = await alice.dial(number)
        voicemail = await carrier.incoming()
        await voicemail.answer()
        await sounds.sound("ivr-accept-call")
        await voicemail.hang_up()  # it heard nothing but the question, and nobody pressed 1
        failed = await events.event("queue.offer_failed")
        assert (failed["agent_id"], failed["reason"]) == (sara["id"], "rejected")
        kept = await waiting(company, support, 1)

        answer = await carrier.incoming()
        await answer.ring()
        missed = await status(company, sara, "ringing")
        await answer.answer()
        await sounds.sound("ivr-accept-call", count=2)
        await answer.dtmf("1")
        talking = await status(company, sara, "on_contact")
        await company.hear_each_other(call, answer)
        await answer.hang_up()
        assert await call.ended() == 200
        left = await events.event("queue.left", outcome="answered")

    assert (missed["missed"], talking["missed"]) == (1, 0)
    assert kept[0]["entry_id"] == left["entry_id"] == talking["entry_id"]
    legs = (await company.record(legs=3))["legs"]
    assert [leg["trunk_id"] for leg in legs if leg["trunk_id"]] == [trunk, trunk]
