"""Commands of the bus about a tenant's floor, carried out by its owner: in its order, and answered once stored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

import orjson

from services.acd.domain.agent_events import (
    Event,
    ForceAvailable,
    ForcePause,
    ForceSignOut,
    Pause,
    SignIn,
    SignOut,
    Unpause,
    WrapUpExtended,
    WrapUpSkipped,
)
from services.acd.floor import Floor, Unknown
from services.acd.floor_contacts import Over
from services.acd.records import Entry
from services.acd.supervising import OUTCOME_SECONDS, Supervising
from services.acd.views import caller_view, floor_view, state_view
from shared.contracts.acd import ChangeAgent, ChangeAgentAtPhone, ChangeContact, ChangeWaiting, FloorReply, ShowFloor
from shared.contracts.message import Command
from shared.runtime.logs import get_logger
from shared.telephony.destinations import Destination, DestinationKind

log = get_logger(__name__)

ANSWER_SECONDS = 5.0
UNNAMED_PAUSE = "pause"
ENDED: Final = "call_gone"
"""What the switch says of a leg that has ended."""
NEWS_SECONDS = 2.0
"""How much later than the switch's answer the event of that end may come."""
NEWS_LOOK_SECONDS = 0.02


class Floored(Protocol):
    """What is needed of an owner."""

    tenant_id: UUID

    @property
    def floor(self) -> Floor: ...

    def put(self, happening: Any) -> None: ...

    def after_save(self, done: Callable[[], None]) -> None: ...

    def has_extension(self, number: str) -> bool: ...


class Commands:
    """Carries out every command of ``shared.contracts.acd``."""

    def __init__(self, owner: Floored, supervising: Supervising) -> None:
        self._owner = owner
        self._supervising = supervising

    async def carry_out(self, command: Command) -> FloorReply:
        """The reply, once what changed is in the tables; to who supervises, once the phone was answered, or was not."""
        if not isinstance(command, ChangeContact) or command.action != "supervise":
            return await self._taken_in(command, lambda now: self._change(command, now))
        went = self._supervising.expect(command.message_id)
        try:
            reply = await self._taken_in(command, lambda now: self._change(command, now))
            return await self._supervised(command, went) if reply.ok else reply
        finally:
            went.cancel()

    async def _supervised(self, command: ChangeContact, went: asyncio.Future[str | None]) -> FloorReply:
        try:
            failure = await asyncio.wait_for(went, OUTCOME_SECONDS)
        except TimeoutError:
            failure = ""
        if failure == ENDED and await self._contact_ends(command):
            return OVER
        if failure is not None:
            return FloorReply(ok=False, code="not_reached", detail=failure or "it is not known why")
        return await self._taken_in(command, lambda now: _contact_shown(self._owner.floor, command.entry_id, now))

    async def _contact_ends(self, command: ChangeContact) -> bool:
        """Whether a leg is gone because the contact is over, which is being told; else it was the supervisor's own."""
        for _ in range(round(NEWS_SECONDS / NEWS_LOOK_SECONDS)):
            try:
                self._owner.floor.contact(command.entry_id)
            except (Over, ValueError):
                return True
            await asyncio.sleep(NEWS_LOOK_SECONDS)
        return False

    async def _taken_in(self, command: Command, change: Callable[[datetime], FloorReply]) -> FloorReply:
        """The reply to a change, once that is in the tables."""
        answer: asyncio.Future[FloorReply] = asyncio.get_running_loop().create_future()

        def happen(now: datetime) -> None:
            try:
                reply = change(now)
            except Exception:
                log.exception("a command failed", command=command.name)
                reply = FloorReply(ok=False, code="internal", detail="the command failed")

            def settle() -> None:
                if not answer.done():
                    answer.set_result(reply)

            self._owner.after_save(settle)

        self._owner.put(happen)
        try:
            return await asyncio.wait_for(answer, ANSWER_SECONDS)
        except TimeoutError:
            return FloorReply(ok=False, code="not_ready", detail="the database is away")

    def _change(self, command: Command, now: datetime) -> FloorReply:
        floor = self._owner.floor
        try:
            match command:
                case ChangeAgent() | ChangeAgentAtPhone():
                    return _shown(change_agent(floor, command, now))
                case ChangeWaiting():
                    entry = self._change_waiting(floor, command, now)
                    return _shown(caller_view(entry, now, floor.position(entry.id)))
                case ChangeContact():
                    return self._change_contact(floor, command, now)
                case ShowFloor():
                    if command.queue_id is not None and not floor.has_queue(command.queue_id):
                        raise Unknown("no such queue")
                    return _shown(floor_view(floor, command.queue_id, now))
        except (Unknown, Over, ValueError) as error:  # an IllegalChange is a ValueError
            code = (
                "not_found" if isinstance(error, Unknown) else "gone" if isinstance(error, Over) else "illegal_change"
            )
            return FloorReply(ok=False, code=code, detail=str(error))
        return FloorReply(ok=False, code="not_found", detail="no such command")

    def _change_contact(self, floor: Floor, command: ChangeContact, now: datetime) -> FloorReply:
        if not self._is_somewhere(command.destination):
            return FloorReply(ok=False, code="destination_unknown", detail=f"no {command.destination}")
        entry = change_contact(floor, command, now)
        return _shown(caller_view(entry, now, floor.position(entry.id)))

    def _is_somewhere(self, destination: str | None) -> bool:
        """Whether there is such an extension; routing alone knows of the rest, and says so to the caller."""
        kind, _, target = (destination or "").partition(":")
        return kind != DestinationKind.EXTENSION or self._owner.has_extension(target)

    @staticmethod
    def _change_waiting(floor: Floor, command: ChangeWaiting, now: datetime) -> Entry:
        match command.action:
            case "move":
                if command.queue_id is None:
                    raise ValueError("a move names the queue")
                return floor.move(command.entry_id, command.queue_id, now, command.by)
            case "prioritise":
                if command.priority is None:
                    raise ValueError("a priority is missing")
                return floor.prioritise(command.entry_id, command.priority, command.by)
            case "front":
                return floor.to_front(command.entry_id, command.by)
            case "cancel_callback":
                return floor.cancel_callback(command.entry_id, now)
            case "send":
                return floor.send(command.entry_id, Destination.parse(command.destination or ""), now, command.by)


