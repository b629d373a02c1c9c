"""Switches as an owner of a floor meets them: commands and news are under way for a while, in any order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from services.acd.floor_changes import (
    Action,
    CallAgent,
    CallCustomer,
    CallStanding,
    Connect,
    EndCall,
    Farewell,
    ParkAgent,
    Seen,
    SendOn,
)
from services.acd.records import Entry
from shared.telephony.destinations import DestinationKind

UNKNOWN: Final = ""
UNKNOWN_CALL: Final = "call_not_found"


@dataclass(frozen=True)
class Leg:
    """A leg that is up, or an agent's that rings.

    Args:
        turn: of the queue it waits in (``slug``), or was connected from; none: elsewhere.
        is_queued: it was told to wait for that turn.
        owner: who called it, and is answered.
        parks: it is parked when whoever it hears leaves, and does not end.
        called_by: of a customer, or whom an agent asks, the agent's leg that calls.
        is_third: of somebody whom an agent asks.
        is_on_hold: it hears music while its agent asks somebody.
        listens_to: with the others of a conference, the caller's leg.
        is_held: its phone holds the call; none: that was never told.
    """

    leg_id: str
    node_id: str
    is_agents: bool = False
    is_ringing: bool = False
    other: str | None = None
    turn: int | None = None
    slug: str = ""
    is_queued: bool = False
    owner: int = 0
    parks: bool = False
    is_parked: bool = False
    called_by: str = ""
    is_third: bool = False
    is_on_hold: bool = False
    listens_to: str = ""
    is_held: bool | None = None

    @property
    def waits(self) -> bool:
        """Whether a switch that is asked says that it waits in a queue."""
        return self.turn is not None and self.is_queued and self.other is None and not self.is_parked


NOTHING: Final[dict[str, Any]] = {"is_parked": False, "is_on_hold": False, "listens_to": "", "is_held": None}
"""Of what a leg does when it begins to do something else."""


@dataclass(frozen=True)
class Look:
    """What was up at one moment, as `Nodes.look` has it."""

    at: datetime
    up: dict[str, Seen]
    cores: dict[str, str]
    waiting: list[Leg]


@dataclass(frozen=True)
class News:
    """Something that is told: an event of the bus, or (``owner``) the answer to one owner's command."""

    kind: str
    leg_id: str
    cause: str = ""
    owner: int | None = None
    turn: int = 0
    node_id: str = ""
    slug: str = ""
    look: Look | None = None


