"""A supervisor joins a contact over REST, on both switches."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from shared.http.client import ApiProblem
from tests.contract.switch.drivers import Call
from tests.e2e.test_queue_consults import asked, does
from tests.e2e.test_queue_contacts import talking
from tests.e2e.test_queues import agent, queue, signed_in, status
from tests.support.call_flows import number_of, once_known, told
from tests.support.company import PATIENCE_SECONDS, Company

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]

VOICE_PACKETS = 25
"""Half a second."""


async def supervises(company: Company, contact: str, mode: str) -> dict[str, Any]:
    """Ask for a mode; the supervisor, as shown."""
    body = {"mode": mode, "phone": "extension:209"}
    [shown] = (await once_known(company, f"/v1/contacts/{contact}/supervise", body, "acd"))["supervisors"]
    return dict(shown)


async def joined(company: Company, contact: str, mode: str) -> Call:
    """The supervisor's call, once it is answered and hears."""
    phone = await company.phone("209")
    asking = asyncio.create_task(supervises(company, contact, mode))
    taken = await phone.incoming()
    await taken.ring()
    await taken.answer()
    shown = await asking
    assert (shown["mode"], shown["joined"], shown["phone"]) == (mode, True, "extension:209")
    return taken


async def hear(company: Company, speaker: Call, hears: list[Call], silent: list[Call]) -> None:
    """Who speaks is heard by these, and by nobody else. Simulated calls have no sound."""
    if not company.platform.real:
        return
    streams = {call: call._call.stream for call in (speaker, *hears, *silent)}  # type: ignore[attr-defined]
    streams[speaker].tone_hz = 440
    async with asyncio.timeout(PATIENCE_SECONDS):
        for call in silent:  # what was said before has been heard by then
            await streams[call].heard(packets=streams[call].counters.received + VOICE_PACKETS)
        before = {call: streams[call].counters.received_voice for call in (*hears, *silent)}
        for call in hears:
            await streams[call].heard(voice_packets=before[call] + VOICE_PACKETS)
        for call in silent:
            await streams[call].heard(packets=streams[call].counters.received + VOICE_PACKETS)
    assert all(streams[call].counters.received_voice == before[call] for call in silent)
    streams[speaker].tone_hz = None


async def ends(company: Company, contact: str) -> None:
    await company.change("acd", "DELETE", f"/v1/contacts/{contact}/supervise")


async def test_supervisor_listens_whispers_barges_and_leaves(company: Company) -> None:
    _, mina, call, answer = await talking(company)
    contact = mina["contact"]
    async with told(company) as events:
        taken = await joined(company, contact, "listen")
        listens = await events.event("queue.contact_supervised", state="joined")
        assert (listens["mode"], listens["agent_id"]) == ("listen", mina["id"])
        await hear(company, call, [answer, taken], [])
        await hear(company, answer, [call, taken], [])
        await hear(company, taken, [], [call, answer])
        assert (await supervises(company, contact, "whisper"))["mode"] == "whisper"
        await hear(company, taken, [answer], [call])
        await hear(company, call, [answer, taken], [])
        assert (await supervises(company, contact, "barge"))["mode"] == "barge"
        await hear(company, taken, [answer, call], [])
        assert (await supervises(company, contact, "listen"))["mode"] == "listen"
        await hear(company, taken, [], [call, answer])
        await ends(company, contact)
        assert await taken.ended() == 200
        over = await events.event("queue.contact_supervised", state="ended")
        assert over["supervisor_leg_id"] == listens["supervisor_leg_id"]
        changed = events.of("queue.contact_supervised", state="changed")
        assert [event["mode"] for event in changed] == ["whisper", "barge", "listen"]
    await company.hear_each_other(call, answer)
    with pytest.raises(ApiProblem) as none:
        await ends(company, contact)
    assert none.value.status == 409
    again = await joined(company, contact, "whisper")
    await hear(company, again, [answer], [call])
    await call.hang_up()
    assert await answer.ended() == 200
    assert await again.ended() == 200, "the contact's end is the supervisor's"
    with pytest.raises(ApiProblem) as gone:
        await supervises(company, contact, "listen")
    assert gone.value.status == 410


async def test_who_declines_does_not_listen_and_the_two_talk_on(company: Company) -> None:
    _, mina, call, answer = await talking(company)
    phone = await company.phone("209")
    asking = asyncio.create_task(supervises(company, mina["contact"], "barge"))
    rung = await phone.incoming()
    await rung.reject(486)
    with pytest.raises(ApiProblem) as refused:
        await asking
    assert (refused.value.status, refused.value.code) == (409, "phone_not_reached")
    await company.hear_each_other(call, answer)
    taken = await joined(company, mina["contact"], "listen")
    await taken.hang_up()
    await call.hang_up()
    assert await answer.ended() == 200


async def test_supervisor_stays_while_the_agent_asks_somebody_and_ends_with_the_contact(company: Company) -> None:
    _, mina, call, answer = await talking(company)
    taken = await joined(company, mina["contact"], "whisper")
    third = await asked(company, mina, "extension:202", "202")
    await hear(company, taken, [answer], [third])
    await hear(company, third, [answer, taken], [])
    await does(company, mina, "consult/complete")
    assert await answer.ended() == 200
    assert await taken.ended() == 200
    await company.hear_each_other(call, third)
    await call.hang_up()
    assert await third.ended() == 200


async def test_on_a_standing_connection_the_supervisor_ends_with_each_contact(company: Company) -> None:
    phone, (_, carrier) = await company.phone("201"), await company.carrier()
    support = await queue(company, "support")
    mina = await agent(company, "201", support, standing=True)
    number = await number_of(company, "queue:support")
    async with told(company) as events:
        await signed_in(company, mina)
        connection = await phone.incoming()
        await connection.answer()
        await events.event("agent.standing_changed")
        for _ in range(2):
            call = await carrier.dial(number)
            await call.answered()
            talks = await status(company, mina, "on_contact")
            await company.hear_each_other(call, connection)
            taken = await joined(company, talks["entry_id"], "whisper")
            await hear(company, taken, [connection], [call])
            await call.hang_up()
            assert await taken.ended() == 200
            await status(company, mina, "available")
    await company.post("acd", f"/v1/agents/{mina['id']}/sign-out")
    assert await connection.ended() == 200
