"""menu, gather, survey, speech, callback_request: every way out of each."""

from __future__ import annotations

import pytest

from services.ivr.domain.actions import Gather, HangUp, Listen, Piece, Play, Record, Speech, Store
from services.ivr.domain.events import Heard, NotHeard, Played, Recorded, Stored, StoreFailed
from services.ivr.domain.node import CallFacts
from services.ivr.domain.writes import CallbackRequest, SurveyAnswer
from tests.unit.ivr.calls import END, Call, flow, text

BYE = {"type": "hangup"}


def asking(kind: str, exits: dict[str, str], **more: object) -> Call:
    node = {"type": kind, "announcement": text("Hello"), "exits": exits, "tries": 2, **more}
    return Call(flow({"ask": node, **dict.fromkeys(exits.values(), END)}))


def test_a_menu_goes_the_way_of_the_key():
    call = asking("menu", {"1": "sales", "#": "support"})
    assert call.action == Gather((Speech("Hello"),), "en", 1, 1, 5.0, 5.0)
    assert call.press("#") == HangUp()
    assert call.node == "support"
    assert call.told("input.taken") == [{"digits": "#"}]
    assert call.told("node.left") == [{"exit": "#", "type": "menu"}]


@pytest.mark.parametrize(
    ("keys", "exit_name", "first"), [("", "no_input", "ivr-no-input"), ("7", "invalid", "ivr-invalid")]
)
def test_a_menu_asks_again_and_gives_up(keys, exit_name, first):
    call = asking("menu", {"1": "sales", exit_name: "other"})
    assert call.press(keys).sounds == (Piece(first), Speech("Hello"))
    call.press(keys)
    assert call.node == "other"
    assert call.told("node.left")[-1]["exit"] == exit_name


def test_the_names_of_exits_are_no_keys():
    call = asking("menu", {"1": "sales", "no_input": "other"})
    assert isinstance(call.press("no_input"), Gather)


def test_a_menu_without_a_way_on_says_goodbye_and_hangs_up():
    call = asking("menu", {"1": "sales"}, tries=1)
    assert call.silence() == Play((Piece("ivr-goodbye"),), "en")
    assert call.played() == HangUp()


def test_a_menu_goes_on_elsewhere_with_the_same_attempt():
    call = asking("menu", {"1": "sales", "no_input": "other"})
    call.silence()
    assert isinstance(call.move(), Gather)
    call.silence()
    assert call.node == "other"


def test_own_words_replace_sedas():
    call = asking("menu", {"1": "a"}, no_input_announcement=text("Press"), invalid_announcement=text("Wrong"), tries=3)
    assert call.silence().sounds == (Speech("Press"), Speech("Hello"))
    assert call.press("5").sounds == (Speech("Wrong"), Speech("Hello"))


def test_gather_keeps_keys_that_fit():
    call = asking("gather", {"done": "a", "invalid": "b"}, variable="order", least=4, most=6, pattern="[1-9][0-9]+")
    assert (call.action.least, call.action.most, call.action.terminators, call.action.hidden) == (4, 6, "#", False)
    assert isinstance(call.press("0123"), Gather)
    assert call.press("4711") == HangUp()
    assert call.state.variables == {"order": "4711"}


def test_gather_asks_again_for_too_few_and_for_none():
    call = asking("gather", {"done": "a", "invalid": "b"}, variable="order", least=4, tries=3)
    assert call.press("12").sounds[0] == Piece("ivr-invalid")
    assert call.silence().sounds[0] == Piece("ivr-no-input")
    call.press("1")
    assert call.node == "b"


def test_hidden_keys_are_told_to_nobody():
    call = asking("gather", {"done": "a", "invalid": "b"}, variable="pin", least=4, hidden=True)
    assert call.action.hidden
    call.press("123")
    call.press("1234")
    assert "123" not in repr(call.notes)
    assert call.state.hidden == {"pin"}


def test_what_is_made_of_a_hidden_variable_is_hidden():
    nodes = {
        "ask": {
            "type": "gather",
            "announcement": text("PIN"),
            "variable": "pin",
            "hidden": True,
            "exits": {"done": "set"},
        },
        "set": {"type": "set", "variables": {"copy": "x{pin}", "other": "{language}"}, "exits": {"done": "end"}},
        "end": END,
    }
    call = Call(flow(nodes))
    call.press("1234")
    assert call.state.variables == {"pin": "1234", "copy": "x1234", "other": "en"}
    assert call.state.hidden == {"pin", "copy"}


