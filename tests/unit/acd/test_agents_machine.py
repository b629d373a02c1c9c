"""Whatever happens to an agent, in whatever order: never two callers, never stuck, no second lost or counted twice."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.acd.domain.agent_events import (
    Answered,
    ContactEnded,
    Event,
    ForceAvailable,
    ForcePause,
    ForceSignOut,
    NodeLost,
    Offered,
    OfferFailed,
    OfferFailure,
    Pause,
    PauseOver,
    PhoneRinging,
    SignIn,
    SignOut,
    Unpause,
    WrapUpDone,
    WrapUpExtended,
    WrapUpSkipped,
)
from services.acd.domain.agents import ENGAGED, TABLE, IllegalChange, Rules, Step, overdue, step
from services.acd.domain.attendance import attendance, spans
from services.acd.domain.model import AgentState, AgentStatus
from tests.unit.acd.shift import MORNING, QUEUE, Shift, caller

S = AgentStatus
CALLERS = tuple(caller(name) for name in ("first", "second", "third"))
CALLER = st.sampled_from(CALLERS)
LIMIT = st.none() | st.integers(1, 600)
AGENTS_OWN = st.one_of(
    st.sampled_from([SignIn(), SignOut(), Unpause(), WrapUpSkipped()]),
    st.builds(Pause, st.sampled_from(["lunch", "meeting"]), LIMIT),
    st.builds(WrapUpExtended, st.integers(1, 4000)),
)
SUPERVISORS = st.sampled_from([ForceSignOut(), ForceAvailable(), ForcePause("coaching"), ForcePause("coaching", 60)])
WISHES: dict[type[Event], AgentStatus] = {
    SignOut: S.OFFLINE,
    ForceSignOut: S.OFFLINE,
    Pause: S.PAUSED,
    ForcePause: S.PAUSED,
    ForceAvailable: S.AVAILABLE,
}
"""What an engaged agent becomes afterwards; what is not here takes a wish back."""
TIMERS = st.sampled_from([WrapUpDone(), PauseOver()])


class AnAgent(RuleBasedStateMachine):
    """Events at random, legal or not; beside the agent a plain account of which caller the agent has."""

    @initialize(wrap_up=st.sampled_from([0, 30]), max_missed=st.integers(0, 3), pause=st.sampled_from([None, 60]))
    def begins(self, wrap_up: int, max_missed: int, pause: int | None) -> None:
        self.shift = Shift(Rules(wrap_up, max_missed, missed_pause_seconds=pause))
        self.offers: set[object] = set()
        self.contacts: set[object] = set()
        self.contacts_since_sign_in = 0
        self.missed = 0
        self.wish: AgentStatus | None = None

    @rule(seconds=st.sampled_from([-1, 0.5, 1, 20, 45, 700]))
    def time_passes(self, seconds: float) -> None:
        self.shift.now += timedelta(seconds=seconds)

    @precondition(lambda self: self.shift.status is S.OFFLINE)
    @rule()
    def signs_in(self) -> None:
        self.somebody_wishes(SignIn())
        assert self.shift.status is S.AVAILABLE

    @rule(event=st.one_of(AGENTS_OWN, SUPERVISORS, TIMERS))
    def somebody_wishes(self, event: Event) -> None:
        before = self.shift.state
        happened = self.happens(event)
        now = self.shift.state
        if happened and before.status in ENGAGED:
            assert (now.status, now.since, now.entry_id) == (before.status, before.since, before.entry_id)
            self.wish = WISHES.get(type(event))
        if isinstance(event, WrapUpDone | PauseOver) and before.until and self.shift.now < before.until:
            assert now == before
        if before.status is S.OFFLINE and now.status is S.AVAILABLE:
            self.contacts_since_sign_in = self.missed = 0
        if before.status is S.PAUSED and now.status is S.AVAILABLE:
            self.missed = 0

    @rule(entry_id=CALLER)
    def is_offered(self, entry_id: object) -> None:
        before = self.shift.state
        happened = self.happens(Offered(entry_id, QUEUE))  # type: ignore[arg-type]
        assert happened is (before.status is S.AVAILABLE), "available agents are offered callers, and nobody else"
        if happened:
            self.offers.add(entry_id)

    @precondition(lambda self: self.shift.status in ENGAGED)
    @rule(data=st.data())
    def something_becomes_of_the_caller(self, data: st.DataObject) -> None:
        entry_id = self.shift.state.entry_id
        event = data.draw(self.news(entry_id))
        ends = isinstance(event, NodeLost | (ContactEnded if self.contacts else OfferFailed))
        assert self.becomes(event) or not ends, "an end is always possible"

    @rule(data=st.data(), entry_id=CALLER)
    def news_comes_late(self, data: st.DataObject, entry_id: object) -> None:
        self.becomes(data.draw(self.news(entry_id)))

    @precondition(lambda self: self.shift.timer is not None)
    @rule()
    def the_timer_fires(self) -> None:
        assert self.shift.timer is not None
        self.shift.now = max(self.shift.now, self.shift.timer)
        event = overdue(self.shift.state, self.shift.now)
        assert event is not None
        self.somebody_wishes(event)
        assert self.shift.status is S.AVAILABLE

    @staticmethod
    def news(entry_id: object) -> st.SearchStrategy[Event]:
        about = st.just(entry_id)
        return st.one_of(
            st.builds(PhoneRinging, about, st.just("leg")),
            st.builds(Answered, about, st.just("leg")),
            st.builds(OfferFailed, about, st.sampled_from(OfferFailure)),
            st.builds(ContactEnded, about),
            st.builds(NodeLost, about),
        )

    def becomes(self, event: Event) -> bool:
        entry_id = getattr(event, "entry_id", None)
        known = entry_id in self.offers | self.contacts
        if not self.happens(event):
            return False
        assert known, "only what the agent has can change"
        if isinstance(event, Answered):
            self.offers.remove(entry_id)
            self.contacts.add(entry_id)
            self.contacts_since_sign_in += 1
            self.missed = 0
        elif not isinstance(event, PhoneRinging):
            self.offers.discard(entry_id)
            self.contacts.discard(entry_id)
            self.is_released(event)
        return True

    def is_released(self, event: Event) -> None:
        """The last wish is granted, except that nobody is made available who missed too much."""
        if isinstance(event, OfferFailed) and event.cause is not OfferFailure.CANCELLED:
            self.missed += 1
        rules = self.shift.rules
        expected = self.wish or S.AVAILABLE
        if expected is S.AVAILABLE and isinstance(event, OfferFailed) and 0 < rules.max_missed <= self.missed:
            expected = S.PAUSED
        if self.wish is None and isinstance(event, ContactEnded) and rules.wrap_up_seconds:
            expected = S.WRAP_UP
        assert self.shift.status is expected
        self.wish = None

    def happens(self, event: Event) -> bool:
        """Whether it was possible. What is not changes nothing, and the table says so unless the event is to blame."""
        before, changes, timer = self.shift.state, len(self.shift.history), self.shift.timer
        row = TABLE.get((before.status, type(event)))
        try:
            taken: Step = self.shift.happens(event)
        except IllegalChange as error:
            refused = error
        else:
            assert row is not None
            assert taken.state.status in row.to
            return True
        assert (refused.status, refused.event) == (before.status, event)
        assert (self.shift.state, len(self.shift.history), self.shift.timer) == (before, changes, timer)
        return False

    @invariant()
    def has_one_caller_at_most_and_knows_which(self) -> None:
        state = self.shift.state
        assert len(self.offers) + len(self.contacts) <= 1
        assert bool(self.contacts) is (state.status is S.ON_CONTACT)
        assert bool(self.offers) is (state.status in {S.RESERVED, S.RINGING})
        if state.status in ENGAGED:
            assert {state.entry_id} == self.offers | self.contacts
        assert (state.entry_id is not None) is (state.status in ENGAGED | {S.WRAP_UP})
        assert (state.queue_id is None) is (state.entry_id is None)
        assert state.leg_id is None or state.status in ENGAGED

    @invariant()
    def waits_for_a_time_only_in_wrap_up_and_pause(self) -> None:
        state = self.shift.state
        assert state.until is None or state.status in {S.WRAP_UP, S.PAUSED}
        assert state.until is not None or state.status is not S.WRAP_UP
        assert self.shift.timer == state.until
        assert state.status is not S.WRAP_UP or state.until <= state.since + timedelta(hours=1)  # type: ignore[operator]

    @invariant()
    def wishes_for_afterwards_only_with_a_caller(self) -> None:
        state = self.shift.state
        assert not (state.leaving and state.next_pause)
        assert state.status in ENGAGED or not (state.leaving or state.next_pause or state.next_reason)
        assert state.next_reason is not None or not (state.leaving or state.next_pause)
        assert (state.pause_reason is not None) is (state.next_pause or state.status is S.PAUSED)
        assert state.pause_seconds is None or state.next_pause

    @invariant()
    def counts_what_happened(self) -> None:
        state, rules = self.shift.state, self.shift.rules
        assert (state.calls, state.missed) == (self.contacts_since_sign_in, self.missed)
        assert state.status is not S.AVAILABLE or not rules.max_missed or state.missed < rules.max_missed
        assert (state.signed_in_at is None) is (state.status is S.OFFLINE)
        assert state.talk_seconds >= 0

    @invariant()
    def is_never_stuck(self) -> None:
        """The end of the caller's call, time, and the agent's own return lead back to work or home."""
        state, now = self.shift.state, self.shift.now
        for _ in range(3):
            if state.status in {S.AVAILABLE, S.OFFLINE}:
                return
            now = max(now, state.until or now)
            state = step(state, self.way_on(state), now, self.shift.rules).state
        raise AssertionError(f"stuck in {state}")

    @staticmethod
    def way_on(state: AgentState) -> Event:
        if state.status is S.WRAP_UP:
            return WrapUpDone()
        if state.status is S.PAUSED:
            return PauseOver() if state.until else Unpause()
        assert state.entry_id is not None
        if state.status is S.ON_CONTACT:
            return ContactEnded(state.entry_id)
        return OfferFailed(state.entry_id, OfferFailure.CANCELLED)

    @invariant()
    def has_a_history_without_gap_or_overlap(self) -> None:
        shift = self.shift
        status, at = S.OFFLINE, MORNING
        for change in shift.history:
            assert (change.old, change.since) == (status, at)
            assert change.seconds >= 0
            status, at = change.new, change.at
        assert (shift.state.status, shift.state.since) == (status, at)
        end = max(shift.now, shift.state.since)
        figures = attendance(spans(shift.history, shift.state, end), MORNING, end + timedelta(seconds=1))
        offline = sum(change.seconds for change in shift.history if change.old is S.OFFLINE)
        if status is S.OFFLINE:
            offline += (end - at).total_seconds()
        assert figures.signed_in_seconds + offline == (end - MORNING).total_seconds()
        assert len(figures.stints) == sum(change.old is S.OFFLINE for change in shift.history)


AnAgent.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestAnAgent = AnAgent.TestCase
