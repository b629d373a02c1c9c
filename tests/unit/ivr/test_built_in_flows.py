"""What feature codes lead to: recording a prompt, the speaking clock, the echo test."""

from __future__ import annotations

import pytest

from services.ivr.domain.actions import HangUp
from services.ivr.domain.writes_voicemail import SaveRecordedPrompt
from tests.unit.ivr.mailbox_calls import OWNER, BoxCall, built_in_flow


def test_record_a_prompt_after_the_pin():
    call = BoxCall("record-prompt", "welcome", facts=OWNER)
    assert call.heard() == ["vm-enter-pin"]
    call.keys("8642")
    assert call.heard() == ["record-prompt-now"]
    call.over()
    call.speak()
    assert call.heard() == ["prompts/recorded/l-1-1", "vm-keep-or-again"]
    call.keys("2")
    call.over()
    call.speak(5.0)
    call.keys("1")
    assert call.box.prompts == [SaveRecordedPrompt("welcome", "en", "prompts/recorded/l-1-2", 5.0)]
    assert call.heard() == ["vm-saved", "vm-goodbye"]
    assert isinstance(call.over(), HangUp)


def test_nobody_records_a_prompt_from_outside():
    call = BoxCall("record-prompt", "welcome")
    assert call.heard() == ["ivr-invalid", "vm-goodbye"]


def test_prompt_not_confirmed():
    call = BoxCall("record-prompt", "welcome", facts=OWNER)
    call.keys("8642")
    call.over()
    call.speak()
    call.keys("", "5", "")
    assert isinstance(call.action, HangUp)
    assert call.box.prompts == []


def test_prompt_without_a_word_ten_times():
    call = BoxCall("record-prompt", "welcome", facts=OWNER)
    call.keys("8642")
    for _ in range(10):
        call.over()
        call.speak(0.0)
    assert isinstance(call.action, HangUp)


@pytest.mark.parametrize("language", ["en", "fa", "ar"])
def test_speaking_clock(language: str):
    call = BoxCall("clock", "", language=language)
    times = 0
    while not isinstance(call.action, HangUp):
        assert call.action.language == language
        assert call.heard()[0] == "clock-at-the-tone"
        assert call.heard()[-1] == "Beep"
        times += 1
        call.over()
    assert times == 10


def test_clock_is_left_by_a_key():
    assert isinstance(BoxCall("clock", "").played("#"), HangUp)


def test_echo():
    call = BoxCall("echo", "")
    for _ in range(10):
        call.speak()
        assert call.heard() == ["echo/l-1"]
        call.over()
    assert isinstance(call.action, HangUp)
    again = BoxCall("echo", "")
    assert isinstance(again.speak(key="*"), HangUp)


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        ("voicemail", ""),
        ("voicemail", "x"),
        ("mailbox", "abc"),
        ("record-prompt", "No!"),
        ("clock", "1"),
        ("other", ""),
    ],
)
def test_flows_that_there_are_not(name: str, argument: str):
    with pytest.raises(ValueError, match=r"."):
        built_in_flow(name, argument)


def test_same_flow_in_every_process():
    assert built_in_flow("voicemail", "101").ref == built_in_flow("voicemail", "101").ref
    assert built_in_flow("voicemail", "101").ref != built_in_flow("voicemail", "102").ref
    assert str(built_in_flow("voicemail", "101").ref.id) == "dd066e20-b342-55e0-a888-e9d69b1eb389"
