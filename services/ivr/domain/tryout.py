"""A call without a call: the way through a flow of somebody who presses these keys at that time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from services.ivr.domain import speaking
from services.ivr.domain.actions import (
    Action,
    Beep,
    FindCustomer,
    Gather,
    GoTo,
    HangUp,
    Listen,
    Note,
    Piece,
    Play,
    Prompt,
    Query,
    Record,
    Request,
    Sound,
    Speech,
    Store,
)
from services.ivr.domain.events import (
    CameBack,
    CustomerFound,
    CustomerUnknown,
    Event,
    Found,
    Gathered,
    Heard,
    NotHeard,
    Played,
    Recorded,
    RequestFailed,
    Responded,
    Started,
    Stored,
    StoreFailed,
)
from services.ivr.domain.flow import Flow, Library
from services.ivr.domain.interpreter import Step, decide, first_state
from services.ivr.domain.node import CallFacts
from services.ivr.domain.state import State
from shared.telephony.causes import Cause

MOST_STEPS: Final = 500
MASK: Final = "•••"
PIECES: Final = "pieces/"
RECORDED_SECONDS: Final = 10.0

Ending = Literal["hung_up", "sent_on", "waits_for_keys", "goes_on_for_ever"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the world answers at one node; what is not said is what usually happens.

    Args:
        http_status, http_document: of an HTTP request's answer; none: it cannot be reached.
        customer: who the caller is; none: nobody known.
        nobody_took_it: why a call that was sent on came back; none: somebody took it.
        said, choice: what the caller says, and which choice that is; none: nobody can listen.
        recorded_seconds: how long the caller speaks.
        stored: whether what is to be kept can be.
    """

    http_status: int | None = None
    http_document: Any = None
    customer: Mapping[str, str] | None = None
    nobody_took_it: Cause | None = None
    said: str | None = None
    choice: str = ""
    recorded_seconds: float = RECORDED_SECONDS
    stored: bool = True


@dataclass(frozen=True, slots=True)
class Trial:
    """A caller to try a flow with.

    Args:
        keys: one entry per question, empty: nothing pressed.
        answers: node -> what the world answers there.
    """

    keys: tuple[str, ...] = ()
    language: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, Answer] = field(default_factory=dict)


@dataclass(slots=True)
class Tried:
    """One stretch of the way: a node, with what was said and pressed there.

    Args:
        says: as people write it; none where nothing is said.
        pressed: none where nothing was asked.
        exit: by which the call went on from here, if it did.
    """

    flow: str
    node: str
    type: str
    says: str | None = None
    pressed: str | None = None
    exit: str | None = None
    notes: list[Note] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class TriedFlow:
    """The whole way.

    Args:
        variables: at the end; hidden ones masked.
        destination, cause: where it was sent, or with which cause it ended.
    """

    steps: tuple[Tried, ...]
    variables: Mapping[str, str]
    language: str
    ends: Ending
    destination: str | None = None
    cause: str | None = None


def try_flow(library: Library, flow: Flow, trial: Trial, facts: CallFacts, now: datetime) -> TriedFlow:
    """Go through ``flow``, which ``library`` holds, until the call ends or `MOST_STEPS` decisions were made."""
    return _Way(library, flow, trial, facts, now).walk()


