"""A supervisor listens to a contact: whose phone is called, who is told, and what ends it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.acd.floor_changes import EndCall, Seen, Supervise
from services.acd.floor_contacts import Impossible, Over
from services.acd.records import Supervisor
from shared.contracts.acd import QueueContactSupervised
from shared.contracts.switch import ListeningMode
from tests.unit.acd.call_centre import NODE, CallCentre, agent, alone, leg_of, queue, seen
from tests.unit.acd.shift import caller

LEILA, DARA = "user:leila", "user:dara"
CALLER = leg_of("ali")


class Listening:
    """Ali talks with Maryam, and Leila is about to listen."""

    def __init__(self, made: CallCentre) -> None:
        self.made = made
        self.entry = made.calls("ali")
        self.agent = made.talks("maryam")
        made.actions.clear()

    def asks(self, mode: ListeningMode = "listen", by: str = LEILA) -> Supervise:
        about = {"by": by, "phone": "extension:102", "asked": caller(f"{by} {mode}")}
        self.made.floor.supervise(self.entry.id, mode, self.made.now, **about)  # type: ignore[arg-type]
        self.made.settle()
        return self.made.done(Supervise)[-1]

    def joins(self, mode: ListeningMode = "listen", by: str = LEILA) -> str:
        """The leg of the phone, which is answered."""
        leg_id = self.asks(mode, by).supervisor.leg_id
        self.went(leg_id, mode)
        return leg_id

    def went(self, leg_id: str, mode: ListeningMode) -> None:
        self.made.floor.supervises(leg_id, mode, self.made.now)
        self.made.settle()

    @property
    def supervisors(self) -> tuple[Supervisor, ...]:
        return self.made.floor.entry(self.entry.id).supervisors

    def told(self) -> list[tuple[str, str, str]]:
        return [(one.by, one.mode, one.state) for one in self.made.told(QueueContactSupervised)]

    def ended(self) -> list[str]:
        return [one.leg_id for one in self.made.done(EndCall)]


def test_the_phone_is_called_and_whoever_answers_listens() -> None:
    here = Listening(alone())
    asked = here.asks("whisper")
    assert (asked.mode, asked.supervisor.phone, asked.entry.agent_leg_id) == ("whisper", "extension:102", here.agent)
    assert not asked.supervisor.joined
    here.went(asked.supervisor.leg_id, "whisper")
    [supervisor] = here.supervisors
    assert (supervisor.joined, supervisor.mode) == (True, "whisper")
    [calling, joined] = here.made.told(QueueContactSupervised)
    assert here.told() == [(LEILA, "whisper", "calling"), (LEILA, "whisper", "joined")]
    assert (joined.agent_id, joined.supervisor_leg_id) == (caller("maryam"), calling.supervisor_leg_id)


def test_who_listens_already_is_not_called_again() -> None:
    here = Listening(alone())
    leg_id = here.joins("listen")
    asked = here.asks("barge")
    assert (asked.supervisor.leg_id, asked.supervisor.joined, asked.mode) == (leg_id, True, "barge")
    assert here.supervisors[0].mode == "listen", "until the switch has done it"
    here.made.floor.supervisor_not_reached(leg_id, "", here.made.now)
    assert here.supervisors[0].mode == "listen", "and for good, if it does not"
    here.went(leg_id, "barge")
    here.went(leg_id, "barge")
    assert here.told()[2:] == [(LEILA, "barge", "changed")], "once"


def test_while_the_phone_rings_nothing_else_is_done_with_it() -> None:
    here = Listening(alone())
    here.asks()
    with pytest.raises(Impossible, match="being called"):
        here.asks("barge")


def test_two_supervisors_come_and_go_apart() -> None:
    here = Listening(alone())
    first, second = here.joins(), here.joins("whisper", DARA)
    here.made.floor.unsupervise(here.entry.id, here.made.now, by=LEILA)
    here.made.settle()
    assert here.ended() == [first]
    assert [one.leg_id for one in here.supervisors] == [second]
    with pytest.raises(Impossible, match="do not listen"):
        here.made.floor.unsupervise(here.entry.id, here.made.now, by=LEILA)
    here.made.hangs_up(first)
    assert here.told()[-1] == (LEILA, "listen", "ended")
    assert len(here.told()) == 5, "the end is told once"


def test_a_phone_that_is_not_answered_leaves_the_contact_as_it_was() -> None:
    here = Listening(alone())
    leg_id = here.asks().supervisor.leg_id
    here.made.hangs_up(leg_id, "CALL_REJECTED")
    here.made.floor.supervisor_not_reached(leg_id, "CALL_REJECTED", here.made.now)
    here.made.settle()
    assert (here.supervisors, here.ended()) == ((), [])
    assert here.made.told(QueueContactSupervised)[-1].reason == "CALL_REJECTED"
    here.asks()


def test_a_call_of_which_nothing_is_known_is_ended_should_it_turn_up() -> None:
    here = Listening(alone())
    leg_id = here.asks().supervisor.leg_id
    here.made.floor.supervisor_not_reached(leg_id, "", here.made.now)
    here.made.settle()
    assert here.ended() == [leg_id]


@pytest.mark.parametrize("how", ["caller", "agent", "end", "put_back", "transfer", "completed"])
def test_the_end_of_the_contact_ends_the_supervisors_call(how: str) -> None:
    here = Listening(alone(wrap_up_seconds=30))
    ringing, leg_id = here.asks(by=DARA).supervisor.leg_id, here.joins("barge")
    made, floor = here.made, here.made.floor
    if how in ("caller", "agent"):
        made.hangs_up(CALLER if how == "caller" else here.agent)
    elif how == "transfer":
        floor._change_contact(replace(floor.entry(here.entry.id), destination="extension:103"), made.now)
        floor.passed_on(here.entry.id, made.now, done=True)
    elif how == "completed":
        floor._leave(floor.entry(here.entry.id), "moved", made.now, made.now)
    else:
        getattr(floor, how)(here.entry.id, made.now)
    made.settle()
    assert {ringing, leg_id} <= set(here.ended())
    assert here.told()[-2:] == [(DARA, "listen", "ended"), (LEILA, "barge", "ended")]
    assert all(not entry.supervisors for entry in made.tables.entries.values())
    here.went(ringing, "listen")
    assert len(here.told()) == 5, "who answers too late is told nothing"
    with pytest.raises((Over, Impossible)):
        here.asks()


def test_a_caller_in_line_cannot_be_listened_to() -> None:
    made = CallCentre([queue()], [agent("maryam")])
    waiting = made.calls("ali")
    with pytest.raises(Impossible, match="in line"):
        made.floor.supervise(waiting.id, "listen", made.now, by=LEILA, phone="extension:102", asked=caller("it"))


def up(here: Listening, *legs: Seen) -> list[Seen]:
    return [
        seen(CALLER, turn=1, hears=here.agent),
        Seen(here.agent, NODE, CALLER, None, is_agents=True),
        *legs,
    ]


def test_whoever_takes_over_finds_who_listens() -> None:
    here = Listening(alone())
    leg_id, ringing = here.joins(), here.asks(by=DARA).supervisor.leg_id
    here.made.dies()
    here.made.passes(1)
    here.made.looks(*up(here, seen(leg_id), Seen(ringing, NODE, is_answered=False)))
    assert [(one.leg_id, one.joined) for one in here.supervisors] == [(leg_id, True), (ringing, False)]
    here.made.passes(1)
    here.made.looks(*up(here, seen(leg_id), seen(ringing)))
    assert [one.joined for one in here.supervisors] == [True, True]
    assert here.asks("barge").supervisor.leg_id == leg_id, "no second call"
    here.made.passes(1)
    here.made.looks(*up(here, seen(ringing)))
    assert [one.leg_id for one in here.supervisors] == [ringing]
    here.made.hangs_up(CALLER)
    assert ringing in here.ended()


def test_a_call_that_the_owner_before_did_not_make_is_given_up() -> None:
    here = Listening(alone())
    here.asks()
    here.made.dies()
    here.made.passes(9)
    here.made.looks(*up(here))
    assert here.supervisors
    here.made.passes(2)
    here.made.looks(*up(here))
    assert not here.supervisors
    assert here.told()[-1] == (LEILA, "listen", "not_reached")
    assert here.asks().supervisor.leg_id, "and may be called again"


def test_a_phone_that_the_owner_before_called_and_nobody_answered_may_be_called_again_at_once() -> None:
    here = Listening(alone())
    here.made.passes(1)
    first = here.asks().supervisor.leg_id
    here.made.passes(1)
    here.made.dies()
    here.made.passes(5)
    here.made.looks(*up(here, Seen(first, NODE, is_answered=False)))
    with pytest.raises(Impossible, match="extension:102 is being called"):
        here.asks()
    here.made.hangs_up(first, "NO_ANSWER")
    assert here.told()[-1] == (LEILA, "listen", "not_reached")
    assert here.asks().supervisor.leg_id != first


def test_a_phone_that_hung_up_before_the_answer_was_told_does_not_listen() -> None:
    here = Listening(alone())
    leg_id = here.asks().supervisor.leg_id
    here.made.hangs_up(leg_id)
    here.went(leg_id, "listen")
    assert not here.supervisors
