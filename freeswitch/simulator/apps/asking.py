"""play_and_get_digits, flush_dtmf (switch_ivr_play_say.c: switch_ivr_read, switch_play_and_get_digits)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from freeswitch.simulator.apps.playing import Played, play
from freeswitch.simulator.domain.arguments import separate
from freeswitch.simulator.transfer import blind_transfer

if TYPE_CHECKING:
    from freeswitch.simulator.session import Session


class Got(Enum):
    """How asking ended; the value is `read_result`."""

    ENOUGH = "success"
    TOO_LATE = "timeout"
    TOO_FEW = "failure"
    GONE = "failure "
    NOT_ASKED = ""


@dataclass(frozen=True)
class Question:
    """The arguments: `min max tries timeout terminators prompt invalid variable pattern digit_timeout failure`."""

    least: int
    most: int
    tries: int
    timeout_ms: int
    terminators: str
    prompt: str
    invalid: str
    variable: str
    pattern: str
    digit_timeout_ms: int
    failure: str

    @classmethod
    def parse(cls, data: str) -> Question:
        """Read the application's data; what is missing is empty or 0."""
        words = [*separate(data, 11), *[""] * 11]
        least = max(0, _number(words[0]))
        timeout = _number(words[3]) if words[3] else 1000
        return cls(
            least=least,
            most=max(least, _number(words[1])),
            tries=_number(words[2]),
            timeout_ms=timeout,
            terminators=words[4],
            prompt=words[5],
            invalid=words[6],
            variable=words[7],
            pattern=words[8],
            digit_timeout_ms=_number(words[9]) or timeout,
            failure=words[10],
        )


def _number(word: str) -> int:
    found = re.match(r"-?\d+", word)
    return int(found[0]) if found else 0


async def play_and_get_digits(session: Session, data: str) -> None:
    """Play a prompt until a key comes, then collect digits into a variable; again while `tries` last."""
    question, channel = Question.parse(data), session.channel
    if question.pattern and question.variable:
        channel.set(f"{question.variable}_invalid", None)
    for _ in range(question.tries):
        if not channel.ready:
            break
        got, digits = await _ask(session, question)
        enough = got is Got.ENOUGH or (got is Got.TOO_LATE and len(digits) >= question.least)
        if not question.least and not digits and channel.get("read_terminator_used"):
            return
        if enough and digits:
            if not question.pattern or re.search(question.pattern, digits):
                return
            channel.set(question.variable, None)
            channel.set(f"{question.variable}_invalid", digits)
        if channel.ready:
            await play(session, question.invalid)
    if question.failure:
        extension, dialplan, context = [*question.failure.split(), "", "", ""][:3]
        blind_transfer(session, extension, dialplan, context)


async def _ask(session: Session, question: Question) -> tuple[Got, str]:
    """One try (switch_ivr_read): how it ended, and the digits."""
    channel = session.channel
    channel.set("read_result", None)
    if question.variable:
        channel.set(question.variable, None)
    played, digits = await _prompt(session, question.prompt)
    if played in {Played.LEFT, Played.NOT_FOUND}:
        got = Got.NOT_ASKED
    else:
        got = Got.ENOUGH
        if len(digits) < max(question.least, question.most):
            got, digits = await _collect(session, question, digits)
        if len(digits) < question.least:
            got = Got.TOO_FEW
        channel.set("read_result", got.value.strip())
    if question.most == 1 and len(digits) == 1 and digits in question.terminators:
        digits = ""
    if question.variable and digits:
        channel.set(question.variable, digits)
    return got, digits


async def _prompt(session: Session, prompt: str) -> tuple[Played, str]:
    typed: list[str] = []

    def first(key: str) -> bool:
        typed.append(key)
        return True

    if not session.channel.media_ready:
        session.pre_answer()
    if not prompt or prompt.lower() == "silence":
        return Played.TO_THE_END, ""
    return await play(session, prompt, first), "".join(typed)


async def _collect(session: Session, question: Question, digits: str) -> tuple[Got, str]:
    """Digits up to a terminator, the most, or too long a wait (switch_ivr_collect_digits_count)."""
    channel = session.channel
    if digits and digits in question.terminators:
        channel.set("read_terminator_used", digits)
        return Got.ENOUGH, ""
    wait_ms = question.digit_timeout_ms if digits else question.timeout_ms
    with session.digits.read():
        while await session.wait(lambda: not channel.ready or bool(session.digits), wait_ms / 1000, messages=True):
            if not channel.ready:
                return Got.GONE, digits
            while session.digits:
                key = session.digits.take()
                if key in question.terminators:
                    channel.set("read_terminator_used", key)
                    return Got.ENOUGH, digits
                digits += key
                if len(digits) >= question.most:
                    return Got.ENOUGH, digits
            wait_ms = question.digit_timeout_ms
    return Got.TOO_LATE, digits


async def flush_dtmf(session: Session, _data: str) -> None:
    """Forget the keys nobody asked for yet."""
    session.digits.flush()
