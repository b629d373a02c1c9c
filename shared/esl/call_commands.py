"""The API commands that a call's own connection sends; all of them are in ``shared.esl.api_commands``.

They stand apart because whoever takes calls over (ivr) needs no others, which take 1.5 MB.
Source: FreeSWITCH ``mod_commands.c``.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.esl import arguments
from shared.esl.commands import ApiCommand


@dataclass(frozen=True, slots=True)
class UuidBreak(ApiCommand):
    """Stops what is being played to a channel; ``everything`` also what is queued behind it."""

    uuid: str
    everything: bool = False

    def text(self) -> str:
        return f"uuid_break {arguments.uuid('uuid', self.uuid)}{' all' if self.everything else ''}"


@dataclass(frozen=True, slots=True)
class UuidSetVar(ApiCommand):
    """Sets a channel variable; an empty value removes it. ``${...}`` in the value is refused."""

    uuid: str
    variable: str
    value: str

    def text(self) -> str:
        words = f"uuid_setvar {arguments.uuid('uuid', self.uuid)} {arguments.word('variable', self.variable)}"
        value = arguments.literal("value", self.value)
        return f"{words} {arguments.quoted('value', value)}" if value else words
