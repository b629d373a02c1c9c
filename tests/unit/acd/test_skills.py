"""Rings as people write them, and who meets them when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.acd.domain.model import Agent, Queue, Requirement, Ring, Waiting
from services.acd.domain.skills import (
    RingSyntaxError,
    best_skill_score,
    meets,
    next_relaxation,
    parse_rings,
    print_rings,
    requirements_at,
)
from shared.telephony.destinations import parse_destination

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
ANY = UUID(int=1)
WRITTEN = "WT<60: english>50, sales>=20; WT<120: english>20; english>0"
RELAXING = (
    Ring(60, (Requirement("english", 51), Requirement("sales", 20))),
    Ring(120, (Requirement("english", 21),)),
    Ring(None, (Requirement("english", 1),)),
)


def queue(written: str = WRITTEN) -> Queue:
    return Queue(id=ANY, tenant_id=ANY, slug="support", rings=parse_rings(written))


def waiting(*requirements: Requirement) -> Waiting:
    return Waiting(
        id=ANY, queue_id=ANY, leg_id="a", node_id="n", joined_at=NOON, order=1, requirements=tuple(requirements)
    )


def agent(**skills: int) -> Agent:
    return Agent(id=ANY, tenant_id=ANY, name="Maryam", phone=parse_destination("extension:101"), skills=skills)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_rings_are_read_and_printed() -> None:
    assert parse_rings(WRITTEN) == RELAXING
    assert print_rings(RELAXING) == WRITTEN


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("", ""),
        (" \n ", ""),
        ("english>=51", "english>50"),
        ("english>19", "english>=20"),
        ("english>=0", "english>=0"),
        ("english>99,sales>=100", "english>=100, sales>=100"),
        ("WT<2.50:english>50", "WT<2.5: english>50"),
        ("  WT < 60 :\n english > 50 ,sales>=20;english>0  ", "WT<60: english>50, sales>=20; english>0"),
        ("WT<86400: after-sales_2>5", "WT<86400: after-sales_2>=6"),
    ],
)
def test_what_people_write_is_printed_in_one_way(written: str, printed: str) -> None:
    assert print_rings(parse_rings(written)) == printed


def test_after_a_last_ring_with_a_limit_nothing_is_needed() -> None:
    assert parse_rings("WT<60: english>50")[1] == Ring(None, ())


@pytest.mark.parametrize(
    ("written", "position", "expected", "found"),
    [
        ("english", 7, "'>' or '>=' after english", "the end"),
        ("English>5", 0, "a skill", "'E'"),
        ("english<5", 7, "'>' or '>='", "'<'"),
        ("english= >5", 7, "'>' or '>='", "'='"),
        ("english>", 8, "a level of 0-99", "the end"),
        ("english>-5", 8, "a level of 0-99", "'-5'"),
        ("english>100", 8, "a level of 0-99", "'100'"),
        ("english>=101", 9, "a level of 0-100", "'101'"),
        ("english>۵", 8, "a level of 0-99", "'۵'"),
        ("english>5 sales>5", 10, "',' or ';' or the end", "'sales'"),
        ("english>5,", 10, "a skill", "the end"),
        ("english>5, english>6", 11, "does not name yet", "'english'"),
        ("WT 60", 3, "'<' after WT", "'60'"),
        ("WT<0: a>1", 3, "seconds above 0, at most 86400", "'0'"),
        ("WT<86400.5: a>1", 3, "at most 86400", "'86400.5'"),
        ("WT<1.5.5: a>1", 3, "seconds above 0", "'1.5.5'"),
        ("WT<60 a>1", 6, "':' after the seconds", "'a'"),
        ("WT<60:", 6, "a skill", "the end"),
        ("WT<60: a>1; WT<60: b>1", 15, "seconds above 60", "'60'"),
        ("WT<60: a>1;;b>1", 11, "a skill", "';'"),
        ("WT<60: a>1; b>1; c>1", 12, "only the last ring may stand without", "'b'"),
        ("b>1;", 0, "only the last ring may stand without", "'b'"),
    ],
)
def test_errors_say_where_and_what_was_expected(written: str, position: int, expected: str, found: str) -> None:
    with pytest.raises(RingSyntaxError) as refused:
        parse_rings(written)
    assert (refused.value.position, refused.value.found) == (position, found)
    assert expected in refused.value.expected
    assert str(refused.value) == f"at character {position + 1}: expected {refused.value.expected}, found {found}"


@pytest.mark.parametrize("rings", [(Ring(None), Ring(60)), (Ring(60), Ring(None)), (RELAXING[2], RELAXING[2])])
def test_rings_that_cannot_be_written_are_not_printed(rings: tuple[Ring, ...]) -> None:
    with pytest.raises(ValueError, match="only the last ring"):
        print_rings(rings)


SKILLS = st.text("abcz09_-", min_size=1, max_size=6)
NEEDED = st.dictionaries(SKILLS, st.integers(0, 100), min_size=1, max_size=4).map(
    lambda levels: tuple(Requirement(skill, least) for skill, least in levels.items())
)


@st.composite
def any_rings(draw: st.DrawFn) -> tuple[Ring, ...]:
    limits = sorted(draw(st.sets(st.integers(1, 86_400_000), max_size=4)))
    limited = [Ring(limit / 1000, draw(NEEDED)) for limit in limits]
    last = draw(st.one_of(st.just(()), NEEDED))
    return (*limited, Ring(None, last)) if limited or last else ()


@given(any_rings())
def test_whatever_is_printed_is_read_again(rings: tuple[Ring, ...]) -> None:
    assert parse_rings(print_rings(rings)) == rings


@given(st.text("WT<>=:;,. ab019-_\n\x00É", max_size=30))
def test_any_text_is_read_or_refused_at_a_place_of_it(written: str) -> None:
    try:
        rings = parse_rings(written)
    except RingSyntaxError as error:
        refused = error
    else:
        assert parse_rings(print_rings(rings)) == rings
        return
    assert 0 <= refused.position <= len(written)


@pytest.mark.parametrize(
    ("seconds", "ring"), [(-5, 0), (0, 0), (59.999999, 0), (60, 1), (119.999999, 1), (120, 2), (90_000, 2)]
)
def test_requirements_relax_with_the_wait(seconds: float, ring: int) -> None:
    assert requirements_at(queue(), waiting(), after(seconds)) == RELAXING[ring].requirements


def test_a_callers_own_requirements_never_relax() -> None:
    vip = Requirement("vip", 1)
    for seconds, ring in ((0, 0), (500, 2)):
        needed = requirements_at(queue(), waiting(vip), after(seconds))
        assert needed == (*RELAXING[ring].requirements, vip)
    assert requirements_at(queue(""), waiting(vip), NOON) == (vip,)


def test_a_queue_without_rings_needs_no_skill() -> None:
    assert requirements_at(queue(""), waiting(), NOON) == ()
    assert meets(agent(), ())
    assert next_relaxation(queue(""), waiting(), NOON) is None


def test_the_next_relaxation_is_when_the_ring_ends() -> None:
    assert next_relaxation(queue(), waiting(), NOON) == after(60)
    assert next_relaxation(queue(), waiting(), after(60)) == after(120)
    assert next_relaxation(queue(), waiting(), after(120)) is None
    assert next_relaxation(queue("WT<60: english>50"), waiting(), NOON) == after(60)
    assert next_relaxation(queue("WT<60: english>50"), waiting(), after(60)) is None


@given(any_rings(), st.integers(0, 90_000_000_000))
def test_a_timer_set_for_the_relaxation_finds_it_done(rings: tuple[Ring, ...], microseconds: int) -> None:
    """Also for lengths that a binary fraction cannot hold: or else the timer would be set for the same moment again."""
    relaxing = Queue(id=ANY, tenant_id=ANY, slug="support", rings=rings)
    now = NOON + timedelta(microseconds=microseconds)
    before = requirements_at(relaxing, waiting(), now)
    then = next_relaxation(relaxing, waiting(), now)
    if then is None:
        assert before == (rings[-1].requirements if rings else ())
        return
    assert then > now
    assert requirements_at(relaxing, waiting(), then - timedelta(microseconds=1)) == before
    following = next_relaxation(relaxing, waiting(), then)
    assert following is None or following > then


def test_a_ring_of_a_length_finer_than_the_clock_ends_too() -> None:
    under = 60.0000001
    relaxing = Queue(id=ANY, tenant_id=ANY, slug="support", rings=(Ring(under, RELAXING[0].requirements),))
    then = next_relaxation(relaxing, waiting(), NOON)
    assert then is not None
    assert requirements_at(relaxing, waiting(), then) == ()


def test_all_requirements_must_be_met() -> None:
    needed = RELAXING[0].requirements
    assert meets(agent(english=51, sales=20), needed)
    assert not meets(agent(english=50, sales=20), needed)
    assert not meets(agent(english=100), needed)


def test_who_lacks_a_skill_does_not_meet_even_its_lowest_level() -> None:
    assert meets(agent(english=0), (Requirement("english", 0),))
    assert not meets(agent(), (Requirement("english", 0),))


def test_the_score_sums_each_required_skill_once() -> None:
    needed = (Requirement("english", 51), Requirement("sales", 20), Requirement("english", 60))
    assert best_skill_score(agent(english=70, sales=30, persian=100), needed) == 100
    assert best_skill_score(agent(persian=100), needed) == 0
    assert best_skill_score(agent(english=70), ()) == 0
