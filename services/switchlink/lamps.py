"""Message-waiting lamps of the phones that are registered here: told at every change, and whenever one registers."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final
from uuid import UUID

from services.switchlink.domain.lamps import Lamp, LampTable
from services.switchlink.node import SwitchNode
from shared.contracts.directory import ExtensionChanged
from shared.contracts.ivr import MailboxChanged
from shared.contracts.nodes import DeviceRegistered
from shared.esl import EslError
from shared.esl.commands import MessageWaiting
from shared.runtime.logs import get_logger

log = get_logger(__name__)

MOST_WAITING: Final = 50_000


class Lamps:
    """A component. One worker tells the switch, so that a flood of changes keeps no command waiting."""

    name = "lamps"

    def __init__(self, node: SwitchNode) -> None:
        self._node = node
        self._table = LampTable()
        self._waiting: deque[tuple[UUID, str]] = deque(maxlen=MOST_WAITING)
        self._queued: set[tuple[UUID, str]] = set()
        self._something = asyncio.Event()
        self._caught_up = False
        self._task: asyncio.Task[None] | None = None
        node.on_registered.append(self.registered)
        node.on_connected.append(self.tell_all)

    async def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name=self.name)

    async def stop(self) -> None:
        """End; the next process tells every phone again."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def mailbox_changed(self, event: MailboxChanged) -> None:
        """A message came, was heard or went."""
        self._changed(self._table.take_mailbox(event))

    async def extension_changed(self, event: ExtensionChanged) -> None:
        """A device came to an extension, or its number is another one."""
        self._changed(self._table.take_extension(event))

    def caught_up(self) -> None:
        """All that stood in the streams is known."""
        self._caught_up = True
        self.tell_all()

    def tell_all(self) -> None:
        """Tell every phone that is registered: what changed while nobody listened is not known."""
        tenants = self._node.tenant_of_domain
        for who in self._node.registrations:
            user, _, domain = who.rpartition("@")
            if (tenant_id := tenants.get(domain.lower())) is not None:
                self._put(tenant_id, user)

    def registered(self, message: DeviceRegistered) -> None:
        """A phone registered, perhaps after its power was cut: it knows nothing."""
        if message.tenant_id is not None:
            self._put(message.tenant_id, message.sip_username)

    def _changed(self, lamps: list[Lamp]) -> None:
        for lamp in lamps:
            self._put(lamp.tenant_id, lamp.user, known=True)

    def _put(self, tenant_id: UUID, user: str, *, known: bool = False) -> None:
        """Have a user's phones told. A phone whose extension has no box is told nothing, unless it just lost it."""
        if not self._caught_up or (not known and self._table.of_user(tenant_id, user) is None):
            return
        if (tenant_id, user) not in self._queued and len(self._waiting) < MOST_WAITING:
            self._queued.add((tenant_id, user))
            self._waiting.append((tenant_id, user))
            self._something.set()

    async def _run(self) -> None:
        while True:
            await self._something.wait()
            self._something.clear()
            while self._waiting:
                tenant_id, user = self._waiting.popleft()
                self._queued.discard((tenant_id, user))
                await self._tell(self._table.of_user(tenant_id, user) or Lamp(tenant_id, user, 0, 0))

    async def _tell(self, lamp: Lamp) -> None:
        domain = next((name for name, tenant in self._node.tenant_of_domain.items() if tenant == lamp.tenant_id), None)
        if domain is None or f"{lamp.user}@{domain}" not in self._node.registrations:
            return
        try:
            await self._node.send(MessageWaiting(lamp.user, domain, lamp.new, lamp.saved))
        except EslError as error:
            # A switch that is out of reach has every lamp told anew when it is back.
            log.warning("a lamp was not told", sip_username=lamp.user, domain=domain, reason=str(error))
