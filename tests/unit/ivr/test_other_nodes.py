"""Nodes that say, look, decide and send on: every way out of each."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
import pytest

from services.ivr.domain.actions import FindCustomer, GoTo, HangUp, Piece, Play, Prompt, Record, Request, Speech, Store
from services.ivr.domain.events import (
    CameBack,
    CustomerFound,
    CustomerUnknown,
    Recorded,
    RequestFailed,
    Responded,
    Stored,
    StoreFailed,
)
from services.ivr.domain.interpreter import kept_after_hang_up
from services.ivr.domain.writes import RecordedMessage
from services.ivr.nodes.branch import holds
from shared.telephony.causes import CAUSES
from shared.telephony.destinations import parse_destination
from tests.unit.ivr.calls import END, Call, flow, text


def one(
    node: dict,
    *,
    language: str = "",
    languages: tuple[str, ...] = ("en",),
    now: datetime | None = None,
    **variables: str,
) -> Call:
    targets = dict.fromkeys(node.get("exits", {}).values(), END)
    made = flow({"it": node, **targets}, languages=languages)
    return Call(made, language=language, **({"now": now} if now else {}), **variables)


def test_play():
    call = one({"type": "play", "announcement": ["welcome"][0], "exits": {"done": "a"}})
    assert call.action == Play((Prompt("welcome"),), "en", "0123456789*#")
    assert call.played("5") == HangUp()


def test_play_to_the_end():
    call = one({"type": "play", "announcement": text("Law"), "skip_by_key": False, "exits": {"done": "a"}})
    assert call.action.stop_keys == ""


def test_a_text_in_the_callers_language_with_values():
    words = [{"text": {"en": "Hi {caller_name} {missing}", "fa": "سلام {caller_name}"}}]
    call = one({"type": "play", "announcement": words, "exits": {"done": "a"}}, language="fa", languages=("en", "fa"))
    assert call.action.sounds == (Speech("سلام Sara"),)
    assert one({"type": "play", "announcement": words, "exits": {}}).action.sounds == (Speech("Hi Sara"),)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("number", "7", True), ("number", "nan", False), ("number", "1e999999", True), ("digits", "12#", True),
        ("digits", "abc", False), ("ordinal", "3", True), ("ordinal", "1000", True), ("money", "12.50", True),
        ("money", "lots", False), ("date", "2026-03-14", True), ("date", "tomorrow", False), ("time", "09:30", True),
        ("time", "2026-03-14T10:00:00+03:30", True), ("duration", "90", True), ("duration", "-1", True),
        ("number", "", False),
    ],
)  # fmt: skip
def test_say_speaks_what_can_be_spoken(kind, value, expected):
    for language in ("en", "fa", "ar"):
        node = {"type": "say", "say": kind, "value": "{x}", "before": text("It is"), "exits": {"done": "a"}}
        call = one(node, language=language, languages=("en", "fa", "ar"), x=value)
        spoken = [sound for sound in call.action.sounds if isinstance(sound, Piece)]
        assert bool(spoken) is expected
        assert all(sound.name.startswith("pieces/") for sound in spoken)
        call.played()
        assert call.node == "a"


def test_language_by_name_and_by_variable():
    always = one({"type": "language", "language": "fa", "exits": {"done": "a"}}, languages=("en", "fa"))
    assert always.state.language == "fa"
    node = {"type": "language", "variable": "wanted", "exits": {"done": "a"}}
    assert one(node, languages=("en", "fa"), wanted="fa").state.language == "fa"
    assert one(node, languages=("en", "fa"), wanted="ar").state.language == "en"
    assert one(node, language="fa", languages=("en", "fa")).state.language == "fa"


SCHEDULE = {
    "time_zone": "Asia/Tehran",
    "weekly": {"saturday": "09:00-17:00"},
    "recurring": [{"calendar": "jalali", "month": 1, "day": 1, "name": "Nowruz"}],
}


@pytest.mark.parametrize(
    ("now", "exits", "target"),
    [
        (datetime(2026, 3, 14, 6, tzinfo=UTC), {"open": "o", "closed": "c", "holiday": "h"}, "o"),
        (datetime(2026, 3, 14, 20, tzinfo=UTC), {"open": "o", "closed": "c", "holiday": "h"}, "c"),
        (datetime(2026, 3, 21, 6, tzinfo=UTC), {"open": "o", "closed": "c", "holiday": "h"}, "h"),
        (datetime(2026, 3, 21, 6, tzinfo=UTC), {"open": "o", "closed": "c"}, "c"),
    ],
)
def test_schedule(now, exits, target):
    call = one({"type": "schedule", "schedule": SCHEDULE, "exits": exits}, now=now)
    assert call.node == target
    assert call.state.variables == ({"holiday": "Nowruz"} if target == "h" else {})


@pytest.mark.parametrize(
    ("test", "value", "than", "expected"),
    [
        ("equals", "5", "5.0", True), ("equals", "Ali", " ali ", True), ("differs", "a", "b", True),
        ("less", "9", "10", True), ("less", "b", "a", False), ("at_most", "10", "10", True), ("more", "2", "10", False),
        ("at_least", "nan", "1", True), ("begins", "+98912", "+98", True), ("ends", "abc", "BC", True),
        ("contains", "hello", "ELL", True), ("is_set", "", "", False), ("is_not_set", " ", "", True),
    ],
)  # fmt: skip
def test_conditions(test, value, than, expected):
    assert holds(test, value, than) is expected


def test_branch_takes_the_first_that_holds():
    node = {
        "type": "branch",
        "conditions": [
            {"value": "{caller_number}", "test": "begins", "than": "+1", "exit": "america"},
            {"value": "{caller_number}", "test": "begins", "than": "+98", "exit": "iran"},
            {"value": "{called_number}", "test": "is_set", "exit": "any"},
        ],
        "exits": {"america": "a", "iran": "i", "any": "n", "otherwise": "o"},
    }
    assert one(node).node == "i"
    assert one(node, caller_number="+44").node == "n"
    assert one(node, caller_number="+44", called_number="").node == "o"


HTTP = {
    "type": "http_request",
    "method": "POST",
    "url": "https://api.example/orders/{order}?x={caller_name}",
    "headers": {"X-Name": "{name}"},
    "body": {"order": "{order}"},
    "keep": {"status": "order.items.0.status", "paid": "order.paid", "none": "a.b"},
    "exits": {"done": "a", "failed": "f"},
}


def test_a_request_escapes_what_callers_say():
    call = one(HTTP, order="1/../2?x", name="a\r\nEvil: 1")
    assert isinstance(call.action, Request)
    assert call.action.url == "https://api.example/orders/1%2F..%2F2%3Fx?x=Sara"
    assert call.action.headers == {"X-Name": "a%0D%0AEvil: 1"}
    assert orjson.loads(call.action.body) == {"order": "1/../2?x"}


def test_a_request_keeps_what_is_wanted():
    call = one(HTTP)
    call.tell(Responded(200, {"order": {"items": [{"status": "sent"}], "paid": True}}))
    assert call.node == "a"
    assert call.state.variables == {"http_status": "200", "status": "sent", "paid": "true", "none": ""}


@pytest.mark.parametrize("event", [Responded(500), Responded(302), RequestFailed("deadline")])
def test_a_request_that_fails(event):
    call = one(HTTP)
    call.tell(event)
    assert call.node == "f"
    assert call.told("request.failed")


def test_a_customer_is_found_and_spoken_to_in_their_language():
    node = {"type": "customer_lookup", "exits": {"found": "a", "unknown": "u"}}
    call = one(node, languages=("en", "fa"))
    assert call.action == FindCustomer("+989121234567")
    call.tell(CustomerFound({"name": "Sara", "language": "fa", "vip": "yes"}))
    assert (call.node, call.state.language, call.state.variables["customer.vip"]) == ("a", "fa", "yes")
    other = one(node)
    other.tell(CustomerFound({"language": "fa"}))
    assert other.state.language == "en"
    unknown = one(node)
    unknown.tell(CustomerUnknown())
    assert unknown.node == "u"


SENDING = [
    ({"type": "queue", "queue": "support"}, "queue:support"),
    ({"type": "ring_group", "group": "sales"}, "ring-group:sales"),
    ({"type": "extension", "number": "101"}, "extension:101"),
    ({"type": "external", "number": "+982112345678", "press_to_accept": True}, "external:+982112345678"),
    ({"type": "voicemail", "mailbox": "101"}, "voicemail:101"),
    ({"type": "conference", "room": "room-1"}, "conference:room-1"),
]


@pytest.mark.parametrize(("node", "destination"), SENDING)
def test_sending_on(node, destination):
    call = one({**node, "exits": {}})
    assert call.action == GoTo(parse_destination(destination), accept_key=node["type"] == "external")
    assert call.told("flow.left") == [{"reason": "sent_on", "destination": destination}]


@pytest.mark.parametrize(("node", "_"), SENDING)
@pytest.mark.parametrize(
    ("cause", "target"), [("USER_BUSY", "b"), ("CALL_REJECTED", "b"), ("NO_ANSWER", "n"), ("SUBSCRIBER_ABSENT", "u")]
)
def test_nobody_took_it(node, _, cause, target):
    call = one({**node, "exits": {"busy": "b", "no_answer": "n", "unavailable": "u"}})
    assert call.action.comes_back
    call.tell(CameBack(CAUSES[cause]))
    assert call.node == target


def test_an_exit_that_is_not_wired_gives_way_to_unavailable():
    call = one({"type": "extension", "number": "101", "exits": {"unavailable": "u"}})
    call.tell(CameBack(CAUSES["USER_BUSY"]))
    assert call.node == "u"
    call = one({"type": "extension", "number": "101", "exits": {"no_answer": "n"}})
    assert call.tell(CameBack(CAUSES["USER_BUSY"])) == HangUp(CAUSES["USER_BUSY"])


@pytest.mark.parametrize(
    ("cause", "told"), [("USER_BUSY", "busy"), ("NO_ANSWER", "no_answer"), ("USER_NOT_REGISTERED", "unavailable")]
)
def test_a_mailbox_after_an_extension_is_told_why_nobody_took_the_call(cause, told):
    nodes = {
        "sara": {"type": "extension", "number": "101", "exits": {"unavailable": "message"}},
        "message": {"type": "voicemail", "mailbox": "101"},
    }
    call = Call(flow(nodes))
    assert call.tell(CameBack(CAUSES[cause])) == GoTo(parse_destination("voicemail:101"), not_taken=told)


def test_a_mailbox_alone_is_told_nothing_and_a_flow_may_say_it_is_busy():
    message = {"type": "voicemail", "mailbox": "101"}
    assert Call(flow({"message": message})).action.not_taken == ""
    assert Call(flow({"message": message}), voicemail_reason="busy").action.not_taken == "busy"
    assert Call(flow({"message": message}), voicemail_reason="at lunch").action.not_taken == ""


def test_a_variable_that_holds_no_number_cannot_be_reached():
    call = one({"type": "external", "number": "{mobile}", "exits": {"unavailable": "u"}}, mobile="; hangup")
    assert call.node == "u"


MESSAGE = {
    "type": "record_message", "announcement": text("Speak"), "topic": "complaint",
    "exits": {"done": "a", "nothing": "n", "failed": "f"},
}  # fmt: skip


def test_a_message_is_recorded_and_kept():
    call = one(MESSAGE)
    assert isinstance(call.action, Play)
    assert call.played() == Record("messages/l-1-it", 120, 5)
    stored = call.tell(Recorded("messages/l-1-it", 12.0))
    assert stored == Store(RecordedMessage("it", "complaint", "messages/l-1-it", 12.0))
    assert call.move() == stored
    call.tell(Stored())
    assert (call.node, call.state.variables) == ("a", {"recording": "messages/l-1-it"})


def test_a_message_of_nothing_and_one_that_cannot_be_kept():
    call = one({**MESSAGE, "announcement": []})
    call.tell(Recorded("x", 0.5))
    assert call.node == "n"
    call = one({**MESSAGE, "announcement": []})
    call.tell(Recorded("x", 5))
    call.tell(StoreFailed())
    assert call.node == "f"


def test_a_message_is_kept_when_the_caller_hangs_up_while_speaking():
    call = one(MESSAGE)
    call.played()
    kept = kept_after_hang_up(call.library, call.state, Recorded("x", 9, hung_up=True), call.facts, call.now)
    assert kept.action == Store(RecordedMessage("it", "complaint", "x", 9))
    nothing = kept_after_hang_up(call.library, call.state, Recorded("x", 0.1, hung_up=True), call.facts, call.now)
    assert (nothing.action, nothing.notes) == (None, ())
    menu = one({"type": "menu", "announcement": text("Hi"), "exits": {"1": "a"}})
    assert kept_after_hang_up(menu.library, menu.state, Recorded("x", 9), menu.facts, menu.now).action is None


@pytest.mark.parametrize(("cause", "name"), [("normal", "NORMAL_CLEARING"), ("busy", "USER_BUSY")])
def test_hangup(cause, name):
    call = one({"type": "hangup", "announcement": text("Bye"), "cause": cause})
    assert isinstance(call.action, Play)
    assert call.played() == HangUp(CAUSES[name])
    assert call.told("flow.left") == [{"reason": "hung_up_by_flow", "cause": name}]
