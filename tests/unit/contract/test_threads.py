"""A trace of the switch is the same whichever of its threads was first, and another one where anything else differs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.switch.normalise import Normaliser

LEG, AGENT = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
MUSIC = ("playback", "local_stream://seda")
AFTER = ("execute_extension", "'transfer:seda-next XML seda' inline")
BRIDGED = "uuid_br:agent"


def event(name: str, profile: int, source: str = "", app: tuple[str, str] | None = None, **variables: str) -> Any:
    """An event of the caller's leg."""
    headers = {"Event-Name": name, "Unique-ID": LEG, "Caller-Profile-Index": str(profile), "variable_uuid": LEG}
    headers |= {"variable_transfer_source": source} if source else {}
    headers |= {"Application": app[0], "Application-Data": app[1]} if app else {}
    return headers | {f"variable_{key}": value for key, value in variables.items()}


def application(app: tuple[str, str], profile: int, source: str = "") -> list[Any]:
    """An application that begins and ends at once."""
    begun, over = "CHANNEL_EXECUTE", "CHANNEL_EXECUTE_COMPLETE"
    return [event(name, profile, source, app, current_application=app[0]) for name in (begun, over)]


def connected(*between: Any, current: str = "playback", moved_to: int = 2, then: str = "uuid_bridge") -> list[Any]:
    """A caller leaves the music for an agent, and hangs up: what is told, with `between` after the music."""
    return [
        event("CHANNEL_EXECUTE", 1, "", MUSIC, current_application="playback"),
        event("PLAYBACK_STOP", 2, BRIDGED, current_application="playback"),
        event("CHANNEL_EXECUTE_COMPLETE", 2, BRIDGED, MUSIC, current_application="playback"),
        *between,
        event("CHANNEL_EXECUTE", moved_to, BRIDGED, (then, AGENT), current_application=current),
        event("CHANNEL_HANGUP_COMPLETE", moved_to, BRIDGED, current_application=current, last_app=current),
    ]


def told(events: list[Any]) -> list[Any]:
    return Normaliser().changes(events)


def record(events: list[Any], app: str, data: str, **more: str) -> dict[str, Any]:
    """The record written after these events, by what it says ran last; `more` of its variables."""
    normal = Normaliser()
    normal.changes(events)
    moments = {f"{name}_uepoch": "0" for name in ("start", "answer", "bridge", "progress", "end")}
    durations = dict.fromkeys(("uduration", "billusec", "answerusec", "waitusec", "progressusec"), "0")
    variables = {
        "uuid": LEG,
        "current_application": app,
        "last_app": app,
        "last_arg": data,
        **moments,
        **durations,
        **more,
    }
    flow = [{"caller_profile": {}}]
    return normal.record({"variables": variables, "callflow": flow, "channel_data": {"direction": "inbound"}})


def test_caller_on_the_way_to_an_agent_may_have_begun_what_comes_after_the_music() -> None:
    """The dialplan went on before the leg's state had changed; nothing of it ran."""
    begun = connected(*application(AFTER, 2, BRIDGED), current=AFTER[0])
    assert told(begun) == told(connected())
    assert record(begun, *AFTER) == record(connected(), *MUSIC)
    form = {"Unique-ID": LEG, "section": "dialplan", "variable_current_application": AFTER[0]}
    normal = Normaliser()
    normal.changes(begun)
    assert normal.question(form)["variable_current_application"] == "playback"


def test_what_ran_later_is_told_as_it_was() -> None:
    begun = [*connected(*application(AFTER, 2, BRIDGED), current=AFTER[0])[:-1], *application(AFTER, 3, "bl_xfer")]
    assert told(begun) == told([*connected()[:-1], *application(AFTER, 3, "bl_xfer")])


@pytest.mark.parametrize(
    "other",
    [
        connected(*application(AFTER, 2, BRIDGED)[:1], *application(("transfer", "x"), 2, BRIDGED)),
        connected(application(AFTER, 2, BRIDGED)[0], *application(("transfer", "x"), 2), application(AFTER, 2)[1]),
        connected(*application(("set", "a=b"), 2, BRIDGED)),
        connected(*application(AFTER, 2, BRIDGED), *application(AFTER, 2, BRIDGED)),
        connected(*application(AFTER, 2, BRIDGED), current="park"),
        connected(*application(AFTER, 1), moved_to=1, then="park"),
    ],
)
def test_any_other_application_after_the_music_is_a_difference(other: list[Any]) -> None:
    assert told(other) != told(connected())


