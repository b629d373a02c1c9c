"""What the flows of a tenant refer to: who would be struck if a prompt or a flow were gone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import ValidationError

from services.ivr.domain.announcements import prompts_of
from services.ivr.domain.flow import FlowDocument


@dataclass(frozen=True, slots=True)
class Use:
    """A place in a flow: ``version`` is none in the draft."""

    flow: str
    version: int | None
    node: str
    field: str


@dataclass(frozen=True, slots=True)
class Written:
    """A document of a flow, as it is stored."""

    flow: str
    version: int | None
    document: Any


def uses_of(kind: Literal["prompt", "flow"], slug: str, written: Iterable[Written]) -> Iterator[Use]:
    """Where a prompt is played, or a flow is entered."""
    for one in written:
        try:
            document = FlowDocument.model_validate(one.document)
        except ValidationError:
            continue  # a draft of another release: it cannot be published as it is
        for node, config in document.nodes.items():
            if kind == "flow":
                found = ["flow"] if slug in config.flows() else []
            else:
                found = [name for name, parts in config.announcements() if slug in prompts_of(parts)]
            yield from (Use(one.flow, one.version, node, name) for name in found)
