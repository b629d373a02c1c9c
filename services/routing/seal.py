"""Progress, sealed: bound to its channel, so that a value set by anybody else changes nothing."""

from __future__ import annotations

from services.routing.domain.progress import Progress
from shared.telephony.handover import LEAVING, Leaving, TextSeal


class Seal:
    """Signs what a call carries between two questions, and reads what a program signed.

    Args:
        secret: known to every replica of routing and ivr, and to nobody who could set channel variables otherwise.
    """

    def __init__(self, secret: str) -> None:
        self._progress = TextSeal(secret, "seda routing progress")
        self._leaving = TextSeal(secret, LEAVING)

    def close(self, progress: Progress, leg_id: str) -> str:
        """The text for the channel variable of the leg ``leg_id``."""
        return self._progress.close(progress.encode(), leg_id)

    def open(self, sealed: str, leg_id: str) -> Progress | None:
        """The progress, when this leg was given it; none otherwise."""
        text = self._progress.open(sealed, leg_id)
        return Progress.decode(text) if text is not None else None

    def open_leaving(self, sealed: str, leg_id: str) -> Leaving | None:
        """Where a program sends this leg; none when no program said so."""
        text = self._leaving.open(sealed, leg_id)
        return Leaving.decode(text) if text is not None else None
