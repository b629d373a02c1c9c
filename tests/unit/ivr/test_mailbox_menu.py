"""The owner's menu of a mailbox by phone: every key."""

from __future__ import annotations

import pytest

from services.ivr.domain.actions import Gather, HangUp, Record
from services.ivr.domain.events import QueryFailed
from services.ivr.domain.mailbox_pins import fault_of_pin
from services.ivr.domain.writes_voicemail import CheckPin, SetPin
from tests.unit.ivr.calls import NOW, Call
from tests.unit.ivr.mailbox_calls import OWNER, Box, BoxCall, built_in_flow


def mailbox(box: Box | None = None, number: str = "101", **more: object) -> BoxCall:
    return BoxCall("mailbox", number, box, facts=OWNER, **more)


def inside(box: Box | None = None) -> BoxCall:
    call = mailbox(box)
    call.keys("8642")
    return call


def listening(*states: str) -> BoxCall:
    call = inside(Box().leave(*states))
    call.keys("1")
    return call


# Who is it?


def test_own_extension_is_asked_for_the_pin_only():
    call = mailbox()
    assert call.heard() == ["vm-enter-pin"]
    assert call.action.hidden


def test_keys_of_a_pin_are_hidden_and_in_no_memo_or_note():
    call = mailbox(Box(pin=""))
    call.keys("8642")
    assert call.heard() == ["vm-repeat-pin"]
    assert call.action.hidden
    assert "8642" not in str(call.state.to_document()) + str(call.notes)
    assert "8642" not in repr(CheckPin("box", "8642", NOW)) + repr(SetPin("box", "8642"))


def test_any_extension_is_asked_whose_box_it_wants():
    call = mailbox(number="")
    assert call.heard() == ["vm-enter-mailbox"]
    call.keys("101")
    assert call.heard() == ["vm-enter-pin"]
    call.keys("8642")
    assert call.heard() == ["vm-no-messages", "vm-menu"]


def test_unknown_box_is_asked_for_a_pin_like_any_other():
    call = mailbox(number="")
    call.keys("555", "1111")
    assert call.heard() == ["vm-wrong-pin", "vm-enter-pin"]


def test_no_number_given():
    call = mailbox(number="")
    call.keys("", "1")
    assert call.heard() == ["ivr-invalid", "vm-enter-mailbox"]
    call.keys("")
    assert call.heard() == ["vm-goodbye"]
    assert isinstance(call.over(), HangUp)


def test_extension_without_a_box():
    call = BoxCall("mailbox", "102", facts=OWNER)
    assert call.heard() == ["ivr-invalid", "vm-goodbye"]


def test_wrong_pin_three_times():
    call = mailbox()
    call.keys("1", "2")
    assert call.heard() == ["vm-wrong-pin", "vm-enter-pin"]
    call.keys("3")
    assert call.heard() == ["vm-wrong-pin", "vm-goodbye"]
    call.over()
    assert call.told("node.left")[0]["exit"] == "denied"


def test_no_pin_three_times():
    call = mailbox()
    call.keys("", "", "")
    assert call.heard() == ["vm-goodbye"]


def test_box_is_locked_after_wrong_pins_over_several_calls():
    box = Box(wrong=4)
    call = mailbox(box)
    call.keys("1", "8642")
    assert call.heard() == ["vm-locked", "vm-goodbye"]
    call.over()
    assert call.told("node.left")[0]["exit"] == "locked"


def test_locked_box_asks_for_no_pin():
    assert mailbox(Box(locked=True)).heard() == ["vm-locked", "vm-goodbye"]


def test_first_call_must_set_a_pin():
    call = mailbox(Box(pin=""))
    assert call.heard() == ["vm-new-pin"]
    call.keys("1234")
    assert call.heard() == ["vm-weak-pin", "vm-new-pin"]
    call.keys("9735", "9735")
    assert call.heard() == ["vm-pin-changed", "vm-no-messages", "vm-menu"]
    assert call.box.pin == "9735"


def test_first_pin_repeated_wrongly():
    call = mailbox(Box(pin=""))
    call.keys("9735", "9736")
    assert call.heard() == ["ivr-invalid", "vm-new-pin"]
    call.keys("", "")
    assert call.heard() == ["ivr-no-input", "vm-goodbye"]
    assert call.box.pin == ""


