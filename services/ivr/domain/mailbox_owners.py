"""Mailboxes follow their extensions: who gets another number takes the box along; who goes leaves none to the next.

Pure: what the directory says of a tenant's extensions in, what is to be changed out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Held:
    """A box that can be reached by its number.

    Args:
        extension_id: whose it is; none: nobody's, such as a group's.
    """

    id: UUID
    number: str
    extension_id: UUID | None


@dataclass(frozen=True, slots=True)
class Move:
    """The extension has another number; the box goes with it."""

    box: Held
    number: str


@dataclass(frozen=True, slots=True)
class Close:
    """Nobody may reach the box by its number any more."""

    box: Held


@dataclass(frozen=True, slots=True)
class Adopt:
    """The box was made before its extension was heard of."""

    box: Held
    extension_id: UUID


Change = Move | Close | Adopt


def changes_of(boxes: Iterable[Held], numbers: Mapping[UUID, str], gone: Collection[UUID]) -> list[Change]:
    """What is to be done so that every box stands at its extension's number, those to be closed first.

    A box is closed on proof only: its extension was removed, or another extension has the number. An extension that is
    merely not known changes nothing: a bus that lost its streams must not close every mailbox.

    Args:
        boxes: all open boxes of one tenant.
        numbers: extension -> its number, of all that are known.
        gone: extensions that were removed.
    """
    every = list(boxes)
    owner_at = {number: extension for extension, number in numbers.items()}
    with_box = {box.extension_id for box in every}
    # Whose box stands where it should already, or will: a second one of theirs has no place.
    placed = {box.extension_id for box in every if box.extension_id and numbers.get(box.extension_id) == box.number}
    closed: list[Change] = []
    others: list[Change] = []
    for box in every:
        owner = owner_at.get(box.number)
        if box.extension_id is not None and box.extension_id in numbers:
            number = numbers[box.extension_id]
            if number != box.number and box.extension_id in placed:
                closed.append(Close(box))
            elif number != box.number:
                others.append(Move(box, number))
                placed.add(box.extension_id)
        elif box.extension_id is not None:
            if box.extension_id in gone or owner is not None:
                closed.append(Close(box))
        elif owner is not None:
            # Its owner brings a box along: two cannot stand there, and strangers' messages are not theirs to hear.
            known = owner in with_box
            (closed if known else others).append(Close(box) if known else Adopt(box, owner))
    return closed + others
