"""Where a call is in its flows, in a form that survives the process: plain values that become JSON and come back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from services.ivr.domain.actions import FlowRef
from services.ivr.domain.values import value

_VERSION = 1


class UnreadableState(ValueError):
    """Not a state that this program wrote."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A node of an outer flow that waits for an inner one to end."""

    flow: FlowRef
    node: str


@value
class State:
    """A call in a flow.

    Args:
        flow: the version it goes through; a later publication does not touch it.
        node: where it is.
        memo: what that node noted.
        language: the caller's.
        variables: set by nodes.
        hidden: names of those nobody may read.
        stack: outer flows, the outermost first.
        entered: nodes entered so far.
        unanswered: questions given up in a row because the caller did nothing.
    """

    flow: FlowRef
    node: str
    language: str
    memo: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    stack: tuple[Frame, ...] = ()
    entered: int = 0
    unanswered: int = 0

    def to_document(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "v": _VERSION,
            "f": [self.flow.id.hex, self.flow.version],
            "n": self.node,
            "l": self.language,
            "m": dict(self.memo),
            "x": dict(self.variables),
            "h": sorted(self.hidden),
            "s": [[frame.flow.id.hex, frame.flow.version, frame.node] for frame in self.stack],
            "e": self.entered,
            "u": self.unanswered,
        }

    @classmethod
    def from_document(cls, document: Any) -> State:
        """What ``to_document`` wrote.

        Raises:
            UnreadableState: it is something else.
        """
        try:
            if document["v"] != _VERSION:
                raise UnreadableState(f"version {document['v']!r} of the state is unknown")
            return cls(
                flow=_ref(*document["f"]),
                node=str(document["n"]),
                language=str(document["l"]),
                memo=dict(document["m"]),
                variables=dict(document["x"]),
                hidden=frozenset(document["h"]),
                stack=tuple(Frame(_ref(flow, version), str(node)) for flow, version, node in document["s"]),
                entered=int(document["e"]),
                unanswered=int(document.get("u", 0)),  # none in a state of the last release
            )
        except (KeyError, TypeError, ValueError) as error:
            raise UnreadableState(str(error)) from error


def _ref(flow_id: str, version: int) -> FlowRef:
    return FlowRef(UUID(hex=flow_id), int(version))
