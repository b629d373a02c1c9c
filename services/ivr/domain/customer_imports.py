"""Bulk import of customers: the columns of a CSV file, and which rows may come in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from shared.imports.files import Kind, Problem

ATTRIBUTE: Final = "attribute."
COLUMNS: Final[dict[str, Kind]] = {
    "name": "text",
    "language": "text",
    "numbers": "text",
    "external_id": "text",
    "attribute.*": "text",
}


def as_customer(row: dict[str, Any]) -> dict[str, Any]:
    """A CSV row as JSON would say it: numbers apart, ``attribute.vip`` among the attributes."""
    customer = {name: value for name, value in row.items() if not name.startswith(ATTRIBUTE)}
    if isinstance(numbers := customer.get("numbers"), str):
        customer["numbers"] = numbers.replace(",", " ").replace(";", " ").replace("|", " ").split()
    attributes = {name.removeprefix(ATTRIBUTE): value for name, value in row.items() if name.startswith(ATTRIBUTE)}
    if attributes:
        customer["attributes"] = attributes
    return customer


@dataclass(slots=True)
class Admission:
    """Lets rows in one after the other, each against what is there and against the rows before it."""

    numbers: set[str]
    external_ids: set[str]

    def problems(self, numbers: Iterable[str], external_id: str | None) -> list[Problem]:
        """Take the numbers and the external id, or say which are taken."""
        found: list[Problem] = []
        for place, number in enumerate(numbers):
            if number in self.numbers:
                found.append(Problem(f"numbers.{place}", "customer_number_taken", _TAKEN))
            self.numbers.add(number)
        if external_id is not None:
            if external_id in self.external_ids:
                found.append(Problem("external_id", "customer_external_id_taken", _TAKEN))
            self.external_ids.add(external_id)
        return found


_TAKEN: Final = "it is taken, or comes twice in the file"
