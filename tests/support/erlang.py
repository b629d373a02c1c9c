"""Erlang's formulas, and Erlang A, written down from their sources, to hold simulations against.

All rates are a second, all times seconds. Offered load ``a = arrival rate x mean service time``, in erlangs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["Abandoning", "Waits", "erlang_a", "erlang_b", "erlang_c"]


@dataclass(frozen=True, slots=True)
class Waits:
    """A queue in which everybody waits.

    Args:
        waits: probability that a caller waits at all.
        service_level: share answered within the target.
        mean_wait: of all callers, those who do not wait with 0 (ASA).
        occupancy: share of an agent's time spent on callers.
    """

    waits: float
    service_level: float
    mean_wait: float
    occupancy: float


@dataclass(frozen=True, slots=True)
class Abandoning:
    """A queue in which callers give up.

    Args:
        waits: probability that a caller does not get an agent at once.
        abandons: share of callers who give up.
        mean_wait: of all callers, until the answer or the hang-up.
        occupancy: share of an agent's time spent on callers.
    """

    waits: float
    abandons: float
    mean_wait: float
    occupancy: float


def erlang_b(servers: int, load: float) -> float:
    """Share of callers blocked in M/M/n/n.

    Source: A. K. Erlang 1917; recursion B(n) = a B(n-1) / (n + a B(n-1)), B(0) = 1, as in R. B. Cooper, Introduction to
    Queueing Theory, 2nd ed. 1981, section 3.3.
    """
    blocked = 1.0
    for server in range(1, servers + 1):
        blocked = load * blocked / (server + load * blocked)
    return blocked


def erlang_c(servers: int, arrival_rate: float, service_seconds: float, target_seconds: float) -> Waits:
    """M/M/n without abandonment; load must be below `servers`.

    Source: Erlang 1917; Cooper 1981, section 3.4: C = B / (1 - rho (1 - B)); P(W > t) = C exp(-(n mu - lambda) t);
    E W = C / (n mu - lambda).
    """
    load = arrival_rate * service_seconds
    if load >= servers:
        raise ValueError("the line grows without end")
    occupancy = load / servers
    blocked = erlang_b(servers, load)
    waits = blocked / (1 - occupancy * (1 - blocked))
    spare_rate = servers / service_seconds - arrival_rate
    service_level = 1 - waits * math.exp(-spare_rate * target_seconds)
    return Waits(waits, service_level, waits / spare_rate, occupancy)


def erlang_a(servers: int, arrival_rate: float, service_seconds: float, patience_seconds: float) -> Abandoning:
    """M/M/n+M: exponential patience.

    Source: C. Palm 1946; O. Garnett, A. Mandelbaum, M. Reiman, Designing a Call Center with Impatient Customers, M&SOM
    4 (3), 2002. Computed from the birth-and-death chain itself: births at the arrival rate, deaths at
    min(k, n) mu + max(k - n, 0) theta. P(abandon) = theta E[Q] / lambda, and E W = E[Q] / lambda (Little).
    """
    service_rate, gives_up = 1 / service_seconds, 1 / patience_seconds
    weights = [1.0]
    while len(weights) <= servers or weights[-1] > 1e-16 * max(weights):
        number = len(weights)
        deaths = min(number, servers) * service_rate + max(number - servers, 0) * gives_up
        weights.append(weights[-1] * arrival_rate / deaths)
    total = math.fsum(weights)
    probabilities = [weight / total for weight in weights]
    line = math.fsum((number - servers) * one for number, one in enumerate(probabilities) if number > servers)
    busy = math.fsum(min(number, servers) * one for number, one in enumerate(probabilities))
    return Abandoning(
        waits=math.fsum(probabilities[servers:]),
        abandons=gives_up * line / arrival_rate,
        mean_wait=line / arrival_rate,
        occupancy=busy / servers,
    )
