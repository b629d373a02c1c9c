"""Queues: the caller waits with music until ``acd`` connects an agent."""

from __future__ import annotations

from dataclasses import replace

from services.routing.domain.call import Call, Outcome, World
from services.routing.domain.notices import not_in_service
from services.routing.domain.programs import run
from services.routing.domain.progress import Progress, Stage
from services.routing.domain.route import JoinQueue, Refusal
from shared.telephony.causes import CAUSES, Cause
from shared.telephony.destinations import Destination


def to_queue(world: World, call: Call, destination: Destination) -> Outcome:
    """A queue of the tenant. Who has talked with an agent goes on to the queue's survey, where it has one."""
    queue = call.index.queues.get(destination.target)
    if queue is None:
        return not_in_service(world, call.noted(f"{destination} takes no calls"), destination)
    survey = f"flow:{queue.survey}" if queue.survey in call.index.flows else ""
    call = replace(call, after=call.after or survey)
    files = call.index.prompts.get(queue.music, {})
    music = files.get(call.tenant.language) or next(iter(files.values()), "")
    step = JoinQueue(queue.id, queue.slug, call.request.queue_turn + 1, call.tenant.language, music)
    return call.route(step, f"waits in {destination}", next=call.progress(stage=Stage.QUEUE, target=queue.slug))


def after_queue(_: World, call: Call, progress: Progress, failed: Cause) -> Outcome:
    """The caller's time in the queue is over: back to the program that sent the call there, unless an agent had it."""
    if call.request.was_bridged:
        return call.refused(Refusal.FAR_END, CAUSES["NORMAL_CLEARING"], "who answered has left")
    if progress.back:
        return run(call, progress.back, f"back to {progress.back}: {failed.name}", failed.name)
    return call.refused(Refusal.FAR_END, failed)
