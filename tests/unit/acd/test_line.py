"""A caller's place."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.acd.domain.line import Group, Line, score
from services.acd.domain.model import Requirement, Ring
from tests.support.call_centre import NOW, agent_id, caller, entry_id, later, queue, queue_id

ENGLISH = (Requirement("english", 51),)


def order_of(line: Line) -> list[int]:
    return [waiting.order for waiting in line]


def offered(line: Line, now=NOW) -> dict[Group, list[int]]:
    return {group: [rank.order for rank in ranks] for group, ranks in line.groups(now).items()}


def test_callers_stand_in_the_order_of_joining():
    line = Line(queue())
    assert [line.join(caller(number, waited=100 - number)) for number in (1, 2, 3)] == [1, 2, 3]
    assert order_of(line) == [1, 2, 3]
    assert [line.position(entry_id(number)) for number in (3, 1)] == [3, 1]


def test_callers_of_the_same_moment_stand_in_their_order():
    assert order_of(Line(queue(), [caller(3), caller(1), caller(2)])) == [1, 2, 3]


def test_a_point_of_priority_is_worth_a_minute():
    line = Line(queue(), [caller(1, waited=119), caller(2, waited=121), caller(3, priority=2)])
    assert order_of(line) == [2, 3, 1]
    assert line.score(entry_id(3), later(30)) == 150


def test_of_equal_scores_the_earlier_joining_comes_first():
    assert order_of(Line(queue(), [caller(1, priority=1), caller(2, waited=60)])) == [2, 1]


def test_weight_makes_waiting_count_more_than_priority():
    rows = [caller(1, waited=90), caller(2, priority=2)]
    assert order_of(Line(queue(weight=1.0), rows)) == [2, 1]
    assert order_of(Line(queue(weight=2.0), rows)) == [1, 2]
    assert score(queue(weight=2.0), rows[0], NOW) == 180


def test_in_a_queue_of_no_weight_only_priority_counts():
    assert order_of(Line(queue(weight=0.0), [caller(1, waited=9), caller(2, priority=1), caller(3)])) == [2, 1, 3]


def test_who_is_put_back_stands_at_the_old_place():
    line = Line(queue(), [caller(number, waited=100 - number) for number in range(1, 6)])
    gone = line.leave(entry_id(3))
    line.join(caller(6))
    assert gone is not None
    back = line.put_back(gone)
    assert order_of(line) == [1, 2, 3, 4, 5, 6]
    assert back.joined_at == gone.joined_at


def test_who_comes_from_another_queue_keeps_the_time_waited():
    line = Line(queue(), [caller(1, waited=50), caller(2, waited=10)])
    line.put_back(caller(3, waited=30, queue=2, offered_to=frozenset({agent_id(1)})))
    assert order_of(line) == [1, 3, 2]
    assert line[entry_id(3)].queue_id == queue_id(1)
    assert line[entry_id(3)].offered_to == frozenset()


def test_who_left_is_not_there():
    line = Line(queue(), [caller(1)])
    assert line.leave(entry_id(1)) == caller(1)
    assert line.leave(entry_id(1)) is None
    assert (len(line), entry_id(1) in line, line.get(entry_id(1))) == (0, False, None)
    with pytest.raises(KeyError):
        line.position(entry_id(1))
    assert offered(line) == {}


def test_nobody_joins_twice_or_the_wrong_queue():
    line = Line(queue(), [caller(1)])
    with pytest.raises(ValueError, match="in line already"):
        line.join(caller(1))
    with pytest.raises(ValueError, match="waits for queue"):
        line.join(caller(2, queue=2))


def test_a_supervisor_gives_another_priority():
    line = Line(queue(), [caller(1, waited=50), caller(2)])
    assert line.prioritise(entry_id(2), 1).priority == 1
    assert order_of(line) == [2, 1]
    with pytest.raises(ValueError, match="-100 to 100"):
        line.prioritise(entry_id(2), 101)


def test_who_is_moved_to_the_front_comes_before_every_score_and_keeps_the_time_waited():
    line = Line(queue(), [caller(1, waited=9000, priority=100), caller(2, waited=5), caller(3, waited=4)])
    line.move_to_front(entry_id(2))
    moved = line.move_to_front(entry_id(3))
    assert order_of(line) == [3, 2, 1]
    assert (moved.joined_at, moved.front) == (later(-4), 2)
    assert order_of(Line(queue(), reversed(list(line)))) == [3, 2, 1]


def test_longest_wait_is_of_who_is_on_the_line():
    line = Line(queue(), [caller(1, waited=500, leg_id=None), caller(2, waited=70), caller(3, waited=80, priority=-5)])
    assert line.longest_wait(later(10)) == 90
    line.leave(entry_id(3))
    line.leave(entry_id(1))
    assert (line.longest_wait(later(10)), line.callers) == (80, 1)
    assert Line(queue()).longest_wait(NOW) == 0


def test_while_phones_ring_for_a_caller_no_other_agent_is_looked_for():
    line = Line(queue(), [caller(1, waited=2), caller(2)])
    line.offer(entry_id(1), [agent_id(1), agent_id(2)])
    assert offered(line) == {Group(): [2]}
    assert line.position(entry_id(1)) == 1
    line.unanswered(entry_id(1), agent_id(1))
    assert offered(line) == {Group(): [2]}
    waiting = line.unanswered(entry_id(1), agent_id(2))
    assert offered(line) == {Group(): [1, 2]}
    assert waiting.excluded == {agent_id(1), agent_id(2)}


def test_an_offer_that_is_withdrawn_excludes_nobody():
    line = Line(queue(), [caller(1)])
    line.offer(entry_id(1), [agent_id(1), agent_id(2)])
    assert line.withdraw(entry_id(1), agent_id(1)).offered_to == {agent_id(2)}
    assert line.withdraw(entry_id(1)) == caller(1)
    assert offered(line) == {Group(): [1]}


def test_requirements_relax_as_a_caller_waits():
    line = Line(queue(rings=(Ring(60, ENGLISH), Ring(None))), [caller(1, waited=59), caller(2)])
    assert offered(line) == {Group(ENGLISH): [1, 2]}
    assert line.next_change(NOW) == later(1)
    assert offered(line, later(1)) == {Group(): [1], Group(ENGLISH): [2]}
    assert offered(line, later(60)) == {Group(): [1, 2]}
    assert line.next_change(later(60)) is None


def test_what_has_relaxed_stays_relaxed_when_the_clock_steps_back():
    line = Line(queue(rings=(Ring(60, ENGLISH), Ring(None))), [caller(1)])
    assert offered(line, later(60)) == offered(line, later(59)) == {Group(): [1]}


def test_a_caller_waits_for_the_sticky_agent_for_a_while():
    line = Line(queue(sticky_seconds=30), [caller(1, waited=20, sticky_agent_id=agent_id(7)), caller(2)])
    assert offered(line) == {Group((), agent_id(7)): [1], Group(): [2]}
    assert offered(line, later(10)) == {Group(): [1, 2]}


def test_a_callback_keeps_its_place_until_it_is_due():
    line = Line(queue(), [caller(1, waited=60, leg_id=None, not_before=later(600)), caller(2)])
    assert (line.position(entry_id(1)), offered(line)) == (1, {Group(): [2]})
    assert line.next_change(NOW) == later(600)
    assert offered(line, later(600)) == {Group(): [1, 2]}
    line.hold(entry_id(1), later(900))
    assert offered(line, later(600)) == {Group(): [2]}


def test_moments_of_who_left_are_forgotten():
    line = Line(queue(rings=(Ring(60, ENGLISH), Ring(None))), [caller(1, waited=30), caller(2)])
    assert line.next_change(NOW) == later(30)
    line.leave(entry_id(1))
    assert line.next_change(NOW) == later(60)


callers = st.builds(
    lambda order, waited, priority, front: caller(order, waited=waited, priority=priority, front=front),
    st.integers(1, 500),
    st.integers(0, 300),
    st.integers(-3, 3),
    st.integers(0, 2),
)


@given(st.lists(callers, unique_by=lambda one: one.order), st.randoms(use_true_random=False))
def test_the_line_is_the_same_whatever_the_order_of_its_rows(rows, shuffler: random.Random):
    expected = sorted(rows, key=lambda one: (-one.front, -score(queue(), one, NOW), one.joined_at, one.order))
    shuffler.shuffle(rows)
    line = Line(queue(), rows)
    assert list(line) == expected
    assert [line.position(one.id) for one in expected] == list(range(1, len(rows) + 1))


@given(st.lists(callers, min_size=1, unique_by=lambda one: one.order), st.data())
def test_changes_leave_the_line_as_if_it_were_made_of_its_rows(rows, data):
    rules = queue(rings=(Ring(60, ENGLISH), Ring(None)), sticky_seconds=90)
    line = Line(rules, rows)
    now = NOW
    for _ in range(data.draw(st.integers(1, 12))):
        one = data.draw(st.sampled_from(rows)).id
        if one not in line:
            continue
        what = data.draw(st.sampled_from(["leave", "front", "priority", "offer", "unanswered", "hold", "time"]))
        if what == "leave":
            line.leave(one)
        elif what == "front":
            line.move_to_front(one)
        elif what == "priority":
            line.prioritise(one, data.draw(st.integers(-3, 3)))
        elif what == "offer":
            line.offer(one, [agent_id(1)])
        elif what == "unanswered":
            line.unanswered(one, agent_id(1))
        elif what == "hold":
            line.hold(one, later(data.draw(st.integers(0, 100))))
        else:
            now = max(now, later(data.draw(st.integers(0, 100))))
            line.groups(now)
    again = Line(rules, list(line))
    assert list(again) == list(line)
    assert dict(line.groups(now)) == dict(again.groups(now))
