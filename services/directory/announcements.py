"""Rows as others get to know them: messages for the bus, entries for the memory that answers the switch."""

from __future__ import annotations

from collections.abc import Iterable

from services.directory.domain.replica import DeviceEntry, ExtensionEntry, TenantEntry, TrunkEntry
from services.directory.models import Device, Extension, Number, Tenant, Trunk
from shared.contracts.directory import (
    DeviceChanged,
    DeviceSummary,
    ExtensionChanged,
    NumberChanged,
    TenantChanged,
    TrunkChanged,
)


def tenant_changed(row: Tenant, *, removed: bool = False) -> TenantChanged:
    """A tenant's state; a removed one counts one revision more than its last."""
    return TenantChanged(
        id=row.id,
        tenant_id=row.id,
        revision=row.revision + removed,
        removed=removed,
        slug=row.slug,
        display_name=row.display_name,
        domain=row.domain,
        country=row.country,
        time_zone=row.time_zone,
        language=row.language,
        enabled=row.enabled,
        max_calls=row.max_calls,
        max_calls_per_second=row.max_calls_per_second,
        max_international_minutes_per_day=row.max_international_minutes_per_day,
    )


def extension_changed(row: Extension, devices: Iterable[Device], *, removed: bool = False) -> ExtensionChanged:
    """An extension's state with its devices."""
    return ExtensionChanged(
        id=row.id,
        tenant_id=row.tenant_id,
        revision=row.revision + removed,
        removed=removed,
        number=row.number,
        display_name=row.display_name,
        enabled=row.enabled,
        call_class=row.call_class,
        outbound_caller_id=row.outbound_caller_id,
        max_calls=row.max_calls,
        max_calls_per_second=row.max_calls_per_second,
        max_international_minutes_per_day=row.max_international_minutes_per_day,
        language=row.language,
        devices=tuple(
            DeviceSummary(id=device.id, sip_username=device.sip_username, enabled=device.enabled) for device in devices
        ),
    )


def device_changed(
    row: Device, domain: str, *, previous_sip_username: str | None = None, removed: bool = False
) -> DeviceChanged:
    """A device's state; tells the switches which cached user to drop."""
    return DeviceChanged(
        id=row.id,
        tenant_id=row.tenant_id,
        revision=row.revision + removed,
        removed=removed,
        extension_id=row.extension_id,
        domain=domain,
        sip_username=row.sip_username,
        previous_sip_username=previous_sip_username,
        enabled=row.enabled,
    )


def number_changed(row: Number, *, removed: bool = False) -> NumberChanged:
    """A public number's state."""
    return NumberChanged(
        id=row.id,
        tenant_id=row.tenant_id,
        revision=row.revision + removed,
        removed=removed,
        e164=row.e164,
        destination=row.destination,
        display_name=row.display_name,
        enabled=row.enabled,
    )


def trunk_changed(row: Trunk, *, removed: bool = False) -> TrunkChanged:
    """A trunk's state, without its secret."""
    return TrunkChanged(
        id=row.id,
        tenant_id=row.tenant_id,
        revision=row.revision + removed,
        removed=removed,
        display_name=row.display_name,
        kind=row.kind,
        proxy=row.proxy,
        source_addresses=tuple(row.source_addresses),
        codecs=tuple(row.codecs),
        prefixes=tuple(row.prefixes),
        priority=row.priority,
        max_calls=row.max_calls,
        max_calls_per_second=row.max_calls_per_second,
        number_format=row.number_format,
        carries_emergency=row.carries_emergency,
        enabled=row.enabled,
    )


def tenant_entry(row: Tenant) -> TenantEntry:
    """A tenant, for the memory."""
    return TenantEntry(row.id, row.revision, row.domain, row.language, row.enabled)


def extension_entry(row: Extension, devices: Iterable[Device]) -> ExtensionEntry:
    """An extension with its devices, for the memory."""
    return ExtensionEntry(
        id=row.id,
        revision=row.revision,
        tenant_id=row.tenant_id,
        number=row.number,
        display_name=row.display_name,
        language=row.language,
        enabled=row.enabled,
        devices=tuple(DeviceEntry(one.id, one.sip_username, one.a1_hash, one.enabled) for one in devices),
    )


def trunk_entry(row: Trunk) -> TrunkEntry:
    """A trunk, for the memory."""
    return TrunkEntry(
        row.id,
        row.revision,
        row.tenant_id,
        row.kind,
        row.proxy,
        row.transport,
        row.username,
        row.secret_encrypted,
        row.enabled,
    )
