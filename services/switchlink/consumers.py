"""Bus in: commands for this node, and the changes of directory and mailboxes that the switch must hear of."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from services.switchlink.lamps import Lamps
from services.switchlink.locations import Locations
from services.switchlink.node import SwitchNode
from services.switchlink.other_nodes import OtherNodes
from services.switchlink.switch_commands import CommandExecutor
from shared.bus.port import Bus, Subscription
from shared.contracts.directory import DeviceChanged, ExtensionChanged, TenantChanged, TrunkChanged
from shared.contracts.ivr import MailboxChanged
from shared.contracts.message import StateEvent
from shared.contracts.nodes import DeviceLocated, NodeReported
from shared.contracts.switch import ANY_NODE, SWITCH_COMMANDS, LegCommand
from shared.esl import EslError
from shared.esl import api_commands as api
from shared.esl.commands import ApiCommand
from shared.runtime.logs import get_logger

log = get_logger(__name__)

TRUNK_SETTLE_SECONDS = 0.3
"""Several trunks changed at once are read by the switch once."""


class Consumers:
    """A component: every subscription of switchlink."""

    name = "consumers"

    def __init__(
        self, bus: Bus, node: SwitchNode, executor: CommandExecutor, lamps: Lamps, locations: Locations
    ) -> None:
        self._others = OtherNodes(node)
        self._bus = bus
        self._node = node
        self._executor = executor
        self._lamps = lamps
        self._locations = locations
        self._subscriptions: list[Subscription] = []
        self._rescan: asyncio.Task[None] | None = None
        self._refresh: asyncio.Task[None] | None = None
        self._trunks: dict[str, int] = {}
        self._trunks_stale = False
        self._caught_up = False

    async def start(self) -> None:
        for command in SWITCH_COMMANDS:
            keys = [self._node.node_id, ANY_NODE] if issubclass(command, LegCommand) else [self._node.node_id]
            for key in keys:
                self._subscriptions.append(await self._bus.serve(command, self._executor.handle, key=key))
        handlers: dict[type[StateEvent], Callable[[Any], Awaitable[None]]] = {
            TenantChanged: self.tenant_changed,
            ExtensionChanged: self.extension_changed,
            DeviceChanged: self.device_changed,
            TrunkChanged: self.trunk_changed,
            MailboxChanged: self._lamps.mailbox_changed,
            DeviceLocated: self._locations.told,
            NodeReported: self._others.reported,
        }

        async def handle(event: StateEvent) -> None:
            await handlers[type(event)](event)

        self._subscriptions.append(await self._bus.replicate(list(handlers), handle, on_ready=self.caught_up))

    async def stop(self) -> None:
        for subscription in self._subscriptions:
            await subscription.stop()
        for task in (self._refresh, self._rescan):
            if task is not None:
                task.cancel()

    def caught_up(self) -> None:
        """All that stood in the stream is known; what the switch was not told of one by one it reads anew at once."""
        self._caught_up = True
        self._lamps.caught_up()
        self._locations.caught_up()
        self._refresh = asyncio.create_task(self._tell_switch(api.XmlFlushCache()), name="flush the switch's cache")

    async def tenant_changed(self, event: TenantChanged) -> None:
        """Keep domain -> tenant; sign-in data of a changed tenant is dropped from the switch's cache.

        A device may register before it is known here whose its domain is: where it is is told then.
        """
        domains = self._node.tenant_of_domain
        is_new = not event.removed and domains.get(event.domain.lower()) != event.id
        for domain in [d for d, tenant in domains.items() if tenant == event.id]:
            del domains[domain]
        if not event.removed:
            domains[event.domain.lower()] = event.id
        if is_new:
            self._locations.tell_all()
        if self._caught_up:
            await self._tell_switch(api.XmlFlushCache())

    async def extension_changed(self, event: ExtensionChanged) -> None:
        """Number, name and being enabled are part of the sign-in data of each of its devices."""
        await self._lamps.extension_changed(event)
        domain = next((d for d, tenant in self._node.tenant_of_domain.items() if tenant == event.tenant_id), None)
        if domain is None:
            return
        for device in event.devices:
            await self._forget(device.sip_username, domain, for_good=event.removed or not event.enabled)

    async def device_changed(self, event: DeviceChanged) -> None:
        """Drop the cached sign-in data of a device; a removed or disabled one loses its registration too."""
        await self._forget(event.sip_username, event.domain, for_good=event.removed or not event.enabled)
        previous = event.previous_sip_username
        if previous and previous != event.sip_username:
            await self._forget(previous, event.domain, for_good=True)

    async def _forget(self, user: str, domain: str, *, for_good: bool) -> None:
        if self._caught_up:
            await self._tell_switch(api.XmlFlushCache(user, domain))
        if for_good:
            await self._tell_switch(api.SofiaFlushRegistration("phones", f"{user}@{domain}"))

    async def trunk_changed(self, event: TrunkChanged) -> None:
        """Let the switch read its gateways again. A changed gateway has to be removed first to be read anew."""
        trunk = str(event.id)
        if self._trunks.get(trunk, 0) >= event.revision:
            return
        if trunk in self._trunks or event.removed:
            await self._tell_switch(api.SofiaKillGateway("trunks", trunk))
        self._trunks[trunk] = event.revision
        self._trunks_stale = True
        if self._rescan is None or self._rescan.done():
            self._rescan = asyncio.create_task(self._rescan_soon(), name="rescan trunks")

    async def _rescan_soon(self) -> None:
        while self._trunks_stale:
            await asyncio.sleep(TRUNK_SETTLE_SECONDS)
            self._trunks_stale = False
            await self._tell_switch(api.SofiaRescan("trunks"))

    async def _tell_switch(self, command: ApiCommand) -> None:
        """A switch that is out of reach reads everything anew when it is back."""
        try:
            await self._node.api(command)
        except EslError as error:
            log.warning("the switch was not told of a change", command=type(command).__name__, reason=str(error))
