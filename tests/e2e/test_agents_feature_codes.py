"""Agents who sign in, pause and sign out by what they dial, on both switches."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.test_queues import agent, floor_has_read, queue, signed_in, status
from tests.support.call_flows import number_of, played
from tests.support.company import Company

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]


async def test_an_agents_day_by_feature_codes(company: Company) -> None:
    phone, other, (_, carrier) = await company.phone("201"), await company.phone("202"), await company.carrier()
    support = await queue(company, "support")
    mina = await agent(company, "201", support)
    await signed_in(company, mina)  # once the floor knows her
    await company.post("acd", f"/v1/agents/{mina['id']}/sign-out")

    async with played(company.platform) as sounds:

        async def dials(by: Any, code: str, said: str) -> None:
            call = await by.dial(code)
            assert await call.ended() == 200
            await sounds.sound(f"en/{said}")

        await dials(phone, "*50", "agent-signed-in")
        await status(company, mina, "available")
        await dials(phone, "*52", "agent-paused")
        await status(company, mina, "paused")
        await dials(phone, "*53", "agent-ready")
        await status(company, mina, "available")
        await dials(phone, "*51", "agent-signed-out")
        await status(company, mina, "offline")
        await dials(other, "*50", "agent-unknown")

        await company.change("acd", "PATCH", f"/v1/agents/{mina['id']}", {"standing": True})
        await floor_has_read(company)
        number = await number_of(company, "queue:support")
        connection = await phone.dial("*50")
        await connection.answered()
        await sounds.sound("en/agent-signed-in", count=2)
        caller = await carrier.dial(number)
        await caller.answered()
        await status(company, mina, "on_contact")
        await company.hear_each_other(caller, connection)
        await caller.hang_up()
        await status(company, mina, "available")
        await connection.hang_up()
        await status(company, mina, "paused")

    history = await company.client.get("acd", f"/v1/agents/{mina['id']}/history", tenant_id=company.tenant_id)
    by_code = [(one["status"], one["by"]) for one in reversed(history["items"]) if one["by"].startswith("feature")]
    assert by_code[:4] == [
        ("available", "feature_code:201"),
        ("paused", "feature_code:201"),
        ("available", "feature_code:201"),
        ("offline", "feature_code:201"),
    ]
