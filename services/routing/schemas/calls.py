"""Calls that are up."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from services.routing.schemas.fields import Dialled
from shared.http.schemas import StrictModel, View
from shared.telephony.numbers import ExtensionNumber


class PlaceCall(StrictModel):
    """Call an extension's own phone, and from there ``to``."""

    from_extension: ExtensionNumber
    to: Dialled


class PlacedCall(View):
    """A call whose first phone was answered."""

    call_id: str
    node_id: str


class TransferCall(StrictModel):
    """Send a leg (or the one it talks to, or both) to ``to``."""

    to: Dialled
    which: Literal["leg", "other", "both"] = "other"


class RecordCall(StrictModel):
    """What to do with the recording."""

    action: Literal["start", "stop", "mask", "unmask"]


class LiveLeg(View):
    """A leg that is up."""

    leg_id: str
    call_id: str
    node_id: str
    leg_direction: str
    direction: str
    caller_number: str = ""
    caller_name: str = ""
    called_number: str = ""
    extension: str | None = None
    created_at: datetime | None = None
    answered_at: datetime | None = None
    other_leg_id: str | None = None


class LiveCall(View):
    """A call that is up, with its legs."""

    call_id: str
    direction: str
    legs: list[LiveLeg]


class LiveCallsView(View):
    """The tenant's calls. ``silent_nodes`` did not say what they have."""

    items: list[LiveCall]
    silent_nodes: list[str]
