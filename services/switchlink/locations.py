"""Tells the other nodes which devices are registered here, so that they call them by this node."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.switchlink.node import SwitchNode
from services.switchlink.publisher import Publisher
from shared.contracts.nodes import DeviceLocated, DeviceRegistered, DeviceUnregistered

LONGEST_SECONDS: Final = 3600
"""Of a registration (``sip-force-expires-max``): one whose beginning nobody saw is as old as it can be."""


class Locations:
    """Keeps what is told in step with what the switch has.

    What was told before, by this process or by one before it, comes back from the stream (`told`), so that a
    registration which ended while nobody looked is taken back, and one that went on keeps its age.
    """

    def __init__(self, node: SwitchNode, publisher: Publisher) -> None:
        self._node = node
        self._publisher = publisher
        self._told: dict[str, DeviceLocated] = {}
        self._caught_up = False
        node.on_registered.append(self.registered)
        node.on_unregistered.append(self.unregistered)
        node.on_connected.append(self.tell_all)

    async def told(self, event: DeviceLocated) -> None:
        """What stands in the stream."""
        if event.node_id != self._node.node_id:
            return
        who = f"{event.sip_username}@{event.domain}"
        known = self._told.get(who)
        if known is None or event.revision > known.revision:
            self._told[who] = event

    def caught_up(self) -> None:
        """All that was told before is known, and so is whose each domain is."""
        self._caught_up = True
        self.tell_all()

    def registered(self, message: DeviceRegistered) -> None:
        """A device registered, or did so again: it is here and nowhere else."""
        if message.tenant_id is not None:
            self._tell(message.tenant_id, message.sip_username, message.domain, message.occurred_at)

    def unregistered(self, message: DeviceUnregistered) -> None:
        """A registration ended."""
        told = self._told.get(f"{message.sip_username}@{message.domain}")
        if told is not None and not told.removed:
            self._take_back(told)

    def tell_all(self) -> None:
        """The switch is there, perhaps in another life: tell what it has, take back what it has not."""
        if not self._caught_up or not self._core_id:
            return
        for who, told in list(self._told.items()):
            if not told.removed and who not in self._node.registrations:
                self._take_back(told)
        for who, expires_at in self._node.registrations.items():
            user, _, domain = who.rpartition("@")
            told_before = self._told.get(who)
            is_told = told_before is not None and not told_before.removed and told_before.core_id == self._core_id
            tenant_id = self._node.tenant_of_domain.get(domain.lower())
            if tenant_id is not None and not is_told:
                self._tell(tenant_id, user, domain, expires_at - timedelta(seconds=LONGEST_SECONDS))

    @property
    def _core_id(self) -> str:
        return self._node.table.core_id if self._node.table else ""

    def _tell(self, tenant_id: UUID, user: str, domain: str, at: datetime) -> None:
        self._publish(
            DeviceLocated(
                revision=_now(),
                tenant_id=tenant_id,
                node_id=self._node.node_id,
                core_id=self._core_id,
                domain=domain,
                sip_username=user,
                registered_at=at,
            )
        )

    def _take_back(self, told: DeviceLocated) -> None:
        """The message's own id and moment are new: the stream would take it for a repetition otherwise."""
        gone = told.model_dump(exclude={"message_id", "occurred_at"})
        self._publish(DeviceLocated(**gone | {"removed": True, "revision": max(_now(), told.revision + 1)}))

    def _publish(self, event: DeviceLocated) -> None:
        self._told[f"{event.sip_username}@{event.domain}"] = event
        self._publisher.put([event])


def _now() -> int:
    return time.time_ns() // 1000
