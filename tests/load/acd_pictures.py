"""The pictures of the simulation report, as PNG in ``docs/pictures``: waits, abandonment, fairness, estimates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import mean, median

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from services.acd.domain.model import Strategy
from tests.load.samples import percentile
from tests.support.acd_simulation import Result, Served

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"
DOTS_PER_INCH = 100
ALIKE, MIXED = "agents all alike", "levels and skills"
BAND_SECONDS = 20
FEWEST_IN_A_BAND = 30

Days = Mapping[Strategy, Sequence[Result]]
Bars = Mapping[str, Sequence[float]]

mpl.use("agg")
plt.rcParams.update({"font.size": 9, "axes.grid": True, "grid.alpha": 0.3, "axes.axisbelow": True})


def by_strategy(teams: Mapping[str, Days], measures: Mapping[str, Callable[[Result], float]]) -> None:
    """Waits and fairness: a panel for each team, a group of bars for each strategy."""
    waits = ("mean wait, s", "wait of 9 in 10, s")
    _strategies("acd-wait.png", "wait, s", teams, {name: measures[name] for name in waits})
    fairness = {
        "calls": measures["calls vary, %"],
        "talk": measures["talk varies, %"],
        "idle time": measures["idle time varies, %"],
        "single breaks": measures["breaks vary, %"],
    }
    _strategies("acd-fairness.png", "coefficient of variation, %", teams, fairness)


def abandonment(teams: Mapping[str, Days], staff: Mapping[int, Sequence[Result]], theory: Mapping[int, float]) -> None:
    """By strategy, and by the number of agents beside Erlang A."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6))
    names = [strategy.value for strategy in next(iter(teams.values()))]
    bars = {team: [100 * mean(one.abandons for one in days) for days in of.values()] for team, of in teams.items()}
    _bars(left, names, bars)
    left.set(title="by strategy, 20 agents", ylabel="abandoned, % of callers")
    agents = list(staff)
    right.plot(agents, [100 * theory[count] for count in agents], label="Erlang A", color="black", linewidth=1)
    simulated = [100 * mean(one.abandons for one in staff[count]) for count in agents]
    right.plot(agents, simulated, "o", label="simulated")
    right.set(title="by staff, 100 calls in 30 min of 180 s", xlabel="agents", ylabel="abandoned, % of callers", ylim=0)
    right.legend()
    _save(figure, "acd-abandonment.png")


def estimates(callers: Sequence[Served]) -> None:
    """What callers were told at joining against what they waited: medians and the middle 80 % of each band."""
    bands: dict[int, list[float]] = {}
    for one in callers:
        if one.estimated:
            bands.setdefault(int(one.estimated.seconds // BAND_SECONDS), []).append(one.waited)
    shown = {band: waits for band, waits in sorted(bands.items()) if len(waits) >= FEWEST_IN_A_BAND}
    told = [(band + 0.5) * BAND_SECONDS for band in shown]
    figure, axes = plt.subplots(figsize=(6, 4.2))
    low, high = ([percentile(waits, percent) for waits in shown.values()] for percent in (10, 90))
    axes.fill_between(told, low, high, alpha=0.25, label="waits of 8 in 10")
    axes.plot(told, [median(waits) for waits in shown.values()], "o-", label="median wait", markersize=4)
    axes.plot([0, max(told)], [0, max(told)], color="black", linewidth=1, linestyle="--", label="estimate = wait")
    axes.set(xlabel="estimated wait at joining, s", ylabel="real wait of the answered, s", xlim=0, ylim=0)
    axes.set_title(f"{sum(map(len, shown.values())):,} callers, staff of 12 to 20")
    axes.legend(loc="upper left")
    _save(figure, "acd-estimate.png")


def _strategies(
    file: str, unit: str, teams: Mapping[str, Days], measures: Mapping[str, Callable[[Result], float]]
) -> None:
    figure, panels = plt.subplots(1, len(teams), figsize=(9, 3.6), sharey=True)
    for axes, (team, of) in zip(panels, teams.items(), strict=True):
        bars = {name: [mean(map(measure, days)) for days in of.values()] for name, measure in measures.items()}
        _bars(axes, [strategy.value for strategy in of], bars)
        axes.set_title(team)
    panels[0].set_ylabel(unit)
    _save(figure, file)


def _bars(axes: Axes, names: Sequence[str], groups: Bars) -> None:
    width = 0.8 / len(groups)
    for place, (label, heights) in enumerate(groups.items()):
        at = [number + (place - (len(groups) - 1) / 2) * width for number in range(len(names))]
        axes.bar(at, heights, width, label=label.removesuffix(", s"))
    axes.set_xticks(range(len(names)), [name.replace("_", "-") for name in names], rotation=40, ha="right")
    axes.grid(visible=False, axis="x")
    axes.margins(y=0.3)  # the legend stands over the bars
    axes.legend(loc="upper center", ncols=2)


def _save(figure: Figure, file: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    figure.tight_layout()
    # the same figures make the same file: neither a moment nor a version stands in it
    figure.savefig(FOLDER / file, dpi=DOTS_PER_INCH, metadata={"Software": None})
    plt.close(figure)
