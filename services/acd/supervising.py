"""Has a supervisor's phone called, or changes who hears it, and tells whoever asked how it went."""

from __future__ import annotations

import asyncio
from typing import Any, Final, Protocol
from uuid import UUID

from services.acd.consult_steps import Ask
from services.acd.floor import Floor
from services.acd.floor_changes import Supervise
from services.acd.reaching import RING_MARGIN_SECONDS, UNKNOWN, UNREACHABLE, Caller, NotCallable, Origin, Reaching
from shared.contracts.switch import Barge, Eavesdrop, SwitchReply
from shared.telephony.channel_variables import Value
from shared.telephony.destinations import Destination
from shared.telephony.queueing import MEDIA_TIMEOUT, SILENT_PHONE_MS

RING_SECONDS: Final = 20
OUTCOME_SECONDS: Final = RING_SECONDS + RING_MARGIN_SECONDS + 2.0
"""After that nobody knows any more how it went."""
ABOUT: Final[dict[str, Value]] = {MEDIA_TIMEOUT: SILENT_PHONE_MS}


class Floored(Protocol):
    """What is needed of an owner."""

    tenant_id: UUID

    @property
    def floor(self) -> Floor: ...

    def put(self, happening: Any) -> None: ...


class Supervising:
    """Commands to switches about supervisors.

    Args:
        reaching: knows how phones are called.
    """

    def __init__(self, ask: Ask, reaching: Reaching) -> None:
        self._ask = ask
        self._reaching = reaching
        self._expected: dict[UUID, asyncio.Future[str | None]] = {}

    def expect(self, asked: UUID) -> asyncio.Future[str | None]:
        """How what was asked went, once that is known: none if well, else why not; empty: not known."""
        expected: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._expected[asked] = expected
        expected.add_done_callback(lambda _: self._expected.pop(asked, None))  # also of who waits no longer
        return expected

    async def do(self, owner: Floored, action: Supervise) -> None:
        """Carry it out, tell the floor, then whoever waits."""
        failure: str | None = UNKNOWN
        try:
            failure = await (self._change(owner, action) if action.supervisor.joined else self._call(owner, action))
        finally:
            self._tell_floor(owner, action, failure)
            expected = self._expected.get(action.asked)
            if expected is not None and not expected.done():
                expected.set_result(failure)

    @staticmethod
    def _tell_floor(owner: Floored, action: Supervise, failure: str | None) -> None:
        leg_id = action.supervisor.leg_id
        if failure is None:
            owner.put(lambda now: owner.floor.supervises(leg_id, action.mode, now))
        else:
            owner.put(lambda now: owner.floor.supervisor_not_reached(leg_id, failure, now))

    async def _call(self, owner: Floored, action: Supervise) -> str | None:
        entry, phone = action.entry, Destination.parse(action.supervisor.phone)
        try:
            caller = Caller(entry.caller_number, entry.caller_name)
            origin = Origin(owner.tenant_id, entry.node_id or "", action.supervisor.leg_id)
            way = await self._reaching.way(origin, phone, caller, RING_SECONDS, ABOUT)
        except NotCallable as error:
            return error.cause
        command = Eavesdrop(
            node_id=entry.node_id,
            tenant_id=owner.tenant_id,
            leg_id=entry.agent_leg_id,
            supervisor_leg_id=action.supervisor.leg_id,
            dial_string=str(way.dial_string),
            mode=action.mode,
            caller_number=way.caller_number,
            caller_name=way.caller_name,
            ring_timeout_seconds=way.seconds,
        )
        return _failure(await self._ask(command, way.answer_seconds))

    async def _change(self, owner: Floored, action: Supervise) -> str | None:
        command = Barge(
            node_id=action.entry.node_id,
            tenant_id=owner.tenant_id,
            leg_id=action.supervisor.leg_id,
            other_leg_id=action.entry.agent_leg_id,
            mode=action.mode,
        )
        return _failure(await self._ask(command))


def _failure(reply: SwitchReply | None) -> str | None:
    if reply is None:
        return UNKNOWN
    if reply.ok:
        return None
    words = reply.detail.split() if reply.code == "refused" else [reply.code]
    return words[0] if words else UNREACHABLE
