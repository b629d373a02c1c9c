"""No value adds a variable, an endpoint or a command to a dial string: read back by the model of FreeSWITCH."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.telephony.causes import CAUSES
from shared.telephony.dial_string import DialString, ErrorCause, GroupConfirm, Leg, Loopback, Phone, Trunk
from shared.telephony.safe_text import UnsafeText
from tests.unit.telephony import freeswitch_model as switch
from tests.unit.telephony.nasty import names, texts

TRUNK = UUID("0199f3a2-7c1e-7000-8000-000000000001")
PHONE = Phone("101", "acme.example")

variables = st.dictionaries(names, st.one_of(texts, st.integers(), st.booleans()), max_size=4)
endpoints = st.sampled_from(
    (PHONE, Trunk(TRUNK, "+982112345678"), Loopback("seda-next"), ErrorCause(CAUSES["USER_BUSY"]))
)
legs = st.builds(Leg, endpoints, variables, st.none() | st.integers(0, 60), st.none() | st.integers(0, 60))
dial_strings = st.builds(
    DialString,
    st.lists(st.lists(legs, min_size=1, max_size=3).map(tuple), min_size=1, max_size=3).map(tuple),
    variables,
    st.none() | st.integers(1, 60),
    st.none() | texts,
    st.none() | texts,
    st.booleans(),
    st.none() | st.just(GroupConfirm("1", "ivr/press-one.wav")),
)


def as_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip(" ")


def expected(variables: dict[str, object]) -> dict[str, str]:
    return {name: as_text(value) for name, value in variables.items() if as_text(value)}


def assert_read_as_meant(dial: DialString, read: switch.Originated) -> None:
    confirm = dict(dial.confirm.variables()) if dial.confirm else {}
    assert read.variables == expected({**dial.all_variables(), **confirm})
    assert [len(attempt) for attempt in read.attempts] == [len(attempt) for attempt in dial.attempts]
    for attempt, called in zip(dial.attempts, read.attempts, strict=True):
        for leg, one in zip(attempt, called, strict=True):
            assert one.variables == expected(leg.all_variables())
            assert f"{one.endpoint}/{one.data}" == leg.endpoint.address


@given(dial_strings)
def test_every_dial_string_is_refused_or_read_exactly_as_meant(dial: DialString) -> None:
    try:
        text = str(dial)
    except UnsafeText:
        return
    assert_read_as_meant(dial, switch.originate(switch.executed(text)))


PLACES: dict[str, Callable[[str], DialString]] = {
    "call": lambda value: DialString.to(PHONE, {"seda_note": value, "b": "1"}),
    "leg": lambda value: DialString.simultaneous([Leg(PHONE, {"seda_note": value, "b": "1"}), Leg(PHONE, {"b": "2"})]),
    "last leg": lambda value: DialString.sequential([Leg(PHONE, {"b": "1,2"}), Leg(PHONE, {"seda_note": value})]),
    "both": lambda value: DialString.simultaneous([Leg(PHONE, {"seda_note": value})] * 2, {"c": value}),
    "caller": lambda value: DialString.to(PHONE, caller_id_name=value, caller_id_number="101"),
}


@pytest.mark.parametrize("place", PLACES)
@given(value=texts)
@settings(max_examples=200)
def test_one_nasty_value_anywhere_is_refused_or_read_exactly(place: str, value: str) -> None:
    dial = PLACES[place](value)
    try:
        text = str(dial)
    except UnsafeText:
        return
    assert_read_as_meant(dial, switch.originate(switch.executed(text)))


@given(dial_strings)
def test_the_originate_command_hands_on_the_same_dial_string(dial: DialString) -> None:
    try:
        argument = dial.originate_argument()
    except UnsafeText:
        return
    read, then = switch.separate_string(f"{argument} &park()", " ", 10)
    assert (read, then) == (str(dial), "&park()")


@given(st.text(alphabet=st.characters(exclude_characters="{}[]|'\\\"$^:")))
def test_plain_text_in_any_language_is_not_refused(value: str) -> None:
    try:
        text = str(DialString.to(PHONE, {"seda_note": value}))
    except UnsafeText:
        assert any(not char.isprintable() for char in value) or len(set(value) & set(",;!~#*&?@")) > 2
    else:
        assert switch.originate(text).variables == expected({"seda_note": value})


def test_reads_like_freeswitch_writes_it() -> None:
    dial = DialString(
        (
            (Leg(PHONE, {"seda_extension": "101"}, timeout_seconds=20), Leg(Phone("102", "acme.example"))),
            (Leg(Trunk(TRUNK, "+982112345678"), delay_seconds=2),),
        ),
        {"seda_direction": "outbound"},
        timeout_seconds=30,
        caller_id_number="101",
        ignore_early_media=True,
    )
    assert str(dial) == (
        "{seda_direction=outbound,originate_timeout=30,origination_caller_id_number=101,ignore_early_media=true}"
        "[seda_extension=101,leg_timeout=20]sofia/phones/101%acme.example,sofia/phones/102%acme.example"
        f"|[leg_delay_start=2]sofia/gateway/{TRUNK}/+982112345678"
    )


def test_a_comma_in_a_value_announces_another_separator() -> None:
    leg = Leg(PHONE, {"absolute_codec_string": "PCMA,PCMU"}, timeout_seconds=5)
    text = str(DialString.simultaneous([leg, Leg(PHONE)], {"note": "a,b;c"}))
    assert text == (
        "{note=a,b;c}".replace("{", "{^^!") + "[^^;absolute_codec_string=PCMA,PCMU;leg_timeout=5]"
        "sofia/phones/101%acme.example,sofia/phones/101%acme.example"
    )


def test_a_leg_wins_over_the_call_where_both_set_a_variable() -> None:
    leg = Leg(PHONE, {"Origination_Caller_Id_Number": "202"})
    read = switch.originate(str(DialString.simultaneous([leg, Leg(PHONE)], caller_id_number="101")))
    assert read.variables["local_var_clobber"] == "true"
    assert read.on_channel(0, 0)["Origination_Caller_Id_Number"] == "202"
    assert "Origination_Caller_Id_Number" not in read.on_channel(0, 1)


def test_sequential_legs_are_tried_one_by_one() -> None:
    text = str(DialString.sequential([Leg(PHONE), Leg(ErrorCause(CAUSES["USER_BUSY"]))]))
    assert text == "sofia/phones/101%acme.example|error/USER_BUSY"


@pytest.mark.parametrize(
    "value",
    [
        "a}b",
        "a]b",
        "{",
        "[",
        "a|b",
        "it's",
        "back\\slash",
        "${uuid}",
        "a\nb",
        "\x02",
        ":_:",
        "ARRAY::x",
        "x\x85",
        ",;!~#*&?@",
    ],
)
def test_refuses_what_could_be_misread(value: str) -> None:
    with pytest.raises(UnsafeText):
        str(DialString.to(PHONE, {"seda_note": value}))
    with pytest.raises(UnsafeText):
        str(DialString.simultaneous([Leg(PHONE, {"seda_note": value})]))


@pytest.mark.parametrize(
    "name", ["", "a b", "a=b", "x[1]", "_body", "nolocal:x", "execute_on_answer", "API_hangup_hook", "campon"]
)
def test_refuses_names_that_are_no_names_or_are_executed(name: str) -> None:
    with pytest.raises(UnsafeText):
        str(DialString.to(PHONE, {name: "1"}))


@pytest.mark.parametrize(
    "make", [lambda: Phone("a b", "x.example"), lambda: Phone("a%b", "x"), lambda: Phone("a", "X")]
)
def test_refuses_phones_that_are_none(make: object) -> None:
    with pytest.raises(ValueError, match="must be"):
        make()  # type: ignore[operator]


@pytest.mark.parametrize("number", ["", "1|2", "1,2", "1@x", "1/2", "1;x", "+", "۱۲", "a", "1" * 33])
def test_refuses_trunk_numbers_with_more_than_digits(number: str) -> None:
    with pytest.raises(UnsafeText):
        Trunk(TRUNK, number)


def test_refuses_more_legs_than_freeswitch_splits() -> None:
    with pytest.raises(UnsafeText):
        str(DialString.simultaneous([Leg(PHONE)] * 129))
    assert len(switch.originate(str(DialString.simultaneous([Leg(PHONE)] * 128))).attempts[0]) == 128
    with pytest.raises(UnsafeText):
        str(DialString(()))
