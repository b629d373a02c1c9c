"""What a trunk must have to work."""

from __future__ import annotations

__all__ = ["incompleteness"]


def incompleteness(*, kind: str, has_username: bool, has_secret: bool, has_sources: bool) -> tuple[str, str] | None:
    """The field that is wrong and why; none when the trunk can work.

    A ``registration`` trunk signs in with user name and secret; an ``ip`` trunk is known by its source addresses.
    """
    if kind == "registration" and not has_username:
        return "username", "a trunk that registers needs a user name"
    if kind == "registration" and not has_secret:
        return "secret", "a trunk that registers needs a secret"
    if kind == "ip" and not has_sources:
        return "source_addresses", "a trunk known by its address needs at least one source address"
    return None
