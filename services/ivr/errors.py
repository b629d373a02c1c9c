"""What ivr refuses, each with a stable code and, where one field is to blame, that field."""

from __future__ import annotations

from shared.http.errors import Conflict, Invalid, NotFound


class FlowSlugTaken(Conflict):
    """The tenant has a flow with this slug."""

    code = "flow_slug_taken"
    title = "There is a flow with this slug"

    def __init__(self) -> None:
        super().__init__(field="slug")


class TooManyRows(Conflict):
    """The tenant has as many of these as it may."""

    code = "too_many"
    title = "There are as many as there may be"


class FlowHasProblems(Invalid):
    """A flow with errors is not published; ``errors`` names them by node."""

    code = "flow_has_problems"
    title = "The flow has problems"


class FlowInUse(Conflict):
    """The published version of another flow enters this one."""

    code = "flow_in_use"
    title = "Another flow enters this flow"


class FlowUnreadable(Invalid):
    """A version that another release stored, and that this one cannot run."""

    code = "flow_unreadable"
    title = "This version of the flow cannot be read"


class CauseUnknown(Invalid):
    """No hangup cause has this name."""

    code = "cause_unknown"
    title = "No hangup cause has this name"


class PromptSlugTaken(Conflict):
    """The tenant has a prompt with this slug."""

    code = "prompt_slug_taken"
    title = "There is a prompt with this slug"

    def __init__(self) -> None:
        super().__init__(field="slug")


class PromptInUse(Conflict):
    """A published flow or a draft plays the prompt."""

    code = "prompt_in_use"
    title = "A flow plays this prompt"


class CustomerNumberTaken(Conflict):
    """Another customer of the tenant has the number."""

    code = "customer_number_taken"
    title = "Another customer has this number"

    def __init__(self) -> None:
        super().__init__(field="numbers")


class CustomerExternalIdTaken(Conflict):
    """Another customer of the tenant has the external id."""

    code = "customer_external_id_taken"
    title = "Another customer has this external id"

    def __init__(self) -> None:
        super().__init__(field="external_id")


class MailboxNumberTaken(Conflict):
    """The tenant has a mailbox with this number."""

    code = "mailbox_number_taken"
    title = "There is a mailbox with this number"

    def __init__(self) -> None:
        super().__init__(field="number")


class ExtensionUnknown(Invalid):
    """The tenant has no such extension."""

    code = "extension_unknown"
    title = "No such extension"


class MailboxUnknown(Invalid):
    """The tenant has no such mailbox, or it takes no messages."""

    code = "mailbox_unknown"
    title = "No such mailbox"


class MailboxFull(Conflict):
    """The box takes no further message."""

    code = "mailbox_full"
    title = "The mailbox is full"


class WeakPin(Invalid):
    """The PIN is too easy to guess."""

    code = "weak_pin"
    title = "The PIN is too easy to guess"


class RecordingGone(NotFound):
    """The recording's file is not there."""

    code = "recording_gone"
    title = "The recording is not there any more"


CONFLICTS = {
    "uq_flows_tenant_id_slug": FlowSlugTaken,
    "uq_mailboxes_tenant_id_number": MailboxNumberTaken,
    "uq_prompts_tenant_id_slug": PromptSlugTaken,
    "customer_numbers_pkey": CustomerNumberTaken,
    "uq_customers_tenant_id_external_id": CustomerExternalIdTaken,
}
"""The constraint that is broken -> what is told."""
