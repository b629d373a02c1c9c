"""Sentences that other services have said."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from freeswitch.sounds.prompt_texts import PROMPTS
from services.ivr.sentences import Sentences
from services.ivr.sounds import Sounds
from shared.bus.memory import MemoryBus
from shared.contracts.ivr import Speak, SpeakReply, SpokenPart
from shared.telephony.ids import new_id

ACME = new_id()


class OnePrompt:
    def prompt_file(self, tenant_id: UUID, slug: str, language: str) -> Path | None:
        return Path("/media/patience.wav") if (tenant_id, slug) == (ACME, "patience") else None


async def said(language: str, *parts: tuple[Any, str], tenant_id: UUID | None = ACME) -> SpeakReply:
    sentences = Sentences(MemoryBus(), Sounds(OnePrompt(), Path("/media")))
    wanted = tuple(SpokenPart(kind=kind, value=value) for kind, value in parts)
    return await sentences.speak(Speak(tenant_id=tenant_id, language=language, parts=wanted))


@pytest.mark.parametrize(
    ("language", "number"),
    [("en", "en/pieces/number-3.wav"), ("fa", "fa/pieces/number-3.wav"), ("ar", "ar/pieces/number-3.wav")],
)
async def test_a_place_in_line_is_said_in_the_callers_language(language: str, number: str) -> None:
    reply = await said(language, ("announcement", "queue-position"), ("number", "3"))
    assert reply.media.startswith(f"file_string://{language}/queue-position.wav!{language}/pieces/")
    assert Path("freeswitch/sounds", number).parent.is_dir()


async def test_prompts_are_the_tenants() -> None:
    assert (await said("xx", ("prompt", "patience"))).media == "file_string:///media/patience.wav"
    assert (await said("en", ("prompt", "patience"), tenant_id=new_id())).media == ""
    assert (await said("en", ("prompt", "patience"), tenant_id=None)).code == "invalid"


async def test_what_there_are_no_words_for_is_not_said() -> None:
    assert (await said("en", ("number", "many"))).code == "unspeakable"
    assert (await said("en", ("duration", "-1"))).code == "unspeakable"


def test_every_announcement_of_queues_is_recorded() -> None:
    queues = [name for name in PROMPTS if name.startswith(("queue-", "callback-"))]
    assert len(queues) == 11
    for name in queues:
        for language in ("en", "fa", "ar"):
            assert Path("freeswitch/sounds", language, f"{name}.wav").stat().st_size > 5_000
