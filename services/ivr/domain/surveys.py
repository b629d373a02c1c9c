"""Survey results, counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

PROMOTERS = (9, 10)
MOST_DETRACTING = 6


@dataclass(slots=True)
class Question:
    """A question with its answers.

    Args:
        distribution: answer -> how many gave it.
        comments: how many spoke instead.
    """

    question: str
    scale: str
    distribution: dict[int, int] = field(default_factory=dict)
    comments: int = 0

    @property
    def count(self) -> int:
        """How many answered with a number."""
        return sum(self.distribution.values())

    @property
    def mean(self) -> float | None:
        """Of the numbers; of yes and no, the share of yes."""
        if not self.count:
            return None
        return sum(number * many for number, many in self.distribution.items()) / self.count

    @property
    def nps(self) -> float | None:
        """Net promoter score, -100 to 100: the share of 9 and 10 less the share of 0 to 6, in percent."""
        if self.scale != "nps" or not self.count:
            return None
        promoters = sum(many for number, many in self.distribution.items() if number in PROMOTERS)
        detractors = sum(many for number, many in self.distribution.items() if number <= MOST_DETRACTING)
        return 100 * (promoters - detractors) / self.count


def summed_up(counts: Iterable[tuple[str, str, int | None, int]]) -> list[Question]:
    """Each question (on each scale it was ever asked on), given (question, scale, answer, how many)."""
    found: dict[tuple[str, str], Question] = {}
    for question, scale, number, many in counts:
        one = found.setdefault((question, scale), Question(question, scale))
        if number is None:
            one.comments += many
        else:
            one.distribution[number] = one.distribution.get(number, 0) + many
    return list(found.values())
