"""On which node each device is registered, as far as it was told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

__all__ = ["Located", "Place", "Whereabouts"]


@dataclass(frozen=True, slots=True)
class Place:
    """A node that can be called.

    Args:
        node_id: which one.
        core_id: the present life of its switch.
        address: host:port of its trunk profile; empty: it cannot be called by others (of an older release).
    """

    node_id: str
    core_id: str
    address: str

    @property
    def life(self) -> str:
        """Names this life of this node's switch."""
        return f"{self.node_id}/{self.core_id}"


@dataclass(frozen=True, slots=True)
class Located:
    """What a node told of a device.

    Args:
        core_id: the life of the node's switch in which it holds.
        at: when the device registered there last.
        revision: grows with everything that the node tells of the device.
        is_there: whether it is still registered.
    """

    core_id: str
    at: datetime
    revision: int
    is_there: bool = True


class Whereabouts:
    """Fed with what nodes tell, in any order. A switch that began anew has lost the registrations of its last life."""

    def __init__(self) -> None:
        self._nodes: dict[str, Place] = {}
        self._devices: dict[tuple[str, str], dict[str, Located]] = {}

    def reported(self, node_id: str, core_id: str, address: str, *, is_up: bool) -> None:
        """A node is up, in this life of its switch; or it is away, and no phone is reached by it."""
        if is_up:
            self._nodes[node_id] = Place(node_id, core_id, address)
        else:
            self._nodes.pop(node_id, None)

    def located(self, sip_username: str, domain: str, node_id: str, told: Located) -> None:
        """A device is registered on a node, or is not any more. What is older than what is known changes nothing."""
        on = self._devices.setdefault((sip_username, domain.lower()), {})
        known = on.get(node_id)
        if known is None or told.revision > known.revision:
            on[node_id] = told

    def of(self, sip_username: str, domain: str) -> Place | None:
        """Where a device registered last; none: nowhere, or that is not known."""
        newest, found = None, None
        for node_id, told in self._devices.get((sip_username, domain.lower()), {}).items():
            place = self._nodes.get(node_id)
            is_up = place is not None and told.is_there and told.core_id == place.core_id
            if is_up and (newest is None or told.at > newest):
                newest, found = told.at, place
        return found

    def node(self, node_id: str) -> Place | None:
        """A node; none: it is away, or nothing was told of it."""
        return self._nodes.get(node_id)
