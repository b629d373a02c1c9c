"""Calls that wait in a queue, and where they go when their time there is over."""

from __future__ import annotations

from uuid import uuid4

import pytest

from services.routing.domain.config import Queue
from services.routing.domain.route import JoinQueue, Notice, Refusal, Refuse, Route, RunProgram
from shared.telephony.causes import CAUSES
from shared.telephony.destinations import Destination
from shared.telephony.handover import LEAVE, Leaving
from tests.unit.routing.questions import answers_for, question, read, trunk_question, variables_of
from tests.unit.routing.town import ACME, LEG, TEHRAN_NUMBER, Town, phone_request

SUPPORT = uuid4()


@pytest.fixture
def town() -> Town:
    town = Town()
    index = town.config.tenant(ACME.id)
    index.queues["support"] = Queue(SUPPORT, "support")
    index.queues["surveyed"] = Queue(uuid4(), "surveyed", survey="satisfaction")
    index.flows["satisfaction"] = None
    town.number(ACME, TEHRAN_NUMBER, "queue:support")
    return town


def queue_of(route: Route) -> JoinQueue:
    assert isinstance(route.step, JoinQueue), route.path
    return route.step


def test_a_number_leads_to_a_queue_whose_music_goes_on_whatever_dies(town: Town) -> None:
    actions = read(answers_for(town)(trunk_question(TEHRAN_NUMBER)))  # type: ignore[arg-type]
    assert [application for application, _ in actions] == [
        "multiset",
        "answer",
        "event",
        "playback",
        "execute_extension",
    ]
    variables = variables_of(actions)
    assert (variables["seda_queue"], variables["seda_queue_turn"]) == (str(SUPPORT), "1")
    assert variables["seda_last_queue"] == "support"
    assert variables["hangup_after_bridge"] == "false"
    assert variables["transfer_after_bridge"] == "seda-next:XML:seda"
    assert variables["uuid_bridge_continue_on_cancel"] == "true"
    assert variables["playback_terminators"] == "none", "keys are the queue's"
    assert actions[2] == ("event", "Event-Subclass=seda::queued,Event-Name=CUSTOM")
    assert actions[3] == ("playback", "local_stream://seda")
    assert actions[4] == ("execute_extension", "'transfer:seda-next XML seda' inline")


def test_a_queue_that_takes_no_calls_is_not_in_service(town: Town) -> None:
    town.number(ACME, TEHRAN_NUMBER, "queue:nobody")
    assert isinstance(town.call_in(TEHRAN_NUMBER).step, Notice)


def test_each_time_in_line_counts(town: Town) -> None:
    town.forward("102", always="queue:support")
    again = question("102", variable_seda_queue_turn="4", variable_seda_direction="internal")
    assert variables_of(read(answers_for(town)(again)))["seda_queue_turn"] == "5"  # type: ignore[arg-type]


def test_the_call_ends_when_the_agent_has_left(town: Town) -> None:
    route = town.then(town.call_in(TEHRAN_NUMBER), "", None, was_bridged=True)
    assert route.step == Refuse(Refusal.FAR_END, CAUSES["NORMAL_CLEARING"])


def test_whom_the_agent_has_left_is_asked_by_the_queues_survey(town: Town) -> None:
    town.number(ACME, TEHRAN_NUMBER, "queue:surveyed")
    joined = town.call_in(TEHRAN_NUMBER)
    step = town.then(joined, "", None, was_bridged=True).step
    assert isinstance(step, RunProgram)
    assert step.program == "flow:satisfaction"
    assert isinstance(town.then(joined, "", None, was_bridged=False).step, Refuse), "nobody is asked who met nobody"


def test_a_flow_gets_back_whom_no_agent_took_and_may_name_its_own_survey(town: Town) -> None:
    town.config.tenant(ACME.id).flows["main-menu"] = None
    leaving = Leaving(Destination.parse("queue:surveyed"), program="flow:main-menu", after="flow:main-menu")
    asked = phone_request(LEAVE, None, call_id=LEG, direction="inbound", leaving=leaving, answered=True)
    joined = town.ask(asked)
    queue_of(joined)
    after = town.then(joined, "", None, was_bridged=True).step
    back = town.then(joined, "", None, was_bridged=False).step
    assert isinstance(after, RunProgram)
    assert isinstance(back, RunProgram)
    assert (after.program, after.cause) == ("flow:main-menu", "")
    assert (back.program, back.cause) == ("flow:main-menu", "NORMAL_TEMPORARY_FAILURE")


def test_a_queue_plays_its_own_music_in_the_tenants_language(town: Town) -> None:
    index = town.config.tenant(ACME.id)
    index.queues["support"] = Queue(SUPPORT, "support", music="our-song")
    index.prompts["our-song"] = {"xx": "/media/song-xx.wav", ACME.language: "/media/song.wav"}
    actions = read(answers_for(town)(trunk_question(TEHRAN_NUMBER)))  # type: ignore[arg-type]
    played = [argument for application, argument in actions if application == "playback"]
    assert len(played) == 5
    assert played[0] == "file_string://" + "!".join(["/media/song.wav"] * 32)
    assert played[-1] == "local_stream://seda", "after hours of it"
    del index.prompts["our-song"]
    actions = read(answers_for(town)(trunk_question(TEHRAN_NUMBER)))  # type: ignore[arg-type]
    assert [argument for application, argument in actions if application == "playback"] == ["local_stream://seda"]
