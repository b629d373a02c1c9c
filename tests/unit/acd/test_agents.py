"""What an agent does, and what is refused."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta

import pytest

from services.acd.domain import agent_events
from services.acd.domain.agent_events import (
    MISSED_CALLS,
    REASONS,
    Answered,
    ConsultAnswered,
    Consulted,
    ConsultEnded,
    ContactEnded,
    ContactTaken,
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
    Reason,
    SetTimer,
    SignIn,
    SignOut,
    StatusChanged,
    Unpause,
    WrapUpDone,
    WrapUpExtended,
    WrapUpSkipped,
)
from services.acd.domain.agents import ENGAGED, TABLE, AnotherContact, IllegalChange, Rules, Step, overdue, step
from services.acd.domain.model import AgentStatus, Queue
from tests.unit.acd.shift import AGENT, MORNING, QUEUE, Shift, caller

S = AgentStatus
LUNCH = Pause("lunch", 1800)
FIRST = caller("first")
EVENTS: tuple[Event, ...] = (
    SignIn(),
    SignOut(),
    ForceSignOut(),
    LUNCH,
    ForcePause("coaching"),
    Unpause(),
    PauseOver(),
    ForceAvailable(),
    WrapUpDone(),
    WrapUpSkipped(),
    WrapUpExtended(60),
    Offered(FIRST, QUEUE),
    PhoneRinging(FIRST, "leg"),
    Answered(FIRST, "leg"),
    OfferFailed(FIRST, OfferFailure.NO_ANSWER),
    OfferFailed(FIRST, OfferFailure.CANCELLED),
    ContactEnded(FIRST),
    NodeLost(FIRST),
    Consulted(FIRST, QUEUE),
    ConsultAnswered(FIRST, "leg"),
    ConsultEnded(FIRST),
    ContactTaken(FIRST, FIRST),
)


@pytest.fixture
def shift() -> Shift:
    """Signed in, with a minute of wrap-up after a contact."""
    return Shift(Rules(wrap_up_seconds=60, max_missed=2)).at(S.AVAILABLE)


def test_a_contact_from_offer_to_the_next_one(shift: Shift) -> None:
    shift.after(10, Offered(FIRST, QUEUE))
    shift.after(1, PhoneRinging(FIRST, "leg-1"))
    shift.after(4, Answered(FIRST, "leg-1"))
    assert (shift.state.entry_id, shift.state.queue_id, shift.state.leg_id) == (FIRST, QUEUE, "leg-1")
    shift.after(90, ContactEnded(FIRST))
    assert (shift.state.entry_id, shift.state.queue_id, shift.state.leg_id) == (FIRST, QUEUE, None)
    assert shift.timer == shift.now + timedelta(seconds=60)
    shift.after(60, WrapUpDone())
    assert shift.timer is None
    assert [(c.old, c.seconds, c.new, c.reason) for c in shift.history] == [
        (S.OFFLINE, 0, S.AVAILABLE, Reason.SIGNED_IN),
        (S.AVAILABLE, 10, S.RESERVED, Reason.OFFERED),
        (S.RESERVED, 1, S.RINGING, Reason.PHONE_RINGING),
        (S.RINGING, 4, S.ON_CONTACT, Reason.ANSWERED),
        (S.ON_CONTACT, 90, S.WRAP_UP, Reason.CONTACT_ENDED),
        (S.WRAP_UP, 60, S.AVAILABLE, Reason.WRAP_UP_DONE),
    ]
    assert {(c.queue_id, c.entry_id) for c in shift.history[1:]} == {(QUEUE, FIRST)}
    state = shift.state
    assert (state.calls, state.talk_seconds, state.missed) == (1, 90, 0)
    assert (state.signed_in_at, state.offered_at) == (MORNING, MORNING + timedelta(seconds=10))
    assert state.idle_since == MORNING + timedelta(seconds=105)
    assert (state.entry_id, state.queue_id, state.leg_id, state.until) == (None, None, None, None)


def test_without_wrap_up_the_agent_is_available_at_once() -> None:
    shift = Shift().at(S.ON_CONTACT)
    assert shift.hangs_up("first").status is S.AVAILABLE
    assert shift.timer is None


def test_a_phone_that_answers_by_itself_need_not_ring(shift: Shift) -> None:
    shift.offered("first")
    assert shift.after(0, Answered(FIRST, "standing")).leg_id == "standing"


@pytest.mark.parametrize("cause", list(OfferFailure))
def test_an_offer_that_fails_makes_the_agent_available_and_says_why(shift: Shift, cause: OfferFailure) -> None:
    shift.misses("first", cause)
    assert (shift.status, shift.state.reason, shift.state.entry_id) == (S.AVAILABLE, cause.value, None)
    assert shift.state.missed == (0 if cause is OfferFailure.CANCELLED else 1)
    assert shift.state.idle_since == MORNING


@pytest.mark.parametrize("cause", [cause for cause in OfferFailure if cause is not OfferFailure.CANCELLED])
def test_too_many_missed_offers_in_a_row_pause_the_agent(shift: Shift, cause: OfferFailure) -> None:
    shift.misses("first")
    shift.misses("second", cause)
    assert (shift.status, shift.state.reason) == (S.PAUSED, Reason.MISSED_TOO_MANY)
    assert (shift.state.pause_reason, shift.state.missed, shift.timer) == (MISSED_CALLS, 2, None)
    shift.after(5, Unpause())
    assert shift.misses("third").status is S.AVAILABLE, "who came back begins to miss anew"


def test_callers_who_hang_up_do_not_pause_the_agent(shift: Shift) -> None:
    for name in ("first", "second", "third"):
        shift.misses(name, OfferFailure.CANCELLED)
    assert (shift.status, shift.state.missed) == (S.AVAILABLE, 0)


def test_a_caller_who_hangs_up_between_does_not_excuse_missed_offers(shift: Shift) -> None:
    shift.misses("first")
    shift.misses("second", OfferFailure.CANCELLED)
    assert shift.misses("third").status is S.PAUSED


def test_a_contact_between_excuses_missed_offers(shift: Shift) -> None:
    shift.rules = replace(shift.rules, wrap_up_seconds=0)
    shift.misses("first")
    shift.talks("second")
    shift.hangs_up("second")
    assert shift.misses("third").status is S.AVAILABLE


def test_a_tenant_may_forgive_missed_offers_or_limit_the_pause() -> None:
    forgiving = Shift(Rules(max_missed=0)).at(S.AVAILABLE)
    for name in "abcdefgh":
        assert forgiving.misses(name).status is S.AVAILABLE
    limited = Shift(Rules(max_missed=1, missed_pause_seconds=300)).at(S.AVAILABLE)
    limited.misses("first")
    assert limited.timer == limited.now + timedelta(seconds=300)
    assert limited.after(300, PauseOver()).status is S.AVAILABLE


@pytest.mark.parametrize("status", sorted(ENGAGED))
def test_who_signs_out_with_a_caller_goes_afterwards(status: AgentStatus) -> None:
    shift = Shift(Rules(wrap_up_seconds=60)).at(status)
    shift.after(1, SignOut())
    assert (shift.status, shift.state.leaving) == (status, True)
    over = ContactEnded(FIRST) if status is S.ON_CONTACT else OfferFailed(FIRST, OfferFailure.BUSY)
    shift.after(1, over)
    assert (shift.status, shift.state.reason, shift.state.leaving) == (S.OFFLINE, Reason.SIGNED_OUT, False)
    assert shift.state.signed_in_at is None


@pytest.mark.parametrize("status", sorted(ENGAGED))
def test_who_pauses_with_a_caller_pauses_afterwards_for_the_whole_limit(status: AgentStatus) -> None:
    shift = Shift(Rules(wrap_up_seconds=60)).at(status)
    shift.after(1, LUNCH)
    assert (shift.status, shift.state.next_pause, shift.state.until) == (status, True, None)
    over = ContactEnded(FIRST) if status is S.ON_CONTACT else OfferFailed(FIRST, OfferFailure.CANCELLED)
    shift.after(100, over)
    assert (shift.status, shift.state.reason, shift.state.pause_reason) == (S.PAUSED, Reason.PAUSED, "lunch")
    assert (shift.state.next_pause, shift.state.pause_seconds) == (False, None)
    assert shift.timer == shift.state.until == shift.now + timedelta(seconds=1800)


def test_wishes_made_while_ringing_outlast_the_answer(shift: Shift) -> None:
    shift.rings("first")
    shift.after(0, LUNCH, Answered(FIRST, "leg"))
    assert shift.status is S.ON_CONTACT
    assert shift.hangs_up("first").pause_reason == "lunch"


def test_the_last_wish_counts(shift: Shift) -> None:
    shift.talks("first")
    shift.after(0, SignOut(), LUNCH)
    assert (shift.state.leaving, shift.state.next_pause) == (False, True)
    shift.after(0, ForceSignOut())
    assert (shift.state.leaving, shift.state.next_pause, shift.state.pause_reason) == (True, False, None)
    assert shift.hangs_up("first").reason == Reason.FORCED_SIGN_OUT


def test_wishes_can_be_taken_back(shift: Shift) -> None:
    shift.talks("first")
    shift.after(0, SignOut(), SignIn(), LUNCH, Unpause())
    assert shift.hangs_up("first").status is S.WRAP_UP


@pytest.mark.parametrize("event", [SignIn(), Unpause()])
def test_only_a_wish_that_was_made_can_be_taken_back(shift: Shift, event: Event) -> None:
    shift.talks("first")
    with pytest.raises(IllegalChange, match=f"{type(event).__name__} is impossible while on_contact: "):
        shift.happens(event)


def test_a_wish_to_go_goes_before_a_pause_for_missed_offers() -> None:
    shift = Shift(Rules(max_missed=1)).at(S.RINGING)
    shift.after(0, SignOut(), OfferFailed(FIRST, OfferFailure.NO_ANSWER))
    assert (shift.status, shift.state.missed) == (S.OFFLINE, 1)


def test_a_supervisor_forces_a_status(shift: Shift) -> None:
    shift.happens(ForcePause("coaching"))
    assert (shift.status, shift.state.reason, shift.state.pause_reason) == (S.PAUSED, Reason.FORCED_PAUSE, "coaching")
    shift.happens(ForceAvailable())
    assert (shift.status, shift.state.reason) == (S.AVAILABLE, Reason.FORCED_AVAILABLE)
    shift.happens(ForceSignOut())
    assert (shift.status, shift.state.reason) == (S.OFFLINE, Reason.FORCED_SIGN_OUT)


@pytest.mark.parametrize(
    ("event", "status", "reason"),
    [
        (ForcePause("coaching"), S.PAUSED, Reason.FORCED_PAUSE),
        (ForceAvailable(), S.AVAILABLE, Reason.FORCED_AVAILABLE),
        (ForceSignOut(), S.OFFLINE, Reason.FORCED_SIGN_OUT),
    ],
)
def test_a_supervisors_force_waits_for_the_end_of_the_contact(
    shift: Shift, event: Event, status: AgentStatus, reason: Reason
) -> None:
    shift.talks("first")
    assert shift.after(1, event).status is S.ON_CONTACT
    assert (shift.hangs_up("first").status, shift.state.reason) == (status, reason)
    assert shift.state.next_reason is None


def test_forced_available_does_not_excuse_missed_offers() -> None:
    shift = Shift(Rules(max_missed=1)).at(S.RINGING)
    shift.after(0, ForceAvailable(), OfferFailed(FIRST, OfferFailure.NO_ANSWER))
    assert shift.status is S.PAUSED


def test_a_pause_ends_at_its_limit_and_not_before(shift: Shift) -> None:
    shift.happens(LUNCH)
    until = shift.now + timedelta(seconds=1800)
    shift.now += timedelta(seconds=1799)
    assert overdue(shift.state, shift.now) is None
    assert shift.happens(PauseOver()) == Step(shift.state, (SetTimer(AGENT, until),)), "a timer too early is set anew"
    shift.now += timedelta(seconds=1)
    assert overdue(shift.state, shift.now) == PauseOver()
    shift.happens(PauseOver())
    assert (shift.status, shift.state.reason, shift.timer) == (S.AVAILABLE, Reason.PAUSE_OVER, None)


def test_a_pause_without_a_limit_outlasts_an_old_timer(shift: Shift) -> None:
    shift.happens(LUNCH)
    shift.after(10, Pause("meeting"))
    assert shift.timer is None
    assert shift.after(5000, PauseOver()).pause_reason == "meeting"
    assert overdue(shift.state, shift.now) is None
    assert [(c.old_pause_reason, c.seconds, c.pause_reason) for c in shift.history[1:]] == [
        (None, 0, "lunch"),
        ("lunch", 10, "meeting"),
    ]


def test_wrap_up_can_be_extended_up_to_its_longest_and_skipped(shift: Shift) -> None:
    shift.rules = replace(shift.rules, max_wrap_up_seconds=150)
    shift.talks("first")
    shift.hangs_up("first")
    begun = shift.now
    shift.after(30, WrapUpExtended(60))
    assert shift.timer == begun + timedelta(seconds=120)
    assert overdue(shift.state, begun + timedelta(seconds=61)) is None
    shift.after(1, WrapUpExtended(60))
    assert shift.timer == begun + timedelta(seconds=150)
    assert overdue(shift.state, shift.timer) == WrapUpDone()
    assert shift.history[-1].new is S.WRAP_UP, "longer wrap-up is no other status"
    shift.after(4, WrapUpSkipped())
    assert (shift.history[-1].reason, shift.history[-1].seconds) == (Reason.WRAP_UP_SKIPPED, 35)
    assert shift.timer is None


def test_a_stricter_limit_does_not_shorten_wrap_up_that_has_begun(shift: Shift) -> None:
    shift.talks("first")
    shift.hangs_up("first")
    shift.rules = replace(shift.rules, max_wrap_up_seconds=10)
    assert shift.after(0, WrapUpExtended(60)).until == shift.now + timedelta(seconds=60)


@pytest.mark.parametrize("status", sorted(ENGAGED))
def test_a_lost_node_frees_the_agent_and_forgives(status: AgentStatus) -> None:
    shift = Shift(Rules(wrap_up_seconds=60, max_missed=1)).at(status)
    shift.after(20, NodeLost(FIRST))
    assert (shift.status, shift.state.reason, shift.state.missed) == (S.AVAILABLE, Reason.NODE_LOST, 0)
    assert shift.state.talk_seconds == (20 if status is S.ON_CONTACT else 0)


@pytest.mark.parametrize("status", sorted(ENGAGED))
def test_news_of_another_caller_is_refused(status: AgentStatus) -> None:
    shift = Shift().at(status)
    for _, kind in [key for key in TABLE if key[0] is status]:
        if issubclass(kind, agent_events.AboutContact):
            event = next(event for event in EVENTS if type(event) is kind)
            with pytest.raises(AnotherContact):
                shift.happens(replace(event, entry_id=caller("somebody else")))


def test_answer_and_hang_up_in_the_same_moment_leave_nobody_stuck(shift: Shift) -> None:
    shift.rings("first")
    shift.happens(OfferFailed(FIRST, OfferFailure.CANCELLED))
    with pytest.raises(IllegalChange):
        shift.happens(Answered(FIRST, "leg"))
    shift.rings("second")
    shift.happens(Answered(caller("second"), "leg"))
    with pytest.raises(IllegalChange):
        shift.happens(OfferFailed(caller("second"), OfferFailure.CANCELLED))
    assert shift.hangs_up("second").status is S.WRAP_UP


def test_signing_in_begins_all_counters_anew_but_the_last_offer(shift: Shift) -> None:
    shift.talks("first")
    offered_at = shift.state.offered_at
    shift.after(30, SignOut(), ContactEnded(FIRST))
    assert (shift.state.calls, shift.state.talk_seconds) == (1, 30)
    shift.after(3600, SignIn())
    state = shift.state
    assert (state.calls, state.talk_seconds, state.missed, state.offered_at) == (0, 0, 0, offered_at)
    assert state.signed_in_at == state.idle_since == shift.now


def test_a_clock_that_goes_back_makes_no_status_shorter_than_nothing(shift: Shift) -> None:
    shift.after(-5, LUNCH)
    assert (shift.history[-1].seconds, shift.state.since) == (0, MORNING)


def test_an_impossible_change_names_status_and_event_and_changes_nothing(shift: Shift) -> None:
    shift.happens(LUNCH)
    before = shift.state
    with pytest.raises(IllegalChange, match="Offered is impossible while paused") as refused:
        shift.happens(Offered(FIRST, QUEUE))
    assert (refused.value.status, refused.value.event) == (S.PAUSED, Offered(FIRST, QUEUE))
    assert shift.state is before


def test_every_event_that_the_table_lacks_is_refused() -> None:
    assert {type(event) for event in EVENTS} == {event for _, event in TABLE}
    for status in AgentStatus:
        shift = Shift().at(status) if status is not S.PAUSED else Shift().at(S.AVAILABLE)
        if status is S.PAUSED:
            shift.happens(LUNCH)
        assert shift.status is status
        for event in EVENTS:
            if (status, type(event)) not in TABLE:
                with pytest.raises(IllegalChange):
                    shift.happens(event)


def test_every_change_of_the_table_happens_and_no_other() -> None:
    """All states that differ in what decides, from the first sign-in on, with and without wrap-up and patience."""
    happened = defaultdict(set)
    seen, todo = set(), [Shift().state]
    while todo:
        state = todo.pop()
        for event in EVENTS:
            for rules in (Rules(60, 1), Rules(0, 0)):
                for seconds in (0, 7200):
                    now = MORNING + timedelta(seconds=seconds)
                    try:
                        new = step(state, event, now, rules).state
                    except IllegalChange:
                        continue
                    happened[state.status, type(event)].add(new.status)
                    kind = (new.status, new.until, new.leaving, new.next_pause, new.next_reason)
                    if kind not in seen:
                        seen.add(kind)
                        todo.append(replace(new, since=MORNING))
    assert happened == {key: set(row.to) for key, row in TABLE.items()}


def test_every_event_has_one_reason() -> None:
    assert {event for _, event in TABLE} - set(REASONS) == {OfferFailed, WrapUpExtended}
    assert len(set(REASONS.values())) == len(REASONS)
    by_itself = {Reason.NEW, Reason.MISSED_TOO_MANY}
    assert {*REASONS.values(), *(Reason(cause.value) for cause in OfferFailure)} | by_itself == set(Reason)


def test_a_queue_says_what_holds_for_its_contacts() -> None:
    queue = Queue(id=QUEUE, tenant_id=AGENT, slug="support", wrap_up_seconds=45, max_missed=5)
    assert Rules.of(queue) == Rules(wrap_up_seconds=45, max_missed=5)


def test_effects_name_the_agent(shift: Shift) -> None:
    taken = shift.happens(LUNCH)
    changed, timer = taken.effects
    assert isinstance(changed, StatusChanged)
    assert isinstance(timer, SetTimer)
    assert changed.agent_id == timer.agent_id == AGENT
