"""Who may hold which role, and what API keys may do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

__all__ = [
    "ADMINISTRATORS",
    "PLATFORM_ROLE",
    "ROLES",
    "SCOPE_PATTERN",
    "TENANT_ROLES",
    "grant_refusal",
    "scopes_refusal",
]

PLATFORM_ROLE: Final = "platform_admin"
TENANT_ROLES: Final = ("tenant_admin", "manager", "supervisor", "quality", "agent")
ROLES: Final = (PLATFORM_ROLE, *TENANT_ROLES)

ADMINISTRATORS: Final = frozenset({PLATFORM_ROLE, "tenant_admin"})
"""Roles that can do whatever their tenant, or the platform, can."""

SCOPE_PATTERN: Final = r"^[a-z]+(?:-[a-z]+)*:(?:read|write)$"
"""A scope names a resource of any service and what may be done with it: ``extensions:write``."""


def grant_refusal(granted: Iterable[str], *, for_platform: bool) -> str | None:
    """Why these roles cannot be given to a user of the platform, or of a tenant; none when they can."""
    roles = set(granted)
    if not roles:
        return "at least one role is needed"
    if for_platform and roles != {PLATFORM_ROLE}:
        return "a user of the platform has the role platform_admin and no other"
    if not for_platform and PLATFORM_ROLE in roles:
        return "a tenant's user cannot be platform_admin"
    return None


def scopes_refusal(scopes: Iterable[str], *, for_platform: bool) -> str | None:
    """Why an API key cannot carry these scopes; none when it can. Making tenants is for the platform's own keys."""
    if not for_platform and "tenants:write" in set(scopes):
        return "tenants:write is for API keys of the platform"
    return None
