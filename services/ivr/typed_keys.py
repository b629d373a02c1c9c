"""Keys a caller pressed, as the answer to one question and what is left for the next."""

from __future__ import annotations

from collections.abc import Sequence

from services.ivr.domain.actions import Gather


class Typed:
    """Takes keys until the question is answered.

    Args:
        keys: typed before the question was asked.
        ask: the question.
    """

    def __init__(self, keys: str, ask: Gather) -> None:
        self._ask = ask
        self.digits = ""
        self.terminator = ""
        self.left = ""
        """Keys for the next question."""
        self.add(keys)

    @property
    def complete(self) -> bool:
        """Whether nothing more is to be asked."""
        return bool(self.terminator) or len(self.digits) >= self._ask.most

    def add(self, keys: str) -> None:
        """Take more keys."""
        for place, key in enumerate(keys):
            if self.complete:
                self.left += keys[place:]
                return
            if key in self._ask.terminators and self._ask.most > 1:
                self.terminator = key
            else:
                self.digits += key


def typed_about(told: Sequence[tuple[int, str]], taken: str, ended: int) -> str:
    """All keys of a question, in order: also those that came before it or after it, and that nothing has taken.

    Args:
        told: each key that was told since the question before, with the number of its event.
        taken: what the switch's application took; hidden keys are not told.
        ended: number of the event with which that application ended.
    """
    until = "".join(key for number, key in told if number <= ended)
    after = "".join(key for number, key in told if number > ended)
    return (until if until.endswith(taken) else taken) + after