def test_where_a_leg_was_moved_from_is_told_with_its_new_profile_or_a_moment_later() -> None:
    at_once = [event("CHANNEL_PARK", 1), event("CHANNEL_UNPARK", 2, "a"), *application(("unset", "x"), 2, "a")]
    later = [event("CHANNEL_PARK", 1), event("CHANNEL_UNPARK", 2), *application(("unset", "x"), 2, "a")]
    assert told(at_once) == told(later)
    again, again_later = event("CHANNEL_UNPARK", 3, "b"), event("CHANNEL_UNPARK", 3, "a")
    last = event("CHANNEL_HANGUP", 3, "b")
    assert told([*at_once, again, last]) == told([*later, again_later, last])


@pytest.mark.parametrize(
    "other",
    [
        [event("CHANNEL_PARK", 1), event("CHANNEL_UNPARK", 2), event("CHANNEL_HANGUP", 2)],
        [event("CHANNEL_PARK", 1), event("CHANNEL_UNPARK", 2), event("CHANNEL_HANGUP", 3, "a")],
        [event("CHANNEL_PARK", 1), event("CHANNEL_UNPARK", 2, "b"), event("CHANNEL_HANGUP", 2, "a")],
        [event("CHANNEL_PARK", 1), event("CHANNEL_UNPARK", 2, "a"), event("CHANNEL_HANGUP", 2)],
        [event("CHANNEL_PARK", 1, "a"), event("CHANNEL_UNPARK", 2, "a"), event("CHANNEL_HANGUP", 2, "a")],
    ],
)
def test_a_source_never_told_told_in_another_profile_or_told_wrong_is_a_difference(other: list[Any]) -> None:
    right = [event("CHANNEL_PARK", 1), event("CHANNEL_UNPARK", 2, "a"), event("CHANNEL_HANGUP", 2, "a")]
    assert told(other) != told(right)


def test_what_an_answer_leads_to_may_have_begun_when_it_is_told() -> None:
    """A bridge, or an application that the command which called runs."""

    def answered(*, early: bool = False) -> list[Any]:
        outbound = {"Call-Direction": "outbound", "Caller-Channel-Bridged-Time": "0", "Caller-Callee-ID-Number": "102"}
        late = {"Caller-Channel-Bridged-Time": "1790000000000000", "variable_bridge_to": AGENT}
        late |= {"Caller-Caller-ID-Number": "102", "Caller-Callee-ID-Number": "0000000000"}
        return [
            {**event("CHANNEL_CREATE", 1), **outbound},
            {**event("CHANNEL_ANSWER", 1), **outbound, **(late if early else {})},
            {**event("CHANNEL_HANGUP", 1), **outbound, **late},
        ]

    assert told(answered(early=True)) == told(answered())
    noted = {"variable_endpoint_disposition": "ANSWER"}
    create, answer, hang_up = answered()
    playing = {**answer, "Event-Name": "PLAYBACK_START"}
    right = told([create, answer, {**playing, **noted}, {**hang_up, **noted}])
    assert told([create, answer, playing, {**hang_up, **noted}]) == right
    assert told([create, answer, playing, hang_up]) != right
    assert told([create, {**answer, **noted}, {**playing, **noted}, {**hang_up, **noted}]) != right
    other = {**answered()[1], "variable_seda_step": "2"}
    assert told([answered()[0], other]) != told(answered()[:2])


def test_a_leg_may_tell_what_it_left_before_its_hang_up_is_told() -> None:
    parked, gone = event("CHANNEL_PARK", 1), {"Answer-State": "hangup", "Hangup-Cause": "NORMAL_CLEARING"}
    hang_up, unpark, complete = (
        {**event(f"CHANNEL_{name}", 1), **gone} for name in ("HANGUP", "UNPARK", "HANGUP_COMPLETE")
    )
    right = told([parked, hang_up, unpark, complete])
    assert told([parked, unpark, hang_up, complete]) == told([parked, unpark, complete, hang_up]) == right
    complete |= {"variable_hangup_cause": "NORMAL_CLEARING"}
    last = {**hang_up, "variable_hangup_cause": "NORMAL_CLEARING"}
    assert told([parked, unpark, complete, last]) == told([parked, hang_up, unpark, complete])
    assert told([parked, last, unpark, complete]) != told([parked, hang_up, unpark, complete])
    for other in ([parked, event("CHANNEL_UNPARK", 1), hang_up, complete], [hang_up, parked, unpark, complete]):
        assert told(other) != right


