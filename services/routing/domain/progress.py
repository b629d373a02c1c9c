"""Where routing left off: what a call carries between two questions, as one short text.

It names things (an extension, a group, a number), never says how to reach them: everything is looked up again, in the
caller's tenant. The shell signs the text and binds it to the channel.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

_FIELD = re.compile(r"[A-Za-z0-9+:._-]*\Z")
_VERSION = "3"


class Stage(StrEnum):
    """What was just tried."""

    EXTENSION = "extension"
    RING_GROUP = "group"
    TRUNK = "trunk"
    EMERGENCY = "emergency"
    PROGRAM = "program"
    QUEUE = "queue"


@dataclass(frozen=True, slots=True)
class Progress:
    """The step a call is in.

    Args:
        stage: what is being tried.
        target: extension id, ring group's slug, or number.
        position: how many members or trunks have been tried.
        start: the member a round robin began with.
        tried: trunks that failed.
        hops: forwards so far.
        acting_id: extension in whose name the call goes out.
        forwarded_by: number of the extension that forwarded last.
        via: what led here.
        back: the program that gets the call back when nobody takes it; empty: none.
        after: the program that gets the caller when who answered has hung up; empty: none.
    """

    stage: Stage
    target: str
    position: int = 0
    start: int = 0
    tried: tuple[UUID, ...] = ()
    hops: int = 0
    acting_id: UUID | None = None
    forwarded_by: str = ""
    via: str = ""
    back: str = ""
    after: str = ""

    def encode(self) -> str:
        """The text; ASCII letters, digits and ``+:._-;`` only.

        Raises:
            ValueError: a part holds another character.
        """
        parts = (
            _VERSION,
            self.stage.value,
            self.target,
            str(self.position),
            str(self.start),
            ".".join(one.hex for one in self.tried),
            str(self.hops),
            self.acting_id.hex if self.acting_id else "",
            self.forwarded_by,
            self.via,
            self.back,
            self.after,
        )
        if not all(map(_FIELD.match, parts)):
            raise ValueError("progress holds only plain words")
        return ";".join(parts)

    @classmethod
    def decode(cls, text: str) -> Progress | None:
        """The progress written as ``text``; none when it is not one."""
        parts = text.split(";")
        if len(parts) != 12 or parts[0] != _VERSION or not all(map(_FIELD.match, parts)):
            return None
        _, stage, target, position, start, tried, hops, acting, forwarded_by, via, back, after = parts
        try:
            return cls(
                Stage(stage),
                target,
                int(position),
                int(start),
                tuple(UUID(hex=one) for one in tried.split(".") if one),
                int(hops),
                UUID(hex=acting) if acting else None,
                forwarded_by,
                via,
                back,
                after,
            )
        except ValueError:
            return None