OVER: Final = FloorReply(ok=False, code="gone", detail="the contact has ended meanwhile")
SIMPLE: Final = {
    "put_back": "put_back",
    "end": "end",
    "complete": "complete_consult",
    "swap": "swap",
    "conference": "conference",
    "cancel": "cancel_consult",
}
"""What needs nothing but the contact, and who does it."""


def change_contact(floor: Floor, command: ChangeContact, now: datetime) -> Entry:
    """Do with a contact what is asked. Raises Unknown, Over, ValueError."""
    mine: dict[str, Any] = {"agent_id": command.agent_id}
    match command.action:
        case ("transfer" | "consult") as what if command.to_agent_id is not None:
            to_agent = floor.transfer_to_agent if what == "transfer" else floor.consult_agent
            return to_agent(command.entry_id, command.to_agent_id, now, **mine)
        case ("transfer" | "consult") as what:
            to = floor.transfer if what == "transfer" else floor.consult
            return to(command.entry_id, Destination.parse(command.destination or ""), now, **mine)
        case "supervise":
            about: dict[str, Any] = {"phone": command.destination or "", "asked": command.message_id}
            return floor.supervise(command.entry_id, command.mode, now, by=command.by, **about)
        case "unsupervise":
            return floor.unsupervise(command.entry_id, now, by=command.by)
        case simple:
            return getattr(floor, SIMPLE[simple])(command.entry_id, now, **mine)  # type: ignore[no-any-return]


def _contact_shown(floor: Floor, entry_id: UUID, now: datetime) -> FloorReply:
    try:
        return _shown(caller_view(floor.contact(entry_id), now))
    except (Over, ValueError):
        return OVER


def change_agent(floor: Floor, command: ChangeAgent | ChangeAgentAtPhone, now: datetime) -> dict[str, Any]:
    """Do what was asked for, or dialled. Raises Unknown, Impossible, IllegalChange, ValueError."""
    if isinstance(command, ChangeAgentAtPhone):
        return change_at_phone(floor, command, now)
    return state_view(floor.change_agent(command.agent_id, event_of(command), command.by, now))


def change_at_phone(floor: Floor, command: ChangeAgentAtPhone, now: datetime) -> dict[str, Any]:
    """Do what was dialled. Raises Unknown, Impossible, IllegalChange, ValueError."""
    agent_id = floor.agent_at(Destination.parse(command.phone), signed_in=command.action != "sign_in")
    change = ChangeAgent(agent_id=agent_id, action=command.action, tenant_id=command.tenant_id)
    stands = command.action in {"sign_in", "unpause"} and floor.calls_in(agent_id, command.leg_id, now)
    try:
        state = floor.change_agent(agent_id, event_of(change), command.by, now)
    except ValueError:  # an IllegalChange
        if stands:
            floor.calls_in_no_more(command.leg_id)
        raise
    return {**state_view(state), "stands": stands}


def event_of(command: ChangeAgent) -> Event:
    """What a command means for the agent. Raises ValueError: something is missing."""
    reason = command.pause_reason or UNNAMED_PAUSE
    match command.action, command.forced:
        case "sign_in", _:
            return SignIn()
        case "sign_out", forced:
            return ForceSignOut() if forced else SignOut()
        case "pause", forced:
            return (ForcePause if forced else Pause)(reason, command.seconds)
        case "unpause", forced:
            return ForceAvailable() if forced else Unpause()
        case "wrap_up_done", forced:
            return ForceAvailable() if forced else WrapUpSkipped()
        case "wrap_up_extend", _:
            if command.seconds is None:
                raise ValueError("how much longer is missing")
            return WrapUpExtended(command.seconds)
    raise ValueError(f"no such action: {command.action}")


def _shown(view: dict[str, Any]) -> FloorReply:
    return FloorReply(result=orjson.dumps(view).decode())
