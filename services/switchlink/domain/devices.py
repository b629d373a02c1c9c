"""Registrations: what mod_sofia's events mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from services.switchlink.domain.headers import Headers, Reader
from shared.contracts.nodes import DeviceEvent, DeviceRegistered, DeviceRegistrationRefused, DeviceUnregistered


def device_message(headers: Headers, *, node_id: str, tenant_of_domain: dict[str, UUID]) -> DeviceEvent | None:
    """The message for a ``sofia::*`` registration event; none for the others.

    Args:
        tenant_of_domain: SIP domain -> tenant; a domain that is nobody's gives a message of the platform's own.
    """
    event = Reader(headers)
    name = event.name
    user = event.text("from-user") or event.text("to-user") or event.text("user") or ""
    domain = event.text("realm") or event.text("from-host") or event.text("host") or event.text("to-host") or ""
    address = event.text("network-ip") or ""
    port = event.text("network-port")
    core = event.text("Core-UUID") or ""
    about: dict[str, Any] = {
        "message_id": uuid5(UUID(int=0), f"{core}/{event.text('Event-Sequence')}"),
        "occurred_at": event.occurred_at,
        "tenant_id": tenant_of_domain.get(domain.lower()),
        "node_id": node_id,
        "domain": domain[:255],
        "sip_username": user[:255],
        "network_address": f"{address}:{port}" if port else address,
        "user_agent": (event.text("user-agent") or "")[:255],
    }
    if name == "sofia::register":
        return DeviceRegistered(
            **about, contact=event.text("contact") or "", expires_seconds=event.number("expires") or 0
        )
    if name in {"sofia::unregister", "sofia::expire"}:
        return DeviceUnregistered(**about, expired=name == "sofia::expire")
    if name == "sofia::register_failure":
        return DeviceRegistrationRefused(**about, reason=event.text("registration-type") or "refused")
    return None


def registrations_of(rows: Iterable[Mapping[str, str]]) -> dict[str, datetime]:
    """The rows of ``show registrations``: ``user@domain``, and when that expires."""
    return {
        f"{row.get('reg_user')}@{row.get('realm')}": datetime.fromtimestamp(int(row.get("expires") or 0), UTC)
        for row in rows
    }
