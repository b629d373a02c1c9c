"""What a flow writes down of a call: values that the store makes rows and messages of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RecordedMessage:
    """What a caller said, for the tenant. ``recording`` is the file's name below the tenant's media folder."""

    node: str
    topic: str
    recording: str
    seconds: float


@dataclass(frozen=True, slots=True)
class SurveyAnswer:
    """An answer to a question of a survey: a number, or a spoken comment."""

    survey: str
    question: str
    scale: str
    number: int | None
    recording: str
    seconds: float
    agent: str
    queue: str


@dataclass(frozen=True, slots=True)
class CallbackRequest:
    """Whom to call back; ``number`` as the caller gave it."""

    number: str
    queue: str
