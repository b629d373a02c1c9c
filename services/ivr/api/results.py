"""``/v1/survey-answers``, ``/v1/surveys``, ``/v1/callback-requests``, ``/v1/recorded-messages``."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import FileResponse

from services.ivr.api.audio import WAV, wav
from services.ivr.api.context import Here, HereNow, Paging
from services.ivr.domain.surveys import summed_up
from services.ivr.errors import RecordingGone
from services.ivr.models_results import CallbackRequestRow, RecordedMessageRow, SurveyAnswerRow
from services.ivr.schemas.results import (
    CallbackDone,
    CallbackRequestView,
    From,
    Name,
    QuestionSummary,
    RecordedMessageView,
    SurveyAnswerView,
    SurveyPath,
    SurveySummary,
    To,
)
from services.ivr.store.results import R, ResultStore
from shared.http.auth import TenantQuery, require, tenant_of
from shared.http.errors import NotFound, problems
from shared.http.idempotency import IdempotencyKey
from shared.http.idempotent import IdempotentRoute, posts
from shared.http.pages import InvalidCursor, Page, PageQuery
from shared.http.tokens import Principal

router = APIRouter(prefix="/v1", tags=["results"], route_class=IdempotentRoute)

SurveyReader = Annotated[
    Principal, Depends(require("tenant_admin", "manager", "supervisor", "quality", scope="surveys:read"))
]
CallbackReader = Annotated[
    Principal, Depends(require("tenant_admin", "manager", "supervisor", "quality", scope="callbacks:read"))
]
CallbackWriter = Annotated[
    Principal, Depends(require("tenant_admin", "manager", "supervisor", scope="callbacks:write"))
]
MessageReader = Annotated[
    Principal, Depends(require("tenant_admin", "manager", "supervisor", "quality", scope="messages:read"))
]
BY_TIME = (datetime, UUID)


@router.get("/survey-answers", responses=problems(NotFound, InvalidCursor))
async def list_survey_answers(
    *,
    principal: SurveyReader,
    here: HereNow,
    paging: Paging,
    survey: Name = None,
    question: Name = None,
    agent: Name = None,
    queue: Name = None,
    begin: From = None,
    end: To = None,
    tenant_id: TenantQuery = None,
) -> Page[SurveyAnswerView]:
    """Answers of callers, the newest first."""
    between = {"begin": begin, "end": end}
    asked = {"survey": survey, "question": question, "agent": agent, "queue": queue}
    async with _results(here, tenant_of(principal, tenant_id)) as store:
        rows, cursor = await _page(store, SurveyAnswerRow, paging, **between, **asked)
    return Page[SurveyAnswerView](items=[_answer(row) for row in rows], next_cursor=cursor)


@router.get(
    "/survey-answers/{answer_id}/audio",
    response_class=FileResponse,
    responses={**WAV, **problems(NotFound, RecordingGone)},
)
async def hear_survey_comment(
    answer_id: UUID, principal: SurveyReader, here: HereNow, tenant_id: TenantQuery = None
) -> FileResponse:
    """A spoken comment."""
    async with _results(here, tenant_of(principal, tenant_id)) as store:
        row = await store.get(SurveyAnswerRow, answer_id)
    if row is None or not row.recording:
        raise NotFound("no such comment")
    return await wav(here.prompts.recording(row.tenant_id, row.recording))


@router.get("/surveys/{survey}/summary", responses=problems(NotFound))
async def sum_up_survey(
    *,
    survey: SurveyPath,
    principal: SurveyReader,
    here: HereNow,
    begin: From = None,
    end: To = None,
    tenant_id: TenantQuery = None,
) -> SurveySummary:
    """A survey by question: how many answered, their mean, how the answers are distributed, the NPS."""
    async with _results(here, tenant_of(principal, tenant_id)) as store:
        questions = summed_up(await store.counts(survey, begin=begin, end=end))
    return SurveySummary(survey=survey, questions=[QuestionSummary.model_validate(one) for one in questions])


@router.get("/callback-requests", responses=problems(NotFound, InvalidCursor))
async def list_callback_requests(
    *,
    principal: CallbackReader,
    here: HereNow,
    paging: Paging,
    done: bool | None = None,
    queue: Name = None,
    begin: From = None,
    end: To = None,
    tenant_id: TenantQuery = None,
) -> Page[CallbackRequestView]:
    """Callers who want to be called back, the newest first."""
    async with _results(here, tenant_of(principal, tenant_id)) as store:
        rows, cursor = await _page(store, CallbackRequestRow, paging, begin=begin, end=end, done=done, queue=queue)
    return Page[CallbackRequestView](
        items=[CallbackRequestView.model_validate(row) for row in rows], next_cursor=cursor
    )


@router.post("/callback-requests/{request_id}/done", responses=posts(NotFound))
async def finish_callback_request(
    *,
    request_id: UUID,
    body: CallbackDone,
    principal: CallbackWriter,
    here: HereNow,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> CallbackRequestView:
    """Say that somebody called back, or gave up. Who said so first is kept."""
    async with _results(here, tenant_of(principal, tenant_id)) as store:
        row = await store.get(CallbackRequestRow, request_id, lock=True)
        if row is None:
            raise NotFound("no such request")
        if row.done_at is None:
            row.done_at, row.done_by, row.done_note = here.clock.now(), principal.subject, body.note
    return CallbackRequestView.model_validate(row)


@router.get("/recorded-messages", responses=problems(NotFound, InvalidCursor))
async def list_recorded_messages(
    *,
    principal: MessageReader,
    here: HereNow,
    paging: Paging,
    topic: Name = None,
    flow: Name = None,
    begin: From = None,
    end: To = None,
    tenant_id: TenantQuery = None,
) -> Page[RecordedMessageView]:
    """Messages that callers left in flows (not in mailboxes), the newest first."""
    async with _results(here, tenant_of(principal, tenant_id)) as store:
        rows, cursor = await _page(store, RecordedMessageRow, paging, begin=begin, end=end, topic=topic, flow=flow)
    return Page[RecordedMessageView](
        items=[RecordedMessageView.model_validate(row) for row in rows], next_cursor=cursor
    )


@router.get(
    "/recorded-messages/{message_id}/audio",
    response_class=FileResponse,
    responses={**WAV, **problems(NotFound, RecordingGone)},
)
async def hear_recorded_message(
    message_id: UUID, principal: MessageReader, here: HereNow, tenant_id: TenantQuery = None
) -> FileResponse:
    """What the caller said."""
    async with _results(here, tenant_of(principal, tenant_id)) as store:
        row = await store.get(RecordedMessageRow, message_id)
    if row is None:
        raise NotFound("no such message")
    return await wav(here.prompts.recording(row.tenant_id, row.recording))


@asynccontextmanager
async def _results(here: Here, tenant_id: UUID) -> AsyncIterator[ResultStore]:
    async with here.database.tenant(tenant_id) as session:
        yield ResultStore(session, tenant_id)


async def _page(store: ResultStore, model: type[R], paging: PageQuery, **wanted: Any) -> tuple[list[R], str | None]:
    """One page, the newest first, and the cursor of the next."""
    rows = await store.page(model, limit=paging.limit, after=paging.after(BY_TIME), **wanted)
    return paging.page(rows, lambda row: (row.created_at, row.id))


def _answer(row: SurveyAnswerRow) -> SurveyAnswerView:
    return SurveyAnswerView.model_validate({**row.model_dump(), "has_comment": bool(row.recording)})
