"""A tenant's floor: all its lines, agents, offers and contacts, and what follows from whatever happens to them.

No I/O: every method takes the moment and collects what is to be stored, told and done; `take` hands that over. The
owner stores first, then does: whoever takes over finds in the tables at least what was begun.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.acd.domain import agents
from services.acd.domain.agent_events import Event as AgentEvent
from services.acd.domain.agent_events import ForceSignOut, OfferFailed, OfferFailure
from services.acd.domain.line import Line
from services.acd.domain.model import Agent, AgentState, AgentStatus
from services.acd.floor_agent_consults import AgentConsults
from services.acd.floor_book import NOBODY
from services.acd.floor_callbacks import Callbacks
from services.acd.floor_changes import Changes, EndCall, OpenOffer, Seen, SendOn
from services.acd.floor_contacts import Impossible, Unknown
from services.acd.floor_other_calls import OtherCalls
from services.acd.floor_supervisions import Supervisions
from services.acd.records import Configuration, Entry, QueueConfig
from shared.contracts.message import Event
from shared.telephony.destinations import Destination

RESTORED_SECONDS: Final = 5.0
"""How long an offer of the owner before waits for a switch that does not answer."""
SENT_ON_SECONDS: Final = 5.0
"""A caller who was sent on and still waits after that is sent on again."""
ENDS_WITHIN_SECONDS: Final = 180.0
"""A leg of an agent that did not turn up for so long never will."""


class Floor(OtherCalls, Callbacks, AgentConsults, Supervisions):
    """See above. Not thread-safe."""

    def take(self) -> Changes:
        """What is to be stored, told and done since the last time."""
        changes, self._changes = self._changes, Changes()
        return changes

    @property
    def pending(self) -> Changes:
        """What `take` would return, to be looked at only."""
        return self._changes

    # Callers

    def join(self, entry: Entry, now: datetime) -> None:
        """A caller waits in a queue. Telling it twice is telling it once; who left already stays away."""
        if entry.state != "waiting" or entry.queue_id not in self._queues or self._is_known(entry.id):
            return
        before = self._of_leg(entry.leg_id)
        is_late = before is not None and before.turn > entry.turn  # meanwhile the leg was sent to a queue again
        if is_late or self._is_agents_own(entry.leg_id or ""):
            self._close(entry, "moved", entry.joined_at)
            return
        if before is not None:
            self._leave(before, "moved", entry.joined_at, now)
        self._seat(entry, now)
        self._fresh.append(entry.id)
        if (ended_at := self._ended.get(entry.leg_id or "")) is not None:
            self._give_up(entry, ended_at, now)
            return
        if (step := self._overflow_at_joining(entry, now)) is not None:
            self._overflow(entry, step, now)

    def _is_agents_own(self, leg_id: str) -> bool:
        """Whether that leg is an agent's who does not ask anybody, who may wait in a queue (any more)."""
        contact = self._entries.get(self._talks.get(leg_id, NOBODY))
        return contact.consult is None if contact is not None else leg_id in self._stands

    def _is_known(self, entry_id: UUID) -> bool:
        """Whether that caller is here, or left and the tables were not told yet."""
        return entry_id in self._entries or entry_id in self._changes.entries

    def found_waiting(self, entry: Entry, before: datetime, now: datetime) -> None:
        """A switch that was asked says that this caller waits.

        Args:
            entry: as it is kept; of one who was sent on, the switch was not reached; of one who left otherwise and
                yet waits, what was known of the leg was wrong: another turn begins.
            before: when the switch was asked.
        """
        if (here := self._entries.get(entry.id)) is not None and here.is_called_back:
            self.found_hanging_on(here, before)
            return
        if entry.state != "left" or entry.queue_id not in self._queues or self._is_agents_own(entry.leg_id or ""):
            self.join(entry, now)
        elif self._of_leg(entry.leg_id) is None and _is_past(entry.left_at or before, SENT_ON_SECONDS, before):
            there = None if entry.destination is None else Destination.parse(entry.destination)
            self._changes.actions.append(SendOn(entry, there or self._queue_of(entry)))

    def joined(self, entry: Entry) -> Event:
        """What is told of a caller who is kept for the first time. Raises Unknown: no such queue."""
        config = self._queues.get(entry.queue_id)
        if config is None:
            raise Unknown("no such queue")
        return self._teller.joined(config, entry)

    def hung_up(self, leg_id: str, at: datetime, now: datetime, cause: str = "NORMAL_CLEARING") -> None:
        """A leg ended, with one of the switch's causes: a caller's, an agent's, or one that is none of ours."""
        self._note_ended(leg_id, at)
        self.phone_put_down(leg_id, now)
        self._leg_ended(leg_id, at, now, cause)
        self.supervisor_left(leg_id, now)
        self._stand_ended(leg_id, now)
        self.does_not_stand(leg_id, now)

    def _leg_ended(self, leg_id: str, at: datetime, now: datetime, cause: str) -> None:
        if (entry := self._of_leg(leg_id)) is not None:
            self._give_up(entry, at, now)
        elif self.customer_not_reached(leg_id, cause, now):
            return
        elif (offer := self._offers.get(leg_id)) is not None:
            if offer.connecting:
                offer.ended_at = at
            else:
                self._not_taken(offer, cause, now)
        if (contact := self._entries.get(self._talks.get(leg_id, NOBODY))) is not None:
            self._agent_left(contact, at, now)  # who perhaps waited in another queue, to ask
        self._third_left(leg_id, cause, now)

    def _give_up(self, entry: Entry, at: datetime, now: datetime) -> None:
        """The caller hung up. An agent's leg that was being connected in that very moment stays up, alone."""
        if entry.state == "connected":
            self._end_contact(entry, at, now, end_call=True)
            return
        config = self._queues[entry.queue_id]
        is_short = (at - entry.waits_since).total_seconds() < config.queue.short_abandon_seconds
        self._leave(entry, "short_abandoned" if is_short else "abandoned", at, now)

    def node_lost(self, node_id: str, core_id: str | None, at: datetime, now: datetime) -> None:
        """A switch process is gone with everybody on it; none: whichever process that was."""
        for entry in list(self._entries.values()):
            is_there = entry.node_id == node_id and (core_id is None or entry.core_id in (None, core_id))
            if is_there and entry.id in self._entries:  # else gone with another one: an agent's who asked in a queue
                self._leave(entry, "switch_lost", at, now, lost=True)
        self._standing_node_lost(node_id, now)
        self._phones_of_node_lost(node_id, now)
        self._lose_callbacks(node_id, now)

    # Agents

    def change_agent(self, agent_id: UUID, event: AgentEvent, by: str, now: datetime) -> AgentState:
        """What an agent or a supervisor asks for.

        Raises:
            Unknown: no such agent.
            IllegalChange: impossible in the agent's present status.
        """
        state = None if agent_id in self._removed else self._tell_agent(agent_id, event, now, by=by)
        if state is None:
            raise Unknown("no such agent")
        return state

    def agent_at(self, phone: Destination, *, signed_in: bool) -> UUID:
        """Whose phone that is; of several agents, the only one who is signed in, or is not.

        Raises:
            Unknown: nobody's. Impossible: several fit.
        """
        there = {
            agent.id: state for agent, state in self._bench if agent.phone == phone and agent.id not in self._removed
        }
        if not there:
            raise Unknown("no agent has this phone")
        fitting = [who for who, state in there.items() if (state.status is not AgentStatus.OFFLINE) is signed_in]
        if len(there) > 1 and len(fitting) != 1:
            raise Impossible("several agents have this phone")
        return fitting[0] if fitting else next(iter(there))

    # Time

    def tick(self, now: datetime) -> None:
        """Do what is due: wrap-up and pauses that are over, callers who waited too long."""
        while self._due and self._due[0][0] <= now:
            _, who = heapq.heappop(self._due)
            if who in self._entries:
                self._on_time(who, now)
            elif who in self._queues:
                self._estimate_again(who, now)
            elif (state := self._state(who)) is not None and (event := agents.overdue(state, now)) is not None:
                self._tell_agent(who, event, now)
        for entry_id in list(self._impatient):
            if entry_id in self._impatient:
                self._lose_patience(entry_id, now)

    def next_due(self, now: datetime) -> datetime | None:
        """When something is due next; none: only when something happens."""
        moments = [moment for line in self._lines.values() if (moment := line.next_change(now)) is not None]
        if self._due:
            moments.append(self._due[0][0])
        return min(moments, default=None)

    # What a supervisor does to callers

    def prioritise(self, entry_id: UUID, priority: int, by: str = "") -> Entry:
        """Give a caller another priority. Raises Unknown, ValueError."""
        entry = self._waiting(entry_id)
        return self._placed(entry.kept_as(self._lines[entry.queue_id].prioritise(entry_id, priority)), by)

    def to_front(self, entry_id: UUID, by: str = "") -> Entry:
        """Let a caller be the next of the queue, before every priority. Raises Unknown."""
        entry = self._waiting(entry_id)
        return self._placed(entry.kept_as(self._lines[entry.queue_id].move_to_front(entry_id)), by)

    def _placed(self, entry: Entry, by: str) -> Entry:
        changed = replace(entry, by=by)
        self._entries[entry.id] = changed
        self._keep(changed)
        return changed

    def send(self, entry_id: UUID, destination: Destination, now: datetime, by: str = "") -> Entry:
        """Send a caller on. Raises Unknown."""
        entry = replace(self._waiting(entry_id), by=by)
        if entry.callback is not None:
            raise ValueError("who is to be called back is not sent anywhere: cancel the callback")
        self._send_on(entry, destination, "removed", now)
        return self._changes.entries[entry_id]

    def move(self, entry_id: UUID, queue_id: UUID, now: datetime, by: str = "") -> Entry:
        """Let a caller wait in another queue instead, with the time waited so far. Raises Unknown."""
        entry = self._waiting(entry_id)
        if queue_id not in self._queues:
            raise Unknown("no such queue")
        if queue_id == entry.queue_id:
            return entry
        for offer in self._offers_of(entry_id):
            self._drop(offer, OfferFailed(entry_id, OfferFailure.CANCELLED), now)
        self._lines[entry.queue_id].leave(entry_id)
        moved = self._placed(replace(entry, queue_id=queue_id, front=0), by)  # the front was the other queue's
        self._lines[queue_id].join(moved.waiting())
        self._moved |= {entry.queue_id, queue_id}
        self._watch_patience(moved, now)
        self._changes.events.append(self._teller.joined(self._queues[queue_id], moved))
        return moved

    def _waiting(self, entry_id: UUID) -> Entry:
        entry = self._entries.get(entry_id)
        if entry is None or entry.state != "waiting":
            raise Unknown("no such caller in line")
        if any(offer.connecting for offer in self._offers_of(entry_id)):
            raise Unknown("no such caller in line: an agent has just answered")
        return entry

    # Reality

    def reconcile(self, up: Mapping[str, Seen], nodes: Mapping[str, str], before: datetime, now: datetime) -> None:
        """Take in what is really up: what ended, began or went elsewhere unseen.

        Args:
            up: all legs of the tenant on these nodes.
            nodes: who answered, each with the life (core id) of its switch.
            before: when they were asked; what is known only since then is left alone.
        """
        for offer in list(self._offers.values()):
            if offer.leg_id not in self._offers:
                continue
            if self._entries[offer.entry_id].callback is not None:
                self._settle_callback(offer, up, nodes, before, now)
            elif offer.restored_at is not None:
                self._settle(offer, up, nodes, now)
        for entry in list(self._entries.values()):
            core_id = nodes.get(entry.node_id or "")
            if core_id is not None and self._taken_in.get(entry.id, before) < before:
                self._compare(entry, up, core_id, now)
        self._reconcile_standing(up, nodes, before, now)
        for leg_id, ending in list(self._ending.items()):
            if leg_id in up:
                self._changes.actions.append(EndCall(leg_id, ending.node_id))
            elif ending.node_id in nodes and ending.since + timedelta(seconds=ENDS_WITHIN_SECONDS) < now:
                del self._ending[leg_id]
        for seen in up.values():  # called by an owner who died before it could end the call
            known = (self._offers, self._talks, self._asked_on, self._ending, self._ended)
            known += (self._stands, self._standing_calls)
            if seen.is_agents and seen.other_leg_id is None and not any(seen.leg_id in legs for legs in known):
                self._end_call(seen.leg_id, seen.node_id, now)
        self._reconcile_phones(up, nodes, before, now)

    def _settle(self, offer: OpenOffer, up: Mapping[str, Seen], nodes: Collection[str], now: datetime) -> None:
        """What became of an offer of the owner before: connected, and else it is begun anew."""
        if offer.leg_id not in self._offers:
            return
        caller = up.get(self._entries[offer.entry_id].leg_id or "")
        if caller is not None and caller.other_leg_id == offer.leg_id:
            self.connected(offer.leg_id, now)
        elif offer.node_id in nodes or _is_past(offer.restored_at or now, RESTORED_SECONDS, now):
            self._drop(offer, OfferFailed(offer.entry_id, OfferFailure.CANCELLED), now)

    def _compare(self, entry: Entry, up: Mapping[str, Seen], core_id: str, now: datetime) -> None:
        seen = up.get(entry.leg_id or "")
        if seen is None and entry.core_id not in (None, core_id):
            self._leave(entry, "switch_lost", now, now, lost=True)
        elif seen is None:
            self.hung_up(entry.leg_id or "", now, now)
        elif entry.state == "connected":
            self._look_at_contact(self._look_at_supervisors(entry, up, now), up, now)
        else:
            self._compare_waiting(entry, seen, now)

    def _compare_waiting(self, entry: Entry, seen: Seen, now: datetime) -> None:
        offers = self._offers_of(entry.id)
        joined = next((offer for offer in offers if offer.leg_id == seen.other_leg_id), None)
        if joined is not None:
            self.connected(joined.leg_id, now)
        elif any(offer.connecting for offer in offers):
            return
        elif seen.turn is not None and seen.turn < entry.turn:  # the switch was not reached, or only much later
            self._changes.actions.append(SendOn(entry, self._queue_of(entry), seen.other_leg_id))
        elif seen.turn is None and _is_on_the_way(entry, now):
            return
        elif seen.turn != entry.turn or seen.other_leg_id is not None:  # somebody took the caller elsewhere
            self._leave(entry, "moved", now, now)

    def configure(self, configuration: Configuration, now: datetime) -> None:
        """Take in what was configured anew; who waits or talks goes on."""
        self._queues |= configuration.queues
        for config in configuration.queues.values():
            self._lines[config.queue.id] = Line(config.queue, self._lines.get(config.queue.id, ()))
        in_use = {entry.queue_id for entry in self._entries.values()}
        for queue_id in self._queues.keys() - configuration.queues.keys() - in_use:
            del self._queues[queue_id], self._lines[queue_id]
            self._flows.forget(queue_id)
        for entry in self._entries.values():
            if entry.state == "waiting":
                self._watch_patience(entry, now)
        known = {agent.id: state for agent, state in self._bench}
        for agent in configuration.agents.values():
            self._bench.put(agent, known.get(agent.id) or agents.never_signed_in(agent.id, now))
        self._removed = known.keys() - configuration.agents.keys()
        for agent_id in self._removed:
            if known[agent_id].status is AgentStatus.OFFLINE:
                self._bench.remove(agent_id)
            else:  # goes when the contact is over
                self._tell_agent(agent_id, ForceSignOut(), now)
        self._learn_phones()
        self._review_other_calls(now)
        self._moved.update(self._queues)

    # Seen from outside

    def has_queue(self, queue_id: UUID) -> bool:
        """Whether callers may wait in it."""
        return queue_id in self._queues

    def is_sticky(self, queue_id: UUID) -> bool:
        """Whether its callers first wait for the agent who served them last."""
        config = self._queues.get(queue_id)
        return config is not None and config.queue.sticky_seconds > 0

    def entry(self, entry_id: UUID) -> Entry:
        """A caller in line or with an agent. Raises KeyError: nobody of that id."""
        return self._entries[entry_id]

    def position(self, entry_id: UUID) -> int | None:
        """A caller's place in line, from 1; none: not in line."""
        entry = self._entries.get(entry_id)
        if entry is None or entry.state != "waiting":
            return None
        return self._lines[entry.queue_id].position(entry_id)

    def counts(self, queue_id: UUID) -> dict[str, int]:
        """A queue's agents: available, available or busy, and signed in at all."""
        bench = self._bench
        return {
            "free": bench.free(queue_id),
            "serving": bench.serving(queue_id),
            "signed_in": bench.signed_in(queue_id),
        }

    @property
    def queues(self) -> Iterable[tuple[QueueConfig, Line]]:
        """Every queue with its line."""
        return ((config, self._lines[config.queue.id]) for config in self._queues.values())

    @property
    def agents(self) -> Iterable[tuple[Agent, AgentState]]:
        """Every agent with what they do."""
        return iter(self._bench)

    @property
    def entries(self) -> Collection[Entry]:
        """Callers in line and with agents."""
        return self._entries.values()

    @property
    def offers(self) -> Collection[OpenOffer]:
        """Phones of agents that are being called."""
        return self._offers.values()


def _is_on_the_way(entry: Entry, now: datetime) -> bool:
    """Whether a caller who was put back in line is perhaps not there yet."""
    return entry.put_back_at is not None and not _is_past(entry.put_back_at, SENT_ON_SECONDS, now)


def _is_past(moment: datetime, seconds: float, now: datetime) -> bool:
    return moment + timedelta(seconds=seconds) < now