class Switches:
    """Any number of nodes; what they tell is in ``news`` until somebody delivers it."""

    def __init__(self) -> None:
        self.legs: dict[str, Leg] = {}
        self.news: list[News] = []
        self.commands: list[tuple[int, Action]] = []
        self.lives = {"node-1": 1, "node-2": 1}
        self.turns: dict[str, int] = {}
        self.standing_calls: set[str] = set()

    def core(self, node_id: str) -> str:
        return f"{node_id}/{self.lives[node_id]}"

    def tell(self, kind: str, leg_id: str, **about: object) -> None:
        self.news.append(News(kind, leg_id, **about))  # type: ignore[arg-type]

    # What people do

    def queue(self, leg_id: str, node_id: str, turn: int, slug: str = "") -> None:
        """A caller comes to a queue, for the first time or again; or an agent's leg does, to ask there."""
        self.turns[leg_id] = turn
        leg = self.legs.get(leg_id)
        leg = leg if leg is not None and leg.is_agents else Leg(leg_id, node_id)
        slug = slug or leg_id.partition("/")[0]
        self.legs[leg_id] = replace(leg, turn=turn, slug=slug, is_queued=True)
        self.tell("queued", leg_id, turn=turn, node_id=node_id, slug=slug)

    def answer(self, leg_id: str) -> None:
        leg = self.legs[leg_id]
        self._waits(replace(leg, is_ringing=False))
        kind = "stands" if leg_id in self.standing_calls else "answered"
        self.tell(kind, leg_id, owner=leg.owner, node_id=leg.node_id)

    def customer_answers(self, leg_id: str) -> None:
        """Whom an agent's leg calls takes the call."""
        leg = self.legs[leg_id]
        self.legs[leg_id] = replace(leg, is_ringing=False)
        self.join(leg.called_by, leg_id)
        self.tell("customer_answered", leg.called_by, cause=leg_id, node_id=leg.node_id)

    def hold(self, leg_id: str, *, on: bool) -> None:
        """By a key of the phone."""
        self.legs[leg_id] = replace(self.legs[leg_id], is_held=on)
        self.tell("held" if on else "resumed", leg_id)

    def end(self, leg_id: str, cause: str = "NORMAL_CLEARING", *, other_stays: bool = False) -> None:
        """A leg ends, and its owner's call with it; a connected caller goes on elsewhere, a connected agent ends too.

        Args:
            other_stays: an agent's leg that was just connected may stay up alone.
        """
        leg = self.legs.pop(leg_id)
        self.tell("hung_up", leg_id, cause=cause)
        if leg.is_ringing and not leg.called_by:
            self.tell(self._failure_of(leg_id), leg_id, cause=cause, owner=leg.owner)
        self._call_off(leg_id)
        for third in [one.leg_id for one in self.legs.values() if one.listens_to == leg_id]:
            self.end(third)
        if leg.is_third and leg.is_ringing:
            self._waits(self.legs[leg.called_by])
        elif leg.called_by and leg.is_ringing:
            self.end(leg.called_by, cause)
        if leg.other is None:
            return
        if other_stays and self.legs[leg.other].is_agents | leg.is_agents:
            self.legs[leg.other] = replace(self.legs[leg.other], other=None)
        else:
            self._is_left(leg.other)

    # What becomes of legs

    def join(self, one: str, other: str) -> None:
        """Two legs hear each other; whom either heard before is left."""
        if self.legs[one].other == other:
            return
        self.leave(one)
        self.leave(other)
        self.legs[one] = replace(self.legs[one], other=other, **NOTHING)
        self.legs[other] = replace(self.legs[other], other=one, **NOTHING)
        self.tell("bridged", one, node_id=self.legs[one].node_id)

    def leave(self, leg_id: str) -> None:
        """A leg goes elsewhere; whom it heard is left, whom it calls rings no more."""
        other = self.legs[leg_id].other
        self.legs[leg_id] = replace(self.legs[leg_id], other=None, **NOTHING)
        self._call_off(leg_id)
        if other is not None:
            self._is_left(other)

    def park(self, leg_id: str) -> None:
        self.leave(leg_id)
        self._waits(self.legs[leg_id])

    def _waits(self, leg: Leg) -> None:
        self.legs[leg.leg_id] = replace(leg, is_parked=True)
        self.tell("parked", leg.leg_id, node_id=leg.node_id)

    def _call_off(self, leg_id: str) -> None:
        for called in [one for one in self.legs.values() if one.called_by == leg_id and one.is_ringing]:
            del self.legs[called.leg_id]
            self.tell("hung_up", called.leg_id, cause="ORIGINATOR_CANCEL")

    def _is_left(self, leg_id: str) -> None:
        """A connected leg whose other is gone is parked, ends, or (a caller's) goes on elsewhere."""
        leg = self.legs[leg_id] = replace(self.legs[leg_id], other=None, is_held=None)
        if leg.parks:
            self._waits(leg)
        elif leg.is_agents or leg.called_by:
            self.end(leg_id)
        else:
            self.legs[leg_id] = replace(leg, turn=None, is_queued=False)

    def _failure_of(self, leg_id: str) -> str:
        return "does_not_stand" if leg_id in self.standing_calls else "not_taken"

    def lose(self, node_id: str) -> None:
        """A switch process dies with all its legs."""
        self.tell("lost", "", cause=self.core(node_id), node_id=node_id)
        self.lives[node_id] += 1
        for leg in [leg for leg in self.legs.values() if leg.node_id == node_id]:
            del self.legs[leg.leg_id]
            if leg.is_ringing and not leg.called_by:
                self.tell(self._failure_of(leg.leg_id), leg.leg_id, cause=UNKNOWN, owner=leg.owner)

    def look(self, now: datetime) -> Look:
        """What is up."""
        up = {
            leg.leg_id: Seen(
                leg.leg_id,
                leg.node_id,
                leg.other,
                leg.turn,
                is_agents=leg.is_agents,
                is_parked=leg.is_parked,
                is_answered=not leg.is_ringing,
                is_held=leg.is_held,
            )
            for leg in self.legs.values()
        }
        waiting = [leg for leg in self.legs.values() if leg.waits]
        return Look(now, up, {node_id: self.core(node_id) for node_id in self.lives}, waiting)

    # What owners ask for

    def carry_out(self, owner: int, action: Action) -> None:
        match action:
            case CallAgent(leg_id=leg_id, entry=entry, agent=agent, stands=stands):
                parks = agent.standing and not entry.callback and not stands
                self._ring(leg_id, entry.node_id or "node-1", owner, parks=parks)
            case CallStanding(leg_id=leg_id):
                self.standing_calls.add(leg_id)
                self._ring(leg_id, "node-1", owner, parks=True)
            case ParkAgent(leg_id=leg_id):
                if leg_id in self.legs:
                    self.park(leg_id)
            case EndCall(leg_id=leg_id):
                if leg_id in self.legs:
                    self.end(leg_id, "ORIGINATOR_CANCEL")
            case Farewell() | CallCustomer():
                self._call_back(owner, action)
            case Connect(leg_id=leg_id, entry=entry):
                self._connect(owner, leg_id, entry.leg_id or "")
            case SendOn():
                self._send_on(owner, action)

    def _ring(self, leg_id: str, node_id: str, owner: int, *, parks: bool) -> None:
        self.legs[leg_id] = Leg(leg_id, node_id, is_agents=True, is_ringing=True, owner=owner, parks=parks)
        self.tell("rings", leg_id)

    def _send_on(self, owner: int, action: SendOn) -> None:
        """To a queue, which is another turn of the leg, or elsewhere; whom the caller talked to is out."""
        leg = self.legs.get(action.entry.leg_id or "")
        if leg is not None:
            self.leave(leg.leg_id)
            if action.destination.kind is DestinationKind.QUEUE:
                turn = action.entry.turn if action.is_back else self.turns.get(leg.leg_id, 0) + 1
                self.queue(leg.leg_id, leg.node_id, turn, action.destination.target)
            else:
                self.legs[leg.leg_id] = replace(self.legs[leg.leg_id], turn=None, is_queued=False)
        if action.agent_leg_id is not None:
            self._taken_from_agent(owner, action.entry, action, done=leg is not None)

    def _taken_from_agent(self, owner: int, entry: Entry, action: SendOn, *, done: bool) -> None:
        if done and not action.agent_stays:
            self.commands.append((owner, EndCall(action.agent_leg_id or "", entry.node_id or "")))
        self.tell("passed_on", str(entry.id), cause="" if done else UNKNOWN_CALL, owner=owner)

    def _call_back(self, owner: int, action: Farewell | CallCustomer) -> None:
        if isinstance(action, Farewell):
            if action.entry.leg_id in self.legs:
                self.end(action.entry.leg_id)
            return
        agent = self.legs.get(action.leg_id)
        if agent is None:
            self.tell("not_called", action.leg_id, owner=owner)
        else:
            customer = f"customer-of-{action.leg_id}"
            self.legs[action.leg_id] = replace(agent, is_parked=False)
            self.legs[customer] = Leg(customer, agent.node_id, is_ringing=True, called_by=action.leg_id)

    def _connect(self, owner: int, agents_leg: str, callers_leg: str) -> None:
        agent, caller = self.legs.get(agents_leg), self.legs.get(callers_leg)
        if agent is None or caller is None or caller.turn is None:
            self.tell("not_connected", agents_leg, owner=owner)
            return
        self.join(callers_leg, agents_leg)
        self.tell("connected", agents_leg, owner=owner)

    def fail(self, owner: int, action: Action) -> None:
        """A command got lost on its way, and its sender hears of no outcome."""
        if isinstance(action, CallStanding):
            self.tell("does_not_stand", action.leg_id, owner=owner)
        elif isinstance(action, CallAgent):
            self.tell("not_taken", action.leg_id, cause=UNKNOWN, owner=owner)
        elif isinstance(action, Connect):
            self.tell("not_connected", action.leg_id, owner=owner)
        elif isinstance(action, CallCustomer):
            self.tell("not_called", action.leg_id, owner=owner)
