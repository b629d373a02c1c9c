"""What acd refuses, each with a stable code and, where one field is to blame, that field."""

from __future__ import annotations

from shared.http.errors import Conflict, DeadlineExceeded, Gone, Invalid, NotFound, Unavailable


class QueueSlugTaken(Conflict):
    """The tenant has a queue with this slug."""

    code = "queue_slug_taken"
    title = "There is a queue with this slug"

    def __init__(self) -> None:
        super().__init__(field="slug")


class UserHasAgent(Conflict):
    """Another agent of the tenant is this user."""

    code = "user_has_agent"
    title = "There is an agent of this user"

    def __init__(self) -> None:
        super().__init__(field="user_id")


class TooManyRows(Conflict):
    """The tenant has as many of these as it may."""

    code = "too_many"
    title = "There are as many of these as a tenant may have"


class QueueHasCallers(Conflict):
    """Callers are in line; they are sent elsewhere first."""

    code = "queue_has_callers"
    title = "Callers are in line"


class AgentSignedIn(Conflict):
    """The agent is at work and is signed out first."""

    code = "agent_signed_in"
    title = "The agent is signed in"


class QueueUnknown(Invalid):
    """The tenant has no such queue."""

    code = "queue_unknown"
    title = "No such queue"


class OverflowsIntoItself(Invalid):
    """A queue's callers go to the queue they are in."""

    code = "overflows_into_itself"
    title = "A queue cannot overflow into itself"


class PhoneNotAllowed(Invalid):
    """The tenant does not call this number; the detail says why: class of service, a rule, minutes."""

    code = "phone_not_allowed"
    title = "This number is not called for an agent"


class PhoneUnreachable(Invalid):
    """No trunk carries this number."""

    code = "phone_unreachable"
    title = "No trunk leads to this number"


class RoutingNotReady(Unavailable):
    """Whether a number outside may be called is asked of routing, which did not answer."""

    code = "routing_not_ready"
    title = "Routing did not say whether this number can be called"


class ClosedLeadsNowhere(Invalid):
    """A queue has hours, and says nothing of callers outside them."""

    code = "closed_leads_nowhere"
    title = "A queue with hours needs an overflow step for closed"


class KeyTakenTwice(Invalid):
    """A key of a queue would do two things."""

    code = "key_taken_twice"
    title = "This key leads elsewhere already"


class CallbackUnknown(NotFound):
    """Nobody of that id is to be called back: never was, or is not any more."""

    code = "callback_unknown"
    title = "No such callback is in line"


class AgentUnknown(NotFound):
    """The tenant has no such agent."""

    code = "agent_unknown"
    title = "No such agent"


class CallerNotWaiting(NotFound):
    """Nobody of that id is in line: never was, or is not any more."""

    code = "caller_not_waiting"
    title = "No such caller is in line"


class ContactUnknown(NotFound):
    """The tenant never had such a contact."""

    code = "contact_unknown"
    title = "No such contact"


class ContactOver(Gone):
    """The contact has ended, or another agent has it by now."""

    code = "contact_over"
    title = "The contact has ended"


class DestinationUnknown(Invalid):
    """The tenant has nothing of that name to send a caller to."""

    code = "destination_unknown"
    title = "No such destination"


class PhoneNeeded(Invalid):
    """A supervisor's phone has to be named: whoever asks is no agent with an extension."""

    code = "phone_needed"
    title = "A phone has to be named"

    def __init__(self) -> None:
        super().__init__("you are no agent with an extension as the phone", field="phone")


class PhoneNotReached(Conflict):
    """Nobody answered the phone, or the switch did not connect it; the detail is the switch's cause."""

    code = "phone_not_reached"
    title = "The phone was not answered"


class IllegalChange(Conflict):
    """It cannot happen to an agent, or to a caller, in this status; the detail says which."""

    code = "illegal_change"
    title = "This cannot be done now"


class FloorNotReady(Unavailable):
    """Nobody owns the tenant's queues just now: another process is about to take over."""

    code = "floor_not_ready"
    title = "The queues have no owner just now"


class TenantsNotRead(Unavailable):
    """What the directory tells of tenants is still being read."""

    code = "not_ready"
    title = "The tenants are still being read"


class FloorDeadline(DeadlineExceeded):
    """The owner of the queues did not answer in time."""

    code = "floor_deadline_exceeded"
    title = "The owner of the queues did not answer in time; the outcome is unknown"


class Overtaken(Exception):
    """Another process owns the tenant's queues by now; nothing was written."""


CONFLICTS: dict[str, type[QueueSlugTaken] | type[UserHasAgent]] = {
    "uq_queues_tenant_id_slug": QueueSlugTaken,
    "uq_agents_tenant_id_user_id": UserHasAgent,
}
"""What breaking each constraint is told as."""
