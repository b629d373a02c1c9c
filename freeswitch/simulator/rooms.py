"""Conferences and listening in (mod_conference, eavesdrop): who is in, and the events."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from freeswitch.simulator.session import Session
    from freeswitch.simulator.switch import Switch


@dataclass
class Member:
    """One leg in a room."""

    number: int
    session: Session
    flags: set[str] = field(default_factory=lambda: {"speak", "hear"})
    out: bool = False


@dataclass
class Room:
    """A conference."""

    name: str
    profile: str
    uuid: str
    members: list[Member] = field(default_factory=list)


class Rooms:
    """Conferences by name."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self._rooms: dict[str, Room] = {}
        self._numbers = itertools.count(1)

    def find(self, name: str) -> Room | None:
        """The conference of that name, if somebody is in it."""
        return self._rooms.get(name)

    def all(self) -> list[Room]:
        """Conferences somebody is in."""
        return list(self._rooms.values())

    async def join(self, session: Session, data: str) -> None:
        """Be in a room until hung up, moved or kicked: `name[@profile][+pin]`."""
        name, _, rest = data.partition("@")
        profile = rest.partition("+")[0] or "default"
        name = name.partition("+")[0]
        session.answer()
        room = self._rooms.get(name)
        if room is None:
            room = self._rooms[name] = Room(name, profile, str(uuid4()))
            self._fire(room, None, "conference-create")
        member = Member(next(self._numbers), session)
        room.members.append(member)
        channel = session.channel
        self._fire(room, member, "add-member")
        channel.set("conference_name", name)
        channel.set("conference_member_id", str(member.number))
        channel.set("conference_uuid", room.uuid)
        await session.wait(lambda: not channel.ready or member.out, messages=True)
        room.members.remove(member)
        self._fire(room, member, "del-member")
        if not room.members:
            self._rooms.pop(name, None)
            self._fire(room, None, "conference-destroy")

    def act(self, room: Room, command: str, who: str) -> list[int]:
        """`kick`, `mute`, `unmute`, `deaf`, `undeaf` for a member number, `all` or `last`; the members it met."""
        met = []
        for member in list(room.members):
            if who not in {str(member.number), "all"} and not (who == "last" and member is room.members[-1]):
                continue
            met.append(member.number)
            if command in {"kick", "hup"}:
                member.out = True
                self._fire(room, member, "kick-member")
                member.session.hangup("NORMAL_CLEARING") if command == "hup" else member.session.poke()
                continue
            flag = {"mute": "speak", "unmute": "speak", "deaf": "hear", "undeaf": "hear"}[command]
            member.flags = member.flags | {flag} if command.startswith("un") else member.flags - {flag}
            self._fire(room, member, f"{command}-member")
        return met

    def _fire(self, room: Room, member: Member | None, action: str) -> None:
        extra = {
            "Conference-Name": room.name,
            "Conference-Size": str(len(room.members)),
            "Conference-Ghosts": "0",
            "Conference-Profile-Name": room.profile,
            "Conference-Unique-ID": room.uuid,
            "Action": action,
        }
        if member is not None:
            extra |= {
                "Member-Type": "member",
                "Member-ID": str(member.number),
                "Member-Ghost": "false",
                "Hear": str("hear" in member.flags).lower(),
                "Speak": str("speak" in member.flags).lower(),
                "Talking": "false",
                "Video": "false",
                "Mute-Detect": "false",
            }
            extra = {**member.session.channel.basic_headers(), **extra}
        self._switch.fire("CUSTOM", None, extra, "conference::maintenance")

    async def eavesdrop(self, session: Session, target: Session) -> None:
        """Listen to `target` until either leg ends."""
        session.fire("MEDIA_BUG_START", {"Media-Bug-Function": "eavesdrop", "Media-Bug-Target": target.uuid})
        self._switch.background(_poke_when_gone(target, session))
        await session.wait(lambda: not session.channel.ready or not target.channel.up, messages=True)
        session.fire("MEDIA_BUG_STOP", {"Media-Bug-Function": "eavesdrop", "Media-Bug-Target": target.uuid})


async def _poke_when_gone(target: Session, session: Session) -> None:
    await target.gone.wait()
    session.poke()
