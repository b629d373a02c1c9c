"""What may be done with a contact."""

from __future__ import annotations

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, field_validator, model_validator

from shared.contracts.switch import ListeningMode
from shared.http.schemas import StrictModel
from shared.telephony.destinations import Destination, DestinationKind


class ToSomebody(StrictModel):
    """A destination, or an agent who is available."""

    destination: Annotated[Destination | None, Field(description="such as extension:101 or queue:sales")] = None
    agent_id: UUID | None = None

    @model_validator(mode="after")
    def _is_one_of_them(self) -> Self:
        if (self.destination is None) == (self.agent_id is None):
            raise ValueError("exactly one of destination and agent_id is needed")
        return self


class TransferBody(ToSomebody):
    """Where the caller goes: to a destination, or to an agent who is available."""


class ConsultBody(ToSomebody):
    """Who is asked: a destination, such as external:+982112345678, or an agent who is available."""


class SuperviseBody(StrictModel):
    """How the supervisor joins, and by which phone."""

    mode: Annotated[
        ListeningMode,
        Field(description="listen: nobody hears the supervisor; whisper: the agent does; barge: agent and caller do"),
    ]
    phone: Annotated[
        Destination | None,
        Field(description="an extension, such as extension:102; none: the phone of the agent whom the asking user is"),
    ] = None

    @field_validator("phone")
    @classmethod
    def _is_extension(cls, phone: Destination | None) -> Destination | None:
        if phone is not None and phone.kind is not DestinationKind.EXTENSION:
            raise ValueError("a supervisor's phone is an extension")
        return phone
