"""survey: a question with an answer that is counted: 1-5, 0-10 (NPS), yes or no, or a spoken comment."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from services.ivr.domain.actions import Gather, Note, Play, Record, Sound, Store
from services.ivr.domain.events import Event, Gathered, Played, Recorded, Stored, StoreFailed
from services.ivr.domain.node import Here, Kind, Leave, Outcome, Wait
from services.ivr.domain.writes import SurveyAnswer
from services.ivr.nodes.asking import Asking, AskingConfig, ask, ask_again

ANSWERS = {
    "one_to_five": {str(key): key for key in range(1, 6)},
    "nps": {str(key): key for key in range(11)},
    "yes_no": {"1": 1, "2": 0},
}
"""Keys -> the number that is counted. Yes is 1, no is 2 on the phone; NPS ends with # or after a pause."""


class Config(AskingConfig):
    """Asks one question and keeps the answer."""

    MUST_EXIT = ("done",)

    type: Literal["survey"] = "survey"
    survey: str = Field(
        min_length=1,
        max_length=63,
        pattern=r"^[a-z0-9][a-z0-9-]*$",
        description="answers of one survey are counted together",
    )
    question: str = Field(min_length=1, max_length=40, pattern=r"^[a-z][a-z0-9-]*$")
    scale: Literal["one_to_five", "nps", "yes_no", "comment"]
    most_seconds: int = Field(default=60, ge=5, le=300, description="of a comment")


def begin(config: Config, here: Here) -> Outcome:
    """Ask; an answer that was being kept when the program died is kept again."""
    if "answer" in here.memo:
        number, recording, seconds = here.memo["answer"]
        return _keep(config, here, number=number, recording=recording, seconds=seconds)
    if config.scale == "comment":
        return Wait(Play(here.render(config.announcement), here.language))
    return ask(here, _asking(config, here), attempt=int(here.memo.get("attempt", 1)))


def resume(config: Config, here: Here, event: Event) -> Outcome:
    """Keep the answer."""
    match event:
        case Played():
            name = f"comments/{here.facts.leg_id}-{here.node}"
            return Wait(Record(name, config.most_seconds, silence_seconds=4))
        case Recorded():
            return _spoken(config, here, event)
        case Gathered():
            return _pressed(config, here, event.digits)
        case Stored() | StoreFailed():
            number = here.memo.get("answer", (None,))[0]
            return Leave("done", {f"survey.{config.question.replace('-', '_')}": "" if number is None else str(number)})
        case _:
            return Leave("no_input")


def _spoken(config: Config, here: Here, event: Recorded) -> Outcome:
    if event.seconds < 1:
        return Leave("no_input", notes=(Note("input.missed", here.node, {"attempt": 1, "digits": ""}),))
    return _keep(config, here, recording=event.name, seconds=event.seconds)


def _pressed(config: Config, here: Here, digits: str) -> Outcome:
    number = ANSWERS.get(config.scale, {}).get(digits)
    if number is None:
        return ask_again(config, here, _asking(config, here), missed=not digits, given=digits)
    return _keep(config, here, number=number)


def _keep(config: Config, here: Here, *, number: int | None = None, recording: str = "", seconds: float = 0.0) -> Wait:
    answer = SurveyAnswer(
        survey=config.survey,
        question=config.question,
        scale=config.scale,
        number=number,
        recording=recording,
        seconds=seconds,
        agent=here.variables.get("agent", ""),
        queue=here.variables.get("queue", ""),
    )
    note = Note("input.taken", here.node, {"digits": "" if number is None else str(number)})
    return Wait(Store(answer), {"answer": [number, recording, seconds]}, (note,))


def _asking(config: Config, here: Here) -> Asking:
    most = 2 if config.scale == "nps" else 1

    def gather(first: tuple[Sound, ...]) -> Gather:
        sounds = (*first, *here.render(config.announcement))
        return Gather(sounds, here.language, 1, most, config.first_seconds, 2.0, "#" if most > 1 else "")

    return gather


KIND = Kind(Config, begin, resume, hears_hang_up=True)
