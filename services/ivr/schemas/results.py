"""What callers left behind in flows."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query
from pydantic import AwareDatetime, Field

from shared.http.schemas import StrictModel, View
from shared.telephony.safe_text import SafeNote

From = Annotated[AwareDatetime | None, Query(alias="from", description="left at this instant or later")]
To = Annotated[AwareDatetime | None, Query(alias="to", description="left before this instant")]
Name = Annotated[str | None, Query(max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$")]
SurveyPath = Annotated[str, Path(max_length=63, pattern=r"^[a-z0-9][a-z0-9-]*$")]


class ResultView(View):
    """What every result tells of its call."""

    id: UUID
    call_id: str
    leg_id: str
    flow_id: UUID
    flow: str
    flow_version: int
    node: str
    caller_number: str
    language: str
    created_at: datetime


class SurveyAnswerView(ResultView):
    """An answer to a question."""

    survey: str
    question: str
    scale: str
    number: int | None = Field(description="none: a spoken comment")
    seconds: float = Field(description="length of the comment")
    has_comment: bool
    agent: str
    queue: str


class QuestionSummary(View):
    """A question with its answers."""

    question: str
    scale: str
    count: int = Field(description="how many answered with a number")
    mean: float | None
    distribution: dict[int, int] = Field(description="answer -> how many gave it")
    nps: float | None = Field(description="percent of 9 and 10 less percent of 0 to 6; of that scale only")
    comments: int = Field(description="how many spoke instead")


class SurveySummary(View):
    """A survey by question."""

    survey: str
    questions: list[QuestionSummary]


class CallbackDone(StrictModel):
    """Somebody called back, or gave up."""

    note: SafeNote = ""


class CallbackRequestView(ResultView):
    """A caller who wants to be called back."""

    number: str
    queue: str
    done_at: datetime | None
    done_by: str
    done_note: str


class RecordedMessageView(ResultView):
    """What a caller said, for the tenant."""

    topic: str
    seconds: float
