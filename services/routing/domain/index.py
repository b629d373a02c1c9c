"""The configuration in the shapes that questions need. Built when something changes, only read by a call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address
from uuid import UUID

from services.routing.domain.config import (
    NO_CAPS,
    NO_FORWARDING,
    Caps,
    Extension,
    Forwarding,
    Number,
    Queue,
    RingGroup,
    Tenant,
    TenantRoutes,
    Trunk,
)
from shared.telephony.destinations import Destination

Address = IPv4Address | IPv6Address


class TenantIndex:
    """Everything of one tenant. Nothing here leads to another tenant."""

    def __init__(self, tenant_id: UUID) -> None:
        self.id = tenant_id
        self.tenant: Tenant | None = None
        self.routes = TenantRoutes(tenant_id)
        self.extensions: dict[UUID, Extension] = {}
        self.by_number: dict[str, Extension] = {}
        self._by_device: dict[str, Extension] = {}
        self.numbers: dict[UUID, Number] = {}
        self.by_e164: dict[str, Number] = {}
        self.trunks: dict[UUID, Trunk] = {}
        self.flows: dict[str, Destination | None] = {}
        """Published flows, by slug, with where their callers go when no program can take them."""
        self.mailboxes: dict[str, UUID] = {}
        """Boxes that take messages, by number."""
        self._mailbox_numbers: dict[UUID, str] = {}
        self.prompts: dict[str, dict[str, str]] = {}
        """Files of prompts, by slug and language."""
        self.queues: dict[str, Queue] = {}
        """Queues that take calls, by slug."""

    def extension(self, number: str) -> Extension | None:
        """The enabled extension of that number."""
        return self.by_number.get(number)

    def extension_by_id(self, extension_id: UUID | None) -> Extension | None:
        """The enabled extension of that id."""
        found = self.extensions.get(extension_id) if extension_id else None
        return found if found and found.enabled else None

    def extension_of_device(self, sip_username: str) -> Extension | None:
        """The enabled extension with an enabled device of that name."""
        return self._by_device.get(sip_username)

    def by_hex(self, text: str) -> Extension | None:
        """The enabled extension whose id is written as 32 hexadecimal digits."""
        try:
            return self.extension_by_id(UUID(hex=text))
        except ValueError:
            return None

    def forwarding(self, extension: Extension) -> Forwarding:
        """The extension's forwarding, or none of it."""
        return self.routes.forwarding.get(extension.id, NO_FORWARDING)

    def ring_group(self, slug: str) -> RingGroup | None:
        """The ring group of that name."""
        return self.routes.ring_groups.get(slug)

    def caps(self) -> Caps:
        """The tenant's caps: the platform's, narrowed by its own."""
        platform = self.tenant.caps if self.tenant else NO_CAPS
        return platform.narrowed(self.routes.settings.caps)

    def extension_caps(self, extension: Extension) -> Caps:
        """An extension's caps: the directory's, narrowed by routing's."""
        return extension.caps.narrowed(self.routes.extension_caps.get(extension.id, NO_CAPS))

    def owns(self, e164: str | None) -> bool:
        """Whether the tenant may show this number."""
        return e164 is not None and e164 in self.by_e164

    def put_extension(self, extension: Extension) -> None:
        self.remove_extension(extension.id)
        self.extensions[extension.id] = extension
        if extension.enabled:
            self.by_number[extension.number] = extension
            self._by_device |= {device.sip_username: extension for device in extension.devices}

    def remove_extension(self, extension_id: UUID) -> None:
        gone = self.extensions.pop(extension_id, None)
        # Somebody else may have taken the number meanwhile.
        if gone and gone is self.by_number.get(gone.number):
            del self.by_number[gone.number]
        for device in gone.devices if gone else ():
            if self._by_device.get(device.sip_username) is gone:
                del self._by_device[device.sip_username]

    def put_mailbox(self, mailbox_id: UUID, number: str) -> None:
        self.remove_mailbox(mailbox_id)
        self.mailboxes[number] = mailbox_id
        self._mailbox_numbers[mailbox_id] = number

    def remove_mailbox(self, mailbox_id: UUID) -> None:
        number = self._mailbox_numbers.pop(mailbox_id, "")
        if self.mailboxes.get(number) == mailbox_id:
            del self.mailboxes[number]

    def put_number(self, number: Number) -> None:
        self.numbers[number.id] = number
        if number.enabled:
            self.by_e164[number.e164] = number

    def remove_number(self, number_id: UUID) -> None:
        gone = self.numbers.pop(number_id, None)
        if gone and gone is self.by_e164.get(gone.e164):
            del self.by_e164[gone.e164]


