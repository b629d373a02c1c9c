"""What menu, gather and survey share: asking again when nothing, or nothing of use, was pressed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, ClassVar

from pydantic import Field

from services.ivr.domain.actions import Ask, Note, Piece, Sound
from services.ivr.domain.announcements import Announcement
from services.ivr.domain.node import Here, Leave, NodeConfig, Outcome, Wait

NO_INPUT = "no_input"
INVALID = "invalid"


class AskingConfig(NodeConfig):
    """A node that waits for keys."""

    MUST_EXIT: ClassVar[tuple[str, ...]] = ()
    MAY_EXIT: ClassVar[tuple[str, ...]] = (NO_INPUT, INVALID)
    TAKES_INPUT = True

    announcement: Annotated[Announcement, Field(min_length=1)]
    no_input_announcement: Announcement = Field(default=(), description="without: Seda's own words")
    invalid_announcement: Announcement = Field(default=(), description="without: Seda's own words")
    tries: int = Field(default=3, ge=1, le=10, description="how often it asks, all told")
    first_seconds: float = Field(default=5.0, ge=1, le=60, description="wait for the first key after the announcement")


Asking = Callable[[tuple[Sound, ...]], Ask]
"""Makes the question, given what is said first."""


def ask(
    here: Here, asking: Asking, *, attempt: int = 1, first: tuple[Sound, ...] = (), note: Note | None = None
) -> Wait:
    """Ask for the ``attempt``-th time."""
    return Wait(asking(first), {"attempt": attempt}, (note,) if note else ())


def ask_again(config: AskingConfig, here: Here, asking: Asking, *, missed: bool, given: str = "") -> Outcome:
    """Say what was wrong and ask once more, or give up by ``no_input`` or ``invalid``."""
    attempt = int(here.memo.get("attempt", 1))
    note = Note("input.missed" if missed else "input.refused", here.node, {"attempt": attempt, "digits": given})
    if attempt >= config.tries:
        return Leave(NO_INPUT if missed else INVALID, notes=(note,))
    own = config.no_input_announcement if missed else config.invalid_announcement
    said = here.render(own) if own else (Piece("ivr-no-input" if missed else "ivr-invalid"),)
    return ask(here, asking, attempt=attempt + 1, first=said, note=note)
