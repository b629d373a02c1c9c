"""The variables of a call: those that nodes set, and before them those that every call has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from services.ivr.domain.node import CallFacts

OF_FACTS: Final = ("caller_number", "caller_name", "called_number", "call_id", "extension", "agent", "queue")
OF_EVERY_CALL: Final = (*OF_FACTS, "language", "now")
VOICEMAIL_REASON: Final = "voicemail_reason"
"""Why who was called last did not take the call (`NotTaken`): the mailbox's ``busy`` greeting is for busy ones. Set by
what called them, and by routing where it was a forward; a flow may set it too.
"""


class CallVariables(Mapping[str, str]):
    """Looked up when asked for: most decisions ask for none."""

    __slots__ = ("_facts", "_language", "_now", "_set")

    def __init__(self, set_by_nodes: Mapping[str, str], facts: CallFacts, language: str, now: datetime) -> None:
        self._set, self._facts, self._language, self._now = set_by_nodes, facts, language, now

    def get(self, name: str, default: Any = None) -> Any:
        found = self._set.get(name)
        if found is not None:
            return found
        if name in OF_FACTS:
            return getattr(self._facts, name)
        if name == "language":
            return self._language
        return self._now.isoformat(timespec="seconds") if name == "now" else default

    def __getitem__(self, name: str) -> str:
        found: str | None = self.get(name)
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*OF_EVERY_CALL, *self._set)))

    def __len__(self) -> int:
        return sum(1 for _ in self)
