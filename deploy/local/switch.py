"""The switch of this machine: FreeSWITCH when there is one, the simulator otherwise."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local.memory_folder import MemoryFolder
from deploy.local.processes import ManagedProcess
from deploy.local.secrets_file import Secrets
from deploy.local.settings import PROJECT, LocalSettings
from shared.esl import EslError, InboundLink
from shared.esl.commands import ApiCommand

NODE = "local"
_FOLDERS = ("run", "storage", "cache", "recordings", "scripts", "certs", "grammar", "htdocs")


class NoSuchSwitch(Exception):
    """The FreeSWITCH that was named is not there."""


def find_freeswitch(settings: LocalSettings) -> Path | None:
    """The FreeSWITCH program, or none for the simulator.

    Raises:
        NoSuchSwitch: ``SEDA_FREESWITCH`` names one that is not there.
    """
    if settings.freeswitch == "none":
        return None
    found = shutil.which(settings.freeswitch or "freeswitch")
    if found is None and settings.freeswitch:
        raise NoSuchSwitch(f"SEDA_FREESWITCH is {settings.freeswitch}, which is no program on this machine")
    return Path(found) if found else None


def in_memory(var: Path) -> dict[str, MemoryFolder]:
    """FreeSWITCH's folders of small files that come and go with every call.

    SQLite with its journals (who is registered, what is up), and the answers of directory and routing.
    """
    return {name: MemoryFolder(var / "switch" / name) for name in ("db", "temp")}


def switch_process(settings: LocalSettings, secrets: Secrets, binary: Path | None) -> ManagedProcess:
    """The process of the switch, real or simulated; both read the same settings.

    While FreeSWITCH runs, its folders ``in_memory`` are open.
    """
    home = settings.var / "switch"
    home.mkdir(parents=True, exist_ok=True)
    spool(settings).mkdir(parents=True, exist_ok=True)
    name = "freeswitch" if binary else "simulator"
    command = (
        _freeswitch(binary, home, in_memory(settings.var))
        if binary
        else [sys.executable, "-m", "freeswitch.simulator", "--host", "127.0.0.1"]
    )
    return ManagedProcess(
        name=name,
        command=command,
        env=_environment(settings, secrets),
        ready=_ready(settings, secrets, real=binary is not None),
        log=settings.var / "logs" / f"{name}.log",
        cwd=home if binary else PROJECT,
        quiet=binary is not None,
    )


def spool(settings: LocalSettings) -> Path:
    """Where the switch leaves its call records."""
    return settings.var / "switch" / "spool"


def _environment(settings: LocalSettings, secrets: Secrets) -> dict[str, str]:
    return {
        "SEDA_NODE": NODE,
        "SEDA_SIP_ADDRESS": "127.0.0.1",
        "SEDA_SIP_EXTERNAL_ADDRESS": "127.0.0.1",
        "SEDA_SIP_PHONES_PORT": str(settings.sip_phones_port),
        "SEDA_SIP_TRUNKS_PORT": str(settings.sip_trunks_port),
        "SEDA_RTP_FIRST_PORT": str(settings.rtp_first_port),
        "SEDA_RTP_LAST_PORT": str(settings.rtp_last_port),
        "SEDA_ESL_PORT": str(settings.event_socket_port),
        "SEDA_ESL_PASSWORD": secrets.event_socket_password,
        "SEDA_DIRECTORY_SWITCH_URL": settings.url("directory") + "/switch/directory",
        "SEDA_ROUTING_SWITCH_URL": settings.url("routing") + "/switch/dialplan",
        "SEDA_SWITCH_SECRET": secrets.switch_secret,
        "SEDA_CDR_SPOOL": str(spool(settings)),
    }


def _freeswitch(binary: Path, home: Path, memory: Mapping[str, MemoryFolder]) -> list[str]:
    conf = PROJECT / "freeswitch"
    command = [str(binary), "-nf", "-nc", "-nonat", "-nocal", "-np", "-conf", str(conf / "conf")]
    command += ["-sounds", str(conf / "sounds"), "-log", str(home / "log")]
    command += [part for name, folder in memory.items() for part in (f"-{name}", str(folder.path))]
    (home / "log").mkdir(exist_ok=True)
    for name in _FOLDERS:
        (home / name).mkdir(exist_ok=True)
        command += [f"-{name}", str(home / name)]
    return command


def clear(var: Path) -> None:
    """Forget all data of this machine but the switch's TLS keys, which take seconds to make."""
    for folder in in_memory(var).values():
        folder.forget()
    for place in var.iterdir() if var.exists() else ():
        if place.name != "switch":
            shutil.rmtree(place) if place.is_dir() else place.unlink()
    for place in (var / "switch").iterdir() if (var / "switch").exists() else ():
        if place.name != "certs":
            shutil.rmtree(place) if place.is_dir() else place.unlink()


def _ready(settings: LocalSettings, secrets: Secrets, *, real: bool) -> Callable[[], Awaitable[bool]]:
    async def ready() -> bool:
        try:
            status = await api(settings, secrets, Raw("sofia status" if real else "status"))
        except EslError:
            return False
        if not real:
            return bool(status)
        return all(re.search(rf"^\s*{name}\s+profile\s.*RUNNING", status, re.M) for name in ("phones", "trunks"))

    return ready


@dataclass(frozen=True, slots=True)
class Raw(ApiCommand):
    """A command as it is, for what only the launcher asks (``sofia status``, the simulator's ``sim``)."""

    words: str

    def text(self) -> str:
        return self.words


async def api(settings: LocalSettings, secrets: Secrets, command: ApiCommand, timeout: float = 10.0) -> str:
    """Run one API command over the event socket, on a connection of its own.

    Raises:
        EslError: no connection, wrong password, refused, or no answer in time.
    """
    link = InboundLink("127.0.0.1", settings.event_socket_port, secrets.event_socket_password)
    try:
        await link.connect()
        return (await link.api(command, timeout)).strip()
    finally:
        await link.close()
