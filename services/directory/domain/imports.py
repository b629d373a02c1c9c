"""Bulk import: which of a file's rows may come in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from services.directory.domain.devices import free_username
from shared.imports.files import Problem


@dataclass(slots=True)
class Admission:
    """Lets rows in one after the other, each against what is there and against the rows before it.

    Args:
        numbers: extension numbers, or public numbers, that are taken.
        usernames: SIP user names that are taken, in lower case.
        caller_ids: public numbers the tenant has.
    """

    numbers: set[str]
    usernames: set[str] = field(default_factory=set)
    caller_ids: frozenset[str] = frozenset()

    def number(self, name: str, number: str, taken_code: str) -> Iterable[Problem]:
        """Take `number`, or say that it is taken."""
        if number in self.numbers:
            yield Problem(name, taken_code, "it is taken, or comes twice in the file")
        self.numbers.add(number)

    def caller_id(self, e164: str | None) -> Iterable[Problem]:
        """Whether the tenant has this number."""
        if e164 is not None and e164 not in self.caller_ids:
            yield Problem("outbound_caller_id", "caller_id_not_owned", "it is not a number of this tenant")

    def username(self, wanted: str | None, extension_number: str) -> tuple[str, list[Problem]]:
        """Take the SIP user name wanted, or the next free one for the extension."""
        name = wanted or free_username(extension_number, self.usernames)
        taken = name.lower() in self.usernames
        self.usernames.add(name.lower())
        problem = Problem("sip_username", "sip_username_taken", "it is taken, or comes twice in the file")
        return name, [problem] if taken else []
