"""The music of who waits while the other leg holds, ended for certain when that one is taken back.

The switch queues the music for the other leg, which begins it five packets later (switch_ivr_async.c: lead-frames), and
in the first ten of a bridge only when it is no more on hold (switch_ivr_bridge.c: DEFAULT_LEAD_FRAMES, CF_SUSPEND). As
`uuid_hold off` stops only what plays already (switch_ivr.c: switch_ivr_unhold), music begun after it never ends: who
waited hears it instead of the call, and stays in it even when the other hangs up.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final, Protocol

from shared.esl import api_commands as api
from shared.esl.commands import ApiCommand
from shared.esl.errors import SwitchRefused

BEGINS_WITHIN_SECONDS: Final = 0.5
"""Five packets take 0.1 s; what has not begun by then is still queued."""
ENDS_WITHIN_SECONDS: Final = 1.0
"""What plays is left with the next packet, within 20 ms."""
_LOOK_SECONDS: Final = 0.02


class Asks(Protocol):
    """What is needed of the node."""

    async def api(self, command: ApiCommand) -> str: ...


class HoldMusic:
    """Which legs were put on hold a moment ago, so that the other's music may still be about to begin."""

    def __init__(self, node: Asks) -> None:
        self._node = node
        self._just_held: set[str] = set()

    def begins(self, leg_id: str) -> None:
        """A leg was put on hold."""
        self._just_held.add(leg_id)
        asyncio.get_running_loop().call_later(BEGINS_WITHIN_SECONDS, self._just_held.discard, leg_id)

    async def end(self, leg_id: str, other_leg_id: str) -> None:
        """Stop what the other leg hears, once it has begun or can begin no more; before `leg_id` is taken back."""
        async for plays in self._looks(other_leg_id):
            if plays or leg_id not in self._just_held:
                break
        try:
            async with asyncio.timeout(ENDS_WITHIN_SECONDS):
                await self._node.api(api.UuidBreak(other_leg_id, everything=True))
                async for plays in self._looks(other_leg_id):
                    if not plays:
                        return
                    # again: a break between the beginning of the application and that of the music is lost
                    await self._node.api(api.UuidBreak(other_leg_id, everything=True))
        except (SwitchRefused, TimeoutError):
            return  # it hung up meanwhile, or `uuid_hold off` has to end it

    async def _looks(self, leg_id: str) -> AsyncIterator[bool]:
        """Whether a leg hears something, again and again."""
        while True:
            yield await self._plays(leg_id)
            await asyncio.sleep(_LOOK_SECONDS)

    async def _plays(self, leg_id: str) -> bool:
        """Whether a leg runs what was broadcast to it (switch_ivr.c: switch_ivr_parse_event sets `current_loop`)."""
        try:
            return (await self._node.api(api.UuidGetVar(leg_id, "current_loop"))).strip() != "_undef_"
        except SwitchRefused:
            return False
