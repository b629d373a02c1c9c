"""Callers whom the hold key of an agent's phone puts on hold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.contracts.acd import QueueContactEnded
from shared.telephony.destinations import Destination
from tests.unit.acd.call_centre import CallCentre, alone, leg_of, seen

CALLER = leg_of("ali")


@pytest.fixture
def talking() -> tuple[CallCentre, str]:
    """Ali has talked with Maryam for a minute; her leg."""
    made = alone()
    made.calls("ali")
    leg_id = made.talks("maryam")
    made.passes(60)
    return made, leg_id


def holds(made: CallCentre, leg_id: str, *, on: bool) -> None:
    made.floor.held_by_phone(leg_id, made.now, made.now, on=on)
    made.settle()


def test_time_on_hold_is_told_and_kept_apart_from_talk(talking: tuple[CallCentre, str]) -> None:
    made, leg_id = talking
    for _ in range(2):
        holds(made, leg_id, on=True)
        holds(made, leg_id, on=True)
        made.passes(20)
        holds(made, leg_id, on=False)
        holds(made, leg_id, on=False)
        made.passes(10)
    holds(made, CALLER, on=True)
    made.passes(10)
    made.hangs_up(CALLER)
    [ended] = made.told(QueueContactEnded)
    assert (ended.hold_seconds, ended.talk_seconds) == (40, 90), "a caller's own hold key is none of ours"


def test_hold_that_ended_unseen_is_found_by_whoever_takes_over(talking: tuple[CallCentre, str]) -> None:
    made, leg_id = talking
    holds(made, leg_id, on=True)
    made.dies()
    made.passes(30)
    agent = seen(leg_id, hears=CALLER, is_agents=True)
    made.looks(seen(CALLER, turn=1, hears=leg_id), agent)
    assert made.entry_of("ali").held_since is not None, "a switch that does not say ends nothing"
    made.passes(1)
    made.looks(seen(CALLER, turn=1, hears=leg_id), replace(agent, is_held=False))
    assert (made.entry_of("ali").held_since, made.entry_of("ali").held_seconds) == (None, 31)


def test_hold_key_says_nothing_of_the_caller_while_somebody_is_asked(talking: tuple[CallCentre, str]) -> None:
    made, leg_id = talking
    made.floor.consult(made.entry_of("ali").id, Destination.parse("extension:103"), made.now)
    made.settle()
    before = made.entry_of("ali").held_since
    assert before is not None
    made.passes(10)
    holds(made, leg_id, on=False)
    assert made.entry_of("ali").held_since == before
