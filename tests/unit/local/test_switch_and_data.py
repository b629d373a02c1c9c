"""Which switch is started, what `--fresh` forgets, who may read the secrets."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from deploy.local import screen
from deploy.local.__main__ import write_profile
from deploy.local.secrets_file import load_or_make
from deploy.local.settings import LocalSettings
from deploy.local.switch import NoSuchSwitch, clear, find_freeswitch


def settings(folder: Path, **given: str) -> LocalSettings:
    return LocalSettings(var=folder / "var", **given)  # type: ignore[arg-type]


def test_freeswitch_is_the_one_named_else_that_in_the_path_else_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SEDA_FREESWITCH", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_freeswitch(settings(tmp_path)) is None
    program = tmp_path / "freeswitch"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert find_freeswitch(settings(tmp_path)) == program
    assert find_freeswitch(settings(tmp_path, freeswitch=sys.executable)) == Path(sys.executable)
    assert find_freeswitch(settings(tmp_path, freeswitch="none")) is None


def test_a_freeswitch_that_is_named_and_not_there_is_no_reason_to_simulate(tmp_path: Path) -> None:
    with pytest.raises(NoSuchSwitch, match="SEDA_FREESWITCH is /nowhere/freeswitch"):
        find_freeswitch(settings(tmp_path, freeswitch="/nowhere/freeswitch"))


def test_fresh_forgets_everything_but_the_keys_of_the_switch(tmp_path: Path) -> None:
    kept = tmp_path / "switch" / "certs" / "dtls-srtp.pem"
    for file in (kept, tmp_path / "secrets.json", tmp_path / "postgres" / "base", tmp_path / "switch" / "db" / "core"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")
    clear(tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [kept]
    clear(tmp_path / "never made")


def test_secrets_are_made_once_and_are_the_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "var" / "secrets.json"
    made = load_or_make(file)
    assert load_or_make(file) == made
    assert load_or_make(tmp_path / "other.json") != made
    write_profile(tmp_path / "cli.json", {"directory": "http://d"}, {"email": "a", "password": "b"})
    assert [path.stat().st_mode & 0o077 for path in (file, tmp_path / "cli.json")] == [0, 0]


def test_last_words_are_shown_as_they_were_said(capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    monkeypatch.setattr(screen.console, "file", None)
    screen.failed("routing ended with status 1. Its last lines:\n    [error    ] no table [/x]")
    screen.say("[b] and [/b] are up")
    said = capsys.readouterr().out
    assert "    [error    ] no table [/x]\n" in said
    assert said.endswith("| [b] and [/b] are up\n")
