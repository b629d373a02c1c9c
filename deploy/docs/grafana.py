"""Dashboards as Grafana reads them, from what a person would say of each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final, Literal

Unit = Literal["short", "s", "bytes", "ops", "reqps", "percentunit", "bool_yes_no"]
Query = tuple[str, str]
"""An expression, and how each of its lines is called."""

_WIDTH: Final = 24
_HEIGHT: Final = 8
_SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture.

    Args:
        title: what it shows.
        queries: whose lines it has.
        unit: Grafana's name of the unit.
        kind: lines over time, or the last value as a number.
        text: what to think of it.
    """

    title: str
    queries: tuple[Query, ...]
    unit: Unit = "short"
    kind: Literal["timeseries", "stat"] = "timeseries"
    text: str = ""


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One page: rows of panels below a heading each."""

    uid: str
    title: str
    text: str
    rows: tuple[tuple[str, tuple[Panel, ...]], ...]

    @property
    def queries(self) -> list[str]:
        """Every expression of the page."""
        return [query for _, panels in self.rows for panel in panels for query, _ in panel.queries]

    def json(self) -> str:
        """The page as a file that Grafana provisions or imports."""
        return json.dumps(self._model(), indent=1, ensure_ascii=False) + "\n"

    def _model(self) -> dict[str, Any]:
        return {
            "uid": self.uid,
            "title": self.title,
            "description": self.text,
            "tags": ["seda"],
            "schemaVersion": 39,
            "version": 1,
            "editable": False,
            "refresh": "30s",
            "time": {"from": "now-3h", "to": "now"},
            "timezone": "browser",
            "templating": {
                "list": [{"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus"}]
            },
            "links": [{"type": "dashboards", "tags": ["seda"], "asDropdown": False, "title": "Seda", "keepTime": True}],
            "panels": self._panels(),
        }

    def _panels(self) -> list[dict[str, Any]]:
        made: list[dict[str, Any]] = []
        y = 0
        for heading, panels in self.rows:
            made.append(
                {"id": len(made) + 1, "type": "row", "title": heading, "collapsed": False, "panels": []}
                | {"gridPos": {"x": 0, "y": y, "w": _WIDTH, "h": 1}}
            )
            width = _WIDTH // len(panels)
            for place, panel in enumerate(panels):
                at = {"x": place * width, "y": y + 1, "w": width, "h": _HEIGHT}
                made.append(_panel(panel, number=len(made) + 1, at=at))
            y += 1 + _HEIGHT
        return made


def _panel(panel: Panel, *, number: int, at: dict[str, int]) -> dict[str, Any]:
    targets = [
        {"refId": chr(ord("A") + place), "datasource": _SOURCE, "expr": query, "legendFormat": legend}
        for place, (query, legend) in enumerate(panel.queries)
    ]
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.text,
        "datasource": _SOURCE,
        "gridPos": at,
        "targets": targets,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "options": _OPTIONS[panel.kind],
    }


_OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "timeseries": {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "stat": {"reduceOptions": {"calcs": ["lastNotNull"]}, "colorMode": "value", "graphMode": "area"},
}
