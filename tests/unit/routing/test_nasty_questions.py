"""Whatever is dialled, and whatever a caller calls itself: the switch reads exactly the actions that were meant."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from services.routing.domain.progress import Progress, Stage
from tests.unit.routing.questions import (
    Actions,
    answers_for,
    called,
    question,
    read,
    trunk_question,
    variables_of,
)
from tests.unit.routing.town import OTHER_NUMBER, TEHRAN_NUMBER, Town, trunk
from tests.unit.telephony.nasty import texts

CALLER_VARIABLES = {
    "seda_call_id", "seda_direction", "seda_refusal", "seda_tenant_id", "seda_acting_extension_id", "seda_trunk_id",
    "seda_next", "hangup_after_bridge", "continue_on_fail", "force_transfer_context", "export_vars", "import",
    "originate_disposition", "sip_ignore_remote_cause", "transfer_ringback",
}  # fmt: skip
LEG_VARIABLES = {
    "origination_callee_id_name",
    "origination_callee_id_number",
    "seda_extension_id", "seda_extension", "seda_device_id", "seda_party_id", "seda_via", "seda_trunk_id",
    "seda_number_class", "seda_billed_extension_id", "leg_timeout", "leg_delay_start", "originate_timeout",
    "origination_caller_id_number", "origination_caller_id_name", "sip_h_Diversion", "ignore_early_media",
}  # fmt: skip
APPLICATIONS = {"multiset", "bridge", "transfer", "hangup", "answer", "playback", "pre_answer", "echo"}
ENDPOINT = re.compile(
    r"sofia/phones/10[1-4]%acme\.example|sofia/gateway/[0-9a-f-]{36}/\+?[0-9]{3,15}|sofia/phones/201%rival\.example"
)

TOWN = Town()
TOWN.config.put_trunk(trunk("carrier", None, "198.51.100.0/24", "127.0.0.0/8"))
TOWN.ring_group("sales", ["102", "103"], no_answer="external:+989121234567", strategy="sequential")
TOWN.forward("104", busy="external:+989121234567")
ANSWERS = answers_for(TOWN)

numbers = st.one_of(
    texts, st.sampled_from(("101", "104", "115", "*43", "+989121234567", TEHRAN_NUMBER, OTHER_NUMBER, "seda-next"))
)


@settings(max_examples=200, deadline=None)
@given(number=numbers, name=texts, caller=texts, disposition=texts, rest=texts)
def test_a_phones_question(number: str, name: str, caller: str, disposition: str, rest: str) -> None:
    asked = question(
        _encodable(number),
        Hunt__Caller__ID__Name=_encodable(name),
        Hunt__Caller__ID__Number=_encodable(caller),
        variable_originate_disposition=_encodable(disposition),
        variable_seda_next=_encodable(rest),
        variable_seda_call_id=_encodable(rest),
        variable_seda_direction=_encodable(rest),
    )
    assert_plain(read_now(asked))


@settings(max_examples=200, deadline=None)
@given(number=numbers, name=texts, caller=texts, address=texts)
def test_a_trunks_question(number: str, name: str, caller: str, address: str) -> None:
    for source in ("198.51.100.7", _encodable(address)):
        asked = trunk_question(
            _encodable(number),
            source,
            Hunt__Caller__ID__Name=_encodable(name),
            Hunt__Caller__ID__Number=_encodable(caller),
        )
        assert_plain(read_now(asked))


@settings(max_examples=150, deadline=None)
@given(caller=texts, name=texts)
def test_a_callers_name_reaches_the_phone_as_a_name(caller: str, name: str) -> None:
    asked = trunk_question(
        TEHRAN_NUMBER, Hunt__Caller__ID__Name=_encodable(name), Hunt__Caller__ID__Number=_encodable(caller)
    )
    dial = called(read_now(asked))
    assert [[leg.data for leg in attempt] for attempt in dial.attempts] == [["phones/101%acme.example"]]
    assert set(dial.on_channel(0, 0)) <= LEG_VARIABLES


@settings(max_examples=150, deadline=None)
@given(text=texts)
def test_progress_is_nothing_or_what_was_written(text: str) -> None:
    found = Progress.decode(text)
    assert found is None or Progress.decode(found.encode()) == found
    try:
        written = Progress(Stage.TRUNK, text, via=text, forwarded_by=text)
        assert Progress.decode(written.encode()) == written
    except ValueError:
        pass


@settings(max_examples=150, deadline=None)
@given(body=st.binary(max_size=300))
def test_a_body_that_is_no_form_is_not_ours(body: bytes) -> None:
    assert b"not found" in ANSWERS(body + b"&x=1")  # type: ignore[operator]


def read_now(asked: bytes) -> Actions:
    document = ANSWERS(asked)
    if not isinstance(document, bytes):
        document.close()  # type: ignore[attr-defined]
        return [("multiset", "^^;seda_direction=internal"), ("answer", "")]
    return read(document)


def assert_plain(actions: Actions) -> None:
    """Only applications, variables and endpoints that routing means."""
    assert {application for application, _ in actions} <= APPLICATIONS
    assert set(variables_of(actions)) <= CALLER_VARIABLES
    for application, data in actions:
        if application == "transfer":
            assert data == "seda-next XML seda"
        if application == "execute_extension":
            assert data in {"'transfer:seda-next XML seda' inline", "'hangup:NO_ANSWER' inline"}
        if application in ("hangup", "playback"):
            assert re.fullmatch(r"[A-Za-z0-9_/.%(),;:-]*", data)
    if any(application == "bridge" for application, _ in actions):
        dial = called(actions)
        for place, attempt in enumerate(dial.attempts):
            for number, leg in enumerate(attempt):
                assert ENDPOINT.fullmatch(f"{leg.endpoint}/{leg.data}")
                assert set(dial.on_channel(place, number)) <= LEG_VARIABLES


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
