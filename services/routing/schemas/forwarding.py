"""Where an extension's calls go instead."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.http.schemas import StrictModel, View
from shared.telephony.destinations import Destination


class ForwardingUpdate(StrictModel):
    """What is given is set; null takes a forward away."""

    always: Destination | None = None
    busy: Destination | None = None
    no_answer: Destination | None = None
    unreachable: Destination | None = None
    no_answer_seconds: Annotated[int, Field(ge=5, le=120)] = 20
    do_not_disturb: bool = False


class ForwardingView(View):
    """Where an extension's calls go instead."""

    extension_id: UUID
    always: Destination | None = None
    busy: Destination | None = None
    no_answer: Destination | None = None
    unreachable: Destination | None = None
    no_answer_seconds: int = 20
    do_not_disturb: bool = False


class DoNotDisturb(StrictModel):
    """Whether an extension takes calls."""

    on: bool
