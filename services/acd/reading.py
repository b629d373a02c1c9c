"""Rows as values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from services.acd.domain.announcing import Announcements
from services.acd.domain.callbacks import Callback, CallbackRules, CallbackState
from services.acd.domain.model import (
    Agent,
    AgentState,
    AgentStatus,
    Membership,
    Queue,
    Requirement,
    Ring,
    Strategy,
)
from services.acd.domain.overflow import OverflowStep
from services.acd.domain.skills import RingSyntaxError, parse_rings
from services.acd.models import AgentHistoryRow, AgentRow, AgentStateRow, EntryRow, MembershipRow, QueueRow
from services.acd.records import Configuration, Consult, Entry, PastStatus, QueueConfig, Supervisor
from shared.runtime.logs import get_logger
from shared.telephony.destinations import parse_destination
from shared.telephony.schedule_fields import schedule_of
from shared.telephony.schedules import Schedule

log = get_logger(__name__)

READ_APART = frozenset({"requirements", "overflowed", "consult", "callback", "supervisors"})
"""What of an entry is kept as JSON."""


def configuration_of(
    queues: Iterable[QueueRow], agents: Iterable[AgentRow], memberships: Iterable[MembershipRow]
) -> Configuration:
    """A tenant's queues and agents."""
    served: dict[Any, list[Membership]] = {}
    for row in memberships:
        served.setdefault(row.agent_id, []).append(Membership(row.queue_id, row.level, row.position))
    return Configuration(
        queues={row.id: queue_of(row) for row in queues},
        agents={row.id: agent_of(row, served.get(row.id, ())) for row in agents},
    )


def queue_of(row: QueueRow) -> QueueConfig:
    """A queue as configured."""
    queue = Queue(
        id=row.id,
        tenant_id=row.tenant_id,
        slug=row.slug,
        strategy=Strategy(row.strategy),
        weight=row.weight,
        ring_seconds=row.ring_seconds,
        wrap_up_seconds=row.wrap_up_seconds,
        rings=_rings_of(row),
        sticky_seconds=row.sticky_seconds,
        max_missed=row.max_missed,
        short_abandon_seconds=row.short_abandon_seconds,
    )
    hours = _hours_of(row, row.hours)
    return QueueConfig(
        queue=queue,
        display_name=row.display_name,
        enabled=row.enabled,
        music=row.music,
        max_waiting=row.max_waiting,
        overflow=tuple(
            OverflowStep(
                step["when"],
                parse_destination(step["destination"]),
                step.get("seconds"),
                step.get("offers_callback", False),
            )
            for step in row.overflow
        ),
        announcements=Announcements(**{**row.announcements, "comfort": tuple(row.announcements.get("comfort", ()))}),
        callback_enabled=row.callback_enabled,
        callback_key=row.callback.get("key") or "",
        callback_abroad=row.callback.get("abroad", False),
        callback=_callback_rules_of(row, hours),
        survey_flow=row.survey_flow,
        hours=hours,
        leave_keys={key: parse_destination(destination) for key, destination in row.leave_keys.items()},
    )


def agent_of(row: AgentRow, memberships: Iterable[Membership]) -> Agent:
    """An agent as configured."""
    return Agent(
        id=row.id,
        tenant_id=row.tenant_id,
        name=row.display_name,
        phone=parse_destination(row.phone),
        skills=dict(row.skills),
        memberships=tuple(memberships),
        standing=row.standing,
        ring_in_use=row.ring_in_use,
    )


def state_of(row: AgentStateRow) -> AgentState:
    """What an agent does."""
    return AgentState(**{**row.model_dump(exclude={"tenant_id"}), "status": AgentStatus(row.status)})


def entry_of(row: EntryRow) -> Entry:
    """A caller's time in line."""
    values = row.model_dump(exclude={"tenant_id", *READ_APART})
    requirements = tuple(Requirement(**one) for one in row.requirements)
    overflowed, consult = tuple(row.overflowed), _consult_of(row.consult)
    callback = None if row.callback is None else callback_of(row.callback)
    return Entry(
        **values,
        requirements=requirements,
        overflowed=overflowed,
        consult=consult,
        callback=callback,
        supervisors=tuple(Supervisor(**_with_moment(one)) for one in row.supervisors),
    )


def _consult_of(kept: dict[str, Any] | None) -> Consult | None:
    return None if kept is None else Consult(**_with_moment(kept))


def _with_moment(kept: dict[str, Any]) -> dict[str, Any]:
    return {**kept, "since": datetime.fromisoformat(kept["since"])}


def callback_of(stored: Mapping[str, Any]) -> Callback:
    """How a callback stands."""
    not_before = stored.get("not_before")
    return Callback(
        state=CallbackState(stored["state"]),
        asked_at=datetime.fromisoformat(stored["asked_at"]),
        number=stored["number"],
        not_before=None if not_before is None else datetime.fromisoformat(not_before),
        attempts=stored["attempts"],
    )


def past_status_of(row: AgentHistoryRow) -> PastStatus:
    """A status that ended."""
    return PastStatus(**{**row.model_dump(exclude={"tenant_id"}), "status": AgentStatus(row.status)})


def _rings_of(row: QueueRow) -> tuple[Ring, ...]:
    try:
        return parse_rings(row.rings)
    except RingSyntaxError as error:  # of another release: callers are served without skills rather than not at all
        log.error("rings cannot be read", queue=row.slug, tenant_id=str(row.tenant_id), reason=str(error))
        return ()


def _hours_of(row: QueueRow, stored: Mapping[str, Any] | None) -> Schedule | None:
    try:
        return None if stored is None else schedule_of(stored)
    except (ValueError, KeyError, TypeError) as error:  # of another release: open rather than closed for ever
        log.error("hours cannot be read", queue=row.slug, tenant_id=str(row.tenant_id), reason=str(error))
        return None


def _callback_rules_of(row: QueueRow, hours: Schedule | None) -> CallbackRules:
    """Without hours of its own, a queue calls back while it is open."""
    numbers = ("most_attempts", "retry_seconds", "keep_seconds")
    given = {name: row.callback[name] for name in numbers if name in row.callback}
    return CallbackRules(**given, hours=_hours_of(row, row.callback.get("hours")) or hours)
