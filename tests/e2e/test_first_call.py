"""A call through the whole platform, on both switches."""

import pytest

from deploy.local.first_call import RealPhones, SimulatedPhones, first_call

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_phone_calls_another_and_a_record_is_kept(live_platform):
    said = []
    settings, secrets = live_platform.settings, live_platform.secrets
    place = RealPhones(settings) if live_platform.real else SimulatedPhones(settings, secrets)
    record = await first_call(place, live_platform.client, live_platform.demo, said.append)
    assert (record["caller_number"], record["called_number"], record["answered_by"]) == ("101", "102", "102")
    assert (record["category"], record["hung_up_by"], record["leg_count"]) == ("answered", "caller", 2)
    assert record["talk_seconds"] > 0.5
    assert any("ringing" in step for step in said)
