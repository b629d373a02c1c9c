"""Golden traces: what a real FreeSWITCH did, kept as JSON, and how another trace differs from it."""

from __future__ import annotations

import json
from difflib import unified_diff
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "golden"


def load(scenario: str) -> dict[str, Any] | None:
    """The golden trace of a scenario; None when none was recorded."""
    path = FOLDER / f"{scenario}.json"
    return json.loads(path.read_text()) if path.exists() else None


def save(scenario: str, trace: dict[str, Any]) -> None:
    """Keep a trace as golden."""
    (FOLDER / f"{scenario}.json").write_text(json.dumps(trace, indent=1, ensure_ascii=False) + "\n")


def differences(golden: Any, seen: Any, where: str = "") -> list[str]:
    """Every place where two traces differ, in words; empty when they are equal."""
    if isinstance(golden, dict) and isinstance(seen, dict):
        return [line for key in {**golden, **seen} for line in _at_key(golden, seen, key, f"{where}/{key}")]
    if isinstance(golden, list) and isinstance(seen, list):
        names, seen_names = _names(golden), _names(seen)
        if names != seen_names:
            return [f"{where}: {line}" for line in _order(names, seen_names)]
        pairs = zip(golden, seen, strict=True)
        return [
            line for index, (a, b) in enumerate(pairs) for line in differences(a, b, f"{where}[{_label(a, index)}]")
        ]
    return [] if golden == seen else [f"{where}: FreeSWITCH {golden!r}, here {seen!r}"]


def _order(names: list[str], seen: list[str]) -> list[str]:
    """Where two lists of names part, with what stands before it."""
    lines = list(unified_diff(names, seen, "FreeSWITCH", "here", n=1, lineterm=""))
    return ["order differs (- FreeSWITCH, + here)", *lines[2:]]


def _at_key(golden: dict[str, Any], seen: dict[str, Any], key: str, where: str) -> list[str]:
    if key not in seen:
        return [f"{where}: FreeSWITCH {golden[key]!r}, here nothing"]
    if key not in golden:
        return [f"{where}: FreeSWITCH nothing, here {seen[key]!r}"]
    return differences(golden[key], seen[key], where)


def _names(items: list[Any]) -> list[str]:
    return [_label(item, 0) for item in items]


def _label(item: Any, index: int) -> str:
    if isinstance(item, list) and item and isinstance(item[0], str):
        detail = item[1] if len(item) > 1 and isinstance(item[1], dict) else {}
        return " ".join(filter(None, [item[0], detail.get("Application", ""), detail.get("Action", "")]))
    return str(index)