@pytest.mark.parametrize("pin", ["0000", "1234", "4321", "1212", "2580", "101", "0101", "1010", "12", "12345678901"])
def test_pins_that_are_too_easy(pin: str):
    assert fault_of_pin(pin, "101")


@pytest.mark.parametrize("pin", ["8642", "9735", "1357", "280471"])
def test_pins_that_will_do(pin: str):
    assert not fault_of_pin(pin, "101")


# The main menu


def test_how_many_messages():
    box = Box().leave("new", "new", "saved")
    assert inside(box).heard() == [
        "vm-you-have",
        "pieces/number-2",
        "pieces/new-message-plural",
        "pieces/number-1",
        "pieces/saved-message",
        "vm-menu",
    ]


def test_menu_speaks_the_boxs_language_not_the_callers():
    call = mailbox(language="fa")
    assert call.action.language == "en"


def test_main_menu_keys():
    call = inside()
    call.keys("9")
    assert call.heard() == ["ivr-invalid", "vm-menu"]
    call.keys("0")
    assert call.heard() == ["vm-no-messages", "vm-menu"]
    call.keys("*")
    assert call.heard() == ["vm-goodbye"]
    assert isinstance(call.over(), HangUp)


def test_main_menu_without_a_key():
    call = inside()
    call.keys("", "", "")
    assert call.heard() == ["vm-goodbye"]


def test_change_pin():
    call = inside()
    call.keys("3", "9735", "9735")
    assert call.heard()[0] == "vm-pin-changed"
    assert call.box.pin == "9735"


def test_change_pin_given_up():
    call = inside()
    call.keys("3", "", "", "")
    assert call.heard() == ["vm-no-messages", "vm-menu"]
    assert call.box.pin == "8642"


# Messages


def test_envelope_and_message():
    call = listening("new")
    assert call.heard()[0] == "vm-received-at"
    assert call.heard()[-2:] == ["voicemail/1", "vm-message-actions"]
    assert "vm-from" in call.heard()


def test_message_of_another_day_is_told_with_its_date():
    today = listening("new")
    box = Box().leave("new")
    later = mailbox(box, now=NOW.replace(day=16))
    later.keys("8642", "1")
    assert len(later.heard()) > len(today.heard())


def test_caller_without_a_number():
    call = inside(Box().leave("new"))
    call.box.messages = [type(call.box.messages[0])("1", "voicemail/1", 4.0, "anonymous", "yesterday", "new")]
    call.keys("1")
    assert call.heard() == ["voicemail/1", "vm-message-actions"]


def test_again():
    call = listening("new")
    call.keys("1")
    assert call.heard() == ["voicemail/1", "vm-message-actions"]
    assert call.box.states() == {"1": "saved"}


def test_save_goes_on_to_the_next():
    call = listening("new", "new")
    call.keys("2")
    assert call.heard()[0] == "vm-saved"
    assert "voicemail/2" in call.heard()
    assert call.box.states() == {"1": "saved", "2": "new"}


def test_delete_goes_on_to_the_next():
    call = listening("new", "new")
    call.keys("3")
    assert call.heard()[0] == "vm-deleted"
    assert call.box.states() == {"1": "deleted", "2": "new"}


def test_new_ones_first_then_the_saved_ones_then_the_menu():
    call = listening("saved", "new")
    assert "voicemail/2" in call.heard()
    call.keys("5")
    assert "voicemail/1" in call.heard()
    call.keys("5")
    assert call.heard()[-1] == "vm-menu"
    assert call.box.states() == {"1": "saved", "2": "saved"}


def test_back_to_the_one_before_though_it_has_been_heard():
    call = listening("new", "new", "saved")
    call.keys("5", "5")
    assert "voicemail/3" in call.heard()
    call.keys("6")
    assert "voicemail/2" in call.heard()
    call.keys("6")
    assert "voicemail/1" in call.heard()
    call.keys("6")
    assert call.heard()[0] == "ivr-invalid"
    assert "voicemail/1" in call.heard()


