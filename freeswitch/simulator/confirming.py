"""Whoever answers presses a key to be the winner (FreeSWITCH: switch_ivr_originate.c: collect_thread_run)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from freeswitch.simulator.session import Session


@dataclass
class Confirmation:
    """The key that is asked for.

    Args:
        prompt: played again and again, also after another key.
        seconds: how long whoever answered has; 0: as long as the attempt.
        told: called when a leg has confirmed.
    """

    key: str
    prompt: str
    seconds: float
    told: Callable[[], None]
    confirmed: set[str] = field(default_factory=set)
    _asking: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    @classmethod
    def of(cls, variables: Mapping[str, str], told: Callable[[], None]) -> Confirmation | None:
        """As the ``{}`` of a dial string say; none: an answer is enough."""
        key, prompt = variables.get("group_confirm_key"), variables.get("group_confirm_file")
        if not key or not prompt:
            return None
        return cls(key, prompt, float(variables.get("group_confirm_timeout") or 0), told)

    def is_given(self, session: Session) -> bool:
        """Whether the leg, which was answered, has confirmed; who was not asked yet is asked."""
        if session.uuid not in self._asking:
            asking = self._ask(session)
            self._asking[session.uuid] = asyncio.create_task(asking, name=f"confirm {session.uuid}")
        return session.uuid in self.confirmed

    async def _ask(self, session: Session) -> None:
        from freeswitch.simulator.apps.playing import Played, play  # applications originate, too

        session.held += 1
        if self.seconds:
            session.switch.clock.call_later(self.seconds, lambda: self._give_up(session))
        pressed: list[str] = []

        def stops(key: str) -> bool:
            pressed.append(key)
            return True

        try:
            while session.channel.ready and self.key not in pressed:
                if await play(session, self.prompt, stops) in {Played.NOT_FOUND, Played.LEFT}:
                    break
        finally:
            is_given = self.key in pressed and session.channel.ready
            session.channel.set("read_result", "success" if is_given else "failure")
            session.held -= 1
        if is_given:
            self.confirmed.add(session.uuid)
        session.poke()
        self.told()

    def _give_up(self, session: Session) -> None:
        if session.channel.up and session.uuid not in self.confirmed:
            session.hangup("ALLOTTED_TIMEOUT")
