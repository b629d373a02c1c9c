"""Callers hang up and keep their place in line; agents call them when the turn comes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.acd.domain.agent_events import Pause
from services.acd.domain.callback_numbers import callback_number
from services.acd.domain.callbacks import CallbackRules, CallbackState
from services.acd.domain.model import AgentStatus
from services.acd.domain.overflow import OverflowStep
from services.acd.floor import Unknown
from services.acd.floor_changes import Announce, CallAgent, CallCustomer, EndCall, Farewell, SendOn
from services.acd.records import QueueConfig
from shared.contracts.acd import (
    QueueCallbackCalled,
    QueueCallbackEnded,
    QueueCallbackRequested,
    QueueConnected,
    QueueContactEnded,
    QueueLeft,
)
from shared.telephony.schedules import Schedule, open_periods
from tests.unit.acd.call_centre import MAILBOX, NODE, CallCentre, agent, leg_of, queue, seen

S = AgentStatus
MOBILE = "+989121234567"
KEY, YES, OTHER, STAY = "2", "1", "2", "3"


def calling_back(*, rules: CallbackRules | None = None, abroad: bool = False, **about: Any) -> QueueConfig:
    return replace(
        queue(**about),
        callback_enabled=True,
        callback_key=KEY,
        callback_abroad=abroad,
        callback=rules or CallbackRules(),
    )


class Centre(CallCentre):
    """Callers have a number."""

    def rings_in(self, name: str, number: str = MOBILE) -> None:
        entry = replace(self.entry(name), caller_number=number)
        self.floor.join(self.tables.join(entry, self.floor), self.now)
        self.settle()

    def presses(self, name: str, keys: str) -> None:
        for key in keys:
            self.floor.pressed(leg_of(name), key, self.now)
            self.settle()

    def asks_to_be_called(self, name: str, number: str = MOBILE) -> None:
        self.rings_in(name, number)
        self.presses(name, KEY + YES)
        self.passes(9)
        self.hangs_up(leg_of(name))

    def customer_answers(self, leg_id: str, customer: str = "customers-leg") -> None:
        self.floor.customer_answered(leg_id, customer, NODE, self.now)
        self.settle()

    def said(self) -> list[str]:
        return [" ".join(part.value for part in one.parts) for one in self.done(Announce)]

    def callback(self, name: str) -> CallbackState:
        found = [entry for entry in self.tables.entries.values() if entry.caller_name == name and entry.callback]
        assert found[0].callback is not None
        return found[0].callback.state


def centre(**about: Any) -> Centre:
    return Centre([calling_back(**about)], [agent("maryam")])


# The caller asks


def test_a_caller_hangs_up_and_keeps_the_place() -> None:
    floor = centre()
    floor.rings_in("ali")
    floor.rings_in("babak", "+989127654321")
    floor.passes(20)
    floor.presses("ali", KEY)
    assert floor.said() == [f"callback-number-is {MOBILE} callback-confirm"]
    floor.presses("ali", YES)
    assert [one.entry.leg_id for one in floor.done(Farewell)] == [leg_of("ali")]
    floor.passes(5)
    floor.hangs_up(leg_of("ali"))
    floor.passes(600)
    assert floor.line() == ["ali", "babak"]
    (left,) = floor.told(QueueLeft)
    assert (left.outcome, left.waited_seconds) == ("callback", 20.0), "no abandon, though the caller hung up"
    (asked,) = floor.told(QueueCallbackRequested)
    assert (asked.number, asked.waited_seconds) == (MOBILE, 20.0)


def test_another_number_is_confirmed_before_it_is_called() -> None:
    floor = centre()
    floor.rings_in("ali")
    floor.presses("ali", KEY + OTHER + "02188776655#")
    assert floor.said()[-1] == "callback-number-is +982188776655 callback-confirm"
    floor.presses("ali", YES)
    assert floor.told(QueueCallbackRequested)[0].number == "+982188776655"


@pytest.mark.parametrize("typed", ["", "12", "110", "0091234", "00447911123456", "+1"])
def test_what_would_cost_or_is_no_number_is_asked_for_again(typed: str) -> None:
    floor = centre()
    floor.rings_in("ali", "anonymous")
    floor.presses("ali", KEY)
    assert floor.said() == ["callback-number"], "a caller without a number is asked for one"
    floor.presses("ali", typed.replace("+", "*") + "#")
    assert floor.said()[-1] == "ivr-invalid callback-number"
    floor.presses("ali", "#")
    floor.presses("ali", "#")
    floor.presses("ali", "02188776655#1")
    assert floor.told(QueueCallbackRequested) == [], "after three of them the caller stays in line"
    assert floor.line() == ["ali"]


def test_numbers_that_cost_more_than_a_call_are_never_called() -> None:
    assert callback_number("020 7946 0018", "GB") == "+442079460018"
    for raw in ("0901 234 5678", "+449012345678", "+881612345678", "999", "112"):
        assert callback_number(raw, "GB", abroad=True) is None


def test_numbers_abroad_are_called_where_the_queue_says_so() -> None:
    floor = centre(abroad=True)
    floor.rings_in("ali", "+447911123456")
    floor.presses("ali", KEY + YES)
    assert floor.told(QueueCallbackRequested)[0].number == "+447911123456"


def test_a_colleague_is_called_back_on_the_extension() -> None:
    floor = centre()
    floor.asks_to_be_called("ali", "105")
    floor.works("maryam")
    floor.answers("maryam")
    assert str(floor.done(CallCustomer)[0].destination) == "extension:105"


def test_who_says_nothing_or_declines_stays_in_line() -> None:
    floor = centre()
    floor.rings_in("ali")
    floor.presses("ali", KEY + STAY)
    floor.presses("ali", KEY)
    floor.passes(26)
    floor.presses("ali", YES)
    assert floor.line() == ["ali"]
    assert floor.told(QueueLeft) == []
    floor.works("maryam")
    floor.talks("maryam")
    assert floor.told(QueueLeft)[0].outcome == "answered"


def test_who_hangs_up_without_confirming_has_abandoned() -> None:
    floor = centre()
    floor.rings_in("ali")
    floor.passes(60)
    floor.presses("ali", KEY)
    floor.hangs_up(leg_of("ali"))
    assert floor.told(QueueLeft)[0].outcome == "abandoned"
    assert floor.line() == []


def test_an_agent_may_become_free_while_the_caller_is_asked() -> None:
    floor = centre()
    floor.rings_in("ali")
    floor.presses("ali", KEY)
    floor.works("maryam")
    floor.presses("ali", YES)
    assert [one.leg_id for one in floor.done(EndCall)], "she is not called for the caller but for the callback"
    assert floor.callback("ali") is CallbackState.WAITING
    assert floor.called() == ["maryam"]


# Offered at overflow


OFFERING = [OverflowStep("full", MAILBOX, offers_callback=True)]


def test_a_callback_is_offered_before_an_overflow() -> None:
    floor = centre(max_waiting=1, overflow=OFFERING)
    floor.rings_in("ali")
    floor.rings_in("babak", "+989127654321")
    assert floor.said() == ["callback-offer"]
    floor.presses("babak", YES)
    assert floor.said()[-1].startswith("callback-number-is")
    floor.presses("babak", YES)
    assert floor.callback("babak") is CallbackState.WAITING
    assert floor.done(SendOn) == []


@pytest.mark.parametrize("answer", ["9", ""])
def test_who_does_not_want_a_callback_overflows(answer: str) -> None:
    floor = centre(max_waiting=0, overflow=OFFERING)
    floor.rings_in("ali")
    floor.presses("ali", answer)
    floor.passes(30)
    assert [str(one.destination) for one in floor.done(SendOn)] == ["voicemail:101"]
    assert floor.told(QueueLeft)[0].outcome == "overflowed"


# The turn comes


def test_the_customer_is_called_once_an_agent_is_there() -> None:
    floor = centre()
    floor.asks_to_be_called("ali")
    floor.passes(300)
    floor.works("maryam")
    (offered,) = floor.done(CallAgent)
    leg_id = floor.answers("maryam")
    (call,) = floor.done(CallCustomer)
    assert (call.leg_id, call.node_id, str(call.destination)) == (leg_id, NODE, f"external:{MOBILE}")
    assert offered.entry.callback is not None
    (called,) = floor.told(QueueCallbackCalled)
    assert called.attempt == 1
    floor.passes(10)
    floor.floor.customer_answered("another call", "another leg", NODE, floor.now)
    floor.customer_answers(leg_id)
    assert floor.status("maryam") is S.ON_CONTACT
    (ended,) = floor.told(QueueCallbackEnded)
    assert (ended.outcome, ended.attempts) == ("kept", 1)
    assert floor.told(QueueConnected)[0].call_id == leg_id, "the contact is that new call"
    floor.passes(60)
    floor.hangs_up("customers-leg")
    assert floor.told(QueueContactEnded)[0].talk_seconds == 60
    assert floor.status("maryam") is S.AVAILABLE
    assert len(floor.told(QueueLeft)) == 1


def test_an_agent_who_does_not_answer_costs_no_attempt() -> None:
    floor = centre()
    floor.asks_to_be_called("ali")
    floor.works("maryam")
    floor.misses("maryam")
    assert floor.callback("ali") is CallbackState.WAITING
    floor.passes(3)
    assert floor.called() == ["maryam"]
    assert floor.told(QueueCallbackCalled) == []


def test_a_customer_who_is_not_reached_is_called_again_later_and_given_up_at_last() -> None:
    floor = centre(rules=CallbackRules(most_attempts=2, retry_seconds=600))
    floor.asks_to_be_called("ali")
    floor.works("maryam")
    floor.hangs_up(floor.answers("maryam"), "NO_ANSWER")
    assert (floor.status("maryam"), floor.called()) == (S.AVAILABLE, [])
    floor.rings_in("babak", "+989127654321")
    assert floor.called() == ["maryam"], "others are served meanwhile"
    floor.hangs_up(leg_of("babak"))
    floor.passes(599)
    assert floor.called() == []
    floor.passes(1)
    assert floor.called() == ["maryam"]
    floor.hangs_up(floor.answers("maryam"), "USER_BUSY")
    assert floor.callback("ali") is CallbackState.GIVEN_UP
    assert [one.outcome for one in floor.told(QueueCallbackEnded)] == ["given_up"]
    assert floor.line() == []


def test_an_agent_who_hangs_up_before_the_customer_answers_costs_no_attempt() -> None:
    floor = centre(rules=CallbackRules(most_attempts=1))
    floor.asks_to_be_called("ali")
    floor.works("maryam")
    floor.hangs_up(floor.answers("maryam"))
    assert floor.callback("ali") is CallbackState.WAITING
    floor.passes(3)
    floor.customer_answers(floor.answers("maryam"))
    assert floor.callback("ali") is CallbackState.KEPT


def test_customers_are_called_inside_the_hours_only() -> None:
    nine_to_five = Schedule("UTC", (open_periods("09:00-17:00"),) * 7)
    floor = centre(rules=CallbackRules(hours=nine_to_five))
    floor.now = floor.now.replace(hour=18, minute=0)
    floor.asks_to_be_called("ali")
    floor.works("maryam")
    floor.passes(3600)
    assert floor.called() == []
    floor.passes(14 * 3600)
    assert floor.called() == ["maryam"]


def test_a_callback_that_nobody_calls_is_given_up_after_a_while() -> None:
    floor = centre(rules=CallbackRules(keep_seconds=3600))
    floor.asks_to_be_called("ali")
    floor.passes(3600)
    assert floor.callback("ali") is CallbackState.GIVEN_UP
    assert floor.line() == []


# Who leads


def test_a_callback_is_cancelled_at_any_moment() -> None:
    floor = centre()
    floor.asks_to_be_called("ali")
    floor.asks_to_be_called("babak", "+989127654321")
    waiting = floor.entry_of("ali")
    floor.floor.cancel_callback(waiting.id, floor.now)
    floor.settle()
    with pytest.raises(Unknown):
        floor.floor.cancel_callback(waiting.id, floor.now)
    floor.works("maryam")
    leg_id = floor.answers("maryam")
    floor.floor.cancel_callback(floor.entry_of("babak").id, floor.now)
    floor.settle()
    assert [one.leg_id for one in floor.done(EndCall)] == [leg_id], "the customer's phone rings no more"
    assert floor.status("maryam") is S.AVAILABLE
    assert [one.outcome for one in floor.told(QueueCallbackEnded)] == ["cancelled", "cancelled"]


def test_a_callback_is_not_sent_anywhere() -> None:
    floor = centre()
    floor.asks_to_be_called("ali")
    with pytest.raises(ValueError, match="cancel"):
        floor.floor.send(floor.entry_of("ali").id, MAILBOX, floor.now)


# Faults


def test_a_new_owner_finds_every_callback_at_its_place() -> None:
    floor = centre()
    floor.asks_to_be_called("ali")
    floor.rings_in("babak", "+989127654321")
    floor.dies()
    assert floor.line() == ["ali", "babak"]
    floor.works("maryam")
    floor.dies()
    floor.settle()
    assert floor.called() == ["maryam"], "her phone rings on"
    floor.customer_answers(floor.answers("maryam"))
    assert floor.callback("ali") is CallbackState.KEPT


def test_a_customer_who_answered_while_the_owner_died_is_connected() -> None:
    floor = centre()
    floor.asks_to_be_called("ali")
    floor.works("maryam")
    leg_id = floor.answers("maryam")
    floor.dies()
    floor.passes(1)
    floor.looks(seen(leg_id, hears="customers-leg", is_agents=True), seen("customers-leg", hears=leg_id))
    assert floor.status("maryam") is S.ON_CONTACT
    assert floor.callback("ali") is CallbackState.KEPT


def test_a_call_to_a_customer_of_the_owner_before_is_made_anew() -> None:
    floor = centre(rules=CallbackRules(most_attempts=1))
    floor.asks_to_be_called("ali")
    floor.works("maryam")
    leg_id = floor.answers("maryam")
    floor.dies()
    floor.passes(6)
    floor.looks(seen(leg_id, is_agents=True))
    assert leg_id in [one.leg_id for one in floor.done(EndCall)]
    assert floor.callback("ali") is CallbackState.WAITING
    floor.passes(3)
    floor.customer_answers(floor.answers("maryam"))
    assert floor.callback("ali") is CallbackState.KEPT


def test_a_lost_switch_costs_no_attempt() -> None:
    floor = centre(rules=CallbackRules(most_attempts=1))
    floor.asks_to_be_called("ali")
    floor.works("maryam")
    floor.answers("maryam")
    floor.floor.node_lost(NODE, None, floor.now, floor.now)
    floor.settle()
    assert floor.callback("ali") is CallbackState.WAITING
    assert floor.line() == ["ali"]
    floor.does("maryam", Pause("lunch"))


def test_a_caller_who_was_told_goodbye_and_is_still_there_is_hung_up_on() -> None:
    floor = centre()
    floor.rings_in("ali")
    floor.presses("ali", KEY + YES)
    entry = floor.entry_of("ali")
    floor.passes(10)
    floor.floor.found_waiting(entry, floor.now, floor.now)
    assert floor.floor.take().actions == []
    floor.passes(20)
    floor.floor.found_waiting(entry, floor.now, floor.now)
    (action,) = floor.floor.take().actions
    assert isinstance(action, EndCall)
    assert action.leg_id == leg_of("ali")


def test_nobody_overflows_or_is_spoken_to_who_is_called_back() -> None:
    floor = centre(overflow=[OverflowStep("waited", MAILBOX, 60), OverflowStep("estimated_wait", MAILBOX, 1)])
    floor.asks_to_be_called("ali")
    floor.passes(3600)
    assert floor.done(SendOn) == []
    assert floor.line() == ["ali"]
