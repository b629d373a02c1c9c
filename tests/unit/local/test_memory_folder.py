"""Files that are written all the time stand in memory, and outlive both a stop and a crash."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from deploy.local.memory_folder import MemoryFolder


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    folder = tmp_path / "memory"
    folder.mkdir()
    return folder


def test_files_are_in_memory_while_open_and_on_the_disk_afterwards(tmp_path: Path, memory: Path) -> None:
    kept = tmp_path / "db"
    for round_ in range(2):
        folder = MemoryFolder(kept, memory)
        folder.open()
        assert folder.path.parent == memory
        assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
        if round_:
            assert (folder.path / "core.db").read_text() == "who is registered"
        (folder.path / "core.db").write_text("who is registered")
        folder.close()
        assert not list(memory.iterdir())
    assert (kept / "core.db").read_text() == "who is registered"


def test_after_a_crash_what_is_in_memory_counts(tmp_path: Path, memory: Path) -> None:
    kept = tmp_path / "db"
    kept.mkdir()
    (kept / "core.db").write_text("yesterday")
    killed = MemoryFolder(kept, memory)
    killed.open()
    (killed.path / "core.db").write_text("now")

    folder = MemoryFolder(kept, memory)
    folder.open()

    assert (folder.path / "core.db").read_text() == "now"
    folder.forget()
    folder.open()
    assert (folder.path / "core.db").read_text() == "yesterday"


@pytest.mark.parametrize("what", ["link", "open to others"])
def test_a_folder_that_somebody_else_put_there_is_not_used(tmp_path: Path, memory: Path, what: str) -> None:
    kept, trap = tmp_path / "db", tmp_path / "trap"
    place = MemoryFolder(kept, memory).path
    if what == "link":
        trap.mkdir(mode=0o700)
        place.symlink_to(trap)
    else:
        place.mkdir(mode=0o777)
        place.chmod(0o777)

    folder = MemoryFolder(kept, memory)
    folder.open()

    assert folder.path == kept
    folder.close()
    assert place.is_dir()


def test_a_machine_without_memory_file_system_uses_the_disk(tmp_path: Path) -> None:
    folder = MemoryFolder(tmp_path / "db", tmp_path / "nowhere")
    folder.open()
    assert folder.path == tmp_path / "db"
    assert folder.path.is_dir()
    folder.close()
