"""voicemail: the caller leaves a message in a mailbox."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from services.ivr.domain.node import Here, Kind, NodeConfig, Outcome
from services.ivr.nodes.going import EXITS, came_back, go, not_taken
from shared.telephony.destinations import Destination, DestinationKind


class Config(NodeConfig):
    """Sends the call to a mailbox.

    Its `busy` greeting is played when who was called last in this call was busy (variable `voicemail_reason`).
    """

    MAY_EXIT = EXITS

    type: Literal["voicemail"] = "voicemail"
    mailbox: str = Field(pattern=r"^[0-9]{2,8}$", description="the extension's number")

    def destinations(self) -> tuple[Destination, ...]:
        return (Destination(DestinationKind.VOICEMAIL, self.mailbox),)


def begin(config: Config, here: Here) -> Outcome:
    """Send it there, with why who was called before did not take it: the mailbox greets accordingly."""
    return go(config, config.destinations()[0], not_taken=not_taken(here))


KIND = Kind(Config, begin, came_back)
