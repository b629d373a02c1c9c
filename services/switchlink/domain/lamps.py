"""Message-waiting lamps: what the phones of each SIP user show. Pure; kept fresh by messages of directory and ivr."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from shared.contracts.directory import ExtensionChanged
from shared.contracts.ivr import MailboxChanged

Place = tuple[UUID, str]
"""A tenant, and a number or a SIP user of it."""


@dataclass(frozen=True, slots=True)
class Lamp:
    """What the phones of a SIP user are told."""

    tenant_id: UUID
    user: str
    new: int
    saved: int


@dataclass(slots=True)
class LampTable:
    """Extensions with their devices, and mailboxes with their counts, joined by number."""

    _extensions: dict[UUID, ExtensionChanged] = field(default_factory=dict)
    _boxes: dict[UUID, MailboxChanged] = field(default_factory=dict)
    _extension_at: dict[Place, UUID] = field(default_factory=dict)
    _box_at: dict[Place, UUID] = field(default_factory=dict)
    _number_of: dict[Place, str] = field(default_factory=dict)

    def take_mailbox(self, event: MailboxChanged) -> list[Lamp]:
        """Take a box's new state in; the lamps that may have changed by it. One that is not newer changes none."""
        known = self._boxes.get(event.id)
        if event.tenant_id is None or (known is not None and known.revision >= event.revision):
            return []
        if known is not None and self._box_at.get((event.tenant_id, known.number)) == event.id:
            del self._box_at[event.tenant_id, known.number]
        self._boxes[event.id] = event
        place = (event.tenant_id, event.number)
        if not event.removed:
            self._box_at[place] = event.id
        elif self._box_at.get(place) == event.id:
            del self._box_at[place]
        return list(self._lamps(event.tenant_id, event.number))

    def take_extension(self, event: ExtensionChanged) -> list[Lamp]:
        """Take an extension's new state in; the lamps of its devices, if its number or devices changed."""
        known = self._extensions.get(event.id)
        if event.tenant_id is None or (known is not None and known.revision >= event.revision):
            return []
        tenant = event.tenant_id
        if known is not None:
            for device in known.devices:
                self._number_of.pop((tenant, device.sip_username), None)
            if self._extension_at.get((tenant, known.number)) == event.id:
                del self._extension_at[tenant, known.number]
        self._extensions[event.id] = event
        if event.removed:
            return []
        self._extension_at[tenant, event.number] = event.id
        for device in event.devices:
            self._number_of[tenant, device.sip_username] = event.number
        same = known is not None and (known.number, known.devices) == (event.number, event.devices)
        return [] if same else list(self._lamps(tenant, event.number))

    def of_user(self, tenant_id: UUID, user: str) -> Lamp | None:
        """What the phones of a SIP user show; none: its extension has no box, so it is told nothing."""
        number = self._number_of.get((tenant_id, user))
        box = self._boxes.get(self._box_at.get((tenant_id, number), UUID(int=0))) if number is not None else None
        return _lamp(tenant_id, user, box) if box is not None else None

    def _lamps(self, tenant_id: UUID, number: str) -> Iterator[Lamp]:
        extension = self._extensions.get(self._extension_at.get((tenant_id, number), UUID(int=0)))
        box = self._boxes.get(self._box_at.get((tenant_id, number), UUID(int=0)))
        for device in extension.devices if extension is not None else ():
            yield _lamp(tenant_id, device.sip_username, box)


def _lamp(tenant_id: UUID, user: str, box: MailboxChanged | None) -> Lamp:
    if box is None or not box.enabled:
        return Lamp(tenant_id, user, 0, 0)
    return Lamp(tenant_id, user, box.new_messages, box.saved_messages)
