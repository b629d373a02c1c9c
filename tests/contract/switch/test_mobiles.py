"""An agent's mobile outside: whoever answers is connected once they press 1; a voicemail box never does."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.contract.switch.bench import GATEWAY, Bench
from tests.contract.switch.drivers import Call
from tests.contract.switch.scenes import Compare

pytestmark = pytest.mark.asyncio(loop_scope="session")

MOBILE = "989121234567"
PROMPT = "en/ivr-accept-call.wav"


async def called(bench: Bench, *, ring_seconds: int = 30, key_seconds: int = 10) -> tuple[Call, str]:
    """The mobile rings, called as an agent's phone; its leg is named by us."""
    carrier, leg = await bench.driver.carrier(), str(uuid4())
    confirm = f"group_confirm_key=1,group_confirm_file={PROMPT},group_confirm_timeout={key_seconds}"
    variables = f"origination_uuid={leg},seda_agent_leg=true,ignore_early_media=true,{confirm}"
    dial = f"{{{variables}}}[leg_timeout={ring_seconds}]sofia/gateway/{GATEWAY}/{MOBILE}"
    timeout = ring_seconds + key_seconds
    await bench.send(f"bgapi originate {dial} &park() XML default Seda 0212 {timeout}\nJob-UUID: offer")
    call = await carrier.incoming()
    await call.ring()
    await bench.event("CHANNEL_PROGRESS", leg)
    return call, leg


async def answered(bench: Bench, **about: int) -> tuple[Call, str]:
    """It was answered and is asked to press 1."""
    call, leg = await called(bench, **about)
    await call.answer()
    await bench.event("PLAYBACK_START", leg)
    return call, leg


async def test_mobile_presses_1(bench: Bench, compare: Compare) -> None:
    call, leg = await answered(bench)
    await call.dtmf("1")
    await bench.event("BACKGROUND_JOB", Job_UUID="offer")
    await bench.event("CHANNEL_PARK", leg)
    await bench.api(f"uuid_kill {leg} NORMAL_CLEARING")
    assert await call.ended() == 200
    await compare()


async def test_mobile_presses_another_key(bench: Bench, compare: Compare) -> None:
    """The question is asked again."""
    call, leg = await answered(bench)
    await call.dtmf("5")
    await bench.event("DTMF", leg)
    await call.dtmf("1")
    await bench.event("BACKGROUND_JOB", Job_UUID="offer")
    await bench.event("CHANNEL_PARK", leg)
    await bench.api(f"uuid_kill {leg} NORMAL_CLEARING")
    assert await call.ended() == 200
    await compare()


async def test_mobile_presses_nothing(bench: Bench, compare: Compare) -> None:
    """As a voicemail box: the leg ends, and the job says why."""
    call, _ = await answered(bench, key_seconds=2)
    await bench.event("BACKGROUND_JOB", Job_UUID="offer")
    assert await call.ended() == 200
    await compare()


async def test_mobile_hangs_up_while_asked(bench: Bench, compare: Compare) -> None:
    call, _ = await answered(bench)
    await call.hang_up()
    await bench.event("BACKGROUND_JOB", Job_UUID="offer")
    await compare()


async def test_mobile_is_not_answered(bench: Bench, compare: Compare) -> None:
    call, _ = await called(bench, ring_seconds=1)
    assert await call.ended() == 487
    await bench.event("BACKGROUND_JOB", Job_UUID="offer")
    await compare()
