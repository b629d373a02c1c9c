"""A second FreeSWITCH with its own switchlink beside a running platform: the same tenants, phones of its own."""

from __future__ import annotations

import contextlib
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import Final

from deploy.local.memory_folder import MemoryFolder
from deploy.local.platform import http_ready
from deploy.local.processes import TAIL_LINES, ManagedProcess
from deploy.local.switch import in_memory, spool, switch_process
from tests.support.freeswitch_node import CERTIFICATES, copy_keys, find_freeswitch
from tests.support.platform import LivePlatform, local_settings

NAME: Final = "second"


class SecondNode:
    """One more node.

    Args:
        platform: on a real FreeSWITCH: simulated switches do not call each other.
        home: folder for its data.
    """

    def __init__(self, platform: LivePlatform, home: Path) -> None:
        self._platform = platform
        own = local_settings(home / "var")
        first = platform.settings
        self.settings = first.model_copy(
            update={
                "var": own.var,
                "event_socket_port": own.event_socket_port,
                "sip_phones_port": own.sip_phones_port,
                "sip_trunks_port": own.sip_trunks_port,
                "switchlink_port": own.switchlink_port,
                "rtp_first_port": own.rtp_first_port,
                "rtp_last_port": own.rtp_last_port,
            }
        )
        switch = switch_process(self.settings, platform.secrets, find_freeswitch())
        self.switch = replace(switch, env={**switch.env, "SEDA_NODE": NAME})
        self.switchlink: ManagedProcess
        self._memory: list[MemoryFolder] = []

    @property
    def sip(self) -> tuple[str, int]:
        """Where phones register."""
        return "127.0.0.1", self.settings.sip_phones_port

    @property
    def trunk_sip(self) -> tuple[str, int]:
        """Where carriers send calls."""
        return "127.0.0.1", self.settings.sip_trunks_port

    async def start(self) -> None:
        """Start both, and wait until they are ready."""
        copy_keys(CERTIFICATES, self.settings.var / "switch" / "certs")
        self._memory = [*in_memory(self.settings.var).values()]
        for folder in self._memory:
            folder.open()
        first = self._platform.process("switchlink")
        told = {
            "NODE_ID": NAME,
            "HTTP_PORT": self.settings.switchlink_port,
            "EVENT_SOCKET_PORT": self.settings.event_socket_port,
            "SPOOL_DIR": spool(self.settings),
            "RECORDINGS_DIR": self.settings.var / "switch" / "recordings",
        }
        self.switchlink = replace(
            first,
            name="switchlink-second",
            env={**first.env, **{f"SWITCHLINK_{name}": str(value) for name, value in told.items()}},
            ready=http_ready(self.settings.url("switchlink") + "/readyz"),
            log=self.settings.var / "logs" / "switchlink.log",
            tail=deque(maxlen=TAIL_LINES),
            process=None,
        )
        await self.switch.start()
        await self.switchlink.start()
        for process in (self.switch, self.switchlink):
            await process.wait_ready(self.settings.start_seconds)

    async def kill_switch(self) -> None:
        """``kill -9`` its FreeSWITCH."""
        process = self.switch.process
        assert process is not None
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()

    async def start_switch(self) -> None:
        """Start its FreeSWITCH again, and wait until it is ready."""
        await self.switch.start()
        await self.switch.wait_ready(self.settings.start_seconds)

    async def stop(self) -> None:
        """End both; the platform knows that the node is down."""
        await self.switch.stop()
        await self.switchlink.stop()
        for folder in self._memory:
            folder.close()
