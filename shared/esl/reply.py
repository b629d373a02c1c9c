"""The switch's answer to one command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.esl.errors import SwitchRefused
from shared.esl.framing import Message

_REFUSALS = ("-ERR", "-USAGE")
_NO_OUTPUT = "-ERR no reply\n"  # what mod_event_socket (api_exec) puts in place of an empty output


@dataclass(frozen=True, slots=True)
class Reply:
    """A ``command/reply`` (its text is the ``Reply-Text``) or an ``api/response`` (its text is the body)."""

    text: str
    headers: Mapping[str, str]

    @classmethod
    def of(cls, message: Message) -> Reply:
        """The answer a message carries."""
        if message.content_type == "api/response":
            return cls("" if message.text == _NO_OUTPUT else message.text, message.headers)
        return cls(message.headers.get("Reply-Text", ""), message.headers)

    @property
    def ok(self) -> bool:
        """Whether the switch did not refuse."""
        return not self.text.startswith(_REFUSALS)

    def or_refused(self) -> Reply:
        """This answer, or ``SwitchRefused`` with the switch's words."""
        if not self.ok:
            raise SwitchRefused(self.text.strip())
        return self
