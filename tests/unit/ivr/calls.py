"""A call in a flow, driven by hand: each decision is made on a state that went through JSON and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from services.ivr.domain.events import Event, Gathered, HungUp, Played, Resumed, Started
from services.ivr.domain.flow import Flow, Library, flow_of
from services.ivr.domain.interpreter import Step, decide, first_state
from services.ivr.domain.node import CallFacts
from services.ivr.domain.state import State
from shared.telephony.causes import CAUSES

NOW = datetime(2026, 3, 14, 10, 0, tzinfo=UTC)
FACTS = CallFacts(
    tenant_id="t",
    call_id="c-1",
    leg_id="l-1",
    caller_number="+989121234567",
    caller_name="Sara",
    called_number="+98211",
)


def flow(nodes: Mapping[str, Any], *, slug: str = "main", start: str = "", **more: Any) -> Flow:
    """A flow of these nodes; it starts at the first."""
    document = {"start": start or next(iter(nodes)), "nodes": dict(nodes), **more}
    return flow_of(document, slug=slug, flow_id=UUID(int=sum(map(ord, slug))), version=1)


END = {"type": "hangup"}


def text(words: str) -> list[dict[str, str]]:
    return [{"text": words}]


class Call:
    """A call that came to the first of ``flows``."""

    def __init__(
        self, *flows: Flow, facts: CallFacts = FACTS, now: datetime = NOW, language: str = "", **variables: str
    ):
        self.library = Library.of(*flows)
        self.facts, self.now = facts, now
        self.state = first_state(flows[0], language, variables)
        self.notes: list[tuple[str, str, Mapping[str, object]]] = []
        self.step: Step
        self.tell(Started())

    @property
    def action(self) -> Any:
        return self.step.action

    @property
    def node(self) -> str:
        return self.state.node

    def tell(self, event: Event) -> Any:
        """Tell the flow, as another process would that has the state from its document only."""
        state = State.from_document(orjson.loads(orjson.dumps(self.state.to_document())))
        assert state == self.state
        self.step = decide(self.library, state, event, self.facts, self.now)
        self.state = self.step.state
        self.notes += [(note.name, note.node, note.fields) for note in self.step.notes]
        return self.step.action

    def press(self, digits: str, terminator: str = "") -> Any:
        return self.tell(Gathered(digits, terminator))

    def silence(self) -> Any:
        return self.press("")

    def played(self, key: str = "") -> Any:
        return self.tell(Played(key))

    def move(self) -> Any:
        """To another process."""
        return self.tell(Resumed())

    def hang_up(self) -> Any:
        return self.tell(HungUp(CAUSES["NORMAL_CLEARING"]))

    def told(self, name: str) -> list[Mapping[str, object]]:
        return [fields for what, _, fields in self.notes if what == name]

    def path(self) -> list[str]:
        return [node for what, node, _ in self.notes if what == "node.entered"]
