"""What callers in a queue notice when parts of the platform die, on a real FreeSWITCH: music, and their place kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from tests.e2e.test_faults import still_talking
from tests.e2e.test_queues import agent, queue, signed_in, status, waiting
from tests.support.call_flows import told
from tests.support.company import PATIENCE_SECONDS, Company
from tests.support.platform import LivePlatform

pytestmark = [pytest.mark.freeswitch, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

CALLERS = 20
WAY_IN = "206"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LivePlatform]:
    """A platform of this module's own: its parts are killed."""
    async with LivePlatform(tmp_path_factory.mktemp("queue-faults"), real=True) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def company(platform: LivePlatform) -> AsyncIterator[Company]:
    """A tenant whose extension 206 leads into its queue."""
    async with AsyncExitStack() as stack:
        opened = Company(platform, stack)
        await opened.open()
        for number in ("201", "202", WAY_IN):
            await opened.extension(number)
        yield opened


@pytest.mark.parametrize("part", ["acd", "postgres", "nats", "switchlink"])
async def test_who_waits_hears_music_and_keeps_the_place_while_a_part_is_killed(company: Company, part: str) -> None:
    support = await queue(company, "support")
    mina = await agent(company, "201", support)
    await company.forwarding(WAY_IN, always="queue:support")
    await signed_in(company, mina)
    await company.post("acd", f"/v1/agents/{mina['id']}/pause", {"reason": "lunch"})
    caller, phone = await company.sip_phone("202"), await company.sip_phone("201")
    calls = []
    for _ in range(CALLERS):
        calls.append(await caller.dial(WAY_IN))
        await calls[-1].answered(PATIENCE_SECONDS)
    before = [one["entry_id"] for one in await waiting(company, support, CALLERS)]

    await company.platform.kill(part)
    await still_talking(*calls)  # with the music
    await company.platform.start_again(part)
    await still_talking(*calls)  # with the music

    after = await waiting(company, support, CALLERS)
    assert [one["entry_id"] for one in after] == before
    assert [one["position"] for one in after] == list(range(1, CALLERS + 1))
    await company.post("acd", f"/v1/agents/{mina['id']}/unpause")
    answer = await phone.incoming(PATIENCE_SECONDS)
    answer.answer()
    async with asyncio.timeout(PATIENCE_SECONDS):
        await answer.stream.heard(packets=answer.rtp_received + 10)
    talking = await waiting(company, support, CALLERS - 1)
    assert [one["entry_id"] for one in talking] == before[1:], "who came first is served first"
    await asyncio.gather(*(call.hang_up() for call in calls))
    await waiting(company, support, 0)


async def test_an_agents_standing_connection_outlives_the_owner_of_the_floor(company: Company) -> None:
    support = await queue(company, "support")
    mina = await agent(company, "201", support, standing=True)
    await company.forwarding(WAY_IN, always="queue:support")
    caller, phone = await company.sip_phone("202"), await company.sip_phone("201")
    await signed_in(company, mina)
    connection = await phone.incoming(PATIENCE_SECONDS)
    connection.answer()
    first = await caller.dial(WAY_IN)
    await first.answered(PATIENCE_SECONDS)
    talking = await status(company, mina, "on_contact")

    await company.platform.kill("acd")
    await still_talking(first, connection)
    await company.platform.start_again("acd")
    await waiting(company, support, 0)  # once it answers
    await first.hang_up()
    after = await status(company, mina, "available")
    assert after["standing_leg_id"] == talking["standing_leg_id"]
    second = await caller.dial(WAY_IN)
    await second.answered(PATIENCE_SECONDS)
    assert (await status(company, mina, "on_contact"))["calls"] == 2
    await still_talking(second, connection)
    await second.hang_up()
    await company.post("acd", f"/v1/agents/{mina['id']}/sign-out")
    await connection.ended(PATIENCE_SECONDS)


async def test_callers_and_agents_of_a_killed_switch_are_let_go_within_ten_seconds(company: Company) -> None:
    """One caller talks, another waits: both are told of as `switch_lost`, and the agent is free for whoever comes."""
    support = await queue(company, "support", wrap_up_seconds=600)
    mina = await agent(company, "201", support)
    await company.forwarding(WAY_IN, always="queue:support")
    await signed_in(company, mina)
    caller, phone = await company.sip_phone("202"), await company.sip_phone("201")
    await caller.dial(WAY_IN)
    (await phone.incoming(PATIENCE_SECONDS)).answer()
    await status(company, mina, "on_contact")
    second = await caller.dial(WAY_IN)
    await second.answered(PATIENCE_SECONDS)
    await waiting(company, support, 1)
    async with told(company) as events:
        await company.platform.kill("switch")
        try:
            async with asyncio.timeout(10):
                left = await events.event("queue.left", outcome="switch_lost")
                ended = await events.event("queue.contact_ended", ended="switch_lost")
                free = await events.event("agent.status_changed", status="available", reason="node_lost")
        finally:
            await company.platform.start_again("switch")
    assert left["entry_id"] != ended["entry_id"]
    assert free["agent_id"] == ended["agent_id"] == mina["id"]
    await waiting(company, support, 0)
