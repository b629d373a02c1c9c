"""The real line and matching, with simulated callers and agents, against queueing theory."""

from statistics import mean, median

import pytest

from services.acd.domain.model import Strategy
from tests.support.acd_simulation import (
    Scenario,
    Served,
    confidence_interval,
    exponential,
    lognormal,
    replications,
    simulate,
    variation,
)
from tests.support.call_centre import queue
from tests.support.erlang import erlang_a, erlang_c

RATE = 100 / 1800
SEEDS = range(20)
AGENTS = 13


@pytest.fixture(scope="module")
def patient():
    """Nobody gives up: Erlang C."""
    return replications(Scenario(RATE, exponential(180), Scenario.team(AGENTS), seconds=3 * 3600), SEEDS)


@pytest.fixture(scope="module")
def impatient():
    """Patience of 300 s in the mean: Erlang A."""
    scenario = Scenario(RATE, exponential(180), Scenario.team(AGENTS), exponential(300), seconds=3 * 3600)
    return replications(scenario, SEEDS)


def test_a_queue_of_patient_callers_is_as_erlang_c_says(patient):
    theory = erlang_c(AGENTS, RATE, 180, 20)
    assert theory.waits in confidence_interval([one.waits for one in patient])
    assert theory.service_level in confidence_interval([one.service_level(20) for one in patient])
    assert theory.mean_wait in confidence_interval([one.mean_wait for one in patient])
    assert theory.occupancy in confidence_interval([one.occupancy for one in patient])


def test_the_interval_tells_one_agent_more_or_less(patient):
    """It is narrow enough to mean something."""
    for agents in (AGENTS - 1, AGENTS + 1):
        theory = erlang_c(agents, RATE, 180, 20)
        assert theory.waits not in confidence_interval([one.waits for one in patient])
        assert theory.service_level not in confidence_interval([one.service_level(20) for one in patient])


def test_a_queue_of_impatient_callers_is_as_erlang_a_says(impatient):
    theory = erlang_a(AGENTS, RATE, 180, 300)
    assert theory.waits in confidence_interval([one.waits for one in impatient])
    assert theory.abandons in confidence_interval([one.abandons for one in impatient])
    assert theory.mean_wait in confidence_interval([one.mean_wait for one in impatient])
    assert theory.occupancy in confidence_interval([one.occupancy for one in impatient])


def test_the_same_seed_is_the_same_day():
    scenario = Scenario(RATE, lognormal(180, 1.2), Scenario.team(AGENTS), exponential(300), seconds=3600)
    assert simulate(scenario, 3).callers == simulate(scenario, 3).callers
    assert simulate(scenario, 3).callers != simulate(scenario, 4).callers


@pytest.fixture(scope="module")
def days():
    """A day of ten agents who are busy seven tenths of it, by each strategy; the same callers come."""
    return {
        strategy: simulate(
            Scenario(
                7 / 180,
                lognormal(180, 0.5),
                Scenario.team(10),
                queue=queue(strategy=strategy),
                seconds=8 * 3600,
                warm_up_seconds=0,
            ),
            5,
        )
        for strategy in (
            Strategy.LONGEST_IDLE,
            Strategy.FEWEST_CALLS,
            Strategy.LEAST_TALK,
            Strategy.RANDOM,
            Strategy.TOP_DOWN,
        )
    }


def test_longest_idle_makes_breaks_between_calls_alike(days):
    """Who is free longest gets the next caller: no agent's breaks are long, whatever calls they had."""
    breaks = {
        strategy: variation(one for agent in day.agents for one in agent.idle_periods if one > 0)
        for strategy, day in days.items()
    }
    others = [breaks[strategy] for strategy in breaks if strategy is not Strategy.LONGEST_IDLE]
    assert breaks[Strategy.LONGEST_IDLE] < 0.85 * min(others)
    of_agents = {
        strategy: variation(mean(agent.idle_periods) for agent in day.agents) for strategy, day in days.items()
    }
    assert of_agents[Strategy.LONGEST_IDLE] < 0.1 < of_agents[Strategy.TOP_DOWN] / 4


def test_fewest_calls_spreads_calls_evenly(days):
    spread = {
        strategy: max(one.calls for one in day.agents) - min(one.calls for one in day.agents)
        for strategy, day in days.items()
    }
    assert spread[Strategy.FEWEST_CALLS] <= 2
    assert min(spread[strategy] for strategy in spread if strategy is not Strategy.FEWEST_CALLS) >= 6


def test_least_talk_spreads_talk_evenly(days):
    talk = {strategy: variation(one.talk_seconds for one in day.agents) for strategy, day in days.items()}
    others = [talk[strategy] for strategy in talk if strategy is not Strategy.LEAST_TALK]
    assert talk[Strategy.LEAST_TALK] < min(others) / 4


def test_whom_a_strategy_chooses_makes_no_caller_wait_longer(days):
    """With agents who are all alike: only who serves differs, not when a caller is served."""
    assert len({day.mean_wait for day in days.values()}) == 1


def estimated(results) -> list[Served]:
    """Callers who had to wait and were answered, with what they could be told."""
    return [one for result in results for one in result.callers if one.estimated is not None and one.was_answered]


def test_the_estimated_wait_is_right_in_the_mean_and_its_band_holds_four_of_five(patient):
    told = estimated(patient)
    errors = [one.estimated.seconds - one.waited for one in told]
    waited = mean(one.waited for one in told)
    assert len(told) > 2_000
    assert abs(mean(errors)) < 0.2 * waited
    assert median(map(abs, errors)) < 0.4 * waited
    assert 0.72 < mean(one.estimated.low <= one.waited <= one.estimated.high for one in told) < 0.88


def test_the_estimate_says_more_than_the_mean_wait_of_all(patient):
    told = estimated(patient)
    waited = mean(one.waited for one in told)
    by_mean = median(abs(waited - one.waited) for one in told)
    assert median(abs(one.estimated.seconds - one.waited) for one in told) < 0.6 * by_mean


def test_the_estimate_holds_when_half_of_the_agents_leave():
    """From the third hour on 20 agents are 10; callers give up or wait much longer, and are told so at once."""
    leave = tuple((3 * 3600.0, number, False) for number in range(10))
    scenario = Scenario(
        20 / 200,
        exponential(180),
        Scenario.team(20),
        exponential(600),
        warm_up_seconds=3.25 * 3600,
        seconds=1800,
        staff=leave,
    )
    told = estimated(replications(scenario, range(8)))
    waited = mean(one.waited for one in told)
    assert waited > 150
    assert abs(mean(one.estimated.seconds - one.waited for one in told)) < 0.2 * waited
