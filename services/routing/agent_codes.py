"""What an agent's phone dials to sign in, sign out, pause and be ready: asked of acd before the caller hears of it."""

from __future__ import annotations

from dataclasses import replace

import orjson

from services.routing.domain.route import ChangeAgentState, Confirm, Route, StandBy
from shared.bus.port import Bus, BusError
from shared.contracts.acd import ChangeAgentAtPhone, FloorReply
from shared.runtime.logs import get_logger

log = get_logger(__name__)

WITHIN_SECONDS = 1.5
"""mod_xml_curl waits for two seconds."""
UNKNOWN = "agent-unknown"


class AgentCodes:
    """Asks whoever owns the tenant's agents."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def carry_out(self, route: Route, effect: ChangeAgentState, leg_id: str) -> Route:
        """Have it done; the route that tells the caller how it went."""
        command = ChangeAgentAtPhone(
            tenant_id=route.tenant_id,
            phone=f"extension:{effect.extension}",
            action=effect.action,
            leg_id=leg_id,
            by=f"feature_code:{effect.extension}",
        )
        try:
            reply = await self._bus.request(command, timeout=WITHIN_SECONDS)
        except BusError as error:
            log.warning("an agent's code was not carried out", code=effect.action, reason=str(error))
            return replace(route, step=Confirm(done=False))
        if not isinstance(reply, FloorReply) or not reply.ok:
            prompt = UNKNOWN if reply.code == "not_found" else ""
            return replace(route, step=Confirm(done=False, prompt=prompt, language=route.language))
        told = orjson.loads(reply.result)
        if told.get("stands") and isinstance(route.step, Confirm):
            return replace(route, step=StandBy(str(told["agent_id"]), route.step.prompt, route.language))
        return route
