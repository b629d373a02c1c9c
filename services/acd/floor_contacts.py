"""What becomes of a contact by command: passed on, put back in line with the old place, ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from services.acd.domain.model import AgentState, AgentStatus, Offer
from services.acd.floor_book import REST_SECONDS
from services.acd.floor_changes import SendOn
from services.acd.floor_offers import Offers
from services.acd.records import Entry, entry_id_of
from shared.telephony.destinations import Destination, DestinationKind


class Unknown(LookupError):
    """No such agent, queue, or caller in line."""


class Over(LookupError):
    """That contact has ended."""


class Impossible(ValueError):
    """Not with this contact now; the text says why."""


class Contacts(Offers):
    """Contacts from the first word to the last."""

    def contact(self, entry_id: UUID, agent_id: UUID | None = None) -> Entry:
        """A caller who talks with an agent; with ``agent_id``, with that one.

        Raises:
            Over: the caller is gone, or talks with another agent by now. Impossible: the caller is still in line.
        """
        entry = self._entries.get(entry_id)
        if entry is None:
            raise Over("the contact has ended")
        if entry.state != "connected":
            raise Impossible("the caller is in line, and talks with nobody")
        if agent_id is not None and entry.agent_id != agent_id:
            raise Over("another agent talks with the caller")
        return entry

    def transfer(
        self, entry_id: UUID, destination: Destination, now: datetime, *, agent_id: UUID | None = None
    ) -> Entry:
        """Send the caller to a destination; the contact is over once the switch has done it.

        Raises: what `contact` raises.
        """
        entry = self._free(entry_id, agent_id)
        passed = self._change_contact(replace(entry, destination=str(destination)), now)
        stays = passed.agent_leg_id in self._stands
        self._changes.actions.append(SendOn(passed, destination, agent_leg_id=passed.agent_leg_id, agent_stays=stays))
        return passed

    def transfer_to_agent(
        self, entry_id: UUID, to_agent_id: UUID, now: datetime, *, agent_id: UUID | None = None
    ) -> Entry:
        """Offer the caller to that agent at once; whoever does not take it leaves the caller the old place in line.

        Raises:
            Unknown: no such agent. Impossible: not available. And what `contact` raises.
        """
        entry = self._free(entry_id, agent_id)
        self._available(to_agent_id)
        waiting = self._put_back(replace(entry, destination=f"agent:{to_agent_id}"), now)
        self._offer(Offer(waiting.id, waiting.queue_id, (to_agent_id,)), now)
        return waiting

    def _available(self, agent_id: UUID) -> AgentState:
        """What an agent does who may be asked to take a caller. Raises Unknown, Impossible: not available."""
        state = None if agent_id in self._removed else self._state(agent_id)
        if state is None:
            raise Unknown("no such agent")
        if state.status is not AgentStatus.AVAILABLE:
            raise Impossible(f"the agent is {state.status.value}")
        if not self._bench.is_free(agent_id):
            raise Impossible("the agent is on another call")
        return state

    def put_back(self, entry_id: UUID, now: datetime, *, agent_id: UUID | None = None) -> Entry:
        """Let the caller wait in the queue again, in the old place; others than this agent are asked first.

        Raises: what `contact` raises.
        """
        return self._put_back(self._free(entry_id, agent_id), now)

    def end(self, entry_id: UUID, now: datetime, *, agent_id: UUID | None = None) -> Entry:
        """End the contact as if the agent hung up: the caller goes on to the queue's survey, where it has one.

        Raises: what `contact` raises.
        """
        entry = self._free(entry_id, agent_id)
        self._end_contact(entry, now, now, end_call=True, how="ended")
        return self._changes.entries[entry.id]

    def passed_on(self, entry_id: UUID, now: datetime, *, done: bool) -> None:
        """The switch has sent the caller on, or says that it will not: then the two talk on."""
        entry = self._entries.get(entry_id)
        if entry is None or entry.state != "connected" or entry.destination is None:
            return
        if done:
            self._end_contact(entry, now, now, how="transferred")
        else:
            self._change_contact(replace(entry, destination=None), now)

    def _free(self, entry_id: UUID, agent_id: UUID | None) -> Entry:
        """A contact that nothing else is being done with. Raises what `contact` raises."""
        entry = self.contact(entry_id, agent_id)
        if entry.destination is not None:
            raise Impossible(f"the caller is being sent to {entry.destination}")
        if entry.consult is not None:
            raise Impossible(f"{entry.consult.destination} is being asked")
        return entry

    def _change_contact(self, entry: Entry, now: datetime) -> Entry:
        self._entries[entry.id] = entry
        self._taken_in[entry.id] = now
        self._keep(entry)
        return entry

    def _put_back(self, entry: Entry, now: datetime) -> Entry:
        """The contact is over, and the next time in line has begun: with the place of the one before."""
        waiting = next_turn(entry, now)
        config, agent_leg_id = self._queues[entry.queue_id], entry.agent_leg_id
        self._end_contact(entry, now, now, how="transferred" if entry.destination else "put_back")
        self._seat(waiting, now)
        self._keep(waiting)
        self._changes.events.append(self._teller.joined(config, waiting))
        if entry.agent_id is not None:
            line = self._lines[waiting.queue_id]
            line.unanswered(waiting.id, entry.agent_id)
            line.hold(waiting.id, now + timedelta(seconds=REST_SECONDS))  # an agent who is alone gets the next caller
        stays = agent_leg_id in self._stands
        destination = self._queue_of(waiting)
        self._changes.actions.append(SendOn(waiting, destination, agent_leg_id=agent_leg_id, agent_stays=stays))
        return waiting

    def _queue_of(self, entry: Entry) -> Destination:
        return Destination(DestinationKind.QUEUE, self._queues[entry.queue_id].queue.slug)


def next_turn(entry: Entry, now: datetime) -> Entry:
    """The caller of a contact in line anew, with the place of before."""
    return replace(
        entry,
        id=entry_id_of(entry.leg_id or str(entry.id), entry.turn + 1),
        turn=entry.turn + 1,
        put_back_at=max(now, entry.joined_at),
        state="waiting",
        outcome=None,
        agent_id=None,
        agent_leg_id=None,
        answered_at=None,
        left_at=None,
        destination=None,
        reason="",
        overflowed=(),
        consult=None,
        supervisors=(),
        held_since=None,
        held_seconds=0.0,
        ended=None,
        consults=0,
        callback=None,
    )
