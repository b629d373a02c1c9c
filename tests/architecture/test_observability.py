"""What somebody on call relies on: rules and dashboards that can be read, of metrics that are there, in words."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.docs.applications import build_all
from deploy.docs.dashboards import DASHBOARDS
from tests.architecture.promql import Parser, Selector, Wrong
from tests.architecture.sources import PROJECT

PLACE = PROJECT / "deploy" / "observability"
OF_PROMETHEUS = {"up": {"job", "instance"}}
OF_EVERY_TARGET = {"job", "instance", "le"}
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((PLACE / "alerts.yaml").read_text())["groups"] for rule in group["rules"]
]
QUERIES = [(rule["alert"], rule["expr"]) for rule in RULES] + [
    (f"{name}: {query}", query) for name, board in DASHBOARDS.items() for query in board.queries
]
ROW = re.compile(r"^\| `(Seda\w+)` \| (\w+) \| (.+) \|$", re.M)
TEMPLATE = re.compile(r"\{\{\s*(.*?)\s*\}\}")


@cache
def exposed() -> dict[str, set[str]]:
    """Every series that a service shows, with its labels: histograms by their three names."""
    found = {name: set(labels) for name, labels in OF_PROMETHEUS.items()}
    for app in build_all().values():
        for collector, names in app.metrics.registry._collector_to_names.items():
            labels = set(getattr(collector, "_labelnames", ()))
            found |= {name: labels for name in names if not name.endswith("_created")}
    return found


def read_by(selector: Selector) -> list[str]:
    """Which of the series a selector means."""
    return [name for name in exposed() if name == selector.name or re.fullmatch(selector.pattern or "$", name)]


@pytest.mark.parametrize(("where", "query"), QUERIES, ids=[where for where, _ in QUERIES])
def test_every_expression_reads_metrics_and_labels_that_a_service_shows(where: str, query: str) -> None:
    parsed = Parser(query)
    assert parsed.selectors
    known = set(OF_EVERY_TARGET)
    for selector in parsed.selectors:
        meant = read_by(selector)
        assert meant, f"no service shows {selector.name or selector.pattern}"
        labels = {label for name in meant for label in exposed()[name]}
        assert set(selector.labels) <= labels | OF_EVERY_TARGET
        assert not selector.ranged or not meant[0].endswith("_info")
        known |= labels
    assert parsed.grouped <= known


@pytest.mark.parametrize(("where", "query"), QUERIES, ids=[where for where, _ in QUERIES])
def test_only_counters_are_taken_by_their_rate(where: str, query: str) -> None:
    for called in re.findall(r"(?:rate|increase)\(([^()]*)\[", query):
        [selector] = Parser(f"rate({called}[5m])").selectors
        assert all(name.endswith(("_total", "_bucket", "_sum", "_count")) for name in read_by(selector)), called


@pytest.mark.parametrize(
    "family", ["bus_connected", "database_connected", "outbox_oldest_seconds", "http_requests_total"]
)
def test_no_service_is_forgotten(family: str) -> None:
    """What every service has is asked for by a pattern, so that a new one is watched from its first day."""
    pattern = f"seda_[a-z]+_{family}"
    shown = {name for name in exposed() if name.endswith(f"_{family}")}
    assert any(pattern in rule["expr"] for rule in RULES)
    assert {name for name in shown if re.fullmatch(pattern, name)} == shown
    assert len(shown) >= 4


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_says_how_bad_it_is_and_what_happens(rule: dict[str, Any]) -> None:
    assert re.fullmatch(r"Seda[A-Z][A-Za-z]+", rule["alert"])
    assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}
    assert rule["labels"].keys() == {"severity"}
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert rule["annotations"]["summary"]
    assert re.fullmatch(r"\d+[smh]", rule.get("for", "0s"))
    for used in TEMPLATE.findall(rule["annotations"]["summary"]):
        assert re.fullmatch(r"\$value( \| humanize(1024|Duration|Percentage)?)|\$labels\.(instance|consumer)", used), (
            used
        )
        label = used.removeprefix("$labels.")
        if label != used and (grouped := Parser(rule["expr"]).grouped):
            assert label in grouped, f"{label} is not left of {rule['expr']}"


def test_every_alert_has_its_line_in_the_runbook_and_no_other_has() -> None:
    names = [rule["alert"] for rule in RULES]
    assert len(names) == len(set(names))
    lines = {
        name: (severity, what) for name, severity, what in ROW.findall((PROJECT / "docs/operations.md").read_text())
    }
    assert list(lines) == names, "in the order of the rules"
    assert {name: severity for name, (severity, _) in lines.items()} == {
        rule["alert"]: rule["labels"]["severity"] for rule in RULES
    }
    assert [name for name, (_, what) in lines.items() if len(what) < 25] == []


@pytest.mark.parametrize("path", sorted((PLACE / "dashboards").glob("*.json")), ids=lambda path: path.stem)
def test_a_dashboard_is_one_that_grafana_reads(path: Path) -> None:
    board = json.loads(path.read_text())
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert board["templating"]["list"][0]["name"] == "datasource"
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not cells & taken, f"{panel['title']} lies on another"
        taken |= cells
        assert panel["type"] == "row" or panel["targets"]


def test_dashboards_have_names_of_their_own() -> None:
    assert len({board.uid for board in DASHBOARDS.values()}) == len(DASHBOARDS) == 3


@pytest.mark.parametrize(
    "slip",
    [
        "sum(rate(seda_x_total[5m])",
        "rate(seda_x_total)",
        "seda_x_total >",
        "> 5",
        "raet(seda_x_total[5m])",
        'seda_x{a="b} == 0',
        'seda_x{a=="b"}',
        "seda_x seda_y",
        '{a="b"}',
        "sum by instance (seda_x)",
        "seda_x offset",
        "a & b",
    ],
)
def test_a_slip_of_the_pen_is_found(slip: str) -> None:
    with pytest.raises(Wrong):
        Parser(slip)


@pytest.mark.skipif(shutil.which("promtool") is None, reason="needs promtool (Debian package prometheus)")
def test_prometheus_itself_reads_rules_and_they_fire_when_they_should() -> None:
    for words in (
        ["check", "rules", "deploy/observability/alerts.yaml"],
        ["test", "rules", "tests/architecture/alerts-test.yaml"],
    ):
        done = subprocess.run(["promtool", *words], cwd=PROJECT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
