"""To an extension: forwarding, do-not-disturb, and ringing all its devices."""

from __future__ import annotations

from services.routing.domain.call import Call, Outcome, Redirect, World
from services.routing.domain.config import Extension, Forwarding
from services.routing.domain.progress import Progress, Stage
from services.routing.domain.route import CAUSE_OF, Refusal, Ring, Target
from shared.telephony.causes import Cause, CauseCategory
from shared.telephony.destinations import Destination

RING_SECONDS = 60
"""How long an extension rings when nothing else is said."""

FORWARD_ON = {
    CauseCategory.BUSY: "busy",
    CauseCategory.REJECTED: "busy",
    CauseCategory.NO_ANSWER: "no_answer",
    CauseCategory.UNREACHABLE: "unreachable",
    CauseCategory.CONGESTED: "unreachable",
    CauseCategory.FAILED: "unreachable",
}
"""Which forwarding takes over after which end of a ring; an end that is not here is final."""

REASONS = {
    "always": "unconditional",
    "busy": "user-busy",
    "no_answer": "no-answer",
    "unreachable": "unavailable",
    "do_not_disturb": "do-not-disturb",
}
"""What the next phone is told about a forward (RFC 5806)."""


def to_extension(_: World, call: Call, destination: Destination) -> Outcome:
    """An extension of the caller's tenant; one of another tenant does not exist here."""
    extension = call.index.extension(destination.target)
    if extension is None:
        return call.refused(Refusal.NUMBER_UNKNOWN, why=f"no extension {destination.target}")
    forwarding = call.index.forwarding(extension)
    if forwarding.always:
        return _forward(call, extension, "always", forwarding.always)
    if forwarding.do_not_disturb:
        return _forward_or_end(call, extension, "do_not_disturb", forwarding.busy, Refusal.DO_NOT_DISTURB)
    if not extension.devices:
        return _forward_or_end(call, extension, "unreachable", forwarding.unreachable, Refusal.UNREACHABLE)
    return _ring(call, extension, forwarding)


def after_extension(_: World, call: Call, progress: Progress, failed: Cause) -> Outcome:
    """The extension did not take the call."""
    extension = call.index.by_hex(progress.target)
    if extension is None:
        return call.refused(Refusal.FAR_END, failed)
    kind = FORWARD_ON.get(failed.category)
    destination = getattr(call.index.forwarding(extension), kind) if kind else None
    if kind is None or destination is None:
        return call.refused(Refusal.FAR_END, failed)
    return _forward(call, extension, kind, destination)


def _ring(call: Call, extension: Extension, forwarding: Forwarding) -> Outcome:
    max_calls = call.index.extension_caps(extension).max_calls
    # A phone with as many calls as it may have is not tried at all: only routing can then say that it is busy.
    may_go_on = forwarding.busy or forwarding.no_answer or forwarding.unreachable or max_calls is not None
    ring = Ring(
        domain=call.tenant.domain,
        targets=(Target(extension),),
        timeout_seconds=call.ring_seconds or (forwarding.no_answer_seconds if forwarding.no_answer else RING_SECONDS),
        shown=call.shown,
        via=call.via,
        diversion=call.diversion,
        max_calls=max_calls,
    )
    progress = call.progress(stage=Stage.EXTENSION, target=extension.id.hex) if may_go_on else None
    return call.route(ring, f"rings extension {extension.number}", next=progress)


def _forward(call: Call, extension: Extension, kind: str, destination: Destination) -> Redirect:
    call = call.noted(f"extension {extension.number} forwards ({kind.replace('_', ' ')}) to {destination}")
    return Redirect(call.forwarded(extension, REASONS[kind]), destination)


def _forward_or_end(
    call: Call, extension: Extension, kind: str, destination: Destination | None, refusal: Refusal
) -> Outcome:
    if destination is not None:
        return _forward(call, extension, kind, destination)
    return call.refused(refusal, CAUSE_OF[refusal], why=f"extension {extension.number}: {refusal.value}")
