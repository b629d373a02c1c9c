"""Rows as the domain's values."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any
from uuid import UUID

from services.routing.domain.config import (
    Caps,
    Forwarding,
    InboundRoute,
    Member,
    OutboundRule,
    RingGroup,
    RouteEntry,
    Settings,
    Strategy,
    TenantRoutes,
)
from services.routing.models import ExtensionConfig, InboundRouteRow, OutboundRuleRow, RingGroupRow, TenantConfig
from services.routing.store import Rows
from shared.telephony.caller_id import CallerIdPolicy
from shared.telephony.destinations import Destination
from shared.telephony.schedule_fields import schedule_of


def routes_of(tenant_id: UUID, rows: Rows) -> TenantRoutes:
    """A tenant's routes, from all its rows."""
    config: TenantConfig | None = next(iter(rows[TenantConfig]), None)
    extensions: list[ExtensionConfig] = rows[ExtensionConfig]
    return TenantRoutes(
        tenant_id=tenant_id,
        revision=config.revision if config else 0,
        settings=settings_of(config) if config else Settings(),
        forwarding=MappingProxyType({one.extension_id: forwarding_of(one) for one in extensions}),
        ring_groups=MappingProxyType({one.slug: ring_group_of(one) for one in rows[RingGroupRow]}),
        inbound=MappingProxyType({one.number_id: inbound_of(one) for one in rows[InboundRouteRow]}),
        outbound=MappingProxyType({one.prefix: outbound_of(one) for one in rows[OutboundRuleRow]}),
        extension_caps=MappingProxyType({one.extension_id: caps_of(one) for one in extensions}),
    )


def settings_of(row: TenantConfig) -> Settings:
    return Settings(
        default_caller_id=row.default_caller_id,
        caller_id_policy=CallerIdPolicy(row.caller_id_policy),
        emergency_numbers=frozenset(row.emergency_numbers),
        forwarding_codes=row.forwarding_codes,
        do_not_disturb_codes=row.do_not_disturb_codes,
        echo_code=row.echo_code,
        caps=caps_of(row),
    )


def caps_of(row: TenantConfig | ExtensionConfig) -> Caps:
    return Caps.of(row.max_calls, row.max_calls_per_second, row.max_international_minutes_per_day)


def forwarding_of(row: ExtensionConfig) -> Forwarding:
    return Forwarding(
        always=_destination(row.always),
        busy=_destination(row.busy),
        no_answer=_destination(row.no_answer),
        unreachable=_destination(row.unreachable),
        no_answer_seconds=row.no_answer_seconds,
        do_not_disturb=row.do_not_disturb,
    )


def ring_group_of(row: RingGroupRow) -> RingGroup:
    return RingGroup(
        id=row.id,
        slug=row.slug,
        strategy=Strategy(row.strategy),
        members=tuple(Member(**member) for member in row.members),
        ring_seconds=row.ring_seconds,
        no_answer=_destination(row.no_answer),
    )


def inbound_of(row: InboundRouteRow) -> InboundRoute:
    return InboundRoute(
        number_id=row.number_id,
        entries=tuple(entry_of(entry) for entry in row.entries),
        otherwise=_destination(row.otherwise),
    )


def entry_of(entry: dict[str, Any]) -> RouteEntry:
    schedule = entry.get("schedule")
    return RouteEntry(Destination.parse(entry["destination"]), schedule_of(schedule) if schedule else None)


def outbound_of(row: OutboundRuleRow) -> OutboundRule:
    return OutboundRule(id=row.id, prefix=row.prefix, allow=row.allow, trunk_ids=tuple(row.trunk_ids))


def _destination(text: str | None) -> Destination | None:
    return Destination.parse(text) if text else None
