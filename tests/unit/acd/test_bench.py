"""Agents at hand, in the order in which they get callers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.acd.domain.bench import Bench
from services.acd.domain.model import AgentStatus, Requirement, Strategy
from tests.support.call_centre import agent, agent_id, busy, free, later, queue, queue_id, state

ENGLISH = (Requirement("english", 50),)
NEEDS = [(), ENGLISH, (Requirement("english", 20), Requirement("sales", 30))]


def order(bench: Bench, strategy: Strategy = Strategy.LONGEST_IDLE, needs=()) -> list[int]:
    return [place.agent_id.int - agent_id(0).int for place in bench.pool(queue(strategy=strategy), needs)]


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (Strategy.LONGEST_IDLE, [3, 2, 1]),
        (Strategy.ROUND_ROBIN, [2, 1, 3]),
        (Strategy.FEWEST_CALLS, [1, 3, 2]),
        (Strategy.LEAST_TALK, [2, 3, 1]),
        (Strategy.TOP_DOWN, [3, 1, 2]),
        (Strategy.RING_ALL, [3, 2, 1]),
    ],
)
def test_each_strategy_has_its_order(strategy, expected):
    bench = Bench(
        [
            (agent(1, position=2), state(1, idle=10, offered_at=later(-10), calls=1, talk_seconds=90)),
            (agent(2, position=3), state(2, idle=20, offered_at=None, calls=4, talk_seconds=20)),
            (agent(3, position=1), state(3, idle=30, offered_at=later(-5), calls=2, talk_seconds=30)),
        ]
    )
    assert order(bench, strategy) == expected


def test_best_skill_goes_by_the_sum_of_the_required_skills_only():
    bench = Bench(
        [
            free(1, skills={"english": 90, "sales": 30}),
            free(2, skills={"english": 50, "sales": 80}),
            free(3, skills={"english": 60, "sales": 29, "chess": 100}),
        ]
    )
    assert order(bench, Strategy.BEST_SKILL, NEEDS[2]) == [2, 1]
    assert order(bench, Strategy.BEST_SKILL, ENGLISH) == [1, 3, 2]


def test_levels_come_before_any_strategy():
    bench = Bench([free(1, level=2, idle=900), free(2, level=1, idle=5), free(3, level=1, idle=6)])
    assert order(bench) == [3, 2, 1]


def test_who_is_idle_as_long_stands_by_position_then_by_id():
    assert order(Bench([free(3, position=1), free(2, position=2), free(1, position=2)])) == [3, 1, 2]


def test_only_available_agents_are_free():
    bench = Bench((agent(number), state(number, status)) for number, status in enumerate(AgentStatus))
    assert order(bench) == [list(AgentStatus).index(AgentStatus.AVAILABLE)]
    assert (bench.free(queue_id()), bench.serving(queue_id()), bench.signed_in(queue_id())) == (1, 5, 6)


def test_who_is_on_another_call_is_free_only_where_the_phone_may_ring_all_the_same():
    on_other_call = state(1, idle=10, on_other_call=True)
    bench = Bench([(agent(1), on_other_call), free(2)])
    assert (order(bench), bench.is_free(agent_id(1)), bench.serving(queue_id())) == ([2], False, 2)
    assert bench.is_awaited(agent_id(1), queue_id(), ()), "a caller of theirs waits for the end of that call"
    bench.put(agent(1, ring_in_use=True), on_other_call)
    assert (order(bench), bench.is_free(agent_id(1))) == ([2, 1], True)
    bench.put(agent(1), on_other_call)
    bench.change(state(1, idle=90))
    assert order(bench) == [1, 2]


def test_who_becomes_free_takes_the_place_of_the_new_state():
    bench = Bench([free(1, idle=10), busy(2)])
    assert order(bench) == [1]
    bench.change(state(2, idle=60))
    assert order(bench) == [2, 1]
    bench.change(state(2, idle=5))
    assert order(bench) == [1, 2]
    bench.change(state(1, AgentStatus.RESERVED))
    assert order(bench) == [2]


def test_who_learns_or_leaves_a_queue_is_found_there():
    bench = Bench([free(1)])
    assert order(bench, needs=ENGLISH) == []
    bench.put(agent(1, skills={"english": 50}), state(1))
    assert order(bench, needs=ENGLISH) == [1]
    bench.put(agent(1, queues=(2,)), state(1))
    assert (order(bench), bench.free(queue_id(1)), bench.free(queue_id(2))) == ([], 0, 1)
    bench.remove(agent_id(1))
    bench.remove(agent_id(1))
    assert (len(bench), bench.free(queue_id(2)), bench.serving(queue_id(2))) == (0, 0, 0)


def test_a_state_of_another_agent_is_refused():
    with pytest.raises(ValueError, match="none of"):
        Bench([(agent(1), state(2))])


def test_more_sets_of_skills_than_are_kept_are_still_right():
    bench = Bench([free(1, skills={"english": 100})])
    for level in range(300):
        needs = (Requirement("english", level % 120), Requirement("english", level))
        assert order(bench, needs=needs) == ([1] if level <= 100 else [])
    bench.change(state(1, AgentStatus.OFFLINE))
    assert order(bench, needs=ENGLISH) == []


states = st.builds(
    lambda number, status, idle, calls: state(number, status, idle=idle, calls=calls, offered_at=later(-calls)),
    st.integers(1, 6),
    st.sampled_from([AgentStatus.AVAILABLE, AgentStatus.AVAILABLE, AgentStatus.ON_CONTACT, AgentStatus.PAUSED]),
    st.integers(0, 5),
    st.integers(0, 3),
)


@given(st.lists(states, max_size=30), st.sampled_from(list(Strategy)))
def test_a_bench_that_saw_changes_is_the_same_as_a_new_one(changes, strategy):
    agents = [
        agent(number, level=1 + number % 2, skills={"english": number * 15, "sales": 70 - number * 10})
        for number in range(1, 7)
    ]
    bench = Bench((one, state(number, AgentStatus.OFFLINE)) for number, one in enumerate(agents, start=1))
    for change in changes:
        for needs in NEEDS:
            order(bench, strategy, needs)
        bench.change(change)
    again = Bench(reversed(list(bench)))
    for needs in NEEDS:
        assert order(bench, strategy, needs) == order(again, strategy, needs)
    counted = (bench.free(queue_id()), bench.serving(queue_id()), bench.signed_in(queue_id()))
    assert counted == (again.free(queue_id()), again.serving(queue_id()), again.signed_in(queue_id()))
