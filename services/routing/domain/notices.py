"""Definite answers: hang up with a cause, or say that something cannot be reached."""

from __future__ import annotations

from services.routing.domain.call import Call, Outcome, World
from services.routing.domain.route import Notice, Prompt, Refusal
from shared.telephony.causes import CAUSES
from shared.telephony.destinations import Destination, DestinationKind


def hang_up(_: World, call: Call, destination: Destination) -> Outcome:
    """``hangup:busy`` and its like."""
    return call.refused(Refusal.HANGUP, destination.hangup_cause, why=f"{destination}")


def not_in_service(_: World, call: Call, destination: Destination) -> Outcome:
    """Destinations whose service is not there: the caller hears so."""
    is_voicemail = destination.kind is DestinationKind.VOICEMAIL
    prompt = Prompt.NOT_AVAILABLE if is_voicemail else Prompt.NOT_IN_SERVICE
    notice = Notice(prompt, call.tenant.language, CAUSES["FACILITY_NOT_IMPLEMENTED"])
    return call.route(notice, f"{destination} is not in service")
