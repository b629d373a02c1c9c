"""A real FreeSWITCH for tests: Seda's own configuration, private directories, free loopback ports.

    async with FreeSwitchNode(tmp_path, directory_url=..., routing_url=...) as node:
        ...

Several run side by side: nothing is shared but the binary. Ready means that the event socket answered
`sofia status` with both profiles running, never that some time has passed.
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from tests.support.ports import free_ports

REPOSITORY = Path(__file__).resolve().parents[2]
CERTIFICATES = Path(tempfile.gettempdir()) / f"seda-test-certificates-{os.getuid()}"
"""FreeSWITCH makes two 4096-bit keys where it finds none (4 s, over 30 s on a busy machine): tests make them once."""
START_TIMEOUT_SECONDS = 60.0
STOP_TIMEOUT_SECONDS = 20.0
PROFILES = ("phones", "trunks")


def find_freeswitch() -> Path | None:
    """The FreeSWITCH binary: setting SEDA_FREESWITCH (a file), else PATH; None when there is none."""
    named = os.environ.get("SEDA_FREESWITCH")
    found = shutil.which(named) if named else shutil.which("freeswitch")
    return Path(found).resolve() if found else None


class EventSocketRefusedError(Exception):
    """The event socket is not there, or refused the password or the command."""


class FreeSwitchNode:
    """One FreeSWITCH process and everything it was given.

    Args:
        directory: private to this node; keeps logs, spool, databases and PID file over restarts.
        directory_url: where mod_xml_curl asks for users; the default refuses connections.
        routing_url: where mod_xml_curl asks for dialplans; the default refuses connections, so the fallback is used.
        secret: what mod_xml_curl sends as the password of user `switch`.
        env: more settings (see freeswitch/README.md), overriding what stands here.
    """

    def __init__(
        self,
        directory: Path,
        *,
        directory_url: str = "http://127.0.0.1:9/switch/directory",
        routing_url: str = "http://127.0.0.1:9/switch/dialplan",
        secret: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.directory = directory
        self.name = f"node-{secrets.token_hex(3)}"
        self.host = "127.0.0.1"
        self.phones_port, self.trunks_port, self.esl_port = free_ports(3)
        self.esl_password = secrets.token_hex(16)
        self.secret = secret or secrets.token_hex(16)
        self.spool = directory / "spool"
        self.log_dir = directory / "log"
        rtp_first = 20_000 + secrets.randbelow(60) * 200  # a port in use is passed over (rtp-port-usage-robustness)
        self.env = {
            "SEDA_NODE": self.name,
            "SEDA_SIP_ADDRESS": self.host,
            "SEDA_SIP_EXTERNAL_ADDRESS": self.host,
            "SEDA_SIP_PHONES_PORT": str(self.phones_port),
            "SEDA_SIP_TRUNKS_PORT": str(self.trunks_port),
            "SEDA_RTP_FIRST_PORT": str(rtp_first),
            "SEDA_RTP_LAST_PORT": str(rtp_first + 198),
            "SEDA_ESL_PORT": str(self.esl_port),
            "SEDA_ESL_PASSWORD": self.esl_password,
            "SEDA_DIRECTORY_SWITCH_URL": directory_url,
            "SEDA_ROUTING_SWITCH_URL": routing_url,
            "SEDA_SWITCH_SECRET": self.secret,
            "SEDA_CDR_SPOOL": str(self.spool),
            "SEDA_SWITCH_LOG_LEVEL": "debug",
            **(env or {}),
        }
        self.process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> FreeSwitchNode:
        await self.start()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.stop()

    @property
    def phones(self) -> tuple[str, int]:
        """Address of the SIP profile for phones."""
        return self.host, self.phones_port

    @property
    def trunks(self) -> tuple[str, int]:
        """Address of the SIP profile for trunks."""
        return self.host, self.trunks_port

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.returncode is None

    def log(self) -> str:
        """The log file so far."""
        path = self.log_dir / "freeswitch.log"
        return path.read_text(errors="replace") if path.exists() else ""

    async def start(self) -> None:
        """Start and wait until both SIP profiles run.

        Raises:
            RuntimeError: there is no FreeSWITCH, it exited, or it was not ready in 60 s (with its last log lines).
        """
        binary = find_freeswitch()
        if binary is None:
            raise RuntimeError("no FreeSWITCH found: set SEDA_FREESWITCH or PATH")
        for directory in (self.spool, self.log_dir, self.directory / "certs"):
            directory.mkdir(parents=True, exist_ok=True)
        copy_keys(CERTIFICATES, self.directory / "certs")
        output = (self.directory / "output.txt").open("ab")
        try:
            self.process = await asyncio.create_subprocess_exec(
                *self._arguments(binary),
                env={**os.environ, **self.env},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.directory,
            )
        finally:
            output.close()
        try:
            async with asyncio.timeout(START_TIMEOUT_SECONDS):
                # A poll: there is nothing to await before it listens.
                while not await self._ready():
                    await asyncio.sleep(0.05)
        except TimeoutError:
            await self.kill()
            raise RuntimeError(f"FreeSWITCH was not ready in {START_TIMEOUT_SECONDS:.0f} s:\n{self._tail()}") from None
        copy_keys(self.directory / "certs", CERTIFICATES)

    async def stop(self) -> None:
        """Ask it to shut down (calls are hung up and their records written), then wait; kill it after 20 s."""
        if self.process is None or not self.running:
            return
        self.process.terminate()
        try:
            await asyncio.wait_for(self.process.wait(), STOP_TIMEOUT_SECONDS)
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        if self.process is not None and self.running:
            self.process.kill()
            await self.process.wait()

    async def restart(self) -> None:
        """Stop if it still runs, and start on the same ports with the same directories."""
        await self.stop()
        await self.start()

    async def api(self, command: str) -> str:
        """Run one API command on a connection of its own and return its output, stripped.

        Raises:
            EventSocketRefusedError: no connection, wrong password, or a command with a line break.
        """
        if "\n" in command or "\r" in command:
            raise EventSocketRefusedError("a command is one line")
        try:
            reader, writer = await asyncio.open_connection(self.host, self.esl_port)
        except OSError as error:
            raise EventSocketRefusedError(str(error)) from error
        try:
            await _read_reply(reader)
            for line in (f"auth {self.esl_password}", f"api {command}"):
                writer.write(f"{line}\n\n".encode())
                headers, body = await _read_reply(reader)
                if headers.get("Reply-Text", "").startswith("-ERR"):
                    raise EventSocketRefusedError(headers["Reply-Text"])
            return body.strip()
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise EventSocketRefusedError("the connection was closed") from error
        finally:
            writer.close()

    async def _ready(self) -> bool:
        if not self.running:
            raise RuntimeError(f"FreeSWITCH exited while starting:\n{self._tail()}")
        try:
            status = await self.api("sofia status")
        except EventSocketRefusedError:
            return False
        return all(re.search(rf"^\s*{profile}\s+profile\s.*RUNNING", status, re.MULTILINE) for profile in PROFILES)

    def _arguments(self, binary: Path) -> list[str]:
        conf = REPOSITORY / "freeswitch" / "conf"
        arguments = [str(binary), "-nf", "-nc", "-nonat", "-nocal", "-np", "-conf", str(conf)]
        arguments += ["-sounds", str(REPOSITORY / "freeswitch" / "sounds"), "-log", str(self.log_dir)]
        for name in ("run", "db", "storage", "cache", "temp", "recordings", "scripts", "certs", "grammar", "htdocs"):
            path = self.directory / name
            path.mkdir(parents=True, exist_ok=True)
            arguments += [f"-{name}", str(path)]
        return arguments

    def _tail(self, lines: int = 30) -> str:
        output = self.directory / "output.txt"
        text = self.log() or (output.read_text(errors="replace") if output.exists() else "")
        return "\n".join(text.splitlines()[-lines:])


def copy_keys(source: Path, target: Path) -> None:
    """Keep the keys a node made: making them anew takes seconds."""
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    for key in source.glob("*.pem"):
        if not (target / key.name).exists():
            private = target / f".{key.name}.{secrets.token_hex(4)}"
            shutil.copyfile(key, private)
            private.replace(target / key.name)  # whole or not at all: nodes start side by side


async def _read_reply(reader: asyncio.StreamReader) -> tuple[dict[str, str], str]:
    head = (await reader.readuntil(b"\n\n")).decode()
    headers = dict(line.split(": ", 1) for line in head.strip().splitlines() if ": " in line)
    body = await reader.readexactly(int(headers.get("Content-Length", "0")))
    return headers, body.decode(errors="replace")


@pytest.fixture
async def freeswitch_node(tmp_path: Path) -> AsyncIterator[FreeSwitchNode]:
    """A running node whose services are away (fallback dialplan, no users). Import it in a conftest to use it."""
    async with FreeSwitchNode(tmp_path / "freeswitch") as node:
        yield node
