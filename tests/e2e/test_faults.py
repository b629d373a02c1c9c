"""`kill -9` of every part in turn during steady calls on a real FreeSWITCH; each is started again at once.

What must hold: no established call drops; calls placed meanwhile work or fail cleanly; the rest recovers by itself
within ten seconds; every call has exactly one record. The ten seconds run from the kill, so the start of the killed
process is among them; what that process waits for a core that other programs have does not count.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import pytest_asyncio

from deploy.local.platform import SERVICES
from freeswitch.phone import IncomingCall, OutgoingCall
from shared.http.client import ApiProblem, ServiceAway
from tests.support.company import PATIENCE_SECONDS, Company
from tests.support.platform import LivePlatform
from tests.support.steady_calls import Placed, SteadyCalls, place_call
from tests.support.waiting import eventually

pytestmark = [pytest.mark.freeswitch, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

RECOVERED_WITHIN_SECONDS = 10.0
BEFORE_THE_DIALPLAN = {403, 503}
"""Refusals that leave no record: no call was begun."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LivePlatform]:
    """A platform of this module's own: it is broken in every way."""
    async with LivePlatform(tmp_path_factory.mktemp("faults"), real=True) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def company(platform: LivePlatform) -> AsyncIterator[Company]:
    """A tenant with six extensions."""
    async with AsyncExitStack() as stack:
        opened = Company(platform, stack)
        await opened.open()
        for number in ("201", "202", "203", "204", "205", "206"):
            await opened.extension(number)
        yield opened


async def established(company: Company, caller: str, callee: str) -> tuple[OutgoingCall, IncomingCall]:
    """A call that is up, with voice both ways."""
    alice, bob = await company.sip_phone(caller), await company.sip_phone(callee)
    call = await alice.dial(callee, display=f"{caller} stays")
    answer = await bob.incoming(PATIENCE_SECONDS)
    answer.answer()
    await call.answered(PATIENCE_SECONDS)
    await still_talking(call, answer)
    return call, answer