class _Way:
    def __init__(self, library: Library, flow: Flow, trial: Trial, facts: CallFacts, now: datetime) -> None:
        self._library, self._trial, self._facts, self._now = library, trial, facts, now
        self._keys = iter(trial.keys)
        self._steps: list[Tried] = []
        self._state = first_state(flow, trial.language, trial.variables)

    def walk(self) -> TriedFlow:
        event: Event = Started()
        for _ in range(MOST_STEPS):
            step = decide(self._library, self._state, event, self._facts, self._now)
            self._write(step)
            action = step.action
            if action is None or isinstance(action, HangUp):
                return self._ended("hung_up", cause=action.cause.name if action else None)
            answer = self._answer(action)
            if answer is None and isinstance(action, GoTo):
                return self._ended("sent_on", destination=str(action.destination))
            if answer is None:
                return self._ended("waits_for_keys")
            event = answer
        return self._ended("goes_on_for_ever")

    def _write(self, step: Step) -> None:
        """The notes of a decision, each at its node, and what is said now."""
        for note in step.notes:
            if note.name == "node.entered":
                self._steps.append(Tried(str(note.fields["flow"]), note.node, str(note.fields["type"])))
            elif note.name == "node.left":
                self._at(note.node).exit = str(note.fields["exit"])
            elif note.name != "flow.left":
                self._at(note.node).notes.append(note)
        self._state, action = step.state, step.action
        if isinstance(action, Play | Gather | Listen):
            last = self._at(step.state.node)
            if last.says is not None or last.exit is not None:  # it asks again, or says goodbye
                last = Tried(last.flow, last.node, last.type)
                self._steps.append(last)
            last.says = " ".join(map(_heard_as(action.language), action.sounds))

    def _at(self, node: str) -> Tried:
        """The last stretch at that node, if it goes on: a node that entered another flow is left after that one's."""
        there = [one for one in reversed(self._steps) if one.node == node] or self._steps[-1:]
        return next((one for one in there if one.exit is None), there[0])

    def _answer(self, action: Action) -> Event | None:
        """What comes of an action; none when the call ends here."""
        answer = self._trial.answers.get(self._state.node, _USUAL)
        if isinstance(action, Gather):
            return self._press(action)
        if isinstance(action, GoTo):
            cause = answer.nobody_took_it
            return CameBack(cause) if cause is not None and action.comes_back else None
        return _ANSWERS[type(action)](action, answer)

    def _press(self, action: Gather) -> Event | None:
        keys = next(self._keys, None)
        if keys is None:
            return None
        end = next((place for place, key in enumerate(keys) if key in action.terminators), len(keys))
        taken = keys[: min(end, action.most)]
        self._steps[-1].pressed = MASK if action.hidden and taken else taken
        return Gathered(taken, keys[end : end + 1])

    def _ended(self, ends: Ending, *, destination: str | None = None, cause: str | None = None) -> TriedFlow:
        state: State = self._state
        shown = {name: MASK if name in state.hidden else value for name, value in state.variables.items()}
        return TriedFlow(tuple(self._steps), shown, state.language, ends, destination, cause)


_USUAL: Final = Answer()


def _responded(_: Action, answer: Answer) -> Event:
    if answer.http_status is None:
        return RequestFailed("unreachable")
    return Responded(answer.http_status, answer.http_document)


def _heard(_: Action, answer: Answer) -> Event:
    return NotHeard(listening=False) if answer.said is None else Heard(answer.said, answer.choice)


def _recorded(action: Any, answer: Answer) -> Event:
    return Recorded(action.name, min(answer.recorded_seconds, action.most_seconds))


_ANSWERS: Final[dict[type, Callable[[Action, Answer], Event]]] = {
    Play: lambda _, __: Played(),
    Listen: _heard,
    Record: _recorded,
    Request: _responded,
    FindCustomer: lambda _, answer: CustomerUnknown() if answer.customer is None else CustomerFound(answer.customer),
    Store: lambda _, answer: Stored() if answer.stored else StoreFailed(),
    Query: lambda _, __: Found(None),
}


def _heard_as(language: str) -> Callable[[Sound], str]:
    def text(sound: Sound) -> str:
        if isinstance(sound, Speech):
            return sound.text
        if isinstance(sound, Beep):
            return "[beep]"
        name = sound.slug if isinstance(sound, Prompt) else sound.name
        if isinstance(sound, Piece) and name.startswith(PIECES):
            with suppress(KeyError, ValueError):
                return speaking.text_of([name.removeprefix(PIECES)], language)
        return f"[{name}]"

    return text
