"""Calls that a program talks with: flows, voicemail and the built-in ones; and calls that a program sends on."""

from __future__ import annotations

from dataclasses import replace

from services.routing.domain.call import Call, Outcome, Redirect, World
from services.routing.domain.notices import not_in_service
from services.routing.domain.progress import Progress, Stage
from services.routing.domain.request import NEXT
from services.routing.domain.route import (
    DialTrunk,
    JoinConference,
    Notice,
    Prompt,
    Refusal,
    Refuse,
    Ring,
    Route,
    RunProgram,
)
from shared.telephony.causes import CAUSES, Cause
from shared.telephony.destinations import Destination, DestinationKind

_NEVER_BACK = (RunProgram, JoinConference)
"""Steps that take the call for good."""
BACK, ONLY_AFTER = 1, 2
"""Positions of a call that a program sent on: back to it when that fails, or only on when who answered leaves."""


def to_flow(world: World, call: Call, destination: Destination) -> Outcome:
    """A published flow of the tenant."""
    if destination.target not in call.index.flows:
        return not_in_service(world, call.noted(f"{destination} is not published"), destination)
    return run(call, str(destination), f"runs {destination}")


def to_voicemail(world: World, call: Call, destination: Destination) -> Outcome:
    """A mailbox of the tenant: the caller leaves a message."""
    if destination.target not in call.index.mailboxes:
        return not_in_service(world, call, destination)
    return run(call, str(destination), f"leaves a message at {destination}")


def run(call: Call, program: str, why: str, cause: str = "") -> Route:
    """Hand the call to a program. When none takes it, routing is asked again."""
    step = RunProgram(program, call.request.called or _called(call), call.request.turn + 1, cause, call.not_taken)
    # What comes after the program is the program's own matter.
    call = replace(call, back="", after="")
    return call.route(step, why, next=call.progress(stage=Stage.PROGRAM, target=program))


def after_program(_: World, call: Call, progress: Progress, failed: Cause) -> Outcome:
    """No program took the call, or every one that did died; or nobody took it where a program had sent it."""
    if progress.position == ONLY_AFTER:
        return call.refused(Refusal.FAR_END, failed)
    if progress.position == BACK:
        return run(call, progress.target, f"back to {progress.target}: {failed.name}", failed.name)
    kind, target = progress.target.split(":", 1)
    fallback = call.index.flows.get(target) if kind == DestinationKind.FLOW else None
    if fallback is not None:
        return Redirect(call.noted(f"no program took it: {fallback}"), fallback)
    notice = Notice(Prompt.NOT_IN_SERVICE, call.tenant.language, CAUSES["NORMAL_TEMPORARY_FAILURE"])
    return call.route(notice, "no program took it")


def leave(_: World, call: Call) -> Outcome:
    """A program sends its call on. The tenant acts, not who called: its administrator made the flow."""
    leaving = call.request.leaving
    assert leaving is not None  # noqa: S101 -- seen to by decide
    call = replace(
        call.by(leaving.program or "program"),
        acting=None,
        back=leaving.program,
        after=leaving.after,
        ring_seconds=leaving.ring_seconds,
        accept_key=leaving.accept_key,
        not_taken=leaving.not_taken,
    )
    return Redirect(call.noted(f"a program sends it to {leaving.destination}"), leaving.destination)


def coming_back(call: Call, route: Route) -> Route:
    """The same route for a call that a program wants back, or another afterwards: its end is their beginning."""
    if not (call.back or call.after) or isinstance(route.step, _NEVER_BACK):
        return route
    if call.back and isinstance(route.step, Refuse | Notice):
        cause = route.step.cause.name
        return run(replace(call, caps=route.caps, path=route.path), call.back, f"back to {call.back}: {cause}", cause)
    if isinstance(route.step, Ring | DialTrunk) and route.next is None:
        position = BACK if call.back else ONLY_AFTER
        return replace(route, next=call.progress(stage=Stage.PROGRAM, target=call.back, position=position))
    return route


def _called(call: Call) -> str:
    """What was called: the public number, or what a phone dialled."""
    kind, _, target = call.via.partition(":")
    if kind == "number":
        return target
    return "" if call.request.destination == NEXT else call.request.destination[:32]
