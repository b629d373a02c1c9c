"""Switches as an owner of a floor meets them: commands and news are under way for a while, in any order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

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
from shared.telephony.destinations import DestinationKind

UNKNOWN: Final = ""


@dataclass(frozen=True)
class Leg:
    """A leg that is up, or an agent's that rings.

    Args:
        turn: of the queue it waits in, or was connected from; none: elsewhere.
        owner: who called it, and is answered.
        parks: it is parked when the caller leaves, and does not end.
        called_by: of a customer, the agent's leg that calls.
    """

    leg_id: str
    node_id: str
    is_agents: bool = False
    is_ringing: bool = False
    other: str | None = None
    turn: int | None = None
    owner: int = 0
    parks: bool = False
    called_by: str = ""


@dataclass(frozen=True)
class News:
    """Something that is told: an event of the bus, or (``owner``) the answer to one owner's command."""

    kind: str
    leg_id: str
    cause: str = ""
    owner: int | None = None
    turn: int = 0
    node_id: str = ""


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

    def queue(self, leg_id: str, node_id: str, turn: int) -> None:
        """A caller comes to a queue, for the first time or again."""
        self.turns[leg_id] = turn
        self.legs[leg_id] = Leg(leg_id, node_id, turn=turn)
        self.tell("queued", leg_id, turn=turn, node_id=node_id)

    def answer(self, leg_id: str) -> None:
        leg = self.legs[leg_id]
        self.legs[leg_id] = replace(leg, is_ringing=False)
        kind = "stands" if leg_id in self.standing_calls else "answered"
        self.tell(kind, leg_id, owner=leg.owner, node_id=leg.node_id)

    def customer_answers(self, leg_id: str) -> None:
        """Whom an agent's leg calls takes the call."""
        leg = self.legs[leg_id]
        self.legs[leg_id] = replace(leg, is_ringing=False, other=leg.called_by)
        self.legs[leg.called_by] = replace(self.legs[leg.called_by], other=leg_id)
        self.tell("customer_answered", leg.called_by, cause=leg_id, node_id=leg.node_id)

    def end(self, leg_id: str, cause: str = "NORMAL_CLEARING", *, other_stays: bool = False) -> None:
        """A leg ends, and its owner's call with it; a connected caller goes on elsewhere, a connected agent ends too.

        Args:
            other_stays: an agent's leg that was just connected may stay up alone.
        """
        leg = self.legs.pop(leg_id)
        self.tell("hung_up", leg_id, cause=cause)
        if leg.is_ringing and not leg.called_by:
            self.tell(self._failure_of(leg_id), leg_id, cause=cause, owner=leg.owner)
        for called in [one for one in self.legs.values() if one.called_by == leg_id and one.is_ringing]:
            del self.legs[called.leg_id]
        if leg.called_by and leg.is_ringing:
            self.end(leg.called_by, cause)
        if leg.other is None:
            return
        if leg.called_by:
            self.legs[leg.other] = replace(self.legs[leg.other], other=None)
            self.end(leg.other)
            return
        if leg.is_agents or other_stays:
            turn = self.legs[leg.other].turn if other_stays else None
            self.legs[leg.other] = replace(self.legs[leg.other], other=None, turn=turn)
        else:
            self._is_left(leg.other)

    def _is_left(self, leg_id: str) -> None:
        """A connected agent's leg whose caller is gone ends, or is parked."""
        self.legs[leg_id] = replace(self.legs[leg_id], other=None)
        if self.legs[leg_id].parks:
            self.tell("parked", leg_id, node_id=self.legs[leg_id].node_id)
        else:
            self.end(leg_id)

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

    def look(self) -> tuple[dict[str, Seen], dict[str, str]]:
        """What is up, as `Nodes.look` has it."""
        up = {
            leg.leg_id: Seen(
                leg.leg_id, leg.node_id, leg.other, leg.turn, is_agents=leg.is_agents, is_answered=not leg.is_ringing
            )
            for leg in self.legs.values()
        }
        return up, {node_id: self.core(node_id) for node_id in self.lives}

    # What owners ask for

    def carry_out(self, owner: int, action: Action) -> None:
        match action:
            case CallAgent(leg_id=leg_id, entry=entry, agent=agent):
                self._ring(leg_id, entry.node_id or "node-1", owner, parks=agent.standing and not entry.callback)
            case CallStanding(leg_id=leg_id):
                self.standing_calls.add(leg_id)
                self._ring(leg_id, "node-1", owner, parks=True)
            case ParkAgent(leg_id=leg_id):
                self._park(leg_id)
            case EndCall(leg_id=leg_id):
                if leg_id in self.legs:
                    self.end(leg_id, "ORIGINATOR_CANCEL")
            case Farewell() | CallCustomer():
                self._call_back(owner, action)
            case Connect(leg_id=leg_id, entry=entry):
                self._connect(owner, leg_id, entry.leg_id or "")
            case SendOn(entry=entry):
                leg = self.legs.get(entry.leg_id or "")
                if leg is not None:
                    self._send_on(owner, leg, action)

    def _ring(self, leg_id: str, node_id: str, owner: int, *, parks: bool) -> None:
        self.legs[leg_id] = Leg(leg_id, node_id, is_agents=True, is_ringing=True, owner=owner, parks=parks)
        self.tell("rings", leg_id)

    def _park(self, leg_id: str) -> None:
        """The agent's leg waits; a caller who was connected goes on elsewhere."""
        leg = self.legs.get(leg_id)
        if leg is None:
            return
        if leg.other is not None:
            self.legs[leg.other] = replace(self.legs[leg.other], other=None, turn=None)
        self.legs[leg_id] = replace(leg, other=None)
        self.tell("parked", leg_id, node_id=self.legs[leg_id].node_id)

    def _send_on(self, owner: int, leg: Leg, action: SendOn) -> None:
        """To a queue, which is another turn of the leg, or elsewhere; whom the caller talked to is out."""
        if leg.other is not None:
            self.legs[leg.leg_id] = replace(leg, other=None)
            self._is_left(leg.other)
        if action.destination.kind is DestinationKind.QUEUE:
            self.queue(leg.leg_id, leg.node_id, self.turns[leg.leg_id] + 1)
        else:
            self.legs[leg.leg_id] = replace(self.legs[leg.leg_id], turn=None)
        if action.agent_leg_id is not None:
            self.tell("passed_on", str(action.entry.id), owner=owner)

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
            self.legs[customer] = Leg(customer, agent.node_id, is_ringing=True, called_by=action.leg_id)

    def _connect(self, owner: int, agents_leg: str, callers_leg: str) -> None:
        agent, caller = self.legs.get(agents_leg), self.legs.get(callers_leg)
        if agent is None or caller is None or caller.turn is None:
            self.tell("not_connected", agents_leg, owner=owner)
            return
        if caller.other is not None:  # who talked to the caller before is out
            before = caller.other
            self.legs[callers_leg] = replace(caller, other=None)
            self._is_left(before)
        self.legs[agents_leg] = replace(agent, other=callers_leg)
        self.legs[callers_leg] = replace(self.legs[callers_leg], other=agents_leg)
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
