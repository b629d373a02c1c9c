"""No value adds an argument, a key or a sound to what a caller is asked."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.telephony.dialogue_actions import ANY_KEY, NO_KEY, PlayAndGetDigits, Record, StopKeys
from shared.telephony.dialplan_actions import Action, LimitExecute, Set
from shared.telephony.dialplan_xml import dialplan_document
from shared.telephony.safe_text import UnsafeText
from shared.telephony.sounds import Silence, SoundFile, Tone
from tests.unit.telephony import freeswitch_model as switch
from tests.unit.telephony.nasty import names, texts

MENU = SoundFile("ivr/menu.wav")
DIGITS = frozenset("0123456789ABCD*#")
ARGUMENTS = 11


def asked(
    sounds: tuple[SoundFile | Tone | Silence, ...] = (MENU,), terminators: str = "#", variable: str = "seda_ivr_digits"
) -> PlayAndGetDigits:
    return PlayAndGetDigits(sounds, 1, 4, 5000, 2000, terminators, variable)


def arguments(action: Action) -> list[str]:
    """The application's arguments, as it separates them after variables were expanded."""
    return switch.separate_string(switch.executed(action.data()), " ", ARGUMENTS)


@given(terminators=texts, variable=names)
def test_digits_are_asked_for_in_ten_arguments_whatever_the_texts(terminators: str, variable: str) -> None:
    try:
        found = arguments(asked(terminators=terminators, variable=variable))
    except UnsafeText:
        return
    assert found == ["1", "4", "1", "5000", terminators or "none", "ivr/menu.wav", "", variable, "", "2000"]
    assert set(terminators) <= DIGITS
    assert not set("none") & DIGITS


@given(
    least=st.integers(-2, 70),
    most=st.integers(-2, 70),
    timeout=st.integers(-5, 700_000),
    digit_timeout=st.integers(-5, 700_000),
)
def test_numbers_out_of_range_are_refused_and_others_arrive(
    least: int, most: int, timeout: int, digit_timeout: int
) -> None:
    try:
        found = arguments(PlayAndGetDigits((MENU,), least, most, timeout, digit_timeout, "", "d"))
    except UnsafeText:
        assert not (1 <= least <= most <= 64 and 100 <= timeout <= 600_000 and 100 <= digit_timeout <= 600_000)
        return
    assert [int(found[index]) for index in (0, 1, 3, 9)] == [least, most, timeout, digit_timeout]
    assert 1 <= least <= most < 128  # digit_buffer of play_and_get_digits_function


@given(st.lists(texts, max_size=4))
def test_sounds_asked_with_stay_one_argument(paths: list[str]) -> None:
    try:
        sounds = tuple(SoundFile(path) for path in paths)
    except UnsafeText:
        return
    prompt = arguments(asked(sounds))[5]
    assert prompt.removeprefix("file_string://").split("!") == (paths or ["silence"])


ONE_TEXT: dict[str, Callable[[str], Action]] = {
    "record": lambda text: Record(text, 60, 200, 3),
    "keys": StopKeys,
}


@pytest.mark.parametrize("kind", ONE_TEXT)
@given(text=texts)
def test_one_nasty_text_is_refused_or_is_one_argument(kind: str, text: str) -> None:
    action = ONE_TEXT[kind](text)
    try:
        data = action.data()
    except UnsafeText:
        return
    if kind == "record":
        assert switch.separate_string(switch.executed(data), " ", 4) == [text, "60", "200", "3"]
        assert text.startswith("/")
    else:
        assert switch.base_set(switch.executed(data)) == ("playback_terminators", text)
        assert text in {ANY_KEY, NO_KEY} or set(text) <= DIGITS


def test_every_action_says_what_freeswitch_expects() -> None:
    several = (MENU, Silence(500), Tone("%(100,0,800)"))
    made = [
        asked(),
        asked(several, ""),
        asked((), "*#"),
        Record("/var/spool/seda/voicemail/1.wav", 120),
        Record("/var/spool/seda/voicemail/1.wav", 120, 200, 4),
        StopKeys("12#"),
        StopKeys(ANY_KEY),
    ]
    assert [(one.application, switch.executed(one.data())) for one in made] == [
        ("play_and_get_digits", "1 4 1 5000 # ivr/menu.wav '' seda_ivr_digits '' 2000"),
        (
            "play_and_get_digits",
            "1 4 1 5000 none file_string://ivr/menu.wav!silence_stream://500!tone_stream://%(100,0,800)"
            " '' seda_ivr_digits '' 2000",
        ),
        ("play_and_get_digits", "1 4 1 5000 *# silence '' seda_ivr_digits '' 2000"),
        ("record", "/var/spool/seda/voicemail/1.wav 120"),
        ("record", "/var/spool/seda/voicemail/1.wav 120 200 4"),
        ("set", "playback_terminators=12#"),
        ("set", "playback_terminators=any"),
    ]


@pytest.mark.parametrize(
    "action",
    [
        asked(variable="execute_on_answer"),
        asked(variable="a b"),
        asked(terminators="=#"),
        asked(terminators="+#"),
        asked(terminators="x#"),
        asked(terminators="none"),
        PlayAndGetDigits((MENU,), 0, 1, 5000, 2000, "", "d"),
        PlayAndGetDigits((MENU,), 3, 2, 5000, 2000, "", "d"),
        PlayAndGetDigits((MENU,), 1, 65, 5000, 2000, "", "d"),
        PlayAndGetDigits((MENU,), 1, 1, 0, 2000, "", "d"),
        PlayAndGetDigits((MENU,), 1, 1, 5000, 0, "", "d"),
        PlayAndGetDigits((MENU,) * 65, 1, 1, 5000, 2000, "", "d"),
        Record("relative.wav", 60),
        Record("/spool/../../etc/passwd", 60),
        Record("/spool/a b.wav", 60),
        Record("/spool/a.wav", 0),
        Record("/spool/a.wav", 60, 200, 0),
        Record("/spool/a.wav", 60, 40_000, 3),
        StopKeys(""),
        StopKeys("1 2"),
        LimitExecute("a", "b", 1, asked()),
    ],
)
def test_refuses_actions_that_mean_something_else(action: Action) -> None:
    with pytest.raises(UnsafeText):
        dialplan_document([action], context="seda")


def test_a_menu_of_one_key_takes_every_key() -> None:
    assert arguments(PlayAndGetDigits((MENU,), 1, 1, 5000, 2000, "", "d"))[4] == "none"
    with pytest.raises(UnsafeText):
        PlayAndGetDigits((MENU,), 1, 1, 5000, 2000, "#", "d").data()


def test_no_key_ends_what_is_played() -> None:
    assert StopKeys(NO_KEY).data() == Set("playback_terminators", "none").data()
