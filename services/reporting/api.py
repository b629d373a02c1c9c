"""REST of reporting."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime

from services.reporting.errors import CallRecordNotFound, InvalidPeriod
from services.reporting.models import CallRow, LegRow
from services.reporting.schemas import CallLeg, CallRecord, CallRecordWithLegs, Language
from services.reporting.store import CallFilter, CallReader
from shared.db.engine import Database
from shared.http.auth import Principal, TenantQuery, require, tenant_of
from shared.http.errors import NotFound, problems
from shared.http.pages import InvalidCursor, Page, PageQuery, page_query
from shared.telephony.causes import cause

SCOPE = "call-records:read"
Reader = Annotated[Principal, Depends(require("tenant_admin", "manager", "supervisor", "quality", scope=SCOPE))]
Text = Annotated[str | None, Query(max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]
LanguageQuery = Annotated[Language, Query(description="language of cause_text")]

CSV_COLUMNS = tuple(CallRecord.model_fields)
_PLAIN_NUMBER = re.compile(r"[+-]?[0-9.]+\Z")


async def call_filter(
    *,
    since: Annotated[AwareDatetime | None, Query(description="started at or after")] = None,
    until: Annotated[AwareDatetime | None, Query(description="started before")] = None,
    number: Annotated[Text, Query(description="caller, called or answering number, exactly")] = None,
    extension: Annotated[Text, Query(description="extension that called, was called or answered")] = None,
    direction: Annotated[Literal["internal", "inbound", "outbound"] | None, Query()] = None,
    category: Annotated[Text, Query(description="answered, busy, no_answer, ...")] = None,
    answered: Annotated[bool | None, Query()] = None,
    cause: Annotated[Text, Query(description="cause name, such as USER_BUSY or switch_lost")] = None,
    trunk_id: Annotated[Text, Query()] = None,
    min_talk_seconds: Annotated[float | None, Query(ge=0, le=1e9, allow_inf_nan=False)] = None,
) -> CallFilter:
    """The filters of the list and of the export."""
    if since and until and until < since:
        raise InvalidPeriod(field="until")
    return CallFilter(since, until, number, extension, direction, category, answered, cause, trunk_id, min_talk_seconds)


Wanted = Annotated[CallFilter, Depends(call_filter)]


def router(database: Database) -> APIRouter:
    """The routes, on one database."""
    routes = APIRouter(prefix="/v1", tags=["call records"])

    @routes.get("/call-records", responses=problems(NotFound, InvalidPeriod, InvalidCursor))
    async def list_call_records(
        principal: Reader,
        wanted: Wanted,
        pages: Annotated[PageQuery, Depends(page_query)],
        tenant_id: TenantQuery = None,
        language: LanguageQuery = "en",
    ) -> Page[CallRecord]:
        """Calls, newest first."""
        reader = CallReader(database, tenant_of(principal, tenant_id))
        after: Any = pages.after((datetime, str))
        rows = await reader.page(wanted, limit=pages.limit + 1, after=after)
        shown, cursor = pages.page(rows, lambda row: (row.started_at, row.call_id))
        return Page(items=[record(row, language) for row in shown], next_cursor=cursor)

    @routes.get(
        "/call-records.csv",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/csv": {}}}, **problems(NotFound, InvalidPeriod)},
    )
    async def export_call_records(
        principal: Reader, wanted: Wanted, tenant_id: TenantQuery = None, language: LanguageQuery = "en"
    ) -> StreamingResponse:
        """The same calls as CSV (RFC 4180, UTF-8), streamed."""
        reader = CallReader(database, tenant_of(principal, tenant_id))
        headers = {"Content-Disposition": 'attachment; filename="call-records.csv"'}
        return StreamingResponse(
            csv_lines(reader.export(wanted), language), media_type="text/csv; charset=utf-8", headers=headers
        )

    @routes.get("/call-records/{call_id}", responses=problems(CallRecordNotFound))
    async def get_call_record(
        principal: Reader, call_id: str, tenant_id: TenantQuery = None, language: LanguageQuery = "en"
    ) -> CallRecordWithLegs:
        """One call with its legs."""
        reader = CallReader(database, tenant_of(principal, tenant_id))
        found = await reader.call(call_id) if "\x00" not in call_id else None
        if found is None:
            raise CallRecordNotFound(f"no call {call_id[:64]}")
        row, legs = found
        return CallRecordWithLegs(**record(row, language).model_dump(), legs=[leg_view(leg, language) for leg in legs])

    return routes


def record(row: CallRow, language: str) -> CallRecord:
    """A call as the API tells it."""
    return CallRecord.model_validate({**row.model_dump(), "cause_text": cause(row.cause).words(language)})


def leg_view(row: LegRow, language: str) -> CallLeg:
    """A leg as the API tells it."""
    return CallLeg.model_validate({**row.model_dump(), "cause_text": cause(row.cause).words(language)})


async def csv_lines(chunks: AsyncIterator[list[CallRow]], language: str) -> AsyncIterator[str]:
    """Lines of CSV, a chunk of calls at a time, with a heading."""
    yield _csv([list(CSV_COLUMNS)])
    async for rows in chunks:
        yield _csv([[_cell(value) for value in record(row, language).model_dump().values()] for row in rows])


def _csv(rows: list[list[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    """A value for a spreadsheet. A caller chooses their own name: one that a spreadsheet would run is disarmed."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and value[:1] in "=+-@\t\r" and value and not _PLAIN_NUMBER.match(value):
        return "'" + value
    return value
