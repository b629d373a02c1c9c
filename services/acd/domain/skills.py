"""Skills a caller needs: written as rings that relax as the caller waits, and held against agents.

Written: ``WT<60: english>50, sales>=20; WT<120: english>20; english>0``. A semicolon stands between rings, a comma
between skills that are all needed. ``WT<60`` limits a ring to callers who have waited less than 60 seconds; only the
last may stand without. After a last ring with a limit no skill is needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.acd.domain.model import Agent, Queue, Requirement, Ring, Waiting

MAX_LEVEL: Final = 100
"""Levels are 0-100."""
MAX_WAIT_SECONDS: Final = 86_400
"""No ring ends later."""

_END: Final = Ring(None)
_WORD: Final = re.compile(r"\s*(?:(?P<word>[a-z0-9_.-]+|WT|>=|[^\s])|$)", re.ASCII)
_SKILL: Final = re.compile(r"[a-z0-9_-]{1,63}", re.ASCII)
_LEVEL: Final = re.compile(r"[0-9]{1,3}", re.ASCII)
_SECONDS: Final = re.compile(r"[0-9]{1,5}(?:\.[0-9]{1,3})?", re.ASCII)


class RingSyntaxError(ValueError):
    """A ring expression that is none.

    Args:
        position: of what was found, from 0; people are told it from 1.
        expected: what should stand there.
        found: what stands there, or ``the end``.
    """

    def __init__(self, position: int, expected: str, found: str) -> None:
        super().__init__(f"at character {position + 1}: expected {expected}, found {found}")
        self.position = position
        self.expected = expected
        self.found = found


def parse_rings(text: str) -> tuple[Ring, ...]:
    """Rings as written by people; nothing written: no skill is ever needed.

    Raises:
        RingSyntaxError: says where, and what was expected.
    """
    reader = _Reader(text)
    if reader.word is None:
        return ()
    rings = [_ring(reader, None)]
    while reader.took(";"):
        rings.append(_ring(reader, rings[-1]))
    if reader.word is not None:
        raise reader.expected("',' or ';' or the end")
    return tuple(rings) if rings[-1].under is None else (*rings, _END)


def print_rings(rings: Iterable[Ring]) -> str:
    """Rings as people write them; `parse_rings` reads the same out of it.

    Of ``english>50`` and ``english>=51``, which are the same, the one with a multiple of ten is printed.

    Raises:
        ValueError: a ring before the last needs no skill or has no end, which cannot be written.
    """
    *limited, last = tuple(rings) or (_END,)
    if any(ring.under is None or not ring.requirements for ring in limited):
        raise ValueError("only the last ring may need no skill or have no end")
    written = limited if last == _END else [*limited, last]
    return "; ".join(_printed(ring) for ring in written)


def requirements_at(queue: Queue, waiting: Waiting, now: datetime) -> tuple[Requirement, ...]:
    """What an agent must meet to get this caller now: the queue's ring for this wait, and the caller's own."""
    position = _position(queue, waiting, now)
    ring = queue.rings[position].requirements if position < len(queue.rings) else ()
    return ring + waiting.requirements if waiting.requirements else ring


def next_relaxation(queue: Queue, waiting: Waiting, now: datetime) -> datetime | None:
    """When this caller's ring ends and the next one holds, for a timer; none: the present one has no end."""
    position = _position(queue, waiting, now)
    under = queue.rings[position].under if position < len(queue.rings) else None
    if under is None:
        return None
    wait = timedelta(seconds=under)
    rounded_down = wait.total_seconds() < under
    return waiting.joined_at + wait + (timedelta.resolution if rounded_down else timedelta(0))


def meets(agent: Agent, requirements: Iterable[Requirement]) -> bool:
    """Whether an agent has all these skills. Who lacks a skill meets no requirement of it, not even ``english>=0``."""
    skills = agent.skills
    return all(skills.get(one.skill, -1) >= one.least for one in requirements)


def best_skill_score(agent: Agent, requirements: Iterable[Requirement]) -> int:
    """The sum of an agent's levels in the required skills, each counted once: 0-100 for each skill."""
    return sum(agent.skills.get(skill, 0) for skill in {one.skill for one in requirements})


def _position(queue: Queue, waiting: Waiting, now: datetime) -> int:
    """Which ring holds; past the last: none."""
    waited = (now - waiting.joined_at).total_seconds()
    for position, ring in enumerate(queue.rings):
        if ring.under is None or waited < ring.under:
            return position
    return len(queue.rings)


@dataclass(slots=True)
class _Reader:
    """Reads a text word by word; signs are words too. ``word`` is the next one, at ``position``; none at the end."""

    text: str
    position: int = 0
    word: str | None = None

    def __post_init__(self) -> None:
        self._look(0)

    def _look(self, start: int) -> None:
        found = _WORD.match(self.text, start)
        self.word = found["word"] if found else None
        self.position = found.start("word") if found and self.word is not None else len(self.text)

    def take(self) -> str:
        word = self.word or ""
        self._look(self.position + len(word))
        return word

    def took(self, word: str) -> bool:
        if self.word != word:
            return False
        self.take()
        return True

    def need(self, word: str, expected: str) -> None:
        if not self.took(word):
            raise self.expected(expected)

    def matching(self, pattern: re.Pattern[str], expected: str) -> str:
        if self.word is None or not pattern.fullmatch(self.word):
            raise self.expected(expected)
        return self.take()

    def expected(self, expected: str) -> RingSyntaxError:
        return RingSyntaxError(self.position, expected, "the end" if self.word is None else repr(self.word))


def _ring(reader: _Reader, before: Ring | None) -> Ring:
    start, first = reader.position, repr(reader.word)
    under = _limit(reader, 0.0 if before is None else before.under)
    requirements = [_requirement(reader, ())]
    while reader.took(","):
        requirements.append(_requirement(reader, requirements))
    if under is None and reader.word == ";":
        raise RingSyntaxError(start, "WT<seconds: (only the last ring may stand without)", first)
    return Ring(under, tuple(requirements))


def _limit(reader: _Reader, after: float | None) -> float | None:
    if reader.word != "WT":
        return None
    reader.take()
    reader.need("<", "'<' after WT")
    least = after or 0.0
    expected = f"seconds above {_seconds(least)}, at most {MAX_WAIT_SECONDS}"
    position, found = reader.position, reader.word
    under = float(reader.matching(_SECONDS, expected))
    if not least < under <= MAX_WAIT_SECONDS:
        raise RingSyntaxError(position, expected, repr(found))
    reader.need(":", "':' after the seconds")
    return under


def _requirement(reader: _Reader, before: Iterable[Requirement]) -> Requirement:
    position = reader.position
    skill = reader.matching(_SKILL, "a skill: a-z, 0-9, '_' and '-', at most 63")
    if any(one.skill == skill for one in before):
        raise RingSyntaxError(position, "a skill that this ring does not name yet", repr(skill))
    above = reader.took(">")
    if not above:
        reader.need(">=", f"'>' or '>=' after {skill}")
    highest = MAX_LEVEL - above
    expected = f"a level of 0-{highest}"
    position, found = reader.position, reader.word
    level = int(reader.matching(_LEVEL, expected))
    if level > highest:
        raise RingSyntaxError(position, expected, repr(found))
    return Requirement(skill, level + above)


def _printed(ring: Ring) -> str:
    limit = "" if ring.under is None else f"WT<{_seconds(ring.under)}: "
    return limit + ", ".join(
        f"{one.skill}>{one.least - 1}" if one.least % 10 == 1 else f"{one.skill}>={one.least}"
        for one in ring.requirements
    )


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}".rstrip("0").rstrip(".")
