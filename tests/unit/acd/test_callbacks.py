"""A caller who hangs up and keeps the place."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from services.acd.domain.callbacks import (
    Accepted,
    Answered,
    Call,
    Callback,
    CallbackRules,
    CallbackState,
    CallerHungUp,
    Cancelled,
    Confirmed,
    Failed,
    Finish,
    Keep,
    Release,
    Step,
    TurnCame,
    step,
)
from shared.telephony.schedules import Schedule, open_periods

NUMBER = "+982112345678"
MORNING = datetime(2026, 3, 14, 10, 0, tzinfo=UTC)  # a Saturday
RULES = CallbackRules(most_attempts=3, retry_seconds=600)
OFFICE = Schedule("UTC", (*((open_periods("09:00-17:00"),) * 6), ()))
"""Monday to Saturday."""
IN_OFFICE_HOURS = CallbackRules(most_attempts=3, retry_seconds=600, hours=OFFICE)


def at(hours: float) -> datetime:
    """So many hours after ten in the morning."""
    return MORNING + timedelta(hours=hours)


def asked() -> Callback:
    return Callback(CallbackState.ASKED, asked_at=MORNING)


def waiting(**more) -> Callback:
    return Callback(**{"state": CallbackState.WAITING, "asked_at": MORNING, "number": NUMBER, **more})


def calling(attempts: int = 1) -> Callback:
    return Callback(CallbackState.CALLING, MORNING, NUMBER, attempts=attempts)


def test_who_confirms_the_number_keeps_the_place_and_is_told_so():
    assert step(RULES, asked(), Confirmed(NUMBER), MORNING) == Step(waiting(), (Accepted(), Keep(None)))


def test_who_confirms_no_number_is_an_error():
    with pytest.raises(ValueError, match="needs a number"):
        step(RULES, asked(), Confirmed(""), MORNING)


def test_who_hangs_up_before_confirming_wanted_no_callback():
    done = step(RULES, asked(), CallerHungUp(), MORNING)
    assert (done.callback.state, done.actions) == (CallbackState.CANCELLED, (Finish(CallbackState.CANCELLED),))


def test_when_the_turn_comes_the_customer_is_called_and_answers():
    called = step(RULES, waiting(), TurnCame(), at(0.1))
    assert called == Step(calling(), (Call(NUMBER),))
    kept = step(RULES, called.callback, Answered(), at(0.1))
    assert (kept.callback.state, kept.actions) == (CallbackState.KEPT, (Finish(CallbackState.KEPT),))


def test_a_try_that_failed_is_followed_by_another_at_the_old_place():
    failed = step(RULES, calling(), Failed(), MORNING)
    again = MORNING + timedelta(seconds=600)
    assert failed == Step(waiting(attempts=1, not_before=again), (Release(), Keep(again)))


def test_after_the_last_try_it_is_given_up():
    failed = step(RULES, calling(attempts=3), Failed(), MORNING)
    assert failed.callback.state is CallbackState.GIVEN_UP
    assert failed.actions == (Release(), Finish(CallbackState.GIVEN_UP))


def test_a_try_that_failed_on_this_side_is_not_counted_and_not_put_off():
    assert step(RULES, calling(attempts=3), Failed(counts=False), at(1)) == Step(
        waiting(attempts=2), (Release(), Keep(None))
    )


def test_nobody_is_called_outside_the_hours():
    evening = at(7.5)  # half past five, Saturday
    confirmed = step(IN_OFFICE_HOURS, Callback(CallbackState.ASKED, asked_at=evening), Confirmed(NUMBER), evening)
    monday = at(47)
    assert confirmed.callback.not_before == monday
    assert confirmed.actions == (Accepted(), Keep(monday))
    assert step(IN_OFFICE_HOURS, waiting(), TurnCame(), evening).actions == (Release(), Keep(monday))


def test_a_retry_waits_for_the_next_hour_too():
    late = step(IN_OFFICE_HOURS, calling(), Failed(), at(6.9))
    assert late.callback.not_before == at(47)


def test_who_cannot_be_called_in_time_is_not_promised_it():
    never = CallbackRules(hours=Schedule("UTC", ((),) * 7))
    assert step(never, asked(), Confirmed(NUMBER), MORNING).actions == (Finish(CallbackState.GIVEN_UP),)
    soon_over = CallbackRules(hours=OFFICE, keep_seconds=3600, retry_seconds=1800)
    assert step(soon_over, calling(), Failed(), at(0.4)).callback.state is CallbackState.WAITING
    assert step(soon_over, calling(), Failed(), at(0.6)).callback.state is CallbackState.GIVEN_UP


def test_cancelled_at_any_time_before_it_is_over():
    assert step(RULES, waiting(), Cancelled(), MORNING).actions == (Finish(CallbackState.CANCELLED),)
    assert step(RULES, calling(), Cancelled(), MORNING).actions == (Release(), Finish(CallbackState.CANCELLED))


def test_what_cannot_happen_is_an_error():
    possible = {
        CallbackState.ASKED: {Confirmed, CallerHungUp, Cancelled},
        CallbackState.WAITING: {TurnCame, Cancelled},
        CallbackState.CALLING: {Answered, Failed, Cancelled},
    }
    events = [Confirmed(NUMBER), CallerHungUp(), TurnCame(), Answered(), Failed(), Cancelled()]
    for state, event in product(CallbackState, events):
        if type(event) not in possible.get(state, ()):
            with pytest.raises(ValueError, match=f"{type(event).__name__} of a callback that is {state}"):
                step(RULES, Callback(state, MORNING, NUMBER), event, MORNING)
