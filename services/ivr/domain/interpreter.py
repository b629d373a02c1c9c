"""The one decision of a call in a flow: what is done now?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Final

from services.ivr.domain.actions import Action, End, GoTo, HangUp, Note, Piece, Play, Store
from services.ivr.domain.events import Event, Gathered, Heard, HungUp, Played, Recorded, Resumed, Started
from services.ivr.domain.flow import Flow, Library
from services.ivr.domain.node import (
    UNANSWERED,
    CallFacts,
    Enter,
    Finish,
    Here,
    Kind,
    Leave,
    NodeConfig,
    Outcome,
    Return,
    Wait,
)
from services.ivr.domain.rendering import rendered
from services.ivr.domain.state import Frame, State
from services.ivr.domain.values import value
from services.ivr.domain.variables import CallVariables
from services.ivr.nodes import KINDS
from shared.telephony.causes import CAUSES

MOST_SILENT: Final = 100
"""Nodes in a row that neither say nor ask anything."""
MOST_ENTERED: Final = 2_000
MOST_UNANSWERED: Final = 20
"""Questions in a row that are left because the caller did nothing: nobody is there any more, whatever the flow says."""
MOST_DEPTH: Final = 8
MOST_VARIABLES: Final = 200
MOST_VALUE: Final = 2_000
GOODBYE: Final = "ivr-goodbye"
_GOODBYE_MEMO: Final = {"goodbye": True}
_UNANSWERED_MEMO: Final = {"goodbye": True, "reason": "no_input"}
_COMING: Final = (Started, Resumed)
_NOTHING: Final[Mapping[str, object]] = {}


@value
class Step:
    """What a decision comes to.

    Args:
        state: where the call is now.
        action: the one thing to do; none when the call is over already.
        notes: what happened, to be told.
    """

    state: State
    action: Action | None
    notes: tuple[Note, ...] = ()


def first_state(flow: Flow, language: str = "", variables: Mapping[str, str] | None = None) -> State:
    """A call before it enters ``flow``; it is spoken to in ``language`` where the flow speaks it."""
    languages = flow.document.languages
    spoken = language if language in languages else languages[0]
    return State(flow.ref, flow.document.start, spoken, variables=dict(variables or {}))


def decide(library: Library, state: State, event: Event, facts: CallFacts, now: datetime) -> Step:
    """What comes of ``event`` for a call in ``state``.

    Args:
        library: the tenant's flows; only read.
        facts: what is known of the call itself.
        now: the instant, with a time zone.
    """
    return _Run(library, facts, now, state).after(event)


class _Run:
    """One decision under way: the notes and the state so far."""

    __slots__ = (
        "_entered", "_facts", "_flow", "_hidden", "_language", "_library", "_memo", "_node", "_notes", "_now", "_stack",
        "_unanswered", "_variables",
    )  # fmt: skip

    def __init__(self, library: Library, facts: CallFacts, now: datetime, state: State) -> None:
        # Taken apart, because a State anew for each node would cost more than all the rest.
        self._library, self._facts, self._now = library, facts, now
        self._flow, self._node, self._memo, self._language = state.flow, state.node, state.memo, state.language
        self._variables, self._hidden = state.variables, state.hidden
        self._stack, self._entered, self._unanswered = state.stack, state.entered, state.unanswered
        self._notes: list[Note] = []

    def after(self, event: Event) -> Step:
        if isinstance(event, HungUp):
            return self._hung_up(event)
        flow = self._library.versions.get(self._flow)
        config = flow.node(self._node) if flow else None
        if flow is None or config is None:
            return self._broken("the flow is gone")
        if self._memo.get("goodbye"):
            return self._end(HangUp())
        if _is_input(event):
            self._unanswered = 0
        if isinstance(event, Started):
            self._note_entered(flow, config)
        return self._follow(flow, config, self._outcome(flow, config, event))

    def kept(self, event: Event) -> Step:
        """The outcome of the node that waits, as far as it needs no caller."""
        flow = self._library.versions.get(self._flow)
        config = flow.node(self._node) if flow else None
        if flow is None or config is None or not kind_of(config).hears_hang_up:
            return Step(self._state(), None)
        outcome = self._outcome(flow, config, event)
        if isinstance(outcome, Wait) and isinstance(outcome.action, Store):
            self._notes += outcome.notes
            return self._step(outcome.action, outcome.memo)
        return Step(self._state(), None)

    def _outcome(self, flow: Flow, config: NodeConfig, event: Event) -> Outcome:
        kind = kind_of(config)
        if isinstance(event, _COMING):
            return kind.begin(config, self._here(flow))
        return kind.resume(config, self._here(flow), event)

    def _follow(self, flow: Flow, config: NodeConfig, outcome: Outcome) -> Step:
        """Go from node to node until something is to be done."""
        for _ in range(MOST_SILENT):
            if isinstance(outcome, Wait):
                self._notes += outcome.notes
                return self._step(outcome.action, outcome.memo)
            if isinstance(outcome, Finish):
                self._notes += outcome.notes
                return self._end(outcome.action, outcome.memo)
            flow, node = self._next(flow, config, outcome)
            found = flow.node(node) if node else None
            if node is None or found is None:
                return self._goodbye()
            if self._unanswered >= MOST_UNANSWERED:
                self._notes.append(Note("flow.unanswered", self._node, {"times": self._unanswered}))
                return self._goodbye(_UNANSWERED_MEMO)
            config = found
            if self._entered >= MOST_ENTERED:
                return self._broken("the call goes round in circles")
            self._node, self._memo = node, _NOTHING
            self._entered += 1
            self._note_entered(flow, config)
            outcome = kind_of(config).begin(config, self._here(flow))
        return self._broken("the flow goes round without a word")

    def _next(self, flow: Flow, config: NodeConfig, outcome: Leave | Enter | Return) -> tuple[Flow, str | None]:
        """Where the call goes now: the flow, and its node; none when it goes nowhere."""
        if isinstance(outcome, Leave):
            return flow, self._take(config, outcome)
        if isinstance(outcome, Enter):
            return self._inner(flow, config, outcome)
        if not self._stack:
            return flow, None
        frame = self._stack[-1]
        outer = self._library.versions.get(frame.flow)
        waiting = outer.node(frame.node) if outer else None
        if outer is None or waiting is None:
            self._notes.append(Note("flow.unavailable", self._node, {"flow": ""}))
            return flow, None
        self._notes.append(Note("node.left", self._node, {"exit": "return", "type": type_of(config)}))
        self._flow, self._node, self._stack = frame.flow, frame.node, self._stack[:-1]
        return outer, self._take(waiting, Leave("done"))

    def _inner(self, flow: Flow, config: NodeConfig, enter: Enter) -> tuple[Flow, str | None]:
        inner = self._library.by_slug(enter.slug)
        if inner is None or len(self._stack) >= MOST_DEPTH:
            note = Note("flow.unavailable", self._node, {"flow": enter.slug})
            return flow, self._take(config, Leave("unavailable", notes=(note,)))
        self._flow, self._stack = inner.ref, (*self._stack, Frame(flow.ref, self._node))
        return inner, inner.document.start

    def _take(self, config: NodeConfig, leave: Leave) -> str | None:
        """Note a node's end, with its notes and variables; where its exit leads."""
        self._notes += leave.notes
        self._notes.append(Note("node.left", self._node, {"exit": leave.exit, "type": type_of(config)}))
        if config.TAKES_INPUT:
            self._unanswered = self._unanswered + 1 if leave.exit in UNANSWERED else 0
        if leave.variables:
            variables = {**self._variables, **{name: value[:MOST_VALUE] for name, value in leave.variables.items()}}
            if len(variables) > MOST_VARIABLES:
                variables = dict(list(variables.items())[-MOST_VARIABLES:])
            self._variables = variables
            if self._hidden or leave.hidden:
                self._hidden = (self._hidden - leave.variables.keys()) | leave.hidden
        if leave.language:
            self._language = leave.language
        return config.exits.get(leave.exit)

    def _here(self, flow: Flow) -> Here:
        languages = flow.document.languages
        language = self._language if self._language in languages else languages[0]
        variables = CallVariables(self._variables, self._facts, language, self._now)
        render = partial(rendered, variables=variables, language=language, zone=self._facts.time_zone)
        return Here(
            self._node, self._memo, variables, language, languages, self._facts, self._now, self._hidden, render
        )

    def _note_entered(self, flow: Flow, config: NodeConfig) -> None:
        self._notes.append(Note("node.entered", self._node, {"type": type_of(config), "flow": flow.slug}))

    def _state(self) -> State:
        return State(
            self._flow,
            self._node,
            self._language,
            self._memo,
            self._variables,
            self._hidden,
            self._stack,
            self._entered,
            self._unanswered,
        )

    def _step(self, action: Action, memo: Mapping[str, object]) -> Step:
        self._memo = memo
        return Step(self._state(), action, tuple(self._notes))

    def _end(self, action: End, memo: Mapping[str, object] = _NOTHING) -> Step:
        if isinstance(action, GoTo):
            reason: dict[str, object] = {"reason": "sent_on", "destination": str(action.destination)}
        else:
            why = self._memo.get("reason", "hung_up_by_flow") if self._memo.get("goodbye") else "hung_up_by_flow"
            reason = {"reason": why, "cause": action.cause.name}
        self._notes.append(Note("flow.left", self._node, reason))
        return self._step(action, memo)

    def _goodbye(self, memo: Mapping[str, object] = _GOODBYE_MEMO) -> Step:
        """An exit leads nowhere, or nobody is there: say goodbye, then hang up."""
        return self._step(Play((Piece(GOODBYE),), self._language), memo)

    def _broken(self, why: str) -> Step:
        self._notes.append(Note("flow.failed", self._node, {"why": why}))
        return self._end(HangUp(CAUSES["NORMAL_TEMPORARY_FAILURE"]))

    def _hung_up(self, event: HungUp) -> Step:
        reason = {"reason": "hung_up_by_caller", "cause": event.cause.name}
        return Step(self._state(), None, (Note("flow.left", self._node, reason),))


def kept_after_hang_up(library: Library, state: State, event: Recorded, facts: CallFacts, now: datetime) -> Step:
    """The caller left while speaking: the node may still have what was recorded stored; else there is no action."""
    return _Run(library, facts, now, state).kept(event)


def _is_input(event: Event) -> bool:
    """Whether the caller did something."""
    if isinstance(event, Gathered):
        return bool(event.digits)
    return bool(event.key) if isinstance(event, Played) else isinstance(event, Heard)


def type_of(config: NodeConfig) -> str:
    """Which kind of node it is, by name."""
    return config.type  # type: ignore[attr-defined,no-any-return]


def kind_of(config: NodeConfig) -> Kind:
    """Which kind of node it is."""
    return KINDS[type_of(config)]
