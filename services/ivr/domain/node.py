"""What a node is: its configuration, and two pure functions, one for a caller's coming and one for what happens then.

Every node is a module in ``services.ivr.nodes`` with a ``KIND``. A node ends in one of three ways: it waits for the
answer to an action (`Wait`), it is left by one of its exits (`Leave`), or it ends the program's part in the call
(`Finish`). A flow inside a flow is entered by `Enter` and left by `Return`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Final, Protocol

from pydantic import BaseModel, ConfigDict, Field

from services.ivr.domain.actions import Ask, End, Note, Sound
from services.ivr.domain.announcements import Part
from services.ivr.domain.events import Event
from services.ivr.domain.names import ExitName, NodeId
from services.ivr.domain.values import value
from shared.telephony.destinations import Destination

UNANSWERED: Final = frozenset({"no_input", "nothing"})
"""Exits by which a node is left that waited for the caller in vain."""


class Position(BaseModel):
    """Where a flow's picture shows the node."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    x: float = Field(ge=-100_000, le=100_000)
    y: float = Field(ge=-100_000, le=100_000)


class NodeConfig(BaseModel):
    """What every node has. Subclasses add a literal ``type`` and their own fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    MUST_EXIT: ClassVar[tuple[str, ...]] = ()
    """Exits that lead somewhere in every flow that can be published."""
    MAY_EXIT: ClassVar[tuple[str, ...]] = ()
    """Exits that may lead nowhere: the call then ends, with a goodbye."""
    TAKES_INPUT: ClassVar[bool] = False
    """Whether it waits for the caller: a circle of nodes without one would go round for ever."""

    name: str = Field(default="", max_length=80, description="what people call it")
    position: Position | None = None
    exits: dict[ExitName, NodeId] = Field(default_factory=dict, max_length=40, description="exit -> next node")

    def must_exit(self) -> tuple[str, ...]:
        """Exits that this very node must have wired."""
        return self.MUST_EXIT

    def may_exit(self) -> tuple[str, ...]:
        """Exits that this very node may have wired as well."""
        return self.MAY_EXIT

    def announcements(self) -> Iterator[tuple[str, tuple[Part, ...]]]:
        """(field, announcement) of each thing it says."""
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, tuple) and value and all(isinstance(part, Part) for part in value):
                yield name, value

    def destinations(self) -> tuple[Destination, ...]:
        """Where it may send the call."""
        return ()

    def flows(self) -> tuple[str, ...]:
        """Slugs of flows that it enters, or that come after it."""
        return ()

    def problems(self) -> Iterator[tuple[str, str, str]]:
        """(code, field, sentence) of what is wrong with it that its schema cannot say."""
        return iter(())


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What is known of the call itself.

    Args:
        extension: number of the extension that calls; empty from outside.
        agent: number of the extension that answered last.
        queue: slug of the queue that the call was in last.
    """

    tenant_id: str = ""
    call_id: str = ""
    leg_id: str = ""
    caller_number: str = ""
    caller_name: str = ""
    called_number: str = ""
    extension: str = ""
    agent: str = ""
    queue: str = ""
    time_zone: str = "UTC"


@value
class Here:
    """What a node may look at.

    Args:
        node: its id.
        memo: what it noted when it last waited.
        variables: of the call, those of the call itself included.
        language: the caller's.
        languages: that the flow speaks, the first by default.
        now: the instant.
        hidden: names of the variables that nobody may read.
        render: makes the sounds of an announcement, in the caller's language.
    """

    node: str
    memo: Mapping[str, Any]
    variables: Mapping[str, str]
    language: str
    languages: tuple[str, ...]
    facts: CallFacts
    now: datetime
    hidden: frozenset[str]
    render: Callable[[tuple[Part, ...]], tuple[Sound, ...]]


@value
class Wait:
    """Do this and come back with the answer; ``memo`` is there again then."""

    action: Ask
    memo: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()


@value
class Leave:
    """Go on by an exit.

    Args:
        variables: to set.
        hidden: those of them that nobody may read: kept out of events and logs.
        language: the caller's from now on.
    """

    exit: str
    variables: Mapping[str, str] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    language: str | None = None
    notes: tuple[Note, ...] = ()


@value
class Finish:
    """The program's part in the call ends; with ``memo``, it may come back to this node."""

    action: End
    memo: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()


@value
class Enter:
    """Go through another flow of the tenant, then leave by ``done``."""

    slug: str


@dataclass(frozen=True, slots=True)
class Return:
    """The flow inside a flow is over."""


Outcome = Wait | Leave | Finish | Enter | Return


class Begin(Protocol):
    """A caller comes to the node."""

    def __call__(self, config: Any, here: Here, /) -> Outcome: ...


class Resume(Protocol):
    """Something happened while the node waited."""

    def __call__(self, config: Any, here: Here, event: Event, /) -> Outcome: ...


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of node.

    Args:
        config: its configuration's class.
        begin, resume: what it does.
        hears_hang_up: whether it wants to know that the caller left (to keep what was recorded).
    """

    config: type[NodeConfig]
    begin: Begin
    resume: Resume
    hears_hang_up: bool = False


def never_waits(_: Any, here: Here, event: Event) -> Outcome:
    """``resume`` of a node that never waits.

    Raises:
        ValueError: always: the state is not one that a flow comes to.
    """
    raise ValueError(f"{here.node} does not wait for {type(event).__name__}")
