"""The channel state table, causes, records, scripts."""

from __future__ import annotations

import pytest

from freeswitch.simulator.domain.causes import cause_of_sip, parse_cause, q850, sip_of_cause
from freeswitch.simulator.domain.channel import Channel
from freeswitch.simulator.domain.far_script import BadScript, parse_script
from freeswitch.simulator.domain.profile import CallerProfile
from freeswitch.simulator.domain.record import call_record, set_timestamps
from freeswitch.simulator.domain.states import TRANSITIONS, State, may_follow


def test_a_hung_up_leg_only_goes_on_to_its_end() -> None:
    for state in State:
        assert may_follow(State.HANGUP, state) is (state in {State.REPORTING, State.DESTROY})
    assert set(TRANSITIONS) == set(State)


def test_every_live_state_may_hang_up() -> None:
    live = [state for state in State if state < State.HANGUP]
    assert all(may_follow(state, State.HANGUP) for state in live)


def test_causes_and_sip_answers() -> None:
    assert (cause_of_sip(486), sip_of_cause("USER_BUSY"), q850("USER_BUSY")) == ("USER_BUSY", 486, 17)
    assert q850("LOSE_RACE") == 16
    assert parse_cause("17") == parse_cause("user_busy") == "USER_BUSY"
    assert parse_cause("nonsense", "NORMAL_CLEARING") == "NORMAL_CLEARING"


def test_record_of_an_answered_leg() -> None:
    channel = Channel("u", "sofia/phones/1", "inbound", CallerProfile(caller_id_number="1"), created=1_000_000)
    times = channel.times
    times.answered, times.hungup = 3_500_000, 10_000_000
    set_timestamps(channel)
    variables = call_record(channel, core_uuid="c", switchname="n")["variables"]
    assert (variables["duration"], variables["billsec"], variables["billusec"]) == ("9", "7", "6500000")
    assert variables["bridge_epoch"] == "0"
    assert "bridge_stamp" not in variables


def test_transfer_keeps_when_the_call_began() -> None:
    channel = Channel("u", "x", "inbound", CallerProfile(destination_number="1"), created=5)
    channel.times.answered = 7
    channel.start_profile(CallerProfile(destination_number="2"), now=9)
    assert (channel.times.created, channel.times.answered, channel.times.profile_created) == (5, 7, 9)
    assert channel.profile.profile_index == "2"
    assert [profile.destination_number for profile in channel.earlier_profiles] == ["1"]


@pytest.mark.parametrize("wrong", ["sleepy", {"answer_in": 1}, {"answer_after": "soon"}])
def test_a_wrong_script_is_refused(wrong: object) -> None:
    with pytest.raises(BadScript):
        parse_script(wrong)  # type: ignore[arg-type]


def test_a_named_script_may_be_changed() -> None:
    assert parse_script({"name": "answer", "answer_after": 9}).answer_after == 9
