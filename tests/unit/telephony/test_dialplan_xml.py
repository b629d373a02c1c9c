"""No value adds an element, an action, an argument or a variable to a dialplan."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.telephony import dialplan_actions as actions
from shared.telephony.causes import CAUSES
from shared.telephony.dial_string import DialString, Leg, Phone
from shared.telephony.dialplan_actions import Action
from shared.telephony.dialplan_xml import NOT_FOUND, dialplan_document
from shared.telephony.safe_text import UnsafeText
from shared.telephony.sounds import MusicOnHold, Silence, SoundFile, SoundSequence, Tone
from tests.unit.telephony import freeswitch_model as switch
from tests.unit.telephony.nasty import names, texts

PHONE = Phone("101", "acme.example")
Pairs = list[tuple[str, str]]


def read(document: bytes) -> Pairs:
    """What mod_dialplan_xml queues: (application, data) of every action, after both readers."""
    root = switch.xml_document(document)
    context = root.find("section/context")
    assert context is not None
    assert [child.tag for child in root.iter()][:5] == ["document", "section", "context", "extension", "condition"]
    assert len(list(root.iter("condition"))) == 1
    steps = root.findall("section/context/extension/condition/*")
    assert all(step.tag == "action" and sorted(step.attrib) == ["application", "data"] for step in steps)
    return [(step.attrib["application"], switch.executed(step.attrib["data"])) for step in steps]


def plain(value: str) -> str:
    return value.strip(" ")


ONE_TEXT: dict[str, Callable[[str], Action]] = {
    "set": lambda text: actions.Set("seda_note", text),
    "export": lambda text: actions.Export("seda_note", text, local=False),
    "set all": lambda text: actions.SetAll({"a": "1", "seda_note": text, "b": "2"}),
    "bridge": lambda text: actions.Bridge(DialString.simultaneous([Leg(PHONE, {"seda_note": text})], {"n": text})),
    "limit execute": lambda text: actions.LimitExecute("a", "b", 3, actions.Set("seda_note", text)),
    "execute on": lambda text: actions.ExecuteOn("answer", actions.Set("seda_note", text)),
    "execute on legs": lambda text: actions.ExecuteOnLegs("answer", actions.Export("seda_note", text)),
    "transfer": actions.Transfer,
    "context": lambda text: actions.Transfer("1", text),
    "file": lambda text: actions.Playback(SoundFile(text)),
    "tone": lambda text: actions.Playback(Tone(text)),
    "stream": lambda text: actions.Playback(MusicOnHold(text)),
    "limit": lambda text: actions.Limit(text, text, 3, number="1"),
    "limit number": lambda text: actions.Limit("a", "b", 3, number=text),
    "conference": lambda text: actions.Conference(text, flags=frozenset({"mute"})),
    "conference flag": lambda text: actions.Conference("room", flags=frozenset({text})),
    "socket": actions.Socket,
    "sockets": lambda text: actions.Socket((text, "127.0.0.1:8084")),
    "record": lambda text: actions.RecordSession(text, 10),
    "event": lambda text: actions.ExecuteOn(text, actions.Answer()),
    "own event": actions.FireEvent,
    "own event's word": lambda text: actions.FireEvent(f"seda::{text}"),
}


@pytest.mark.parametrize("kind", ONE_TEXT)
@given(text=texts)
def test_one_nasty_text_is_refused_or_arrives_as_one_action_with_that_text(kind: str, text: str) -> None:
    action = ONE_TEXT[kind](text) if kind not in ("file", "tone", "stream") else None
    try:
        document = dialplan_document([actions.Answer(), action or ONE_TEXT[kind](text), actions.Park()], context="seda")
    except ValueError:
        return
    answer, (application, data), park = read(document)
    assert (answer, park) == (("answer", ""), ("park", ""))
    assert_means(kind, text, application, data)


def assert_means(kind: str, text: str, application: str, data: str) -> None:  # noqa: PLR0912 - one case per kind
    match kind:
        case "set":
            assert (application, switch.base_set(data)) == ("set", ("seda_note", plain(text)))
        case "export":
            assert (application, data) == ("export", f"nolocal:seda_note={plain(text)}")
        case "set all":
            wanted = {"a": "1", "seda_note": plain(text), "b": "2"}
            assert switch.multiset(data) == {name: value for name, value in wanted.items() if value}
        case "bridge":
            originated = switch.originate(data)
            assert originated.variables == ({"n": plain(text)} if plain(text) else {})
            assert [len(attempt) for attempt in originated.attempts] == [1]
        case "execute on":
            name, value = switch.base_set(data)
            assert name == "execute_on_answer"
            application, data = switch.execute_on(value)
            assert (application, *switch.base_set(data)) == ("set", "seda_note", plain(text))
        case "execute on legs":
            assert data.startswith("nolocal:execute_on_answer=export ")
        case "limit execute":
            *place, run = switch.separate_string(data, " ", 6)
            assert place == ["hash", "a", "b", "3", "set"]
            assert switch.base_set(switch.executed(run)) == ("seda_note", plain(text))
        case "limit":
            assert switch.separate_string(data, " ", 7) == ["hash", text, text, "3", "1", "XML", "seda"]
        case "limit number":
            assert switch.separate_string(data, " ", 7) == ["hash", "a", "b", "3", text, "XML", "seda"]
        case "transfer" | "context":
            wanted_words = [text, "XML", "seda"] if kind == "transfer" else ["1", "XML", text]
            assert switch.separate_string(data, " ", 4) == wanted_words
            assert not text.startswith("-")
        case "record":
            assert switch.separate_string(data, " ", 5) == [text, "+10"]
        case "conference":
            assert data == f"{text}@default+flags{{mute}}"
            assert not set(text) & set("@+:{}")
        case "conference flag":
            assert data == f"room@default+flags{{{text}}}"
            assert not set(text) & set("|{} ")
        case "socket":
            assert switch.separate_string(data, " ", 80) == [text, "async", "full"]
            assert "|" not in text
            assert "/" not in text
        case "sockets":
            hosts, *flags = switch.separate_string(data, " ", 80)
            assert hosts.split("|") == [text, "127.0.0.1:8084"]
            assert flags == ["async", "full"]
        case "file" | "tone" | "stream":
            assert data.endswith(text)
            assert not set(text) & set("@!{}[]' \\")
        case "event":
            assert data == f"execute_on_{text}=answer"
        case "own event" | "own event's word":
            subclass = text if kind == "own event" else f"seda::{text}"
            # event_function (mod_dptools.c) splits at commas, then each part at the first '='.
            parts = [part.split("=", 1) for part in data.split(",")]
            assert parts == [["Event-Subclass", subclass], ["Event-Name", "CUSTOM"]]
            assert subclass.startswith("seda::")


@given(text=texts)
def test_what_is_guarded_against_a_move_is_the_action_itself(text: str) -> None:
    try:
        data = actions.UnlessMoved(actions.Transfer(text)).data()
    except ValueError:
        return
    assert switch.separate_string(data, " ", 4) == [f"transfer:{text} XML seda", "inline"]
    assert "," not in data


@given(st.dictionaries(names, texts, min_size=1, max_size=5))
def test_many_variables_at_once_are_refused_or_all_arrive(variables: dict[str, str]) -> None:
    try:
        document = dialplan_document([actions.SetAll(variables)], context="seda")
    except UnsafeText:
        return
    ((_, data),) = read(document)
    assert switch.multiset(data) == {name: plain(value) for name, value in variables.items() if plain(value)}


@given(texts, texts)
def test_names_of_context_and_extension_stay_names(context: str, extension: str) -> None:
    try:
        document = dialplan_document([actions.Answer()], context=context, extension=extension)
    except UnsafeText:
        return
    root = switch.xml_document(document)
    assert [one.get("name") for one in root.iter("context")] == [context]
    assert [one.get("name") for one in root.iter("extension")] == [extension]
    assert [one.tag for one in root.iter("action")] == ["action"]


def test_every_action_says_what_freeswitch_expects() -> None:
    made = [
        actions.PreAnswer(),
        actions.RingReady(),
        actions.Echo(),
        actions.Unset("ringback"),
        actions.Set("hangup_after_bridge", True),
        actions.Set("ringback", Tone("%(1000,4000,425)")),
        actions.Export("seda_call_id", "x"),
        actions.Hangup(CAUSES["USER_BUSY"]),
        actions.Respond(486),
        actions.Sleep(250),
        actions.Limit("seda", "tenant-1", 5),
        actions.Limit("seda", "tenant-1", 5, per_seconds=1, cause=CAUSES["SWITCH_CONGESTION"]),
        actions.Limit("seda", "tenant-1", -1),
        actions.SchedHangup(3600),
        actions.Playback(SoundSequence((SoundFile("ivr/hello.wav"), Silence(500), Tone("%(100,0,800)", loops=2)))),
        actions.FireEvent("seda::queued"),
        actions.Playback(MusicOnHold()),
        actions.Socket("127.0.0.1:8084", full=False),
        actions.Socket(("127.0.0.1:8084", "ivr-1.seda:8084")),
        actions.ExecuteOn("answer", actions.SchedHangup(60)),
        actions.Bridge(DialString.to(PHONE, timeout_seconds=20)),
    ]
    assert read(dialplan_document(made, context="seda")) == [
        ("pre_answer", ""),
        ("ring_ready", ""),
        ("echo", ""),
        ("unset", "ringback"),
        ("set", "hangup_after_bridge=true"),
        ("set", "ringback=tone_stream://%(1000,4000,425)"),
        ("export", "seda_call_id=x"),
        ("hangup", "USER_BUSY"),
        ("respond", "486"),
        ("sleep", "250"),
        ("limit", "hash seda tenant-1 5 !NORMAL_CIRCUIT_CONGESTION"),
        ("limit", "hash seda tenant-1 5/1 !SWITCH_CONGESTION"),
        ("limit", "hash seda tenant-1 -1 !NORMAL_CIRCUIT_CONGESTION"),
        ("sched_hangup", "+3600 ALLOTTED_TIMEOUT"),
        ("playback", "file_string://ivr/hello.wav!silence_stream://500!tone_stream://%(100,0,800);loops=2"),
        ("event", "Event-Subclass=seda::queued,Event-Name=CUSTOM"),
        ("playback", "local_stream://seda"),
        ("socket", "127.0.0.1:8084 async"),
        ("socket", "127.0.0.1:8084|ivr-1.seda:8084 async full"),
        ("set", "execute_on_answer=sched_hangup +60 ALLOTTED_TIMEOUT"),
        ("bridge", "{originate_timeout=20}sofia/phones/101%acme.example"),
    ]


def test_a_caller_named_like_a_preprocessor_word_does_not_make_the_dialplan_vanish() -> None:
    document = dialplan_document([actions.Set("seda_caller_name", "X-Pre-Process")], context="x-pre-process")
    assert read(document) == [("set", "seda_caller_name=X-Pre-Process")]


@pytest.mark.parametrize(
    "action",
    [
        actions.Set("a", "${uuid}"),
        actions.Set("a", "$${hostname}"),
        actions.Set("a", "a\\nb"),
        actions.Set("execute_on_answer", "system id"),
        actions.Set("api_hangup_hook", "x"),
        actions.Set("a", "x" * 2049),
        actions.SetAll({}),
        actions.SetAll({"a": "it's"}),
        actions.SetAll({"a": ";!~#*&?@,"}),
        actions.SetAll({"a": "1", "A": "2"}),
        actions.ExecuteOn("answer", actions.ExecuteOn("ring", actions.Answer())),
        actions.Respond(200),
        actions.Sleep(0),
        actions.SchedHangup(0),
        actions.RecordSession("../../etc/passwd"),
        actions.Conference("bridge:x:sofia"),
        actions.Transfer("-bleg"),
        actions.Socket(()),
        actions.Socket(("127.0.0.1:8084", "127.0.0.1")),
        actions.Socket(("127.0.0.1:8084",) * 51),
    ],
)
def test_refuses_actions_that_mean_something_else(action: Action) -> None:
    with pytest.raises(UnsafeText):
        dialplan_document([action], context="seda")


def test_an_empty_dialplan_is_a_mistake_and_not_found_is_an_answer() -> None:
    with pytest.raises(UnsafeText):
        dialplan_document([], context="seda")
    result = switch.xml_document(NOT_FOUND).find("section[@name='result']/result")
    assert result is not None
    assert result.attrib == {"status": "not found"}
