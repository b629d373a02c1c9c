"""Queries about what callers leave behind in flows: answers to surveys, requests to be called back, messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from services.ivr.domain.flow import Flow
from services.ivr.domain.node import CallFacts
from services.ivr.domain.writes import CallbackRequest, RecordedMessage, SurveyAnswer
from services.ivr.models_results import CallbackRequestRow, RecordedMessageRow, Result, SurveyAnswerRow
from shared.contracts.ivr import CallbackRequested, FlowEvent, MessageRecorded, SurveyAnswered
from shared.db.engine import Session

R = TypeVar("R", SurveyAnswerRow, CallbackRequestRow, RecordedMessageRow)
What = SurveyAnswer | CallbackRequest | RecordedMessage
ANSWER: Any = SurveyAnswerRow


class Call(Protocol):
    """What must be known of the call (``services.ivr.conversation.CallContext``)."""

    @property
    def facts(self) -> CallFacts: ...

    @property
    def flow(self) -> Flow: ...

    @property
    def node(self) -> str: ...

    @property
    def language(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of it: the row's id, and what is to be told; nothing when it had been saved before."""

    id: UUID
    event: FlowEvent | None


async def save(session: Session, tenant_id: UUID, call: Call, what: What, now: datetime) -> Saved:
    """Write down what a node wants kept; a node's second one of the same leg changes nothing."""
    row = _ROWS[type(what)](what, _of_call(tenant_id, call, now))
    model: Any = type(row)
    statement = insert(model).values(**row.model_dump()).on_conflict_do_nothing(
        index_elements=["tenant_id", "leg_id", "node"]
    )  # fmt: skip
    if (await session.execute(statement.returning(model.id))).first() is not None:
        return Saved(row.id, _event(row))
    query = select(model.id).where(
        model.tenant_id == tenant_id, model.leg_id == row.leg_id, model.node == row.node
    )  # fmt: skip
    return Saved((await session.execute(query)).scalar_one(), None)


class ResultStore:
    """Queries of one tenant in one transaction, opened for that tenant."""

    def __init__(self, session: Session, tenant_id: UUID) -> None:
        self.session = session
        self.tenant_id = tenant_id

    async def get(self, model: type[R], row_id: UUID, *, lock: bool = False) -> R | None:
        """One result, locked until the end of the transaction on request."""
        kind: Any = model
        query = select(model).where(kind.id == row_id, kind.tenant_id == self.tenant_id)
        found: R | None = (await self.session.execute(query.with_for_update() if lock else query)).scalar_one_or_none()
        return found

    async def page(
        self,
        model: type[R],
        *,
        limit: int,
        after: tuple[Any, ...] | None,
        begin: datetime | None = None,
        end: datetime | None = None,
        done: bool | None = None,
        **equal: str | None,
    ) -> list[R]:
        """Up to ``limit`` + 1 results past ``after``, the newest first.

        Args:
            begin, end: when it was left, ``end`` not included.
            done: of call-back requests.
            equal: columns with the value they must have; none: any.
        """
        kind: Any = model
        query = select(model).where(*_within(kind, self.tenant_id, begin, end))
        query = query.where(*(getattr(kind, name) == value for name, value in equal.items() if value is not None))
        if done is not None:
            query = query.where(kind.done_at.is_not(None) if done else kind.done_at.is_(None))
        if after is not None:
            query = query.where(tuple_(kind.created_at, kind.id) < after)
        query = query.order_by(kind.created_at.desc(), kind.id.desc()).limit(limit + 1)
        return list((await self.session.execute(query)).scalars())

    async def counts(
        self, survey: str, *, begin: datetime | None = None, end: datetime | None = None
    ) -> list[tuple[str, str, int | None, int]]:
        """(question, scale, answer, how many) of a survey; no answer: a spoken comment."""
        where = _within(ANSWER, self.tenant_id, begin, end)
        columns = (ANSWER.question, ANSWER.scale, ANSWER.number)
        query = select(*columns, func.count()).where(*where, ANSWER.survey == survey)
        query = query.group_by(*columns).order_by(*columns)
        return [(question, scale, number, many) for question, scale, number, many in await self.session.execute(query)]


def _within(kind: Any, tenant_id: UUID, begin: datetime | None, end: datetime | None) -> list[Any]:
    where = [kind.tenant_id == tenant_id]
    if begin is not None:
        where.append(kind.created_at >= begin)
    if end is not None:
        where.append(kind.created_at < end)
    return where


def _of_call(tenant_id: UUID, call: Call, now: datetime) -> dict[str, Any]:
    return {
        "tenant_id": tenant_id,
        "call_id": call.facts.call_id,
        "leg_id": call.facts.leg_id,
        "flow_id": call.flow.ref.id,
        "flow": call.flow.slug,
        "flow_version": call.flow.ref.version,
        "node": call.node,
        "caller_number": call.facts.caller_number,
        "language": call.language,
        "created_at": now,
    }


def _answer(what: SurveyAnswer, of_call: dict[str, Any]) -> SurveyAnswerRow:
    return SurveyAnswerRow(
        **of_call,
        survey=what.survey,
        question=what.question,
        scale=what.scale,
        number=what.number,
        recording=what.recording,
        seconds=what.seconds,
        agent=what.agent,
        queue=what.queue,
    )


def _callback(what: CallbackRequest, of_call: dict[str, Any]) -> CallbackRequestRow:
    return CallbackRequestRow(**of_call, number=what.number, queue=what.queue)


def _message(what: RecordedMessage, of_call: dict[str, Any]) -> RecordedMessageRow:
    return RecordedMessageRow(**of_call, topic=what.topic, recording=what.recording, seconds=what.seconds)


_ROWS: Final[dict[type, Callable[[Any, dict[str, Any]], Any]]] = {
    SurveyAnswer: _answer,
    CallbackRequest: _callback,
    RecordedMessage: _message,
}


def _event(row: Result) -> FlowEvent:
    common: dict[str, Any] = {
        name: getattr(row, name)
        for name in ("tenant_id", "call_id", "leg_id", "flow_id", "flow", "flow_version", "node")
    }
    if isinstance(row, SurveyAnswerRow):
        told = {name: getattr(row, name) for name in ("survey", "question", "scale", "number", "agent", "queue")}
        return SurveyAnswered(**common, **told, answer_id=row.id, has_comment=bool(row.recording))
    if isinstance(row, CallbackRequestRow):
        return CallbackRequested(**common, callback_id=row.id, number=row.number, queue=row.queue)
    assert isinstance(row, RecordedMessageRow)  # noqa: S101 -- there are three kinds
    return MessageRecorded(**common, recorded_message_id=row.id, topic=row.topic, seconds=row.seconds)
