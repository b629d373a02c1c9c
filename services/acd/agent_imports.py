"""Bulk import of agents: the columns of a CSV file, and which rows may come in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from shared.imports.files import Kind, Problem

COLUMNS: Final[dict[str, Kind]] = {
    "display_name": "text",
    "phone": "text",
    "user_id": "text",
    "skills": "text",
    "queues": "text",
}


def as_agent(row: dict[str, Any]) -> dict[str, Any]:
    """A CSV row as JSON would say it: ``english:80 sales:20`` are skills, ``support:1 sales:2`` queues with levels."""
    agent = dict(row)
    if isinstance(skills := agent.get("skills"), str):
        agent["skills"] = {name: _number(level, "100") for name, level in _pairs(skills)}
    if isinstance(queues := agent.get("queues"), str):
        agent["queues"] = [{"queue": name, "level": _number(level, "1")} for name, level in _pairs(queues)]
    return agent


@dataclass(slots=True)
class Admission:
    """Lets rows in one after the other, each against what is there and against the rows before it.

    Args:
        users: who are agents already.
        queues: the tenant's, by slug.
    """

    users: set[UUID]
    queues: Mapping[str, UUID]

    def problems(self, user_id: UUID | None, queues: Iterable[str]) -> list[Problem]:
        """Take the user, or say that it is taken; and which queues there are not."""
        found = [
            Problem(f"queues.{place}", "queue_unknown", f"the tenant has no queue {slug}")
            for place, slug in enumerate(queues)
            if slug not in self.queues
        ]
        if user_id is not None:
            if user_id in self.users:
                found.append(Problem("user_id", "user_has_agent", "is an agent already, or comes twice in the file"))
            self.users.add(user_id)
        return found


def _pairs(text: str) -> list[tuple[str, str]]:
    words = text.replace(",", " ").replace(";", " ").split()
    return [(name, level) for name, _, level in (word.partition(":") for word in words)]


def _number(text: str, otherwise: str) -> int | str:
    """A whole number where it is one; else the text, for the schema to refuse."""
    wanted = text or otherwise
    return int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 6 else wanted