def hung_up(*, noted: bool = True, known: bool = True, bye: bool = True, after: str = "uuid_bridge") -> list[Any]:
    """An agent's leg hangs up in a bridge: whether its role is noted and the bridge still known when it is told."""
    gone = {"last_bridge_to": AGENT} | ({"sip_term_status": "200"} if bye else {})
    gone |= {"last_bridge_role": "originatee"} if noted else {}
    before = event("CHANNEL_EXECUTE", 2, "", (after, AGENT)) if after == "uuid_bridge" else event(after, 2, **gone)
    there = {"bridge_to": AGENT} if known else {}
    return [
        event("CHANNEL_PARK", 1),
        before,
        event("CHANNEL_HANGUP", 2, **gone, **there),
        event("CHANNEL_DESTROY", 2, **gone),
    ]


def role_in_record(events: list[Any], killed: str = "") -> Any:
    normal = Normaliser(killed=frozenset({killed}))
    normal.changes(events)
    return normal._told[LEG].record({}).get("last_bridge_role")


def test_the_leg_that_hangs_up_may_have_left_the_bridge_when_its_role_is_looked_for() -> None:
    right = told(hung_up())
    assert told(hung_up(known=False)) == told(hung_up(noted=False, known=False)) == right
    assert role_in_record(hung_up(noted=False, known=False)) == "originatee"
    quiet = hung_up(noted=False, known=False, bye=False)
    assert Normaliser(killed=frozenset({LEG})).changes(quiet) == told(hung_up(bye=False))
    assert role_in_record(quiet, killed=LEG) == "originatee"


def test_a_leg_that_was_left_alone_or_hung_up_later_has_no_role() -> None:
    for other in (hung_up(noted=False, known=False, bye=False), hung_up(noted=False, known=False, after="DTMF")):
        assert not any("variable_last_bridge_role" in changed for _, changed in told(other))
        assert role_in_record(other) is None


def test_so_may_the_first_leg_of_a_bridge() -> None:
    bridge = {"Bridge-A-Unique-ID": LEG, "Bridge-B-Unique-ID": AGENT}
    there = {"bridge_to": AGENT, "last_bridge_role": "originator"}
    legs = [
        [
            event("CHANNEL_EXECUTE", 2, "", ("uuid_bridge", AGENT)),
            {**event("CHANNEL_BRIDGE", 2), **bridge},
            event("CHANNEL_HANGUP", 2, last_bridge_to=AGENT, sip_term_status="200", **said),
            {**event("CHANNEL_UNBRIDGE", 2, last_bridge_to=AGENT, sip_term_status="200", **role), **bridge},
        ]
        for said, role in ((there, {"last_bridge_role": "originator"}), ({}, {}))
    ]
    assert told(legs[0]) == told(legs[1])


@pytest.mark.parametrize("result", [{}, {"read_result": "failure"}])
def test_hang_up_while_a_prompt_asks_for_digits_sets_a_result_or_none(result: dict[str, str]) -> None:
    """The leg's own thread saw the hang-up before it read a frame, or in reading one."""
    app = ("play_and_get_digits", "1 4")
    over = event("CHANNEL_EXECUTE_COMPLETE", 1, "", app, current_application=app[0], **result)
    events = [
        event("CHANNEL_EXECUTE", 1, "", app, current_application=app[0]),
        {**event("PLAYBACK_STOP", 1, current_application=app[0]), "Answer-State": "hangup"},
        {**over, "Answer-State": "hangup"},
        {**event("CHANNEL_HANGUP_COMPLETE", 1, current_application=app[0], **result), "Answer-State": "hangup"},
    ]
    assert "read_result" not in str(told(events))
    assert "read_result" not in record(events, *app, **result)


def test_asking_that_failed_before_the_hang_up_is_told() -> None:
    app = ("play_and_get_digits", "1 4")
    events = [
        event("CHANNEL_EXECUTE_COMPLETE", 1, "", app, current_application=app[0], read_result="failure"),
        {**event("CHANNEL_HANGUP_COMPLETE", 1, read_result="failure"), "Answer-State": "hangup"},
    ]
    assert told(events)[0][1]["variable_read_result"] == "failure"
    assert record(events, *app, read_result="failure")["read_result"] == "failure"


@pytest.mark.parametrize("begun", [[event("CHANNEL_CREATE", 1)], []])
def test_a_leg_that_ends_as_it_begins_may_note_the_cause_before_its_hang_up_is_told(begun: list[Any]) -> None:
    cause = {"hangup_cause": "CALL_REJECTED", "hangup_cause_q850": "21"}
    over = event("CHANNEL_HANGUP_COMPLETE", 1, **cause)
    early, late = [[*begun, event("CHANNEL_HANGUP", 1, **noted), over] for noted in (cause, {})]
    assert told(early) == told(late)
    assert told(early)[-1][1]["variable_hangup_cause"] == "CALL_REJECTED"
