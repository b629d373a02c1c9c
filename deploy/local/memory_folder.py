"""A folder in memory for files that are written all the time, kept on the disk while nobody writes them."""

from __future__ import annotations

import os
import shutil
import stat
from hashlib import sha256
from pathlib import Path
from typing import Final

MEMORY: Final = Path("/dev/shm")  # noqa: S108 -- the folder in it is made for its owner alone


class MemoryFolder:
    """On a machine without a file system in memory it is the folder on the disk.

    Made for FreeSWITCH, which makes and deletes several files a call: on a disk, a tenth of what a call costs.

    Args:
        kept: the folder on the disk, by which the one in memory is found again after a crash.
        memory: where a file system in memory is mounted.
    """

    def __init__(self, kept: Path, memory: Path = MEMORY) -> None:
        self._kept = kept.resolve()
        self._fast = memory / f"seda-{sha256(os.fsencode(self._kept)).hexdigest()[:24]}"

    @property
    def path(self) -> Path:
        """Where the files are while it is open."""
        is_free = not os.path.lexists(self._fast) and os.access(self._fast.parent, os.W_OK)
        return self._fast if is_free or self._is_ours() else self._kept

    def open(self) -> None:
        """Bring the files to memory; those that a crash left there are newer than those that are kept."""
        self._kept.mkdir(parents=True, exist_ok=True)
        if self.path == self._fast and not self._is_ours():
            self._fast.mkdir(mode=0o700)
            _copy(self._kept, self._fast)

    def close(self) -> None:
        """Keep the files on the disk. Nobody writes them any more."""
        if self._is_ours():
            _copy(self._fast, self._kept)
            self.forget()

    def forget(self) -> None:
        """Delete what is in memory."""
        if self._is_ours():
            shutil.rmtree(self._fast)

    def _is_ours(self) -> bool:
        """Whether it is there and ours alone: anybody may make folders beside it."""
        try:
            found = self._fast.lstat()
        except OSError:
            return False
        return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077


def _copy(source: Path, target: Path) -> None:
    for file in source.iterdir():
        if file.is_file():
            shutil.copy2(file, target / file.name)
