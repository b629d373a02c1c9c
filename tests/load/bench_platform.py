"""A platform to be measured: real switch, as many extensions as it takes."""

from __future__ import annotations

import asyncio
from pathlib import Path

from deploy.local.demo import DOMAIN
from deploy.local.switch import Raw, api
from tests.load.sipp import Pair
from tests.support.platform import LivePlatform

FIRST_CALLER, FIRST_CALLEE = 2000, 3000
AT_ONCE = 8


async def pairs(platform: LivePlatform, count: int) -> list[Pair]:
    """Make so many callers and callees in the demo tenant, each an extension with one device."""
    numbers = [str(first + i) for i in range(count) for first in (FIRST_CALLER, FIRST_CALLEE)]
    turns = asyncio.Semaphore(AT_ONCE)

    async def make(number: str) -> None:
        async with turns:
            await platform.extension(number)

    await asyncio.gather(*map(make, numbers))
    password = platform.secrets.demo_password
    return [Pair(caller, password, DOMAIN, callee) for caller, callee in zip(numbers[::2], numbers[1::2], strict=True)]


async def switch(platform: LivePlatform, words: str) -> str:
    """Say something to the switch."""
    return await api(platform.settings, platform.secrets, Raw(words))


def use_conf(platform: LivePlatform, conf: Path) -> None:
    """Let the switch, which does not run yet, read another configuration folder."""
    command = list(platform.platform.switch.command)
    command[command.index("-conf") + 1] = str(conf)
    platform.platform.switch.command = command
