"""The part of the directory that the switch asks about, in memory: who may register, and which trunks there are.

Entries are replaced as a whole and only by newer ones, so it does not matter in which order changes arrive.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

__all__ = ["DeviceEntry", "ExtensionEntry", "Replica", "TenantEntry", "TrunkEntry"]


@dataclass(frozen=True, slots=True)
class TenantEntry:
    """A tenant, as far as its phones go."""

    id: UUID
    revision: int
    domain: str
    language: str
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class DeviceEntry:
    """One SIP user of an extension."""

    id: UUID
    sip_username: str
    a1_hash: str = field(repr=False)
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class ExtensionEntry:
    """An extension with its devices; `revision` grows with theirs."""

    id: UUID
    revision: int
    tenant_id: UUID
    number: str
    display_name: str
    language: str | None = None
    enabled: bool = True
    devices: tuple[DeviceEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class TrunkEntry:
    """A trunk as a gateway. The secret stays encrypted."""

    id: UUID
    revision: int
    tenant_id: UUID | None
    kind: str
    proxy: str
    transport: str = "udp"
    username: str | None = None
    secret_encrypted: str | None = field(default=None, repr=False)
    enabled: bool = True


class Replica:
    """The tables in memory, with the two ways they are asked: by domain, and by user name in a tenant."""

    def __init__(self) -> None:
        self._tenants: dict[UUID, TenantEntry] = {}
        self._extensions: dict[UUID, ExtensionEntry] = {}
        self._trunks: dict[UUID, TrunkEntry] = {}
        self._by_domain: dict[str, UUID] = {}
        self._by_username: dict[tuple[UUID, str], tuple[UUID, int]] = {}

    def put_tenant(self, entry: TenantEntry) -> None:
        """Take in a tenant, unless what is held is newer."""
        held = self._tenants.get(entry.id)
        if held is not None and held.revision > entry.revision:
            return
        self.drop_tenant(entry.id)
        self._tenants[entry.id] = entry
        self._by_domain[entry.domain] = entry.id

    def drop_tenant(self, tenant_id: UUID) -> None:
        """Forget a tenant."""
        held = self._tenants.pop(tenant_id, None)
        if held is not None and self._by_domain.get(held.domain) == tenant_id:
            del self._by_domain[held.domain]

    def put_extension(self, entry: ExtensionEntry) -> None:
        """Take in an extension with its devices, unless what is held is newer."""
        held = self._extensions.get(entry.id)
        if held is not None and held.revision > entry.revision:
            return
        self.drop_extension(entry.id)
        self._extensions[entry.id] = entry
        for index, device in enumerate(entry.devices):
            self._by_username[entry.tenant_id, device.sip_username] = (entry.id, index)

    def drop_extension(self, extension_id: UUID) -> None:
        """Forget an extension and its devices."""
        held = self._extensions.pop(extension_id, None)
        for device in held.devices if held is not None else ():
            key = (held.tenant_id, device.sip_username)  # type: ignore[union-attr]
            if self._by_username.get(key, (None, 0))[0] == extension_id:
                del self._by_username[key]

    def put_trunk(self, entry: TrunkEntry) -> None:
        """Take in a trunk, unless what is held is newer."""
        held = self._trunks.get(entry.id)
        if held is None or held.revision <= entry.revision:
            self._trunks[entry.id] = entry

    def drop_trunk(self, trunk_id: UUID) -> None:
        """Forget a trunk."""
        self._trunks.pop(trunk_id, None)

    def revision(self, entity_id: UUID) -> int:
        """The revision held of a tenant, extension or trunk; 0: not held."""
        for table in (self._extensions, self._tenants, self._trunks):
            held = table.get(entity_id)
            if held is not None:
                return held.revision
        return 0

    def tenant_of_domain(self, domain: str) -> TenantEntry | None:
        """The tenant whose phones sign in at `domain`."""
        tenant_id = self._by_domain.get(domain)
        return None if tenant_id is None else self._tenants.get(tenant_id)

    def device(self, tenant_id: UUID, sip_username: str) -> tuple[ExtensionEntry, DeviceEntry] | None:
        """The device of that SIP user name in a tenant, with its extension."""
        place = self._by_username.get((tenant_id, sip_username))
        if place is None:
            return None
        extension = self._extensions[place[0]]
        return extension, extension.devices[place[1]]

    def trunks(self) -> Iterator[TrunkEntry]:
        """Every trunk that may be used: enabled, and of the platform or of an enabled tenant."""
        for trunk in self._trunks.values():
            tenant = self._tenants.get(trunk.tenant_id) if trunk.tenant_id else None
            if trunk.enabled and (trunk.tenant_id is None or (tenant is not None and tenant.enabled)):
                yield trunk

    def sizes(self) -> dict[str, int]:
        """How many tenants, extensions, devices and trunks are held."""
        return {
            "tenants": len(self._tenants),
            "extensions": len(self._extensions),
            "devices": len(self._by_username),
            "trunks": len(self._trunks),
        }

    def retain(self, entity_ids: Iterable[UUID]) -> None:
        """Forget everything that is not among these ids (after reading the whole directory again)."""
        kept = set(entity_ids)
        for table, drop in (
            (self._tenants, self.drop_tenant),
            (self._extensions, self.drop_extension),
            (self._trunks, self.drop_trunk),
        ):
            for entity_id in [held for held in table if held not in kept]:
                drop(entity_id)
