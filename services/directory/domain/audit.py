"""What the audit log keeps of a change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

__all__ = ["HIDDEN", "difference", "without_secrets"]

HIDDEN: Final = "(hidden)"
_SECRETS: Final = frozenset({"password_hash", "a1_hash", "secret_hash", "secret_encrypted", "token_hash", "password"})
_UNINTERESTING: Final = frozenset({"created_at", "updated_at"})


def without_secrets(state: Mapping[str, Any]) -> dict[str, Any]:
    """`state` with every secret's value hidden (that there is one stays visible)."""
    return {
        name: (HIDDEN if value is not None else None) if name in _SECRETS else value
        for name, value in state.items()
        if name not in _UNINTERESTING
    }


def difference(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """The parts of an entity that changed, before and after, without secrets; the whole of it when it came or went."""
    if before is None or after is None:
        return (
            None if before is None else without_secrets(before),
            None if after is None else without_secrets(after),
        )
    changed = [name for name, value in after.items() if before.get(name) != value]
    return (
        without_secrets({name: before.get(name) for name in changed}),
        without_secrets({name: after[name] for name in changed}),
    )