def test_forward():
    call = listening("new")
    call.keys("4")
    assert call.heard() == ["vm-forward-to"]
    call.keys("102")
    assert call.heard() == ["vm-forwarded", "vm-message-actions"]
    assert call.box.forwarded == [("1", "102")]


@pytest.mark.parametrize(
    ("digits", "said"), [("999", "ivr-invalid"), ("103", "vm-mailbox-full"), ("", "ivr-no-input"), ("1", "ivr-invalid")]
)
def test_forward_to_nobody(digits: str, said: str):
    call = listening("new")
    call.keys("4", digits)
    assert call.heard() == [said, "vm-message-actions"]
    assert call.box.forwarded == []


def test_back_to_the_menu_and_the_end():
    call = listening("new")
    call.keys("0")
    assert call.heard()[-1] == "vm-menu"
    call.keys("1", "*")
    assert call.heard() == ["vm-goodbye"]


def test_no_key_after_a_message():
    call = listening("new")
    call.keys("", "8")
    assert call.heard() == ["ivr-invalid", "vm-message-actions"]
    call.keys("")
    assert call.heard() == ["vm-goodbye"]
    assert call.box.states() == {"1": "saved"}


def test_hung_up_during_a_message_and_it_stays_new():
    call = listening("new")
    call.hang_up()
    assert call.box.states() == {"1": "new"}


def test_no_messages():
    call = inside()
    call.keys("1")
    assert call.heard() == ["vm-no-messages", "vm-menu"]


def test_messages_deleted_by_somebody_else_meanwhile():
    call = listening("new")
    call.box.messages.clear()
    call.keys("5")
    assert call.heard() == ["vm-no-messages", "vm-menu"]


# Greetings


def test_record_a_greeting():
    call = inside()
    call.keys("2")
    assert call.heard() == ["vm-greeting-menu"]
    call.keys("1")
    assert call.heard() == ["vm-record-greeting"]
    assert isinstance(call.over(), Record)
    call.speak()
    assert call.heard() == ["greetings/l-1-1", "vm-keep-or-again"]
    call.keys("2")
    call.over()
    call.speak()
    call.keys("1")
    assert call.box.greetings == {"unavailable": "greetings/l-1-2"}
    assert call.heard() == ["vm-greeting-saved", "vm-greeting-menu"]


def test_greeting_that_is_not_confirmed_is_not_used():
    call = inside()
    call.keys("2", "4")
    call.over()
    call.speak()
    call.keys("", "9", "")
    assert call.heard() == ["vm-greeting-menu"]
    assert call.box.greetings == {}


def test_greeting_without_a_word():
    call = inside()
    call.keys("2", "4")
    call.over()
    call.speak(0.1)
    assert call.heard() == ["ivr-no-input", "vm-greeting-menu"]


def test_hear_and_remove_a_greeting():
    call = inside(Box(greetings={"busy": "greetings/b"}))
    call.keys("2", "5")
    assert call.heard() == ["greetings/b", "vm-greeting-menu"]
    call.keys("6")
    assert call.heard() == ["vm-greeting-removed", "vm-greeting-menu"]
    call.keys("5")
    assert call.heard() == ["vm-record-message", "vm-greeting-menu"]


def test_out_of_the_greetings():
    call = inside()
    call.keys("2", "0")
    assert call.heard()[-1] == "vm-menu"
    call.keys("2", "", "", "")
    assert call.heard()[-1] == "vm-menu"
    call.keys("2", "*")
    assert call.heard() == ["vm-goodbye"]


# Faults


def test_other_process_goes_on_in_the_main_menu():
    call = listening("new")
    call.move()
    assert call.heard()[-1] == "vm-menu"


def test_other_process_asks_for_the_pin_again_when_it_was_not_given():
    call = mailbox()
    call.move()
    assert call.heard() == ["vm-enter-pin"]


def test_store_that_cannot_be_read():
    call = Call(built_in_flow("mailbox", "101"))
    assert isinstance(call.tell(QueryFailed()), HangUp)


def test_questions_are_bounded():
    call = mailbox()
    assert isinstance(call.action, Gather)
    assert (call.action.least, call.action.most, call.action.terminators) == (1, 10, "#")