class Config:
    """All tenants, and what finds the tenant of a call that comes from outside."""

    def __init__(self) -> None:
        self.tenants: dict[UUID, TenantIndex] = {}
        self.trunks: dict[UUID, Trunk] = {}
        self.countries: frozenset[str] = frozenset()
        self._numbers: dict[UUID, Number] = {}
        self._owner_of_number: dict[str, Number] = {}
        self._networks: list[tuple[int, dict[tuple[int, int], tuple[Trunk, ...]]]] = []
        self._by_prefix: dict[UUID | None, dict[str, tuple[Trunk, ...]]] = {}

    def tenant(self, tenant_id: UUID) -> TenantIndex:
        """The tenant's index, made when new."""
        found = self.tenants.get(tenant_id)
        if found is None:
            found = self.tenants[tenant_id] = TenantIndex(tenant_id)
        return found

    def known_tenant(self, tenant_id: UUID | None) -> TenantIndex | None:
        """The tenant's index when the tenant exists and is enabled."""
        found = self.tenants.get(tenant_id) if tenant_id else None
        return found if found and found.tenant and found.tenant.enabled else None

    def owner_of(self, e164: str) -> TenantIndex | None:
        """The enabled tenant that owns a public number."""
        number = self._owner_of_number.get(e164)
        return self.known_tenant(number.tenant_id) if number else None

    def trunks_from(self, address: str) -> list[Trunk]:
        """Enabled trunks whose calls may come from this source address, narrowest network first."""
        try:
            source: Address = ip_address(address)
        except ValueError:
            return []
        if isinstance(source, IPv6Address) and source.ipv4_mapped:
            source = source.ipv4_mapped
        found: list[Trunk] = []
        for length, networks in self._networks:
            shift = source.max_prefixlen - length
            if shift >= 0:
                found += networks.get((source.version, int(source) >> shift), ())
        return found

    def trunks_for(self, tenant_id: UUID, digits: str) -> Iterator[Trunk]:
        """Enabled trunks that carry E.164 ``digits`` for a tenant: longest prefix first, then by priority."""
        own, shared = self._by_prefix.get(tenant_id, {}), self._by_prefix.get(None, {})
        for end in range(len(digits), -1, -1):
            prefix = digits[:end]
            found = (*own.get(prefix, ()), *shared.get(prefix, ()))
            yield from found if len(found) < 2 else sorted(found, key=_preference)

    def all_trunks_of(self, tenant_id: UUID) -> list[Trunk]:
        """Enabled trunks that a tenant may use, by priority."""
        return sorted((one for one in self.trunks.values() if one.enabled and serves(one, tenant_id)), key=_preference)

    # Changes

    def put_tenant(self, tenant: Tenant) -> None:
        index = self.tenant(tenant.id)
        is_new_country = tenant.country not in self.countries or (index.tenant or tenant).country != tenant.country
        index.tenant = tenant
        if is_new_country:
            self._rebuild_countries()

    def remove_tenant(self, tenant_id: UUID) -> None:
        if tenant_id in self.tenants:
            self.tenants[tenant_id].tenant = None
            self._rebuild_countries()

    def _rebuild_countries(self) -> None:
        self.countries = frozenset(index.tenant.country for index in self.tenants.values() if index.tenant)

    def put_routes(self, routes: TenantRoutes) -> None:
        self.tenant(routes.tenant_id).routes = routes

    def put_extension(self, extension: Extension) -> None:
        self.tenant(extension.tenant_id).put_extension(extension)

    def remove_extension(self, tenant_id: UUID, extension_id: UUID) -> None:
        self.tenant(tenant_id).remove_extension(extension_id)

    def put_number(self, number: Number) -> None:
        self.remove_number(number.id)
        self.tenant(number.tenant_id).put_number(number)
        self._numbers[number.id] = number
        if number.enabled:
            self._owner_of_number[number.e164] = number

    def remove_number(self, number_id: UUID) -> None:
        gone = self._numbers.pop(number_id, None)
        if gone is None:
            return
        self.tenant(gone.tenant_id).remove_number(number_id)
        if self._owner_of_number.get(gone.e164) is gone:
            del self._owner_of_number[gone.e164]

    def put_trunk(self, trunk: Trunk) -> None:
        self.trunks[trunk.id] = trunk
        self._rebuild_trunks()

    def remove_trunk(self, trunk_id: UUID) -> None:
        if self.trunks.pop(trunk_id, None):
            self._rebuild_trunks()

    def _rebuild_trunks(self) -> None:
        enabled = [one for one in self.trunks.values() if one.enabled]
        self._by_prefix = _by_prefix(enabled)
        self._networks = _by_network(enabled)


def serves(trunk: Trunk, tenant_id: UUID) -> bool:
    """Whether a trunk carries this tenant's calls."""
    return trunk.tenant_id is None or trunk.tenant_id == tenant_id


def _preference(trunk: Trunk) -> tuple[int, bool, UUID]:
    return trunk.priority, trunk.tenant_id is None, trunk.id


def _by_prefix(trunks: Iterable[Trunk]) -> dict[UUID | None, dict[str, tuple[Trunk, ...]]]:
    found: dict[UUID | None, dict[str, tuple[Trunk, ...]]] = {}
    for trunk in trunks:
        table = found.setdefault(trunk.tenant_id, {})
        for prefix in trunk.prefixes:
            table[prefix] = (*table.get(prefix, ()), trunk)
    return found


def _by_network(trunks: Iterable[Trunk]) -> list[tuple[int, dict[tuple[int, int], tuple[Trunk, ...]]]]:
    found: dict[int, dict[tuple[int, int], tuple[Trunk, ...]]] = {}
    for trunk in trunks:
        for network in trunk.networks:
            key = (network.version, int(network.network_address) >> (network.max_prefixlen - network.prefixlen))
            table = found.setdefault(network.prefixlen, {})
            table[key] = (*table.get(key, ()), trunk)
    return sorted(found.items(), reverse=True)
