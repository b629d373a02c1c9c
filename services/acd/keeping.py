"""What an owner keeps early: in the tables for everybody to see, and a moment later on the server's disk.

A caller waits for the commit before an agent's phone rings, and would wait for the disk as well, which now and then
takes as long as a hundred commits. So what nobody was promised is committed early, and remembered until it is on disk.
Should the database lose it, it is kept again, with what it has become since.
"""

from __future__ import annotations

from collections.abc import Callable

from services.acd.floor_changes import Kept
from shared.db.flushes import Flushed, Flushes
from shared.runtime.logs import get_logger

log = get_logger(__name__)


class Early:
    """What is not known to be on disk.

    Args:
        flushes: tells of losses; without it nothing may be kept early.
        call: something was lost: have it saved.
    """

    def __init__(self, flushes: Flushes | None, call: Callable[[], None]) -> None:
        self._flushes = flushes
        self._call = call
        self._open: list[Kept] = []
        self.lost: Kept | None = None
        """What is to be kept again, before anything else."""

    @property
    def watch(self) -> int | None:
        """To be taken before an early commit; none: do not commit early now."""
        return None if self._flushes is None or self.lost is not None else self._flushes.watch

    def saved(self, kept: Kept, watch: int | None) -> None:
        """It is in the tables: early, if there is a ``watch``."""
        for earlier in (*self._open, self.lost):
            if earlier is not None:
                earlier.becomes(kept)
        if watch is not None and self._flushes is not None:
            self._open.append(kept)
            self._flushes.flushed(watch).add_done_callback(lambda flushed: self._over(kept, flushed))

    def saved_again(self, lost: Kept | None) -> None:
        """What was lost is on disk now; what was lost meanwhile is not."""
        if lost is self.lost:
            self.lost = None

    def _over(self, kept: Kept, flushed: Flushed) -> None:
        self._open = [one for one in self._open if one is not kept]
        if flushed.cancelled() or flushed.result():
            return
        if self.lost is None:
            log.warning("the database may have lost what was kept last; it is kept again")
        self.lost = kept if self.lost is None else self.lost.and_then(kept)
        self._call()
