"""A caller leaves a message in a mailbox: every way that can go."""

from __future__ import annotations

import pytest

from services.ivr.domain.actions import HangUp, Play, Query, Record, Recording, Store
from services.ivr.domain.events import Played, QueryFailed, Recorded, Resumed, StoreFailed
from services.ivr.domain.interpreter import kept_after_hang_up
from services.ivr.domain.writes_voicemail import FindMailbox, SaveMessage
from tests.unit.ivr.calls import NOW, Call
from tests.unit.ivr.mailbox_calls import Box, BoxCall, built_in_flow, name_of


def leaving(box: Box | None = None, **more: object) -> BoxCall:
    return BoxCall("voicemail", "101", box, **more)


def test_caller_leaves_a_message():
    call = leaving()
    assert call.heard() == ["vm-record-message"]
    record = call.over()
    assert record == Record("voicemail/l-1-101", 60, 5, "#", beep=True)
    call.speak(7.5)
    assert call.box.saved == [SaveMessage("box", "voicemail/l-1-101", 7.5, NOW)]
    assert call.heard() == ["vm-goodbye"]
    assert isinstance(call.over(), HangUp)


def test_caller_hears_the_words_in_their_own_language():
    assert leaving(language="fa").action.language == "fa"


def test_caller_hears_the_owners_own_greeting():
    box = Box(greetings={"unavailable": "greetings/away"})
    assert leaving(box).action.sounds == (Recording("greetings/away"),)


@pytest.mark.parametrize(
    ("greetings", "heard"),
    [
        ({"busy": "greetings/b", "unavailable": "greetings/u"}, "greetings/b"),
        ({"unavailable": "greetings/u"}, "greetings/u"),
        ({}, "vm-record-message"),
    ],
)
def test_caller_of_a_busy_owner_hears_the_greeting_for_that(greetings: dict, heard: str):
    assert leaving(Box(greetings=greetings), voicemail_reason="busy").heard() == [heard]


def test_hash_goes_straight_to_the_tone():
    assert isinstance(leaving().played("#"), Record)


def test_star_during_the_greeting_leads_the_owner_to_the_menu():
    call = leaving()
    call.played("*")
    assert call.node == "owner"
    assert call.heard() == ["vm-enter-pin"]


def test_first_pin_is_not_set_by_whoever_calls_from_outside():
    call = leaving(Box(pin=""))
    call.played("*")
    assert call.heard() == ["vm-enter-pin"]
    call.keys("1111")
    assert call.heard() == ["vm-wrong-pin", "vm-enter-pin"]


def test_too_short_a_message_is_thrown_away():
    call = leaving()
    call.over()
    assert isinstance(call.speak(0.4), HangUp)
    assert call.box.saved == []
    assert [left["exit"] for left in call.told("node.left")] == ["nothing"]


def test_caller_of_a_full_box_is_told():
    call = leaving(Box(full=True))
    assert call.heard() == ["vm-mailbox-full"]
    call.over()
    assert [left["exit"] for left in call.told("node.left")] == ["full"]


def test_box_became_full_while_the_caller_spoke():
    call = leaving()
    call.over()
    call.box.full = True
    call.speak()
    assert call.heard() == ["vm-mailbox-full"]


@pytest.mark.parametrize("box", [Box(enabled=False), None])
def test_no_such_box(box: Box | None):
    call = leaving(box) if box else BoxCall("voicemail", "999")
    assert isinstance(call.action, HangUp)
    assert [left["exit"] for left in call.told("node.left")] == ["unknown"]


def test_hung_up_while_speaking_and_the_message_is_kept():
    call = leaving()
    call.over()
    spoken = Recorded("voicemail/l-1-101", 4.0, hung_up=True)
    step = kept_after_hang_up(call.library, call.state, spoken, call.facts, NOW)
    assert step.action == Store(SaveMessage("box", "voicemail/l-1-101", 4.0, NOW))


def test_hung_up_at_the_tone_and_nothing_is_kept():
    call = leaving()
    call.over()
    short = Recorded("voicemail/l-1-101", 0.2, hung_up=True)
    assert kept_after_hang_up(call.library, call.state, short, call.facts, NOW).action is None


@pytest.mark.parametrize("so_far", range(4))
def test_hung_up_at_every_point(so_far: int):
    call = leaving()
    for go_on in [call.over, call.speak, call.over][:so_far]:
        go_on()
    call.hang_up()
    assert call.action is None


def plain() -> Call:
    """A call whose questions the test answers itself."""
    return Call(built_in_flow("voicemail", "101"))


def test_store_that_fails_is_asked_again_and_the_message_kept():
    call = recorded()
    first = call.action
    assert call.tell(StoreFailed()) == first
    assert call.tell(StoreFailed()) == first
    assert isinstance(call.tell(StoreFailed()), HangUp)


def recorded() -> Call:
    call = plain()
    assert call.action == Query(FindMailbox("101", NOW))
    call.tell(Box().answer(call.action.what))
    call.tell(Played())
    call.tell(Recorded("voicemail/l-1-101", 9.0))
    return call


def test_process_dies_while_it_writes_the_message_down():
    call = recorded()
    assert call.tell(Resumed()) == Store(SaveMessage("box", "voicemail/l-1-101", 9.0, NOW))


def test_process_dies_while_the_caller_hears_the_greeting():
    call = leaving()
    call.move()
    assert isinstance(call.action, Play)
    assert [name_of(sound) for sound in call.action.sounds] == ["vm-record-message"]


def test_store_cannot_be_read():
    assert isinstance(plain().tell(QueryFailed()), HangUp)
