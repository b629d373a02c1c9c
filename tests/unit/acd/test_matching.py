"""The right caller to the right agent."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.acd.domain.bench import Bench, idle_since
from services.acd.domain.line import Line, score
from services.acd.domain.matching import decide, decide_all
from services.acd.domain.model import AgentStatus, Membership, Offer, Requirement, Ring, Strategy
from services.acd.domain.skills import meets, requirements_at
from tests.support.call_centre import NOW, agent, agent_id, busy, caller, entry_id, free, later, queue, queue_id, state

ENGLISH = (Requirement("english", 51),)
SPEAKS = {"english": 60}


def offers(rules, waiting, agents, now=NOW, seed=1) -> list[tuple[int, list[int]]]:
    """(caller's number, numbers of the agents) of each offer."""
    return numbers(decide(rules, waiting, agents, now, Random(seed)))


def numbers(made: list[Offer]) -> list[tuple[int, list[int]]]:
    zero, first = agent_id(0).int, entry_id(0).int
    return [(one.entry_id.int - first, [who.int - zero for who in one.agent_ids]) for one in made]


def test_the_first_caller_gets_the_agent_who_is_idle_longest():
    waiting = [caller(1, waited=9), caller(2, waited=10)]
    assert offers(queue(), waiting, [free(1, idle=5), free(2, idle=6)]) == [(2, [2]), (1, [1])]


def test_nobody_gets_an_agent_who_is_not_available():
    others = [(agent(n), state(n, status)) for n, status in enumerate(AgentStatus) if status != AgentStatus.AVAILABLE]
    assert offers(queue(), [caller(1)], others) == []
    assert offers(queue(), [], [free(1)]) == []
    assert offers(queue(), [caller(1)], [free(1, queues=(2,))]) == []


def test_level_2_is_asked_only_when_nobody_of_level_1_is_free():
    agents = [free(1, level=2, idle=900), free(2, level=1, idle=1)]
    assert offers(queue(), [caller(1)], agents) == [(1, [2])]
    assert offers(queue(), [caller(1)], [agents[0], busy(2)]) == [(1, [1])]


def test_ring_all_asks_everybody_free_on_the_lowest_level():
    rules = queue(strategy=Strategy.RING_ALL)
    agents = [free(1, level=2), free(2, level=2), free(3, level=3), busy(4, level=1)]
    assert offers(rules, [caller(1, waited=1), caller(2)], agents) == [(1, [1, 2]), (2, [3])]


def test_random_spreads_and_the_same_seed_chooses_the_same():
    rules = queue(strategy=Strategy.RANDOM)
    agents = [free(number, idle=number) for number in range(1, 5)] + [free(5, level=2)]
    chosen = Counter(offers(rules, [caller(1)], agents, seed=seed)[0][1][0] for seed in range(400))
    assert set(chosen) == {1, 2, 3, 4}
    assert min(chosen.values()) > 60
    assert offers(rules, [caller(1), caller(2)], agents, seed=7) == offers(
        rules, [caller(1), caller(2)], agents, seed=7
    )


def test_a_caller_who_needs_a_skill_lets_others_pass_who_do_not():
    rules = queue(rings=(Ring(60, ENGLISH), Ring(None)))
    waiting = [caller(1, waited=59, requirements=(Requirement("german", 1),)), caller(2, waited=50), caller(3)]
    assert offers(rules, waiting, [free(1, skills=SPEAKS), free(2)]) == [(2, [1])]
    assert offers(rules, waiting, [free(1), free(2)]) == []
    assert offers(rules, waiting, [free(1), free(2)], later(10)) == [(2, [1])]


def test_best_skill_is_the_best_of_those_required():
    rules = queue(strategy=Strategy.BEST_SKILL, rings=(Ring(None, ENGLISH),))
    agents = [free(1, skills={"english": 60, "sales": 100}, idle=900), free(2, skills={"english": 80})]
    assert offers(rules, [caller(1)], agents) == [(1, [2])]


class TestSticky:
    rules = queue(sticky_seconds=30)
    regular = caller(1, waited=10, sticky_agent_id=agent_id(9))

    def test_the_caller_waits_for_the_agent_who_is_busy_and_lets_others_pass(self):
        assert offers(self.rules, [self.regular, caller(2)], [free(1), busy(9)]) == [(2, [1])]

    def test_the_agent_comes_first_whatever_level_and_strategy(self):
        assert offers(self.rules, [self.regular], [free(1, idle=900), free(9, idle=1, level=5)]) == [(1, [9])]

    def test_the_wait_is_bounded(self):
        assert offers(self.rules, [self.regular], [free(1), busy(9)], later(19.9)) == []
        assert offers(self.rules, [self.regular], [free(1), busy(9)], later(20)) == [(1, [1])]

    def test_after_the_wait_the_agent_still_comes_first_when_free(self):
        agents = [free(1, idle=900), free(9, idle=1)]
        assert offers(self.rules, [self.regular], agents, later(60)) == [(1, [9])]

    @pytest.mark.parametrize("status", [AgentStatus.OFFLINE, AgentStatus.PAUSED])
    def test_nobody_waits_for_an_agent_who_is_away(self, status):
        assert offers(self.rules, [self.regular], [free(1), (agent(9), state(9, status))]) == [(1, [1])]

    def test_nobody_waits_for_an_agent_who_is_gone_or_left_the_queue_or_lacks_the_skill(self):
        assert offers(self.rules, [self.regular], [free(1)]) == [(1, [1])]
        assert offers(self.rules, [self.regular], [free(1), busy(9, queues=(2,))]) == [(1, [1])]
        skilled = queue(sticky_seconds=30, rings=(Ring(None, ENGLISH),))
        assert offers(skilled, [self.regular], [free(1, skills=SPEAKS), busy(9)]) == [(1, [1])]

    def test_nobody_waits_for_an_agent_who_just_did_not_take_the_call(self):
        tried = caller(1, sticky_agent_id=agent_id(9), excluded=frozenset({agent_id(9)}))
        assert offers(self.rules, [tried], [free(1), busy(9)]) == [(1, [1])]
        assert offers(self.rules, [tried], [free(1, idle=1), free(9, idle=900)]) == [(1, [1])]

    def test_in_a_queue_that_is_not_sticky_it_counts_for_nothing(self):
        assert offers(queue(), [self.regular], [free(1, idle=900), free(9, idle=1)]) == [(1, [1])]

    def test_of_two_callers_for_one_agent_the_second_waits_on(self):
        other = caller(2, waited=5, sticky_agent_id=agent_id(9))
        assert offers(self.rules, [self.regular, other], [free(1), free(9)]) == [(1, [9])]


class TestExcluded:
    def test_who_did_not_take_the_caller_is_asked_after_the_others(self):
        tried = caller(1, excluded=frozenset({agent_id(1)}))
        assert offers(queue(), [tried], [free(1, idle=900), free(2, level=9)]) == [(1, [2])]
        assert offers(queue(), [tried], [free(1), busy(2)]) == [(1, [1])]

    def test_ring_all_leaves_out_who_did_not_take_the_caller(self):
        tried = caller(1, excluded=frozenset({agent_id(1)}))
        rules = queue(strategy=Strategy.RING_ALL)
        assert offers(rules, [tried], [free(1), free(2), free(3)]) == [(1, [2, 3])]
        assert offers(rules, [tried], [free(1)]) == [(1, [1])]


def test_neither_who_is_being_offered_nor_a_callback_that_is_not_due_gets_an_offer():
    waiting = [
        caller(1, waited=9, offered_to=frozenset({agent_id(5)})),
        caller(2, waited=8, leg_id=None, not_before=later(1)),
        caller(3),
    ]
    assert offers(queue(), waiting, [free(1)]) == [(3, [1])]
    assert offers(queue(), waiting, [free(1)], later(1)) == [(2, [1])]


class TestSeveralQueues:
    def all(self, lines, agents):
        return numbers(decide_all(lines, Bench(agents), NOW, Random(1)))

    def test_an_agent_gets_the_best_scored_caller_of_the_queues_served(self):
        heavy, light = queue(1, weight=3.0), queue(2)
        lines = [Line(light, [caller(1, waited=25, queue=2)]), Line(heavy, [caller(2, waited=10)])]
        assert self.all(lines, [free(1, queues=(1, 2))]) == [(2, [1])]

    def test_each_agent_and_each_caller_is_in_one_offer_at_most(self):
        lines = [
            Line(queue(1), [caller(1, waited=9), caller(2, waited=7)]),
            Line(queue(2), [caller(3, waited=8, queue=2), caller(4, waited=6, queue=2)]),
        ]
        agents = [free(1, queues=(1, 2), idle=3), free(2, queues=(1, 2), idle=2), free(3, queues=(2,), idle=1)]
        assert self.all(lines, agents) == [(1, [1]), (3, [2]), (4, [3])]

    def test_levels_are_of_the_queue(self):
        both = agent(1, memberships=(Membership(queue_id(1), 2), Membership(queue_id(2), 1)))
        agents = [(both, state(1, idle=900)), free(2, queues=(1,), idle=1)]
        lines = [Line(queue(1), [caller(1, waited=9)]), Line(queue(2), [caller(2, queue=2)])]
        assert self.all(lines, agents) == [(1, [2]), (2, [1])]

    def test_who_a_supervisor_moved_to_the_front_comes_before_other_queues_too(self):
        lines = [Line(queue(1), [caller(1, waited=900)]), Line(queue(2), [caller(2, queue=2, front=1)])]
        assert self.all(lines, [free(1, queues=(1, 2))]) == [(2, [1])]

    def test_of_equal_scores_the_earlier_joining_comes_first(self):
        lines = [Line(queue(1), [caller(1, priority=1)]), Line(queue(2), [caller(2, queue=2, waited=60)])]
        assert self.all(lines, [free(1, queues=(1, 2))]) == [(2, [1])]


KEYS = {
    Strategy.ROUND_ROBIN: lambda one, state, membership, needs: (state.offered_at is not None, state.offered_at),
    Strategy.FEWEST_CALLS: lambda one, state, membership, needs: state.calls,
    Strategy.LEAST_TALK: lambda one, state, membership, needs: state.talk_seconds,
    Strategy.TOP_DOWN: lambda one, state, membership, needs: membership.position,
    Strategy.BEST_SKILL: lambda one, state, membership, needs: (
        -sum(one.skills[skill] for skill in {need.skill for need in needs})
    ),
}


def plainly(queues, waiting, agents, now) -> list[Offer]:
    """The rules as they are written, looking at everybody every time."""
    left = {one.id: (one, state) for one, state in agents if state.status is AgentStatus.AVAILABLE}
    states = {one.id: (one, state) for one, state in agents}
    rules = {one.id: one for one in queues}
    made = []
    for one in sorted(waiting, key=lambda w: (-w.front, -score(rules[w.queue_id], w, now), w.joined_at, w.order)):
        if one.offered_to or (one.not_before is not None and one.not_before > now):
            continue
        queue = rules[one.queue_id]
        needs = requirements_at(queue, one, now)

        def fits(who, queue=queue, needs=needs):
            return meets(who, needs) and any(m.queue_id == queue.id for m in who.memberships)

        chosen = []
        sticky = one.sticky_agent_id if queue.sticky_seconds and one.sticky_agent_id not in one.excluded else None
        if sticky in left and fits(left[sticky][0]):
            chosen = [sticky]
        elif (
            sticky in states
            and (now - one.joined_at).total_seconds() < queue.sticky_seconds
            and states[sticky][1].status not in {AgentStatus.OFFLINE, AgentStatus.PAUSED}
            and fits(states[sticky][0])
        ):
            continue
        else:
            for excluded in (one.excluded, frozenset()):
                key = KEYS.get(queue.strategy, lambda *_: 0)
                able = sorted(
                    (m.level, key(who, state, m, needs), idle_since(state), m.position, who.id)
                    for who, state in left.values()
                    for m in who.memberships
                    if m.queue_id == queue.id and fits(who) and who.id not in excluded
                )
                chosen = [place[-1] for place in able if place[0] == able[0][0]]
                if chosen:
                    break
            chosen = chosen if queue.strategy is Strategy.RING_ALL else chosen[:1]
        if chosen:
            made.append(Offer(one.id, queue.id, tuple(chosen)))
            for who in chosen:
                del left[who]
    return made


skills = st.dictionaries(st.sampled_from(["english", "german"]), st.integers(0, 100))
needs = st.lists(
    st.builds(Requirement, st.sampled_from(["english", "german"]), st.integers(0, 80)),
    max_size=2,
    unique_by=lambda need: need.skill,
).map(tuple)
some_agents = st.sets(st.integers(1, 8).map(agent_id), max_size=3).map(frozenset)


@st.composite
def queues_of_a_tenant(draw):
    deterministic = [one for one in Strategy if one is not Strategy.RANDOM]
    return [
        queue(
            number,
            strategy=draw(st.sampled_from(deterministic)),
            weight=draw(st.sampled_from([0.5, 1.0, 2.0])),
            rings=draw(st.sampled_from([(), (Ring(30, ENGLISH), Ring(None)), (Ring(40, ENGLISH),)])),
            sticky_seconds=draw(st.sampled_from([0, 50])),
        )
        for number in (1, 2)
    ]


@st.composite
def agents_of_a_tenant(draw):
    status = st.sampled_from([AgentStatus.AVAILABLE] * 4 + [AgentStatus.ON_CONTACT, AgentStatus.PAUSED])
    made = []
    for number in range(1, draw(st.integers(1, 8)) + 1):
        memberships = tuple(
            Membership(queue_id(one), draw(st.integers(1, 2)), draw(st.integers(0, 3)))
            for one in draw(st.sets(st.sampled_from([1, 2])))
        )
        now = state(
            number,
            draw(status),
            idle=draw(st.integers(0, 3)),
            calls=draw(st.integers(0, 2)),
            talk_seconds=float(draw(st.integers(0, 2))),
            offered_at=draw(st.sampled_from([None, later(-1), later(-2)])),
        )
        made.append((agent(number, memberships=memberships, skills=draw(skills)), now))
    return made


@st.composite
def callers_of_a_tenant(draw):
    return [
        caller(
            number,
            queue=draw(st.sampled_from([1, 2])),
            waited=draw(st.integers(0, 90)),
            priority=draw(st.sampled_from([0, 0, 1])),
            requirements=draw(needs),
            sticky_agent_id=draw(st.sampled_from([None, None, agent_id(1), agent_id(2), agent_id(99)])),
            excluded=draw(some_agents),
            offered_to=draw(st.sampled_from([frozenset()] * 4 + [frozenset({agent_id(1)})])),
            front=draw(st.sampled_from([0] * 5 + [number])),
            not_before=draw(st.sampled_from([None] * 4 + [later(30)])),
        )
        for number in range(1, draw(st.integers(1, 12)) + 1)
    ]


@settings(max_examples=300, deadline=None)
@given(queues_of_a_tenant(), callers_of_a_tenant(), agents_of_a_tenant(), st.lists(st.integers(0, 40), max_size=4))
def test_decisions_are_those_of_the_rules_written_plainly(queues, waiting, agents, moments):
    lines = [Line(one, [who for who in waiting if who.queue_id == one.id]) for one in queues]
    bench = Bench(agents)
    for now in sorted({NOW, *map(later, moments)}):
        made = decide_all(lines, bench, now, Random(1))
        assert made == plainly(queues, [one for line in lines for one in line], list(bench), now)
        for offer in made[:1]:
            line = next(one for one in lines if one.queue.id == offer.queue_id)
            line.offer(offer.entry_id, offer.agent_ids)
            for who in offer.agent_ids:
                bench.change(state(who.int - agent_id(0).int, AgentStatus.RINGING))
