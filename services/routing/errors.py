"""What routing refuses, each with a stable code and, where one field is to blame, that field."""

from __future__ import annotations

from shared.http.errors import ApiError, Conflict, DeadlineExceeded, Forbidden, Gone, Invalid, NotFound, Unavailable


class RingGroupSlugTaken(Conflict):
    """The tenant has a ring group with this slug."""

    code = "ring_group_slug_taken"
    title = "There is a ring group with this slug"

    def __init__(self) -> None:
        super().__init__(field="slug")


class RouteExists(Conflict):
    """The number has a route already."""

    code = "inbound_route_exists"
    title = "This number has a route"

    def __init__(self) -> None:
        super().__init__(field="number_id")


class PrefixTaken(Conflict):
    """The tenant has a rule for this prefix."""

    code = "prefix_taken"
    title = "There is a rule for this prefix"

    def __init__(self) -> None:
        super().__init__(field="prefix")


class TooManyRows(Conflict):
    """The tenant has as many of these as it may."""

    code = "too_many"
    title = "There are as many of these as a tenant may have"


class ExtensionUnknown(Invalid):
    """No such extension in this tenant."""

    code = "extension_unknown"
    title = "The tenant has no such extension"


class NumberNotOwned(Invalid):
    """Not a number of this tenant."""

    code = "number_not_owned"
    title = "The tenant does not own this number"


class TrunkUnknown(Invalid):
    """No such trunk, or not for this tenant."""

    code = "trunk_unknown"
    title = "The tenant may use no such trunk"


class ForwardsToItself(Invalid):
    """A forward that leads to where it starts."""

    code = "forwards_to_itself"
    title = "An extension cannot forward to itself"


class NotDialable(Invalid):
    """Not something a phone of this tenant could dial."""

    code = "not_dialable"
    title = "This cannot be dialled"


class NodeUnknown(NotFound):
    """No node of that name has ever reported itself."""

    code = "node_unknown"
    title = "No such node"


class CallNotFound(NotFound):
    """No node has such a call, or it is another tenant's."""

    code = "call_not_found"
    title = "No such call"


class CallGone(Gone):
    """It has ended."""

    code = "call_gone"
    title = "The call has ended"


class NotRegistered(Conflict):
    """None of the extension's devices is registered."""

    code = "not_registered"
    title = "No device of the extension is registered"


class CallFailed(Conflict):
    """The extension did not take the call; the detail has the cause."""

    code = "call_failed"
    title = "The call was not answered"


class DestinationRefused(Forbidden):
    """The extension may not call this."""

    code = "destination_refused"
    title = "The extension may not call this"


class NoNode(Unavailable):
    """No switch takes calls just now."""

    code = "no_switch"
    title = "No switch takes calls just now"


class SwitchUnavailable(Unavailable):
    """The switch that has the call cannot be reached, or refused."""

    code = "switch_unavailable"
    title = "The switch cannot do this just now"


class SwitchDeadline(DeadlineExceeded):
    """The switch did not answer in time."""

    code = "switch_deadline_exceeded"
    title = "The switch did not answer in time; the outcome is unknown"


class SwitchRefused(Conflict):
    """The switch refused, as the call is."""

    code = "switch_refused"
    title = "The switch refused"


class NotReadyYet(Unavailable):
    """The configuration is still being read."""

    code = "not_ready"
    title = "The configuration is still being read"


CONFLICTS: dict[str, type[ApiError]] = {
    "uq_ring_groups_tenant_id_slug": RingGroupSlugTaken,
    "uq_inbound_routes_number_id": RouteExists,
    "uq_outbound_rules_tenant_id_prefix": PrefixTaken,
}
"""What breaking each constraint is told as."""
