"""Conference rooms of a tenant."""

from __future__ import annotations

from services.routing.domain.call import Call, Outcome, World
from services.routing.domain.route import JoinConference
from shared.telephony.destinations import Destination


def to_conference(_: World, call: Call, destination: Destination) -> Outcome:
    """The room of that name; conferences are one space per node, so the name begins with the tenant."""
    return call.route(JoinConference(f"{call.tenant.id}-{destination.target}"), f"joins {destination}")
