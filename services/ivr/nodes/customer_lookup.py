"""customer_lookup: whether the tenant knows the caller, and what it knows."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from services.ivr.domain.actions import FindCustomer
from services.ivr.domain.events import CustomerFound, Event
from services.ivr.domain.node import Here, Kind, Leave, NodeConfig, Outcome, Wait
from services.ivr.domain.templates import Template, filled


class Config(NodeConfig):
    """Finds a customer by number; sets ``customer.name``, ``customer.language``, ``customer.id`` and its attributes."""

    MUST_EXIT = ("found", "unknown")

    type: Literal["customer_lookup"] = "customer_lookup"
    number: Template = Field(default="{caller_number}", min_length=1, max_length=80)
    use_language: bool = Field(default=True, description="speak the customer's language from here on")


def begin(config: Config, here: Here) -> Outcome:
    """Look."""
    return Wait(FindCustomer(filled(config.number, here.variables).strip()))


def resume(config: Config, here: Here, event: Event) -> Outcome:
    """Keep what is known."""
    if not isinstance(event, CustomerFound):
        return Leave("unknown")
    language = event.fields.get("language", "") if config.use_language else ""
    variables = {f"customer.{name}": value for name, value in event.fields.items()}
    return Leave("found", variables, language=language if language in here.languages else None)


KIND = Kind(Config, begin, resume)
