"""A flow as a whole: every problem, by node, before a caller finds it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from services.ivr.domain.announcements import missing_languages, prompts_of
from services.ivr.domain.flow import FlowDocument
from services.ivr.domain.node import UNANSWERED, NodeConfig
from services.ivr.nodes import subflow
from shared.telephony.destinations import Destination, DestinationKind

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong.

    Args:
        code: stable: ``unreachable``, ``dead_end``, ``loop_without_input``, ``loop_unanswered``, ``missing_prompt``,
            ``missing_language``, ``missing_target``, ``unknown_node``, ``unknown_exit``, ``subflow_loop``,
            ``bad_fallback``, or a node's own.
        node: whose problem it is; empty: the flow's.
        field: where in the node.
        detail: a sentence for people.
        severity: a flow with errors is not published.
    """

    code: str
    node: str
    field: str
    detail: str
    severity: Severity = "error"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a flow refers to.

    Args:
        prompts: slug -> languages it has.
        flows: slug of each published flow -> slugs of the flows it enters.
        extensions, ring_groups, queues, mailboxes: what the tenant has; none: not known here, so not checked.
    """

    prompts: Mapping[str, Collection[str]] = field(default_factory=dict)
    flows: Mapping[str, Collection[str]] = field(default_factory=dict)
    extensions: Collection[str] | None = None
    ring_groups: Collection[str] | None = None
    queues: Collection[str] | None = None
    mailboxes: Collection[str] | None = None

    def has(self, destination: Destination) -> bool:
        """Whether there is such a place, as far as is known here."""
        places = {
            DestinationKind.EXTENSION: self.extensions,
            DestinationKind.RING_GROUP: self.ring_groups,
            DestinationKind.QUEUE: self.queues,
            DestinationKind.VOICEMAIL: self.mailboxes,
        }
        known = places.get(destination.kind)
        return known is None or destination.target in known


def problems_of(document: FlowDocument, around: Surroundings, *, slug: str = "") -> list[Problem]:
    """Every problem of a flow, in the order of its nodes."""
    found = [*_wiring(document), *_circles(document), *_unanswered(document), *_fallback(document, around)]
    for node_id, config in document.nodes.items():
        found += [Problem(code, node_id, where, detail) for code, where, detail in config.problems()]
        found += _prompts(document, node_id, config, around)
        found += _targets(node_id, config, around, slug)
    order = {node_id: place for place, node_id in enumerate(document.nodes)}
    return sorted(found, key=lambda one: order.get(one.node, -1))


def _wiring(document: FlowDocument) -> Iterator[Problem]:
    if document.start not in document.nodes:
        yield Problem("unknown_node", "", "start", f"the flow starts at '{document.start}', which it does not have")
    reached = _reached(document)
    for node_id, config in document.nodes.items():
        if node_id not in reached:
            yield Problem("unreachable", node_id, "", "nothing leads here")
        known = {*config.must_exit(), *config.may_exit()}
        for name, target in config.exits.items():
            if name not in known:
                yield Problem("unknown_exit", node_id, f"exits.{name}", f"this node is never left by '{name}'")
            if target not in document.nodes:
                yield Problem("unknown_node", node_id, f"exits.{name}", f"leads to '{target}', which there is not")
        for name in config.must_exit():
            if name not in config.exits:
                yield Problem("dead_end", node_id, f"exits.{name}", f"leads nowhere by '{name}'")


def _reached(document: FlowDocument) -> set[str]:
    reached: set[str] = set()
    ahead = [document.start]
    while ahead:
        node_id = ahead.pop()
        if node_id in document.nodes and node_id not in reached:
            reached.add(node_id)
            ahead += document.nodes[node_id].exits.values()
    return reached


def _circles(document: FlowDocument) -> Iterator[Problem]:
    """Circles in which nobody is asked anything, each told once."""
    ways = {node_id: set(config.exits.values()) for node_id, config in document.nodes.items() if not config.TAKES_INPUT}
    for circle in _circles_of(ways):
        yield Problem("loop_without_input", circle[0], "exits", "a call can go round here without being asked anything")


def _unanswered(document: FlowDocument) -> Iterator[Problem]:
    """Circles in which a caller is asked but never has to answer, each told once."""
    asking = {node_id for node_id, config in document.nodes.items() if config.TAKES_INPUT}
    ways = {
        node_id: {target for name, target in config.exits.items() if node_id not in asking or name in UNANSWERED}
        for node_id, config in document.nodes.items()
    }
    for circle in _circles_of(ways):
        if not asking.isdisjoint(circle):
            first = next(node_id for node_id in circle if node_id in asking)
            detail = "a caller who does nothing goes round here, until the call ends after 20 unanswered questions"
            yield Problem("loop_unanswered", first, "exits", detail, "warning")


def _circles_of(ways: Mapping[str, Collection[str]]) -> Iterator[list[str]]:
    """Groups of nodes that all lead to each other, and nodes that lead to themselves."""
    ahead = {node_id: _ahead(ways, node_id) for node_id in ways}
    told: set[str] = set()
    for node_id, seen in ahead.items():
        if node_id in seen and node_id not in told:
            circle = [one for one in ways if one in seen and node_id in ahead[one]]
            told.update(circle)
            yield circle


def _ahead(ways: Mapping[str, Collection[str]], start: str) -> set[str]:
    """Every node that can be come to from there."""
    seen: set[str] = set()
    ahead = [target for target in ways[start] if target in ways]
    while ahead:
        one = ahead.pop()
        if one not in seen:
            seen.add(one)
            ahead += [target for target in ways[one] if target in ways]
    return seen


def _prompts(document: FlowDocument, node_id: str, config: NodeConfig, around: Surroundings) -> Iterator[Problem]:
    for where, announcement in config.announcements():
        for prompt in prompts_of(announcement):
            languages = around.prompts.get(prompt)
            if languages is None:
                yield Problem("missing_prompt", node_id, where, f"there is no prompt '{prompt}'")
                continue
            for language in document.languages:
                if language not in languages:
                    detail = f"prompt '{prompt}' is not there in '{language}'"
                    yield Problem("missing_language", node_id, where, detail)
        for missing in missing_languages(announcement, document.languages):
            yield Problem("missing_language", node_id, where, f"a text is not there in '{missing}'")


def _fallback(document: FlowDocument, around: Surroundings) -> Iterator[Problem]:
    if document.fallback is None:
        return
    if document.fallback.kind is DestinationKind.FLOW:
        yield Problem("bad_fallback", "", "fallback", "when no program can take the call, no other flow can either")
    elif not around.has(document.fallback):
        yield Problem("missing_target", "", "fallback", f"there is no {document.fallback}")


def _targets(node_id: str, config: NodeConfig, around: Surroundings, slug: str) -> Iterator[Problem]:
    try:
        destinations = config.destinations()
    except ValueError:
        destinations = ()  # the node's own problems say so
    for destination in destinations:
        if not around.has(destination):
            yield Problem("missing_target", node_id, "", f"there is no {destination}")
    for flow in config.flows():
        if flow not in around.flows:
            yield Problem("missing_target", node_id, "flow", f"flow '{flow}' is not published")
        elif isinstance(config, subflow.Config) and slug and slug in _entered(flow, around.flows):
            yield Problem("subflow_loop", node_id, "flow", f"flow '{flow}' enters this flow again")


def _entered(slug: str, flows: Mapping[str, Collection[str]]) -> set[str]:
    """A flow, and every flow that it enters, directly or not."""
    seen: set[str] = set()
    ahead = [slug]
    while ahead:
        one = ahead.pop()
        if one not in seen:
            seen.add(one)
            ahead += flows.get(one, ())
    return seen
