"""Ring groups: members together, one after another, or in turn.

A member's own forwarding does not apply: its mailbox must not take the group's calls. A member that does not want to be
disturbed, or has no device, is passed over.
"""

from __future__ import annotations

from dataclasses import replace

from services.routing.domain.call import Call, Outcome, Redirect, World
from services.routing.domain.config import Member, RingGroup, Strategy
from services.routing.domain.progress import Progress, Stage
from services.routing.domain.route import Refusal, Ring, Target
from shared.telephony.causes import CAUSES, Cause
from shared.telephony.destinations import Destination


def to_ring_group(world: World, call: Call, destination: Destination) -> Outcome:
    """The group of that name, from its first member or whose turn it is."""
    group = call.index.ring_group(destination.target)
    if group is None:
        return call.refused(Refusal.NUMBER_UNKNOWN, why=f"no {destination}")
    # From here on the tenant acts, not who called: the group's own overflow is the administrator's choice.
    call = replace(call.by(f"ring-group:{group.slug}"), acting=None).noted(f"{destination}, {group.strategy.value}")
    if group.strategy is Strategy.SIMULTANEOUS:
        return _together(call, group)
    is_in_turn = group.strategy is Strategy.ROUND_ROBIN and group.members
    start = world.usage.turns.get(group.id, 0) % len(group.members) if is_in_turn else 0
    outcome = _one(call, group, 0, start, CAUSES["NO_ANSWER"])
    return outcome if isinstance(outcome, Redirect) else replace(outcome, turn_of=group.id if is_in_turn else None)


def after_members(_: World, call: Call, progress: Progress, failed: Cause) -> Outcome:
    """Those who rang did not take the call: the next one, or the group's overflow."""
    group = call.index.ring_group(progress.target)
    if group is None:
        return call.refused(Refusal.FAR_END, failed)
    if group.strategy is Strategy.SIMULTANEOUS:
        return _overflow(call, group, failed)
    return _one(call, group, progress.position, progress.start, failed)


def _together(call: Call, group: RingGroup) -> Outcome:
    targets = tuple(target for member in group.members if (target := _target(call, member)))
    if not targets:
        return _overflow(call, group, CAUSES["SUBSCRIBER_ABSENT"])
    ring = Ring(
        domain=call.tenant.domain,
        targets=targets,
        timeout_seconds=group.ring_seconds,
        shown=call.shown,
        via=call.via,
        diversion=call.diversion,
    )
    members = ", ".join(target.extension.number for target in targets)
    progress = call.progress(stage=Stage.RING_GROUP, target=group.slug) if group.no_answer else None
    return call.route(ring, f"rings {members}", next=progress)


def _one(call: Call, group: RingGroup, position: int, start: int, failed: Cause) -> Outcome:
    """The next member that can ring, counted from ``position`` in the order that begins at ``start``."""
    count = len(group.members)
    for place in range(position, count):
        member = group.members[(start + place) % count]
        if target := _target(call, member):
            break
    else:
        return _overflow(call, group, failed)
    ring = Ring(
        domain=call.tenant.domain,
        targets=(replace(target, delay_seconds=0, timeout_seconds=None),),
        timeout_seconds=member.timeout_seconds,
        shown=call.shown,
        via=call.via,
        diversion=call.diversion,
    )
    progress = call.progress(stage=Stage.RING_GROUP, target=group.slug, position=place + 1, start=start)
    is_last = place + 1 == count and not group.no_answer
    return call.route(ring, f"rings {member.extension}", next=None if is_last else progress)


def _overflow(call: Call, group: RingGroup, failed: Cause) -> Outcome:
    if group.no_answer:
        return Redirect(call.noted(f"nobody answered: {group.no_answer}"), group.no_answer)
    return call.refused(Refusal.FAR_END, failed, why="nobody answered")


def _target(call: Call, member: Member) -> Target | None:
    extension = call.index.extension(member.extension)
    if extension is None or not extension.devices or call.index.forwarding(extension).do_not_disturb:
        return None
    return Target(extension, member.delay_seconds, member.timeout_seconds)
