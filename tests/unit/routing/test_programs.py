"""Calls that programs talk with: handed over, sent on by the program, and given back when nobody took them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.domain.request import Direction
from services.routing.domain.route import DialTrunk, Notice, Refusal, Ring, Route, RunProgram
from services.routing.seal import Seal
from shared.telephony.destinations import Destination
from shared.telephony.handover import LEAVE, LEAVING, Leaving, TextSeal
from tests.unit.routing.town import ACME, LEG, MOBILE, TEHRAN_NUMBER, Town, id_of, phone_request, refusal, rung

SECRET = "0123456789abcdef"


@pytest.fixture
def town() -> Town:
    town = Town()
    index = town.config.tenant(ACME.id)
    index.flows["main-menu"] = None
    index.flows["with-fallback"] = Destination.parse("extension:102")
    index.put_mailbox(id_of("box/103"), "103")
    return town


def program_of(route: Route) -> RunProgram:
    assert isinstance(route.step, RunProgram), route.path
    return route.step


def leave(
    town: Town, destination: str, *, direction: Direction = "inbound", caller: str | None = None, **more: object
) -> Route:
    """A program sends a call on that came from outside."""
    leaving = Leaving(Destination.parse(destination), **more)  # type: ignore[arg-type]
    return town.ask(
        phone_request(
            LEAVE, caller, call_id=LEG, direction=direction, leaving=leaving, called=TEHRAN_NUMBER, answered=True
        )
    )


def test_a_number_leads_to_a_flow(town: Town) -> None:
    town.number(ACME, TEHRAN_NUMBER, "flow:main-menu")
    step = program_of(town.call_in(TEHRAN_NUMBER))
    assert (step.program, step.called, step.cause) == ("flow:main-menu", TEHRAN_NUMBER, "")


def test_a_flow_that_is_not_published_is_not_in_service(town: Town) -> None:
    town.number(ACME, TEHRAN_NUMBER, "flow:other")
    assert isinstance(town.call_in(TEHRAN_NUMBER).step, Notice)


def test_a_mailbox_is_a_program_and_one_that_is_not_there_is_not_available(town: Town) -> None:
    town.forward("103", no_answer="voicemail:103")
    town.forward("104", no_answer="voicemail:104")
    assert program_of(town.then(town.dial("103"), "NO_ANSWER")).program == "voicemail:103"
    assert isinstance(town.then(town.dial("104"), "NO_ANSWER").step, Notice)


@pytest.mark.parametrize(
    ("way", "disposition", "told"),
    [
        ({"busy": "voicemail:103"}, "USER_BUSY", "busy"),
        ({"busy": "voicemail:103"}, "CALL_REJECTED", "busy"),
        ({"no_answer": "voicemail:103"}, "NO_ANSWER", "no_answer"),
        ({"unreachable": "voicemail:103"}, "USER_NOT_REGISTERED", "unavailable"),
        ({"busy": "voicemail:103", "do_not_disturb": True}, None, "busy"),
        ({"always": "voicemail:103"}, None, ""),
    ],
)
def test_a_mailbox_is_told_why_the_extension_did_not_take_the_call(
    town: Town, way: dict[str, Any], disposition: str | None, told: str
) -> None:
    town.forward("103", **way)
    route = town.dial("103")
    if disposition:
        route = town.then(route, disposition)
    assert (program_of(route).program, program_of(route).not_taken) == ("voicemail:103", told)


def test_only_who_was_called_last_counts(town: Town) -> None:
    town.forward("102", busy="extension:103")
    town.forward("103", no_answer="voicemail:103")
    rings = town.then(town.dial("102"), "USER_BUSY")
    assert rung(rings) == ["103"]
    assert program_of(town.then(rings, "NO_ANSWER")).not_taken == "no_answer"


def test_a_flow_that_leads_to_a_mailbox_says_why(town: Town) -> None:
    assert program_of(leave(town, "voicemail:103", not_taken="busy")).not_taken == "busy"
    assert program_of(leave(town, "voicemail:103")).not_taken == ""


@pytest.mark.parametrize(
    ("code", "program"),
    [("*97", "mailbox:101"), ("*98", "mailbox:"), ("*60", "clock:"), ("*7712", "record-prompt:12")],
)
def test_feature_codes_that_a_program_answers(town: Town, code: str, program: str) -> None:
    assert program_of(town.dial(code)).program == program


def test_without_a_program_callers_go_to_the_flows_fallback_or_hear_why(town: Town) -> None:
    for slug in ("main-menu", "with-fallback"):
        town.number(ACME, TEHRAN_NUMBER, f"flow:{slug}")
        after = town.then(town.call_in(TEHRAN_NUMBER), "", caller=None)
        if slug == "with-fallback":
            assert rung(after) == ["102"]
        else:
            assert isinstance(after.step, Notice)


def test_a_program_sends_its_call_to_an_extension(town: Town) -> None:
    route = leave(town, "extension:102", ring_seconds=12)
    assert rung(route) == ["102"]
    assert isinstance(route.step, Ring)
    assert route.step.timeout_seconds == 12
    assert route.next is None


def test_nobody_takes_it_and_it_comes_back_with_why(town: Town) -> None:
    route = leave(town, "extension:102", program="flow:main-menu")
    back = program_of(town.then(route, "USER_BUSY", caller=None, called=TEHRAN_NUMBER))
    assert (back.program, back.cause, back.called) == ("flow:main-menu", "USER_BUSY", TEHRAN_NUMBER)


def test_what_cannot_be_reached_at_once_comes_back_at_once(town: Town) -> None:
    for destination, cause in (("extension:199", "UNALLOCATED_NUMBER"), ("queue:none", "FACILITY_NOT_IMPLEMENTED")):
        back = program_of(leave(town, destination, program="flow:main-menu"))
        assert (back.program, back.cause) == ("flow:main-menu", cause)


def test_it_comes_back_only_after_the_last_member_of_a_group(town: Town) -> None:
    town.ring_group("one-by-one", ["102", "103"], strategy="sequential")
    first = leave(town, "ring-group:one-by-one", program="flow:main-menu")
    second = town.then(first, "NO_ANSWER", caller=None)
    assert (rung(first), rung(second)) == (["102"], ["103"])
    assert program_of(town.then(second, "NO_ANSWER", caller=None)).cause == "NO_ANSWER"


def test_an_extensions_own_forwarding_comes_first(town: Town) -> None:
    town.forward("102", busy="extension:103")
    route = leave(town, "extension:102", program="flow:main-menu")
    forwarded = town.then(route, "USER_BUSY", caller=None)
    assert rung(forwarded) == ["103"]
    assert program_of(town.then(forwarded, "NO_ANSWER", caller=None)).program == "flow:main-menu"


def test_a_mailbox_behind_an_extension_keeps_the_call(town: Town) -> None:
    town.forward("102", no_answer="voicemail:103")
    route = town.then(leave(town, "extension:102", program="flow:main-menu"), "NO_ANSWER", caller=None)
    assert program_of(route).program == "voicemail:103"
    assert isinstance(town.then(route, "", caller=None).step, Notice)


def test_a_mobile_must_press_a_key(town: Town) -> None:
    step = leave(town, f"external:{MOBILE}", accept_key=True, ring_seconds=20).step
    assert isinstance(step, DialTrunk)
    assert (step.accept_key, step.timeout_seconds) == (True, 20)


def test_a_phone_that_dials_what_programs_dial_gets_nowhere(town: Town) -> None:
    assert refusal(town.dial(LEAVE))[0] is Refusal.NUMBER_UNKNOWN


def test_only_a_program_can_seal_where_a_call_goes() -> None:
    leaving = Leaving(Destination.parse("external:+982112345678"), "flow:main-menu", 20, True)
    sealed = TextSeal(SECRET, LEAVING).close(leaving.encode(), LEG)
    assert Seal(SECRET).open_leaving(sealed, LEG) == leaving
    assert Seal(SECRET).open_leaving(sealed, "another leg") is None
    assert Seal("another secret...").open_leaving(sealed, LEG) is None
    assert Seal(SECRET).open_leaving(sealed.replace("12345678", "12345679"), LEG) is None
    assert (
        Seal(SECRET).open_leaving(TextSeal(SECRET, "seda routing progress").close(leaving.encode(), LEG), LEG) is None
    )


@given(st.text(max_size=200))
def test_any_text_is_a_leaving_or_none(text: str) -> None:
    found = Leaving.decode(text)
    assert found is None or Leaving.decode(found.encode()) == found


def test_why_nobody_took_a_call_is_sealed_and_what_is_no_reason_is_refused() -> None:
    leaving = Leaving(Destination.parse("voicemail:103"), not_taken="busy")
    assert Leaving.decode(leaving.encode()) == leaving
    assert Leaving.decode("1,voicemail:103,,,0,") == Leaving(Destination.parse("voicemail:103"))
    assert Leaving.decode("1,voicemail:103,,,0,,asleep") is None


def test_when_who_answered_hangs_up_the_caller_goes_through_the_survey(town: Town) -> None:
    route = leave(town, "extension:102", after="flow:survey")
    assert rung(route) == ["102"]
    survey = program_of(town.then(route, "SUCCESS", caller=None, turn=1))
    assert (survey.program, survey.cause, survey.turn) == ("flow:survey", "", 2)


def test_a_survey_does_not_come_after_a_call_that_nobody_took(town: Town) -> None:
    route = leave(town, "extension:102", after="flow:survey")
    assert refusal(town.then(route, "USER_BUSY", caller=None)) == (Refusal.FAR_END, "USER_BUSY")
    both = leave(town, "extension:102", program="flow:main-menu", after="flow:survey")
    assert program_of(town.then(both, "USER_BUSY", caller=None)).program == "flow:main-menu"
    assert program_of(town.then(both, "SUCCESS", caller=None)).program == "flow:survey"


def test_the_survey_also_comes_after_a_forward_and_the_last_member_of_a_group(town: Town) -> None:
    town.ring_group("one-by-one", ["102", "103"], strategy="sequential")
    last = town.then(leave(town, "ring-group:one-by-one", after="flow:survey"), "NO_ANSWER", caller=None)
    assert rung(last) == ["103"]
    assert program_of(town.then(last, "SUCCESS", caller=None)).program == "flow:survey"
