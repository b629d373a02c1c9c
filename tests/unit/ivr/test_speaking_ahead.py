"""A published flow's texts are spoken before anybody calls."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from services.ivr.audio.errors import AudioFailed
from services.ivr.speaking_ahead import MOST_WAITING, SpeakingAhead
from tests.unit.ivr.calls import END

FLOW = {
    "start": "menu",
    "languages": ["en", "fa"],
    "nodes": {
        "menu": {
            "type": "menu",
            "announcement": [{"text": {"en": "Press 1", "fa": "یک را بزنید"}}, {"text": "Seda {{beta}}"}],
            "no_input_announcement": [{"text": "Seda {{beta}}"}],
            "exits": {"1": "hello"},
        },
        "hello": {"type": "play", "announcement": [{"text": "Hello {customer.name}"}], "exits": {"done": "end"}},
        "prompt": {"type": "play", "announcement": "welcome", "exits": {"done": "end"}},
        "end": END,
    },
}


class Voice:
    """Speaks, but not every text."""

    def __init__(self, *mute: str) -> None:
        self.said: list[tuple[str, str]] = []
        self._mute = mute
        self.may_speak = asyncio.Event()
        self.may_speak.set()

    async def speak(self, text: str, language: str) -> Path:
        await self.may_speak.wait()
        if text in self._mute:
            raise AudioFailed("no voice")
        self.said.append((language, text))
        return Path("spoken.wav")


async def spoken(voice: Voice, *documents: Any) -> list[tuple[str, str]]:
    ahead = SpeakingAhead(voice)
    await ahead.start()
    for document in documents:
        ahead.flow(document)
    await asyncio.wait_for(ahead.idle(), 5)
    await ahead.stop()
    return voice.said


async def test_every_text_is_spoken_once_in_each_language_but_not_what_depends_on_the_call() -> None:
    assert await spoken(Voice(), FLOW) == [
        ("en", "Press 1"),
        ("fa", "یک را بزنید"),
        ("en", "Seda {beta}"),
        ("fa", "Seda {beta}"),
    ]


async def test_a_text_that_cannot_be_spoken_keeps_no_other_from_it() -> None:
    assert ("fa", "Seda {beta}") in await spoken(Voice("Press 1"), FLOW)


async def test_a_document_that_is_no_flow_is_let_be() -> None:
    assert await spoken(Voice(), {"start": "nowhere"}) == []


async def test_publishing_waits_for_nothing_and_what_waits_is_bounded() -> None:
    voice = Voice()
    voice.may_speak.clear()
    ahead = SpeakingAhead(voice)
    await ahead.start()
    for _ in range(MOST_WAITING):
        ahead.flow(FLOW)
    voice.may_speak.set()
    await asyncio.wait_for(ahead.idle(), 10)
    assert len(voice.said) == MOST_WAITING
    await ahead.stop()


async def test_stopping_does_not_wait_for_what_is_left() -> None:
    voice = Voice()
    voice.may_speak.clear()
    ahead = SpeakingAhead(voice)
    await ahead.start()
    ahead.flow(FLOW)
    await asyncio.wait_for(ahead.stop(), 2)
    assert voice.said == []