async def still_talking(*calls: OutgoingCall | IncomingCall) -> None:
    """None of the calls dropped: each gets fresh voice."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        for call in calls:
            await call.stream.heard(packets=call.rtp_received + 25)
            assert call.established


async def steady(company: Company) -> SteadyCalls:
    """Two pairs of phones."""
    phones = [await company.sip_phone(number) for number in ("203", "204", "205", "206")]
    return SteadyCalls((phones[0], phones[1]), (phones[2], phones[3]))


async def records(company: Company) -> list[dict[str, Any]]:
    """What is recorded; nothing while a service is away."""
    try:
        return await company.records()
    except (ServiceAway, ApiProblem):
        return []


async def all_are_ready(platform: LivePlatform) -> bool:
    """Whether every service says that it is."""
    return all(await asyncio.gather(*(service.ready() for service in platform.platform.services)))


async def recovered(company: Company, calls: SteadyCalls, since: float) -> float:
    """Seconds until a call placed after `since` worked, its record is there, and every service is ready."""
    working = {call.name for call in await calls.some(1, since=since)}

    async def look() -> bool:
        seen = {record["caller_name"] for record in await records(company)}
        return bool(seen & working) and await all_are_ready(company.platform)

    await eventually(look, timeout=4 * PATIENCE_SECONDS)
    return time.monotonic() - since


async def every_call_has_one_record(company: Company, calls: list[Placed], *more: str) -> None:
    """One record for each call that was talked, at most one for one that was refused, none without a call."""
    talked = {call.name for call in calls if call.talked} | set(more)
    begun = talked | {call.name for call in calls if call.status not in BEFORE_THE_DIALPLAN}

    async def look() -> list[dict[str, Any]]:
        return await records(company)

    def complete(found: list[dict[str, Any]]) -> bool:
        whole = {record["caller_name"] for record in found if record["leg_count"] == 2}
        return talked <= whole and begun <= {record["caller_name"] for record in found}

    found = await eventually(look, complete, timeout=PATIENCE_SECONDS)
    names = [record["caller_name"] for record in found]
    assert len(names) == len(set(names)), "a call has two records"
    assert set(names) <= {call.name for call in calls} | set(more), "a record without a call"
    for record in found:
        path = f"/v1/call-records/{record['call_id']}"
        legs = (await company.client.get("reporting", path, tenant_id=company.tenant_id))["legs"]
        assert not [leg for leg in legs if leg["synthetic"]], record
        if record["caller_name"] in talked:
            assert [leg["extension"] for leg in legs] == [record["caller_number"], record["called_number"]]
            assert record["category"] == "answered"


def waited_for_a_core(platform: LivePlatform, part: str) -> float:
    """Seconds in which a service could have run and other programs did (Linux: second word of schedstat)."""
    if part not in SERVICES:
        return 0.0
    process = platform.process(part).process
    assert process is not None
    return int(Path(f"/proc/{process.pid}/schedstat").read_text().split()[1]) / 1e9


@pytest.mark.parametrize("part", [*SERVICES, "postgres", "nats"])
async def test_calls_go_on_while_a_part_is_killed(company: Company, part: str) -> None:
    call, answer = await established(company, "201", "202")
    async with await steady(company) as calls:
        killed_at = time.monotonic()
        await company.platform.kill(part)
        await company.platform.start_again(part)
        seconds = await recovered(company, calls, killed_at)
        waited = waited_for_a_core(company.platform, part)
        await still_talking(call, answer)
        after = await calls.some(4, since=time.monotonic())
        placed = await calls.stop()

    refused = [str(one) for one in placed if not one.talked]
    print(f"{part}: recovered in {seconds:.1f} s, {waited:.1f} s of them without a core; refused meanwhile: {refused}")
    assert not [one for one in placed if one.status == 0], "a call hung in the air"
    assert not [one for one in placed if not one.talked and one.began >= after[0].began], "a call failed afterwards"
    await call.hang_up()
    assert (await answer.ended(PATIENCE_SECONDS)).by == "remote"
    await every_call_has_one_record(company, placed, "201 stays")
    assert seconds - waited <= RECOVERED_WITHIN_SECONDS


async def test_everything_but_the_switch_is_killed_at_once(company: Company) -> None:
    call, answer = await established(company, "201", "202")
    parts = (*SERVICES, "nats", "postgres")
    async with await steady(company) as calls:
        killed_at = time.monotonic()
        await asyncio.gather(*(company.platform.kill(part) for part in parts))
        await asyncio.gather(*(company.platform.start_again(part) for part in parts))
        await recovered(company, calls, killed_at)
        await still_talking(call, answer)
        await calls.some(4, since=time.monotonic())
        placed = await calls.stop()

    assert not [one for one in placed if one.status == 0], "a call hung in the air"
    await call.hang_up()
    await every_call_has_one_record(company, placed, "201 stays")


async def test_calls_that_end_while_switchlink_is_away(company: Company) -> None:
    """Their records wait in the spool, and what was known to be open is closed."""
    ended, bobs = await established(company, "201", "202")
    stays, carols = await established(company, "203", "204")
    await company.platform.kill("switchlink")

    await ended.hang_up()
    assert (await bobs.ended()).by == "remote"
    alice, bob = await company.sip_phone("205"), await company.sip_phone("206")
    unseen = await place_call(alice, bob)
    assert unseen.talked
    await company.platform.start_again("switchlink")

    await every_call_has_one_record(company, [unseen], "201 stays")
    await still_talking(stays, carols)
    live = await eventually(lambda: live_calls(company), lambda calls: len(calls) == 1, timeout=PATIENCE_SECONDS)
    assert {leg["extension"] for leg in live[0]["legs"]} == {"203", "204"}
    await stays.hang_up()
    await every_call_has_one_record(company, [unseen], "201 stays", "203 stays")
    await eventually(lambda: open_legs(company), lambda legs: legs == 0, timeout=PATIENCE_SECONDS)


async def live_calls(company: Company) -> list[dict[str, Any]]:
    """Calls that are up; nothing while that cannot be told."""
    try:
        return await company.live()
    except (ServiceAway, ApiProblem):
        return []


async def open_legs(company: Company) -> int:
    """Legs of the tenant that reporting believes to be up."""
    url = company.platform.platform.postgres.url("seda_admin")
    async with await psycopg.AsyncConnection.connect(url) as connection:
        found = await connection.execute(
            "SELECT count(*) FROM reporting.open_legs WHERE tenant_id = %s", [company.tenant_id]
        )
        return int((await found.fetchone() or (0,))[0])


@pytest.mark.parametrize("how", ["stays away", "comes back at once", "comes back while switchlink is away"])
async def test_killed_switch_loses_its_calls_honestly(company: Company, how: str) -> None:
    """Also when nobody was there to see it: the next switchlink finds another life of the switch."""
    call, answer = await established(company, "201", "202")
    alice, bob = await company.sip_phone("203"), await company.sip_phone("204")
    before = await place_call(alice, bob)
    await eventually(lambda: open_legs(company), lambda legs: legs == 2, timeout=PATIENCE_SECONDS)
    platform = company.platform
    if how == "comes back while switchlink is away":
        await platform.kill("switchlink")

    killed_at = datetime.now(UTC)
    await platform.kill("switch")
    if how != "stays away":
        await platform.start_again("switch")
    if how == "comes back while switchlink is away":
        await platform.start_again("switchlink")

    async def lost() -> list[dict[str, Any]]:
        return [record for record in await records(company) if record["cause"] == "switch_lost"]

    [record] = await eventually(lost, timeout=PATIENCE_SECONDS)
    assert (record["caller_name"], record["leg_count"], record["category"]) == ("201 stays", 2, "switch_lost")
    if how == "stays away":
        assert datetime.fromisoformat(record["ended_at"]) - killed_at <= timedelta(seconds=RECOVERED_WITHIN_SECONDS)
        await platform.start_again("switch")
    call.lose()
    answer.lose()

    after = await eventually(lambda: place_call(alice, bob), lambda placed: placed.talked, timeout=2 * PATIENCE_SECONDS)
    found = await eventually(lambda: names(company), lambda seen: after.name in seen, timeout=PATIENCE_SECONDS)
    assert found.count("201 stays") == found.count(before.name) == found.count(after.name) == 1
    await eventually(lambda: open_legs(company), lambda legs: legs == 0, timeout=PATIENCE_SECONDS)


async def names(company: Company) -> list[str]:
    """Whose calls are recorded."""
    return [record["caller_name"] for record in await records(company)]
