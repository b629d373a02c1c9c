"""What would happen to a call."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from services.routing.schemas.fields import Dialled
from shared.http.schemas import StrictModel, View
from shared.telephony.numbers import ExtensionNumber
from shared.telephony.safe_text import SafeText


class TryRoute(StrictModel):
    """A call that is not made: from an extension, or (without one) from outside."""

    from_extension: ExtensionNumber | None = None
    from_number: Annotated[SafeText, Field(description="the outside caller's number")] = ""
    to: Annotated[Dialled, Field(description="as dialled; from outside, one of the tenant's numbers")]
    at: AwareDatetime | None = None
    then: Annotated[
        list[Annotated[str, StringConstraints(pattern=r"^[A-Z_]{2,40}$", max_length=40)]],
        Field(max_length=10, description="how each step ends, such as NO_ANSWER, to see what comes next"),
    ] = Field(default_factory=list)


class TriedStep(View):
    """One step of the call."""

    action: str
    details: dict[str, Any]
    path: list[str]
    has_next: bool


class TriedRoute(View):
    """What would happen."""

    direction: Literal["internal", "inbound", "outbound"]
    at: datetime
    steps: list[TriedStep]
