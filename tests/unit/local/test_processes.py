"""A process of the platform: what it says is shown with its name, and how it ended is told with its last words."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from deploy.local import processes
from deploy.local.processes import ManagedProcess, ProcessDied, stand_back
from tests.support.waiting import eventually


def niceness_of_session(pid: int) -> int | None:
    """None: a kernel without autogroup, which weighs processes alone."""
    among = Path(f"/proc/{pid}/autogroup")
    return int(among.read_text().split()[-1]) if among.exists() else None


async def never() -> bool:
    return False


def process(folder: Path, code: str, **options: object) -> ManagedProcess:
    command = [sys.executable, "-u", "-c", code]
    return ManagedProcess(name="routing", command=command, env={}, ready=never, log=folder / "routing.log", **options)  # type: ignore[arg-type]


async def test_a_process_that_dies_is_named_with_its_last_lines(tmp_path: Path) -> None:
    dying = process(tmp_path, "for i in range(30): print('line', i)\nraise SystemExit(3)", quiet=True)
    await dying.start()
    with pytest.raises(
        ProcessDied, match=r"(?s)routing ended with status 3\. Its last lines .*line 10\n.*line 29"
    ) as died:
        await dying.wait_ready(30)
    assert "line 9\n" not in str(died.value)
    assert (tmp_path / "routing.log").read_text().startswith("line 0\n")


async def test_a_killed_process_is_told_apart(tmp_path: Path) -> None:
    killed = process(tmp_path, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    await killed.start()
    with pytest.raises(ProcessDied, match=r"routing ended by signal SIGKILL\. It said nothing \("):
        await killed.wait_ready(30)


async def test_one_that_is_not_ready_in_time_is_told(tmp_path: Path) -> None:
    slow = process(tmp_path, "import time; time.sleep(60)")
    await slow.start()
    with pytest.raises(ProcessDied, match=r"routing was not ready within 0\.2 s"):
        await slow.wait_ready(0.2)
    await slow.stop()
    assert slow.ended


async def test_each_line_has_the_name_before_it_however_long_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    talking = process(tmp_path, "print('hello')\nprint('x' * 200_000)\nprint('bye \\udcff')\n", colour=7)
    await talking.start()
    await eventually(lambda: asyncio.sleep(0, talking.ended))
    await talking.stop()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "   routing | hello"
    assert all(line.startswith("   routing | ") for line in lines)
    assert (tmp_path / "routing.log").stat().st_size > 200_000


async def test_one_that_does_not_listen_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "STOP_SECONDS", 0.2)
    deaf = process(
        tmp_path, "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up'); signal.pause()"
    )
    await deaf.start()
    await eventually(lambda: asyncio.sleep(0, list(deaf.tail)))
    await deaf.stop()
    assert deaf.process is not None
    assert deaf.process.returncode == -signal.SIGKILL


async def test_stopping_what_never_started_does_nothing(tmp_path: Path) -> None:
    await process(tmp_path, "").stop()


async def test_one_that_stands_back_does_so_within_its_session_and_among_sessions(tmp_path: Path) -> None:
    waiting = process(tmp_path, "import time; time.sleep(60)")
    await waiting.start()
    assert waiting.pid is not None
    await stand_back(waiting.pid, 10)
    assert os.getpriority(os.PRIO_PROCESS, waiting.pid) == 10
    assert niceness_of_session(waiting.pid) in {10, None}
    pid = waiting.pid
    await waiting.stop()
    assert waiting.pid is None
    await stand_back(pid, 10)  # it has ended: nothing to do
