"""A node on the bus that answers as switchlink would, without a switch: what acd costs, and nothing else.

Callers join when ``queue`` is called. An agent's phone rings at once and is answered after ``ANSWER_SECONDS``; the two
are joined as soon as that is asked for, talk for ``TALK_SECONDS``, and hang up.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson

from shared.bus.port import Bus, Subscription
from shared.contracts.calls import CallHungUp, CallQueued, CallRinging
from shared.contracts.nodes import NodeReported
from shared.contracts.switch import Bridge, HangUp, ListLegs, Originate, SetVariables, SwitchCommand, SwitchReply
from shared.telephony.ids import new_leg_id

NODE, CORE = "bench", "core"
ANSWER_SECONDS = 0.05
TALK_SECONDS = 2.0


@dataclass
class FakeSwitch:
    """See above. Times are of the monotonic clock."""

    bus: Bus
    tenant_id: UUID
    queued: dict[str, float] = field(default_factory=dict)
    """Caller's leg -> when it was told."""
    called: dict[str, float] = field(default_factory=dict)
    """Caller's leg -> when an agent was first called for it."""
    joined: dict[str, float] = field(default_factory=dict)
    """Caller's leg -> when it was joined with an agent."""
    _legs: dict[str, dict[str, Any]] = field(default_factory=dict)
    _subscriptions: list[Subscription] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self) -> None:
        """Report the node, and take commands."""
        await self.bus.publish_many([NodeReported(revision=time.time_ns(), node_id=NODE, core_id=CORE, state="up")])
        for command in (Originate, SetVariables, Bridge, HangUp, ListLegs):
            self._subscriptions.append(await self.bus.serve(command, self.handle, key=NODE, max_in_flight=10_000))

    async def stop(self) -> None:
        """Take no more."""
        for subscription in self._subscriptions:
            await subscription.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def queue(self, queue_id: UUID) -> None:
        """A caller begins to wait."""
        leg_id = str(new_leg_id())
        event = CallQueued(call_id=leg_id, queue_id=queue_id, turn=1, caller_number="+982122223333", **self._of(leg_id))
        self._legs[leg_id] = {
            "leg_id": leg_id, "call_id": leg_id, "tenant_id": str(self.tenant_id), "queue_id": str(queue_id),
            "queue_turn": 1, "queued_at": event.occurred_at.isoformat(),
        }  # fmt: skip
        self.queued[leg_id] = time.monotonic()
        await self.bus.publish_many([event])

    async def handle(self, command: SwitchCommand) -> SwitchReply:
        """Carry out a command."""
        match command:
            case Originate(leg_id=leg_id, call_id=call_id):
                self.called.setdefault(call_id, time.monotonic())
                about = {"call_id": call_id, "tenant_id": str(self.tenant_id), "agent_leg": True}
                self._legs[leg_id] = {"leg_id": leg_id, **about}
                await self.bus.publish_many([CallRinging(call_id=call_id, **self._of(leg_id))])
                await asyncio.sleep(ANSWER_SECONDS)
            case Bridge(leg_id=leg_id, other_leg_id=other):
                if leg_id not in self._legs or other not in self._legs:
                    return SwitchReply(ok=False, code="call_gone", node_id=NODE)
                self.joined.setdefault(leg_id, time.monotonic())
                self._legs[leg_id]["other_leg_id"], self._legs[other]["other_leg_id"] = other, leg_id
                self._later(self._talk(leg_id, other))
            case HangUp(leg_id=leg_id):
                self._later(self._end(leg_id))
            case ListLegs():
                return SwitchReply(node_id=NODE, result=orjson.dumps([*self._legs.values()]).decode())
        return SwitchReply(node_id=NODE)

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _talk(self, leg_id: str, other: str) -> None:
        await asyncio.sleep(TALK_SECONDS)
        await self._end(other)
        await self._end(leg_id)

    async def _end(self, leg_id: str) -> None:
        leg = self._legs.pop(leg_id, None)
        if leg is not None:
            ended = CallHungUp(call_id=leg["call_id"], cause="NORMAL_CLEARING", **self._of(leg_id))
            await self.bus.publish_many([ended])

    def _of(self, leg_id: str) -> dict[str, Any]:
        return {"tenant_id": self.tenant_id, "node_id": NODE, "core_id": CORE, "leg_id": leg_id}
