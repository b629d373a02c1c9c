"""Hostile names, numbers and headers by SIP through the whole platform, on a real FreeSWITCH; refusals are counted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from freeswitch.phone import RegistrationRefusedError, SipPhone
from shared.telephony.safe_text import has_control_characters
from tests.support.company import PATIENCE_SECONDS, Company
from tests.support.waiting import eventually

pytestmark = [pytest.mark.freeswitch, pytest.mark.asyncio(loop_scope="session")]

VICTIM = "00000000-dead-4000-8000-000000000000"
NAMES = (
    f"Bob%0AUnique-ID%3A {VICTIM}%0Avariable_seda_tenant_id%3A {VICTIM}",
    "Bob%0A%0Aapi fsctl shutdown%0A%0A",
    "Bob%0D%0Abgapi hupall",
    "${api(hupall)}$${secret}%{x}",
    "' onclick=''",
    "}],[seda_tenant_id=0}sofia/phones/x^^:,|",
    '<action application="hangup"/>&amp;]]>',
    "<x-pre-process cmd=set data=x>",
    "\u2028\u202e\u0085Bob\ufeff",
    "سارا %D8%B3",
    "Bob%00%1B]0;owned%07%FF%FE",
)


@asynccontextmanager
async def events_of(company: Company, phone: SipPhone) -> AsyncIterator[list[dict[str, Any]]]:
    """What the tenant is told of its legs meanwhile; begins once a registration of `phone` is heard."""
    heard: list[dict[str, Any]] = []
    listening = asyncio.Event()

    async def follow() -> None:
        async for event in company.client.events("reporting", "/v1/events", tenant_id=company.tenant_id):
            listening.set()
            if event["type"].startswith("call.") and "leg_id" in event:
                heard.append(event)

    async def is_listening() -> bool:
        await phone.register()
        return listening.is_set()

    task = asyncio.create_task(follow())
    try:
        await eventually(is_listening, timeout=PATIENCE_SECONDS)
        yield heard
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def talk(alice: SipPhone, bob: SipPhone, **options: Any) -> str:
    """A whole call; what the callee was shown."""
    call = await alice.dial("202", **options)
    answer = await bob.incoming(PATIENCE_SECONDS)
    answer.answer()
    await call.answered(PATIENCE_SECONDS)
    await call.hang_up()
    await answer.ended(PATIENCE_SECONDS)
    return answer.caller_name


@pytest.mark.parametrize("name", NAMES)
async def test_a_callers_name_changes_nothing_of_the_call(real_company: Company, name: str) -> None:
    for number in ("201", "202"):
        await real_company.extension(number)
    alice, bob = await real_company.sip_phone("201"), await real_company.sip_phone("202")
    headers = (("X-seda_tenant_id", VICTIM), ("P-Asserted-Identity", f'"{name}" <sip:999@{real_company.domain}>'))

    async with events_of(real_company, bob) as heard:
        shown = await talk(alice, bob, display=name, headers=headers)
        record = await real_company.record(legs=2)
        ended = await eventually(lambda: two_hang_ups(heard), lambda events: len(events) == 2, timeout=PATIENCE_SECONDS)

    assert shown == "Extension 201"
    assert (record["caller_extension"], record["answered_by"], record["category"]) == ("201", "202", "answered")
    legs = {leg["leg_id"] for leg in record["legs"]}
    assert {event["leg_id"] for event in ended} == {event["leg_id"] for event in heard} == legs
    assert {event["call_id"] for event in heard} == {record["call_id"]}
    assert {event["tenant_id"] for event in heard} == {real_company.tenant_id}
    assert VICTIM not in str([leg["leg_id"] for leg in record["legs"]])
    names = [record["caller_name"], *(event.get("caller_name", "") for event in heard)]
    assert not [name for name in names if has_control_characters(name)]


async def two_hang_ups(heard: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [event for event in heard if event["type"] == "call.hung_up"]


@pytest.mark.parametrize(
    "number", ["202%0A", "202%0d%0aX-Evil:1", "${api(hupall)}", "202'", "202}", "seda-next", "202;x=1"]
)
async def test_a_number_with_more_than_digits_rings_nobody(real_company: Company, number: str) -> None:
    for extension in ("201", "202"):
        await real_company.extension(extension)
    alice, bob = await real_company.sip_phone("201"), await real_company.sip_phone("202")

    call = await alice.dial(f"sip:{number}@{real_company.domain}")

    assert (await call.ended(PATIENCE_SECONDS)).status in {400, 403, 404, 484}
    assert not bob.is_called


async def test_refused_sign_ins_are_counted(real_company: Company) -> None:
    await real_company.extension("201")
    await real_company.extension("202")
    domain = real_company.domain
    good = await real_company.sip_phone("201")
    strangers = [
        await real_company.sip_phone("201", password="wrong", registered=False),
        await real_company.sip_phone("299", registered=False),
        await real_company.sip_phone("201", domain=f"not-{domain}", registered=False),
    ]
    before = await refusals(real_company)

    for stranger in strangers:
        with pytest.raises(RegistrationRefusedError, match="403"):
            await stranger.register()
    await eventually(
        lambda: refusals(real_company), lambda count: count - before >= len(strangers), timeout=PATIENCE_SECONDS
    )

    counted = await refusals(real_company)
    thief = await real_company.sip_phone("201", registered=False, password="not known")
    assert good.last_authorization is not None
    with pytest.raises(RegistrationRefusedError):
        await thief.register(headers=(good.last_authorization,))
    await eventually(lambda: refusals(real_company), lambda count: count > counted, timeout=PATIENCE_SECONDS)

    counted = await refusals(real_company)
    call = await strangers[0].dial("202")
    assert (await call.ended(PATIENCE_SECONDS)).status == 403
    await eventually(lambda: refusals(real_company), lambda count: count > counted, timeout=PATIENCE_SECONDS)
    assert await real_company.records() == []


async def refusals(company: Company) -> float:
    """What the node's switchlink has counted."""
    url = company.platform.settings.url("switchlink") + "/metrics"
    async with httpx.AsyncClient(trust_env=False) as client:
        lines = (await client.get(url)).text.splitlines()
    return sum(
        float(line.split()[-1]) for line in lines if line.startswith("seda_switchlink_registrations_refused_total")
    )
