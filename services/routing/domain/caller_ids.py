"""Which number and name a call to the outside shows: only numbers that the tenant owns."""

from __future__ import annotations

from services.routing.domain.call import Call
from services.routing.domain.config import Trunk
from services.routing.domain.index import TenantIndex
from services.routing.domain.route import Shown
from services.routing.domain.trunks import written
from shared.telephony.caller_id import PolicyInputs, outbound_caller_id


def outside_caller_id(call: Call, trunk: Trunk) -> Shown:
    """What the far end of a trunk is shown, under the tenant's policy."""
    acting, index = call.acting, call.index
    own = acting.outbound_caller_id if acting and index.owns(acting.outbound_caller_id) else None
    chosen = outbound_caller_id(
        index.routes.settings.caller_id_policy,
        PolicyInputs(
            extension_number=own or "",
            extension_name=acting.display_name if acting else "",
            tenant_number=default_number(index),
            tenant_name=call.tenant.display_name,
        ),
    )
    number = written(chosen.number, trunk.number_format, call.tenant.country) if chosen.number else "anonymous"
    return Shown(number, chosen.name, chosen.hidden)


def default_number(index: TenantIndex) -> str:
    """The tenant's chosen main number while it owns it, else the first it owns; empty without any."""
    chosen = index.routes.settings.default_caller_id
    if chosen and index.owns(chosen):
        return chosen
    return min(index.by_e164, default="")
