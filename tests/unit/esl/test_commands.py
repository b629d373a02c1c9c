"""No value can add a command, a header or an argument: what is not refused is read by FreeSWITCH as it was meant.

The judge is ``freeswitch_reading``, a port of FreeSWITCH's own reading code.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.esl import UnsafeValue, api_commands, call_commands, commands
from shared.esl.api_commands import (
    ConferenceMember,
    Eavesdrop,
    Originate,
    SofiaFlushRegistration,
    UuidBroadcast,
    UuidHold,
    UuidKill,
    UuidPlayAndHangUp,
    UuidRecord,
    UuidSendDtmf,
    UuidSetVar,
    UuidTransfer,
    XmlFlushCache,
)
from shared.esl.commands import Api, ApiCommand, Auth, BgApi, Command, Execute, Filter, Hangup, Linger, Subscribe
from tests.unit.esl.freeswitch_reading import read_packets, separate

LEG = "7d7e4d0e-1c3c-4a4e-9a0e-0d4a4d3a6b11"
OTHER = "0b8e1f0a-5f3c-4c1c-8a88-2a52a1f0e001"
JOB = "11111111-2222-4333-8444-555555555555"

FRAGMENTS = [
    "\n",
    "\r",
    "\n\n",
    "\u2028",
    "\u0085",
    "\x00",
    " ",
    "'",
    '"',
    "\\",
    "${x}",
    "%[a=b]",
    "::",
    "&",
    ")",
    "^^:",
    "-f ",
]
nasty = st.lists(
    st.sampled_from([*FRAGMENTS, "undef", "api fsctl shutdown", "Job-UUID: x", LEG]) | st.text(max_size=6), max_size=6
)
nasty_text = nasty.map("".join)


def classes(module: Any, kind: type) -> list[type]:
    found = [
        c for _, c in inspect.getmembers(module, inspect.isclass) if issubclass(c, kind) and dataclasses.is_dataclass(c)
    ]
    return sorted((c for c in found if c.__module__ == module.__name__), key=lambda c: c.__name__)


API_COMMANDS = [*classes(api_commands, ApiCommand), *classes(call_commands, ApiCommand)]
SOCKET_COMMANDS = [c for c in classes(commands, Command) if c not in (Api, BgApi)]


def any_arguments(command: type) -> st.SearchStrategy[dict[str, Any]]:
    hints = get_type_hints(command)
    return st.fixed_dictionaries({f.name: any_value(f.name, hints[f.name]) for f in dataclasses.fields(command)})


def any_value(name: str, hint: Any) -> st.SearchStrategy[Any]:
    if hint is bool:
        return st.booleans()
    if hint is int:
        return st.integers(-1, 100)
    if get_origin(hint) is tuple:
        return st.tuples(nasty_text) | st.just(("CHANNEL_ANSWER",)) | st.just(())
    if hint is not str:
        return st.sampled_from([value for part in get_args(hint) for value in (get_args(part) or [part])]) | nasty_text
    return st.just(LEG if "uuid" in name else "plain") | nasty_text


def built_or_refused(command: type, values: dict[str, Any]) -> Any:
    """The command, or None if it was refused in order: by an error that names one of its fields."""
    try:
        return command(**values)
    except UnsafeValue as refused:
        if refused.field not in {*values, "command"}:
            raise
        return None


@settings(max_examples=60)
@pytest.mark.parametrize("command", API_COMMANDS, ids=lambda c: c.__name__)
@given(data=st.data())
def test_an_api_command_is_one_command_whatever_its_values(command, data):
    values = data.draw(any_arguments(command))
    built = built_or_refused(command, values)
    if built is None:
        return
    [(line, headers)] = read_packets(BgApi(built, JOB).wire())
    assert line == f"bgapi {built.text()}"
    assert headers == [("Job-UUID", JOB)]
    assert len(separate(built.text(), 99)) == len(separate(command_with_plain_values(command, values).text(), 99))


def command_with_plain_values(command: type, values: dict[str, Any]) -> Any:
    """The same command with every free text replaced by a word, to count its arguments by."""
    plain = {
        name: "plain"
        if isinstance(value, str) and value and not is_choice(command, name) and "uuid" not in name
        else value
        for name, value in values.items()
    }
    return command(**(plain | ({"digits": "1"} if "digits" in plain else {})))


def is_choice(command: type, name: str) -> bool:
    return get_type_hints(command)[name] is not str


@settings(max_examples=60)
@pytest.mark.parametrize("command", SOCKET_COMMANDS, ids=lambda c: c.__name__)
@given(data=st.data())
def test_a_socket_command_is_one_command_whatever_its_values(command, data):
    values = data.draw(any_arguments(command))
    built = built_or_refused(command, values)
    if built is None:
        return
    [(line, headers)] = read_packets(built.wire())
    assert line == built.lines()[0]
    assert len(headers) == len(built.lines()) - 1


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), min_size=1))
def test_any_printable_text_reaches_a_variable_as_it_is(value):
    try:
        text = UuidSetVar(LEG, "seda_note", value).text()
    except UnsafeValue:
        assert "${" in value or value.startswith("%") or "mod_event_socket" in value
        return
    assert separate(text, 4) == ["uuid_setvar", LEG, "seda_note", value]


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), min_size=1))
def test_a_dial_string_loses_nothing_on_its_way_through_originate(dial_string):
    try:
        text = Originate(dial_string, application="park").text()
    except UnsafeValue:
        return
    assert separate(text) == ["originate", dial_string, "&park()", "XML", "default", "undef", "undef", "60"]


CONTROLS = [chr(code) for code in [*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, 0xD800]]


@pytest.mark.parametrize(
    ("field", "build"),
    [
        ("argument", lambda value: Execute("playback", value)),
        ("application", Execute),
        ("password", Auth),
        ("value", lambda value: Filter("Unique-ID", value)),
        ("cause", Hangup),
        ("value", lambda value: UuidSetVar(LEG, "x", value)),
        ("path", lambda value: UuidRecord(LEG, "start", value)),
        ("destination", lambda value: UuidTransfer(LEG, value, "seda")),
        ("dial_string", lambda value: Originate(value, application="park")),
        ("caller_id_name", lambda value: Originate("loopback/1", application="park", caller_id_name=value)),
        ("address", lambda value: SofiaFlushRegistration("phones", value)),
        ("user", lambda value: XmlFlushCache(value, "example.org")),
    ],
)
def test_every_control_character_is_refused_and_the_field_is_named(field, build: Callable[[str], object]):
    for control in CONTROLS:
        with pytest.raises(UnsafeValue) as refused:
            build(f"a{control}b")
        assert refused.value.field == field


@pytest.mark.parametrize(
    ("build", "text"),
    [
        (lambda: UuidKill(LEG, "USER_BUSY"), f"uuid_kill {LEG} USER_BUSY"),
        (lambda: UuidHold(LEG, on=False), f"uuid_hold off {LEG}"),
        (lambda: UuidTransfer(LEG, "101", "seda", legs="b"), f"uuid_transfer {LEG} -bleg 101 XML seda"),
        (lambda: UuidRecord(LEG, "start", "/rec/a b.wav", 60), f"uuid_record {LEG} start /rec/a\\sb.wav 60"),
        (lambda: UuidSetVar(LEG, "name", "O'Brien"), f"uuid_setvar {LEG} name O\\'Brien"),
        (lambda: UuidSetVar(LEG, "name", ""), f"uuid_setvar {LEG} name"),
        (lambda: ConferenceMember("room-1", "mute", "all"), "conference room-1 mute all"),
        (
            lambda: Originate(
                "{a='b c'}sofia/phones/101%d.example", extension="102", context="seda", timeout_seconds=20
            ),
            r"originate {a=\'b\sc\'}sofia/phones/101%d.example 102 XML seda undef undef 20",
        ),
        (
            lambda: Eavesdrop("sofia/phones/1", OTHER),
            f"originate sofia/phones/1 &eavesdrop({OTHER}) XML default undef undef 60",
        ),
    ],
)
def test_what_is_sent(build, text):
    assert build().text() == text


def test_the_lines_of_execute():
    assert Execute("playback", "tone_stream://%(500,500,440)", JOB, LEG, lock=True).wire().decode() == (
        f"sendmsg {LEG}\ncall-command: execute\nexecute-app-name: playback\n"
        f"execute-app-arg: tone_stream://%(500,500,440)\nEvent-UUID: {JOB}\nevent-lock: true\n\n"
    )


def test_events_come_as_json_from_a_named_list():
    command = Subscribe(("CHANNEL_ANSWER", "HEARTBEAT"), ("sofia::register",))
    assert command.wire() == b"event json CHANNEL_ANSWER HEARTBEAT CUSTOM sofia::register\n\n"


@pytest.mark.parametrize("names", [(), ("ALL",), ("CHANNEL_ANSWERED",), ("CUSTOM",), ("CHANNEL_ANSWER ALL",)])
def test_an_event_freeswitch_would_ignore_or_flood_us_with_is_refused(names):
    with pytest.raises(UnsafeValue) as refused:
        Subscribe(names)
    assert refused.value.field == "names"


@pytest.mark.parametrize(
    "build",
    [
        lambda: Execute("set", "note=please Reload MOD_event_socket"),
        lambda: UuidSetVar(LEG, "note", "unload mod_event_socket"),
        lambda: Filter("Unload", "mod_event_socket"),
    ],
)
def test_words_that_would_unload_the_event_socket_are_refused(build):
    with pytest.raises(UnsafeValue, match="unload"):
        build()


@pytest.mark.parametrize(
    ("field", "build"),
    [
        ("argument", lambda: Execute("set", "a=${system(reboot)}")),
        ("argument", lambda: Execute("set", "%[a=b]c=d")),
        ("argument", lambda: Originate("loopback/1", application="playback", argument="a)b")),
        ("value", lambda: UuidSetVar(LEG, "a", "${b}")),
        ("path", lambda: UuidBroadcast(LEG, "hangup::")),
        ("path", lambda: UuidPlayAndHangUp(LEG, "a.wav,set:b=c")),
        ("path", lambda: UuidPlayAndHangUp(LEG, "a.wav b")),
        ("path", lambda: UuidPlayAndHangUp(LEG, "${a}.wav")),
        ("extension", lambda: Originate("loopback/1", extension="UNDEF")),  # would abort the switch
        ("extension", lambda: Originate("loopback/1", extension="&park()")),
        ("dial_string", lambda: Originate("^^:loopback/1:x", application="park")),
        ("application", lambda: Originate("loopback/1")),
        ("application", lambda: Originate("loopback/1", application="park", extension="101")),
        ("uuid", lambda: UuidKill("all")),
        ("uuid", lambda: UuidHold("off")),
        ("destination", lambda: UuidTransfer(LEG, "-both", "seda")),
        ("digits", lambda: UuidSendDtmf(LEG, "12 all")),
        ("action", lambda: UuidRecord(LEG, "erase", "/rec/a.wav")),
        ("seconds", lambda: Linger(True)),
        ("seconds", lambda: Linger(0)),
        ("member", lambda: ConferenceMember("room", "kick", "last")),
    ],
)
def test_what_would_mean_something_else_is_refused(field, build):
    with pytest.raises(UnsafeValue) as refused:
        build()
    assert refused.value.field == field


def test_expansion_can_be_asked_for():
    assert b"execute-app-arg: a=${b}" in Execute("set", "a=${b}", expand=True).wire()


def test_a_password_is_not_shown():
    assert "secret" not in repr(Auth("secret"))
