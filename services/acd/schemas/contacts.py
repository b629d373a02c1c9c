"""What may be done with a contact."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field, model_validator

from shared.http.schemas import StrictModel
from shared.telephony.destinations import Destination


class TransferBody(StrictModel):
    """Where the caller goes: to a destination, or to an agent who is available."""

    destination: Annotated[Destination | None, Field(description="such as extension:101 or queue:sales")] = None
    agent_id: UUID | None = None

    @model_validator(mode="after")
    def _is_one_of_them(self) -> TransferBody:
        if (self.destination is None) == (self.agent_id is None):
            raise ValueError("exactly one of destination and agent_id is needed")
        return self


class ConsultBody(StrictModel):
    """Who is asked."""

    destination: Annotated[
        Destination, Field(description="such as extension:102, queue:sales or external:+982112345678")
    ]
