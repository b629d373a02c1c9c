"""baresip as a phone (Debian package baresip-core): its SIP is not Seda's own; driven over its control port."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.support.ports import free_port, free_ports_in_a_row

MODULES = ("account", "g711", "ausine", "aubridge", "sndfile", "menu", "ctrl_tcp", "uuid")
PATIENCE_SECONDS = 30.0
SIP_PORTS = 2
"""It listens for SIP over TLS on the next one."""
RTP_PORTS = 21

CONFIG = """
poll_method epoll
sip_listen 127.0.0.1:{sip_port}
call_local_timeout 60
audio_path {folder}
audio_source ausine,440
audio_player aubridge,nowhere
audio_alert aubridge,nowhere
snd_path {folder}
ausrc_srate 48000
ausrc_channels 2
auplay_srate 8000
rtp_ports {rtp_first}-{rtp_last}
ctrl_tcp_listen 127.0.0.1:{control_port}
module_path /usr/lib/baresip/modules
"""


@dataclass(slots=True)
class Baresip:
    """A phone that registers as soon as it is started, speaks a tone and keeps what it hears.

    Args:
        folder: for its files; private.
        proxy: where the phones' profile listens.
        answers: take every call at once.
    """

    folder: Path
    user: str
    password: str
    domain: str
    proxy: tuple[str, int]
    answers: bool = False
    said: list[dict[str, Any]] = field(default_factory=list)
    _process: asyncio.subprocess.Process | None = None
    _reader: asyncio.StreamReader | None = None
    _writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> Self:
        self.folder.mkdir(parents=True)
        control = free_port()
        sip = free_ports_in_a_row(SIP_PORTS)
        rtp = free_ports_in_a_row(RTP_PORTS)
        text = CONFIG.format(
            folder=self.folder, sip_port=sip[0], control_port=control, rtp_first=rtp[0], rtp_last=rtp[-1]
        )
        text += "".join(f"module {name}.so\n" for name in MODULES)
        (self.folder / "config").write_text(text)
        (self.folder / "accounts").write_text("# made by a command, once somebody listens\n")
        with (self.folder / "output.txt").open("wb") as output:
            self._process = await asyncio.create_subprocess_exec(
                "baresip", "-f", str(self.folder), stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output
            )
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self._writer is None:  # a poll: there is nothing to await before it listens
                try:
                    self._reader, self._writer = await asyncio.open_connection("127.0.0.1", control)
                except OSError:
                    await asyncio.sleep(0.02)
        host, port = self.proxy
        account = f"<sip:{self.user}@{self.domain}>;auth_user={self.user};auth_pass={self.password};regint=60"
        account += f';outbound="sip:{host}:{port};transport=udp";answermode={"auto" if self.answers else "manual"}'
        await self.tell("uanew", account)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is not None:
            self._writer.close()
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), 5)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()

    async def hears(self, kind: str) -> dict[str, Any]:
        """Wait for the next event of that kind, such as ``CALL_ESTABLISHED``.

        Raises:
            AssertionError: it does not come; says what came.
        """
        assert self._reader is not None
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while True:
                    size = await self._reader.readuntil(b":")
                    told: dict[str, Any] = json.loads(await self._reader.readexactly(int(size[:-1])))
                    await self._reader.readexactly(1)
                    self.said.append(told)
                    if told.get("type") == kind:
                        return told
        except (TimeoutError, asyncio.IncompleteReadError):
            words = (self.folder / "output.txt").read_text(errors="replace")
            raise AssertionError(f"no {kind}, but {self.said}\n{words}") from None

    async def tell(self, command: str, params: str = "") -> None:
        """A command of baresip's menu: ``dial``, ``hangup``, ``accept``."""
        assert self._writer is not None
        text = json.dumps({"command": command, "params": params, "token": command})
        self._writer.write(f"{len(text)}:{text},".encode())
        await self._writer.drain()

    @property
    def heard_bytes(self) -> int:
        """How much sound has come in."""
        return sum(file.stat().st_size for file in self.folder.glob("*-dec.wav"))