@pytest.mark.parametrize(
    ("scale", "keys", "number"),
    [("one_to_five", "5", 5), ("nps", "10", 10), ("nps", "0", 0), ("yes_no", "2", 0), ("yes_no", "1", 1)],
)
def test_a_survey_counts(scale, keys, number):
    call = asking("survey", {"done": "a"}, survey="after-call", question="how-good", scale=scale)
    stored = call.press(keys)
    assert stored == Store(SurveyAnswer("after-call", "how-good", scale, number, "", 0.0, "", ""))
    assert call.move() == stored
    call.tell(Stored())
    assert (call.node, call.state.variables) == ("a", {"survey.how_good": str(number)})


def test_a_survey_refuses_what_is_not_on_its_scale():
    call = asking("survey", {"done": "a", "invalid": "b"}, survey="s", question="q", scale="one_to_five")
    assert isinstance(call.press("6"), Gather)
    call.press("0")
    assert call.node == "b"


def test_a_survey_goes_on_when_the_answer_cannot_be_kept():
    call = asking("survey", {"done": "a"}, survey="s", question="q", scale="yes_no")
    call.press("1")
    call.tell(StoreFailed())
    assert call.node == "a"


def test_a_comment_is_recorded_and_kept():
    call = asking("survey", {"done": "a", "no_input": "b"}, survey="s", question="q", scale="comment", most_seconds=30)
    assert isinstance(call.action, Play)
    assert call.tell(Played()) == Record("comments/l-1-ask", 30, 4)
    stored = call.tell(Recorded("comments/l-1-ask", 7.5))
    assert stored.what.recording == "comments/l-1-ask"
    assert stored.what.number is None
    call.tell(Stored())
    assert call.state.variables == {"survey.q": ""}


def test_a_comment_of_nothing_is_no_answer():
    call = asking("survey", {"done": "a", "no_input": "b"}, survey="s", question="q", scale="comment")
    call.tell(Played())
    call.tell(Recorded("x", 0.2))
    assert call.node == "b"


CHOICES = [
    {"exit": "sales", "phrases": {"en": ["sales"], "fa": ["فروش"]}, "key": "1"},
    {"exit": "help", "phrases": {"en": ["help me"]}, "key": "2"},
]


def test_speech_goes_by_what_was_said():
    call = asking("speech", {"sales": "a", "help": "b"}, choices=CHOICES)
    assert call.action == Listen((Speech("Hello"),), "en", {"sales": ("sales",), "help": ("help me",)}, 6.0)
    call.tell(Heard("sales please", "sales"))
    assert (call.node, call.state.variables) == ("a", {"said": "sales please"})


@pytest.mark.parametrize("event", [NotHeard(), NotHeard(listening=False), Heard("what?")])
def test_speech_falls_back_to_keys(event):
    call = asking("speech", {"sales": "a", "help": "b"}, choices=CHOICES, keys_announcement=text("Press 1 or 2"))
    assert call.tell(event).sounds == (Speech("Press 1 or 2"),)
    call.press("2")
    assert call.node == "b"


@pytest.mark.parametrize(("keys", "target"), [("", "n"), ("9", "i")])
def test_speech_gives_up_after_keys(keys, target):
    call = asking("speech", {"sales": "a", "help": "b", "no_input": "n", "invalid": "i"}, choices=CHOICES)
    call.tell(NotHeard())
    call.press(keys)
    call.press(keys)
    assert call.node == target


def test_a_callback_to_the_callers_own_number():
    call = asking("callback_request", {"done": "a"}, queue="sales")
    assert call.action.sounds[-1] == Speech("Hello")
    stored = call.press("1")
    assert stored == Store(CallbackRequest("+989121234567", "sales"))
    assert call.move() == stored
    call.tell(Stored())
    assert (call.node, call.state.variables) == ("a", {"callback_number": "+989121234567"})


def test_a_callback_to_another_number():
    call = asking("callback_request", {"done": "a", "failed": "f"})
    assert call.press("2").terminators == "#"
    assert isinstance(call.move(), Gather)
    assert call.press("12").sounds[0] == Piece("ivr-invalid")
    assert call.press("02112345678").what.number == "02112345678"
    call.tell(StoreFailed())
    assert call.node == "f"


@pytest.mark.parametrize(("keys", "target"), [("", "n"), ("9", "i")])
def test_a_callback_that_nobody_wants(keys, target):
    call = asking("callback_request", {"done": "a", "no_input": "n", "invalid": "i"})
    call.press(keys)
    call.press(keys)
    assert call.node == target


def test_a_hidden_caller_is_asked_for_a_number_at_once():
    node = {"type": "callback_request", "announcement": text("Hello"), "exits": {"done": "end"}}
    call = Call(flow({"ask": node, "end": END}), facts=CallFacts(caller_number="anonymous"))
    assert call.action.sounds == (Piece("callback-number"),)
