"""Ring groups."""

from __future__ import annotations

from services.routing.domain.config import Member
from services.routing.domain.route import Refusal, Ring
from tests.unit.routing.town import OTHER_NUMBER, Town, id_of, refusal, rung


def test_all_ring_together_each_with_delay_and_time(town: Town) -> None:
    town.ring_group("sales", [Member("102", 0, 20), Member("103", 5, 10)])
    route = town.call_in(OTHER_NUMBER)
    assert isinstance(route.step, Ring)
    assert [(t.extension.number, t.delay_seconds, t.timeout_seconds) for t in route.step.targets] == [
        ("102", 0, 20),
        ("103", 5, 10),
    ]
    assert (route.step.via, route.next) == ("ring-group:sales", None)


def test_nobody_there_goes_to_the_overflow(town: Town) -> None:
    town.ring_group("sales", ["102", "103"], no_answer="extension:104")
    route = town.call_in(OTHER_NUMBER)
    assert rung(town.then(route, "NO_ANSWER", caller=None)) == ["104"]


def test_one_after_another(town: Town) -> None:
    town.ring_group("sales", [Member("102", 3, 15), "103"], no_answer="hangup:busy", strategy="sequential")
    first = town.call_in(OTHER_NUMBER)
    assert isinstance(first.step, Ring)
    assert (rung(first), first.step.timeout_seconds) == (["102"], 15)
    second = town.then(first, "USER_BUSY", caller=None)
    assert rung(second) == ["103"]
    assert refusal(town.then(second, "NO_ANSWER", caller=None)) == (Refusal.HANGUP, "USER_BUSY")


def test_the_last_of_a_row_ends_the_call_with_its_own_cause(town: Town) -> None:
    town.ring_group("sales", ["102"], strategy="sequential")
    assert town.call_in(OTHER_NUMBER).next is None


def test_round_robin_begins_with_whose_turn_it_is_and_goes_round(town: Town) -> None:
    group = town.ring_group("sales", ["102", "103", "104"], strategy="round_robin")
    seen = []
    for turn in range(4):
        town.turns[group.id] = turn
        route = town.call_in(OTHER_NUMBER)
        assert route.turn_of == group.id
        order = rung(route)
        while route.next:
            route = town.then(route, "NO_ANSWER", caller=None)
            assert route.turn_of is None
            order += rung(route)
        seen.append(" ".join(order))
    assert seen == ["102 103 104", "103 104 102", "104 102 103", "102 103 104"]


def test_who_cannot_or_will_not_ring_is_passed_over(town: Town) -> None:
    town.forward("102", do_not_disturb=True)
    town.extension("103", devices=0)
    for strategy in ("simultaneous", "sequential", "round_robin"):
        town.ring_group("sales", ["102", "103", "199", "104"], strategy=strategy)
        assert rung(town.call_in(OTHER_NUMBER)) == ["104"]


def test_a_group_of_nobody_overflows_at_once(town: Town) -> None:
    for strategy in ("simultaneous", "sequential", "round_robin"):
        town.ring_group("sales", [], strategy=strategy)
        assert refusal(town.call_in(OTHER_NUMBER))[0] is Refusal.FAR_END
        town.ring_group("sales", ["199"], "extension:104", strategy)
        assert rung(town.call_in(OTHER_NUMBER)) == ["104"]


def test_a_members_own_forwarding_does_not_take_the_groups_calls(town: Town) -> None:
    town.forward("102", always="extension:104")
    town.ring_group("sales", ["102"])
    assert rung(town.call_in(OTHER_NUMBER)) == ["102"]


def test_groups_that_overflow_into_each_other_end(town: Town) -> None:
    town.ring_group("sales", [], no_answer="ring-group:support")
    town.ring_group("support", [], no_answer="ring-group:sales")
    assert refusal(town.call_in(OTHER_NUMBER))[0] is Refusal.TOO_MANY_FORWARDS


def test_a_group_that_is_gone_meanwhile_ends_the_call(town: Town) -> None:
    town.ring_group("sales", ["102", "103"], strategy="sequential")
    route = town.call_in(OTHER_NUMBER)
    town.config.tenant(id_of("acme")).routes = town.config.tenant(id_of("acme")).routes.__class__(id_of("acme"))
    assert refusal(town.then(route, "USER_BUSY", caller=None)) == (Refusal.FAR_END, "USER_BUSY")
