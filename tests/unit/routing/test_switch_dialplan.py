"""The dialplan endpoint, from the bytes FreeSWITCH sends to the actions it reads."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.routing.domain.config import Caps, Member
from services.routing.domain.progress import Progress, Stage
from services.routing.seal import Seal
from services.routing.switch_dialplan import read_request
from shared.bus.memory import MemoryBus
from shared.contracts.acd import ChangeAgentAtPhone, FloorReply
from shared.http.switch_secret import NotReady
from tests.unit.routing.questions import (
    CAPTURED,
    SECRET,
    Stored,
    answers_for,
    called,
    question,
    read,
    trunk_question,
    variables_of,
)
from tests.unit.routing.town import ACME, LEG, OTHER_NUMBER, TEHRAN_NUMBER, Town, id_of, trunk


def test_a_real_question_is_read() -> None:
    request = read_request((CAPTURED / "dialplan_phone.txt").read_bytes(), Seal(SECRET))
    assert request is not None
    assert (request.context, request.destination, request.caller_number, request.caller_name) == (
        "seda",
        "102",
        "101",
        "Alice",
    )
    assert (str(request.tenant_id), request.answered, request.is_first) == (
        "7b0f5a52-8f1c-4f6e-9a53-0b1c7c1d2e3f",
        False,
        True,
    )
    trunk_call = read_request((CAPTURED / "dialplan_trunk.txt").read_bytes(), Seal(SECRET))
    assert trunk_call is not None
    assert (trunk_call.context, trunk_call.destination, trunk_call.network_address) == (
        "seda-trunk",
        "+982112345678",
        "127.0.0.1",
    )
    captured = (CAPTURED / "dialplan_next.txt").read_bytes()
    again = read_request(captured + b"&variable_seda_direction=internal", Seal(SECRET))
    assert again is not None
    assert (again.destination, again.disposition, again.progress) == ("seda-next", "USER_NOT_REGISTERED", None)


def test_a_phone_is_rung(town: Town) -> None:
    actions = read(answers_for(town)(question("102")))  # type: ignore[arg-type]
    assert [application for application, _ in actions] == ["multiset", "bridge", "hangup"]
    variables = variables_of(actions)
    assert variables["seda_call_id"] == LEG
    assert variables["seda_tenant_id"] == str(ACME.id)
    assert variables["seda_direction"] == "internal"
    assert variables["hangup_after_bridge"] == "true"
    assert "continue_on_fail" not in variables
    dial = called(actions)
    assert [(leg.endpoint, leg.data) for leg in dial.attempts[0]] == [("sofia", "phones/102%acme.example")]
    leg = dial.on_channel(0, 0)
    assert leg["seda_extension_id"] == str(id_of("acme/102"))
    assert (leg["origination_caller_id_number"], leg["origination_caller_id_name"]) == ("101", "Phone 101")
    assert leg["originate_timeout"] == "60"


def test_all_devices_ring_together(town: Town) -> None:
    town.extension("102", devices=3)
    dial = called(read(answers_for(town)(question("102"))))  # type: ignore[arg-type]
    assert [leg.data for leg in dial.attempts[0]] == [
        "phones/102%acme.example",
        "phones/102-1%acme.example",
        "phones/102-2%acme.example",
    ]
    assert len({dial.on_channel(0, place)["seda_device_id"] for place in range(3)}) == 3


def test_members_of_a_group_ring_with_their_delays(town: Town) -> None:
    town.ring_group("sales", [Member("102", 0, 20), Member("103", 5, 10)])
    dial = called(read(answers_for(town)(trunk_question(OTHER_NUMBER))))  # type: ignore[arg-type]
    assert dial.on_channel(0, 0)["leg_timeout"] == "20"
    assert "leg_delay_start" not in dial.on_channel(0, 0)
    assert (dial.on_channel(0, 1)["leg_delay_start"], dial.on_channel(0, 1)["leg_timeout"]) == ("5", "15")
    assert dial.on_channel(0, 1)["seda_via"] == "ring-group:sales"


def test_a_trunk_is_dialled_within_its_caps_and_the_minutes_left(town: Town) -> None:
    town.config.put_trunk(trunk("carrier", ACME, caps=Caps(30, 5)))
    town.tenant(caps=Caps(10, 2, 60))
    actions = read(answers_for(town)(question("00442079460000")))  # type: ignore[arg-type]
    carrier = id_of("carrier")
    assert actions[1:5] == [
        ("limit", f"hash seda-tenant-rate {ACME.id} 2/1 !NORMAL_CIRCUIT_CONGESTION"),
        ("limit", f"hash seda-tenant {ACME.id} 10 !NORMAL_CIRCUIT_CONGESTION"),
        ("limit", f"hash seda-trunk-rate {carrier} 5/1 seda-next XML seda"),
        ("set", "execute_on_answer=sched_hangup +3600 ALLOTTED_TIMEOUT"),
    ]
    assert actions[5][1].startswith(f"hash seda-trunk {carrier} 30 bridge {{")
    assert actions[6] == ("transfer", "seda-next XML seda")
    assert variables_of(actions)["originate_disposition"] == "NORMAL_CIRCUIT_CONGESTION"
    dial = called(actions)
    assert dial.attempts[0][0].data == f"gateway/{carrier}/+442079460000"
    leg = dial.on_channel(0, 0)
    assert leg["seda_billed_extension_id"] == str(id_of("acme/101"))
    assert (leg["seda_number_class"], leg["origination_caller_id_number"]) == ("international", TEHRAN_NUMBER)


def test_an_answered_call_is_limited_from_now_on(town: Town) -> None:
    town.tenant(caps=Caps(max_international_minutes_per_day=1))
    asked = question("00442079460000", Answer__State="answered")
    assert ("sched_hangup", "+60 ALLOTTED_TIMEOUT") in read(answers_for(town)(asked))  # type: ignore[arg-type]


def test_who_forwarded_is_told(town: Town) -> None:
    town.forward("102", always="extension:103")
    leg = called(read(answers_for(town)(question("102")))).on_channel(0, 0)  # type: ignore[arg-type]
    assert leg["sip_h_Diversion"] == "<sip:102@acme.example>;reason=unconditional"


@pytest.mark.parametrize(
    ("number", "cause"),
    [("201", "UNALLOCATED_NUMBER"), ("seda-next", "UNALLOCATED_NUMBER"), ("+881612345678", "OUTGOING_CALL_BARRED")],
)
def test_a_refused_call_hangs_up_with_its_cause(town: Town, number: str, cause: str) -> None:
    town.extension("101", service_class="national")
    actions = read(answers_for(town)(question(number)))  # type: ignore[arg-type]
    assert actions[1:] == [("hangup", cause)]
    assert variables_of(actions)["seda_refusal"]


def test_notices_are_played_in_the_tenants_language(town: Town) -> None:
    town.tenant(language="fa")
    town.forward("102", always="voicemail:102")
    actions = read(answers_for(town)(question("102")))  # type: ignore[arg-type]
    assert actions[1:] == [
        ("pre_answer", ""),
        ("playback", "fa/not-available.wav"),
        ("hangup", "FACILITY_NOT_IMPLEMENTED"),
    ]


def test_conference_and_echo(town: Town) -> None:
    town.forward("102", always="conference:room-1")
    assert read(answers_for(town)(question("102")))[1:] == [  # type: ignore[arg-type]
        ("answer", ""),
        ("conference", f"{ACME.id}-room-1@default"),
    ]
    assert read(answers_for(town)(question("*43")))[1:] == [("answer", ""), ("echo", "")]  # type: ignore[arg-type]


def test_the_next_step_is_given_to_the_leg_that_was_sealed_for_it(town: Town) -> None:
    town.forward("102", busy="extension:103")
    endpoint = answers_for(town)
    sealed = variables_of(read(endpoint(question("102"))))["seda_next"]  # type: ignore[arg-type]
    after = {"variable_seda_next": sealed, "variable_originate_disposition": "USER_BUSY"}
    after |= {"variable_seda_direction": "internal", "variable_seda_call_id": LEG}
    dial = called(read(endpoint(question("seda-next", **after))))  # type: ignore[arg-type]
    assert dial.attempts[0][0].data == "phones/103%acme.example"
    other_leg = str(id_of("another leg"))
    for forged in (
        {**after, "Unique__ID": other_leg},
        {**after, "variable_seda_next": sealed[:-1] + ("A" if sealed[-1] != "A" else "B")},
        {**after, "variable_seda_next": Progress(Stage.EXTENSION, id_of("acme/104").hex).encode() + ";"},
        {**after, "variable_seda_next": Seal("some other secret").close(_progress(), LEG)},
    ):
        assert read(endpoint(question("seda-next", **forged)))[1] == ("hangup", "UNALLOCATED_NUMBER")  # type: ignore[arg-type]


def test_even_a_sealed_step_cannot_leave_the_tenant(town: Town) -> None:
    town.forward("201", tenant=replace(ACME, id=id_of("rival"), slug="rival"), busy="extension:102")
    stolen = Progress(Stage.EXTENSION, id_of("rival/201").hex, acting_id=id_of("rival/201"))
    after = {"variable_seda_next": Seal(SECRET).close(stolen, LEG), "variable_originate_disposition": "USER_BUSY"}
    after |= {"variable_seda_direction": "internal"}
    assert read(answers_for(town)(question("seda-next", **after)))[1:] == [("hangup", "USER_BUSY")]  # type: ignore[arg-type]


async def test_a_feature_code_is_confirmed_once_it_is_stored(town: Town) -> None:
    stored = Stored()
    endpoint = answers_for(town, stored)
    done = read(await endpoint(question("*78")))  # type: ignore[misc]
    assert [application for application, _ in done] == ["multiset", "answer", "playback", "playback", "hangup"]
    assert done[3] == ("playback", "en/dnd-on.wav")
    stored.works = False
    failed = read(await endpoint(question("*78")))  # type: ignore[misc]
    assert done[2] != failed[2]
    assert len(stored.routes) == 2


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (FloorReply(result='{"agent_id": "a"}'), "en/agent-signed-in.wav"),
        (FloorReply(ok=False, code="not_found"), "en/agent-unknown.wav"),
        (FloorReply(ok=False, code="illegal_change"), None),
        (None, None),
    ],
)
async def test_an_agents_code_is_confirmed_once_acd_has_done_it(
    town: Town, reply: FloorReply | None, said: str | None
) -> None:
    bus, asked = MemoryBus(), []
    await bus.start()

    async def answer(command: ChangeAgentAtPhone) -> FloorReply | None:
        asked.append(command)
        return reply

    if reply is not None:
        await bus.serve(ChangeAgentAtPhone, answer, key=str(ACME.id))
    done = read(await answers_for(town, bus=bus)(question("*50")))  # type: ignore[misc]
    assert [data for name, data in done if name == "playback"][1:] == ([said] if said else [])
    assert done[-1][0] == "hangup"
    told = [(one.phone, one.action, one.leg_id, one.by) for one in asked]
    assert told == ([("extension:101", "sign_in", LEG, "feature_code:101")] if reply else [])
    await bus.stop()


async def test_an_agent_whose_phone_stays_connected_is_parked(town: Town) -> None:
    bus = MemoryBus()
    await bus.start()

    async def answer(_: ChangeAgentAtPhone) -> FloorReply:
        return FloorReply(result='{"agent_id": "a", "stands": true}')

    await bus.serve(ChangeAgentAtPhone, answer, key=str(ACME.id))
    done = read(await answers_for(town, bus=bus)(question("*50")))  # type: ignore[misc]
    assert [name for name, _ in done] == ["multiset", "multiset", "answer", "playback", "playback", "park"]
    assert "park_after_bridge=true" in done[1][1]
    await bus.stop()


def test_turns_of_a_round_robin_are_taken(town: Town) -> None:
    group = town.ring_group("sales", ["102"], strategy="round_robin")
    endpoint = answers_for(town)
    endpoint(trunk_question(OTHER_NUMBER))
    assert endpoint._replica.turns_taken == [group.id]  # type: ignore[attr-defined]


def test_before_all_is_read_nothing_is_answered(town: Town) -> None:
    endpoint = answers_for(town)
    endpoint._replica.is_ready = False  # type: ignore[misc]
    with pytest.raises(NotReady):
        endpoint(question("102"))


def test_other_contexts_are_not_ours(town: Town) -> None:
    assert b"not found" in answers_for(town)(question("102", Hunt__Context="public"))  # type: ignore[operator]


def _progress() -> Progress:
    return Progress(Stage.EXTENSION, id_of("acme/102").hex)


def test_a_mailbox_hears_that_the_phone_was_busy_and_the_next_program_does_not(town: Town) -> None:
    town.config.tenant(ACME.id).put_mailbox(id_of("box/102"), "102")
    town.forward("102", busy="voicemail:102", do_not_disturb=True)
    variables = variables_of(read(answers_for(town)(question("102"))))  # type: ignore[arg-type]
    assert (variables["seda_program"], variables["seda_program_not_taken"]) == ("voicemail:102", "busy")
    town.forward("103", always="voicemail:102")
    again = question("103", variable_seda_direction="internal")
    (_, unset), *_ = read(answers_for(town)(again))  # type: ignore[arg-type]
    assert "seda_program_not_taken=" in unset
    assert "busy" not in unset
