"""Enough of Prometheus' language to find a slip of the pen: brackets, operators, functions, ranges, labels."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

TOKEN = re.compile(
    r"""(?P<space>\s+)
    | (?P<text>"(?:[^"\\]|\\.)*")
    | (?P<range>\[\d+[smhdw]\])
    | (?P<number>\d+(?:\.\d+)?(?:e\d+)?(?![\w.]))
    | (?P<duration>\d+[smhdw])
    | (?P<operator>==|!=|<=|>=|=~|!~|[-+*/%^<>=])
    | (?P<word>[A-Za-z_:][A-Za-z0-9_:]*)
    | (?P<mark>[(){},])""",
    re.VERBOSE,
)
FUNCTIONS = {
    *("rate", "increase", "delta", "deriv", "predict_linear", "histogram_quantile", "min_over_time", "max_over_time"),
    *("absent", "clamp_min", "avg_over_time"),
}
NEED_A_RANGE = FUNCTIONS - {"histogram_quantile", "absent", "clamp_min"}
AGGREGATIONS = {"sum", "max", "min", "avg", "count", "topk"}
SETS = {"and", "or", "unless"}


class Wrong(ValueError):
    """It is not written as Prometheus reads it."""


@dataclass(slots=True)
class Selector:
    """A metric that is read: its name (or a pattern of names), the labels it is narrowed by, and the range."""

    name: str = ""
    pattern: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    ranged: bool = False


def tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(text):
        found = TOKEN.match(text, at)
        if found is None:
            raise Wrong(f"{text[at : at + 20]!r} is nothing")
        at = found.end()
        if found.lastgroup != "space":
            yield str(found.lastgroup), found[0]


class Parser:
    """Reads one expression; `selectors` has what it reads, `grouped` the labels it is grouped by."""

    def __init__(self, text: str) -> None:
        self._tokens = [*tokens(text), ("end", "")]
        self._at = 0
        self.selectors: list[Selector] = []
        self.grouped: set[str] = set()
        self._expression()
        self._expect("end")

    @property
    def _next(self) -> tuple[str, str]:
        return self._tokens[self._at]

    def _take(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1][1]

    def _expect(self, kind: str, value: str = "") -> str:
        if self._next[0] != kind or (value and self._next[1] != value):
            raise Wrong(f"{value or kind} is missing before {self._next[1]!r}")
        return self._take()

    def _expression(self) -> None:
        self._operand()
        while (self._next[0] == "operator" and self._next[1] not in {"=", "=~", "!~"}) or self._next[1] in SETS:
            self._take()
            self._operand()

    def _operand(self) -> None:
        kind, value = self._next
        if kind == "number":
            self._take()
        elif value == "(":
            self._inside()
        elif value == "{":
            self._selector("")
        elif value in AGGREGATIONS:
            self._aggregation()
        elif kind == "word" and self._tokens[self._at + 1][1] == "(":
            self._function()
        elif kind == "word" and value not in SETS:
            self._selector(self._take())
        else:
            raise Wrong(f"something is missing before {value!r}")

    def _inside(self) -> None:
        self._expect("mark", "(")
        self._expression()
        while self._next[1] == ",":
            self._take()
            self._expression()
        self._expect("mark", ")")

    def _aggregation(self) -> None:
        self._take()
        if self._next[1] == "by":
            self._take()
            self._expect("mark", "(")
            self.grouped.add(self._expect("word"))
            while self._next[1] == ",":
                self._take()
                self.grouped.add(self._expect("word"))
            self._expect("mark", ")")
        self._inside()

    def _function(self) -> None:
        name = self._take()
        if name not in FUNCTIONS:
            raise Wrong(f"there is no function {name}, or this parser does not know it")
        before = len(self.selectors)
        self._inside()
        if name in NEED_A_RANGE and not all(one.ranged for one in self.selectors[before:]):
            raise Wrong(f"{name} needs a range, such as [5m]")

    def _selector(self, name: str) -> None:
        found = Selector(name)
        if self._next[1] == "{":
            self._take()
            while self._next[1] != "}":
                label = self._expect("word")
                operator = self._expect("operator")
                if operator not in {"=", "!=", "=~", "!~"}:
                    raise Wrong(f"{operator} compares no labels")
                value = self._expect("text")[1:-1]
                if "~" in operator:
                    re.compile(value)
                if label == "__name__":
                    found.pattern = value
                else:
                    found.labels[label] = value
                if self._next[1] == ",":
                    self._take()
            self._expect("mark", "}")
        if self._next[0] == "range":
            self._take()
            found.ranged = True
        if self._next[1] == "offset":
            self._take()
            self._expect("duration")
        if not found.name and not found.pattern:
            raise Wrong("a selector needs a name")
        self.selectors.append(found)
