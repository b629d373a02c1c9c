"""What the memory buses of one test share: streams, served commands, watches and leases."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from shared.bus.streams import DUPLICATE_WINDOW_SECONDS
from shared.contracts.catalogue import StreamSpec
from shared.contracts.message import Encoded


@dataclass(frozen=True, slots=True)
class Stored:
    """A message in a stream."""

    sequence: int
    subject: str
    body: bytes
    message_id: str
    headers: Mapping[str, str]


class Member(Protocol):
    """A process's share of a durable consumer."""

    ack_wait_seconds: float

    def room(self) -> int: ...

    def take(self, message: Stored) -> None: ...


class Durable:
    """A consumer's place in a stream: what waits, and what is out with which member."""

    def __init__(self, broker: MemoryBroker, patterns: Iterable[str]) -> None:
        self._broker = broker
        self.patterns = list(patterns)
        self.waiting: deque[Stored] = deque()
        self.out: dict[int, Stored] = {}
        self.members: list[Member] = []

    def offer(self, message: Stored) -> None:
        """A new message of the stream."""
        if any(matches(pattern, message.subject) for pattern in self.patterns):
            self.waiting.append(message)
            self.dispatch()

    def dispatch(self) -> None:
        """Hand out what waits, to whoever has most room."""
        while self.waiting and self.members and self._broker.up:
            member = max(self.members, key=lambda each: each.room())
            if member.room() <= 0:
                return
            message = self.waiting.popleft()
            self.out[message.sequence] = message
            member.take(message)

    def done(self, message: Stored) -> None:
        """Acknowledged, or dropped for good."""
        self.out.pop(message.sequence, None)
        self.dispatch()

    def give_back(self, message: Stored) -> None:
        """To be delivered again, before what is newer."""
        if self.out.pop(message.sequence, None) is not None:
            self.waiting.appendleft(message)
            self.waiting = deque(sorted(self.waiting, key=lambda each: each.sequence))
            self.dispatch()

    def leave(self, member: Member, held: Iterable[Stored], *, died: bool) -> None:
        """A member ended; what it held is delivered again: at once, or when its time is over."""
        if member in self.members:
            self.members.remove(member)
        loop = asyncio.get_running_loop()
        for message in list(held):
            if died:
                loop.call_later(member.ack_wait_seconds, self.give_back, message)
            else:
                self.give_back(message)


class Stream:
    """A stream: messages in order, the last per subject only when compacted."""

    def __init__(self, broker: MemoryBroker, spec: StreamSpec) -> None:
        self._broker = broker
        self.spec = spec
        self.identity = datetime.now(UTC).isoformat()
        self.messages: dict[int, Stored] = {}
        self.durables: dict[str, Durable] = {}
        self.followers: list[Callable[[Stored], None]] = []
        self._sequence = 0
        self._last: dict[str, int] = {}
        self._seen: dict[str, float] = {}

    def append(self, message: Encoded) -> bool:
        """Take a message; false when its id was seen within the duplicate window."""
        now = asyncio.get_running_loop().time()
        seen = self._seen.get(message.message_id)
        if seen is not None and now - seen < DUPLICATE_WINDOW_SECONDS:
            return False
        self._seen[message.message_id] = now
        self._sequence += 1
        stored = Stored(self._sequence, message.subject, message.body, message.message_id, dict(message.headers))
        if self.spec.compacted:
            self.messages.pop(self._last.get(message.subject, 0), None)
            self._last[message.subject] = self._sequence
        self.messages[self._sequence] = stored
        for durable in self.durables.values():
            durable.offer(stored)
        for follower in list(self.followers):
            follower(stored)
        return True

    def durable(self, name: str, patterns: Iterable[str]) -> Durable:
        """The durable consumer of that name; a new one begins at the start of the stream."""
        found = self.durables.get(name)
        if found is None:
            found = self.durables[name] = Durable(self._broker, patterns)
            for message in self.messages.values():
                found.offer(message)
        found.patterns = list(patterns)
        return found

    def replay(self, patterns: Iterable[str], after: int) -> list[Stored]:
        """The messages of these subjects after a sequence, in order."""
        wanted = list(patterns)
        return [
            message
            for message in self.messages.values()
            if message.sequence > after and any(matches(pattern, message.subject) for pattern in wanted)
        ]


@dataclass(slots=True)
class CoreSubscription:
    """Interest in a subject, as core NATS has it."""

    pattern: str
    deliver: Callable[[str, bytes, Mapping[str, str], Callable[[bytes], None] | None], None]
    queue: str | None = None


@dataclass(slots=True)
class HeldLease:
    """Who has a lease until when."""

    holder: str
    until: float
    sequence: int


@dataclass(slots=True)
class MemoryBroker:
    """The server's part. ``go_down`` and ``come_up`` act as an outage of NATS does: nothing stored is lost."""

    streams: dict[str, Stream] = field(default_factory=dict)
    subscriptions: list[CoreSubscription] = field(default_factory=list)
    leases: dict[str, HeldLease] = field(default_factory=dict)
    published: list[Encoded] = field(default_factory=list)
    sequence: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    reachable: asyncio.Event = field(default_factory=asyncio.Event)
    _made: dict[str, asyncio.Event] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.reachable.set()

    @property
    def up(self) -> bool:
        return self.reachable.is_set()

    def go_down(self) -> None:
        """Be unreachable from now on."""
        self.reachable.clear()

    def come_up(self) -> None:
        """Be reachable again, with everything as it was."""
        self.reachable.set()
        for stream in self.streams.values():
            for durable in stream.durables.values():
                durable.dispatch()

    def make_stream(self, spec: StreamSpec) -> None:
        """Create a stream."""
        self.streams[spec.name] = Stream(self, spec)
        self._made.setdefault(spec.name, asyncio.Event()).set()

    async def stream(self, name: str) -> Stream:
        """The stream of that name, as soon as there is one."""
        await self._made.setdefault(name, asyncio.Event()).wait()
        return self.streams[name]

    def stream_for(self, subject: str) -> Stream | None:
        """The stream that takes this subject."""
        for stream in self.streams.values():
            if any(matches(pattern, subject) for pattern in stream.spec.subjects):
                return stream
        return None

    def store(self, message: Encoded) -> bool:
        """Put a message into its stream; false when no stream takes it."""
        stream = self.stream_for(message.subject)
        if stream is None:
            return False
        if stream.append(message):
            self.published.append(message)
        return True

    def send(
        self,
        subject: str,
        body: bytes,
        headers: Mapping[str, str],
        respond: Callable[[bytes], None] | None = None,
    ) -> int:
        """Deliver to everybody interested, to one of each queue group. Returns how many were."""
        groups: dict[str, CoreSubscription] = {}
        chosen: list[CoreSubscription] = []
        for subscription in self.subscriptions:
            if not matches(subscription.pattern, subject):
                continue
            if subscription.queue is None:
                chosen.append(subscription)
            else:
                groups.setdefault(subscription.queue, subscription)
        for subscription in groups.values():
            chosen.append(subscription)
            # The next one of the group comes first next time.
            self.subscriptions.remove(subscription)
            self.subscriptions.append(subscription)
        for subscription in chosen:
            subscription.deliver(subject, body, headers, respond)
        return len(chosen)


def matches(pattern: str, subject: str) -> bool:
    """Whether a subject fits a pattern with ``*`` (one word) and ``>`` (the rest)."""
    wanted, words = pattern.split("."), subject.split(".")
    for place, word in enumerate(wanted):
        if word == ">":
            return len(words) > place
        if place >= len(words) or word not in ("*", words[place]):
            return False
    return len(wanted) == len(words)
