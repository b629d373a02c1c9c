"""What a feature code changes, stored before the caller hears that it is."""

from __future__ import annotations

import asyncio

from services.routing.changes import Changes
from services.routing.domain.route import Route, SetDoNotDisturb, SetForwarding
from shared.runtime.logs import get_logger

log = get_logger(__name__)

WITHIN_SECONDS = 1.5
"""mod_xml_curl waits for two seconds."""


class Effects:
    """Carries out a route's effects."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes

    async def carry_out(self, route: Route) -> bool:
        """Store them; whether that worked."""
        assert route.tenant_id is not None  # noqa: S101 -- only an extension has effects
        try:
            async with asyncio.timeout(WITHIN_SECONDS), self._changes.open(route.tenant_id) as store:
                for effect in route.effects:
                    if isinstance(effect, SetForwarding):
                        value = str(effect.destination) if effect.destination else None
                        await store.change_extension_config(effect.extension_id, **{effect.kind: value})
                    elif isinstance(effect, SetDoNotDisturb):
                        await store.change_extension_config(effect.extension_id, do_not_disturb=effect.on)
        except Exception:
            log.exception("a feature code could not be stored", tenant_id=str(route.tenant_id))
            return False
        return True
