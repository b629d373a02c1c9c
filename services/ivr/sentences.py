"""Answers ``speak``: how a sentence is said, as what FreeSWITCH plays."""

from __future__ import annotations

from typing import Final

from services.ivr.domain.sentences import sentence
from services.ivr.domain.speaking import Unspeakable
from services.ivr.sounds import Sounds
from shared.bus.port import Bus, Subscription
from shared.contracts.ivr import Speak, SpeakReply
from shared.telephony.sounds import SoundSequence

LANGUAGES: Final = frozenset({"en", "fa", "ar"})


class Sentences:
    """A component.

    Args:
        sounds: finds the files of announcements and of the tenants' prompts.
    """

    name = "sentences"

    def __init__(self, bus: Bus, sounds: Sounds) -> None:
        self._bus = bus
        self._sounds = sounds
        self._subscription: Subscription | None = None

    async def start(self) -> None:
        self._subscription = await self._bus.serve(Speak, self.speak, queue="ivr")

    async def stop(self) -> None:
        if self._subscription is not None:
            await self._subscription.stop()

    async def speak(self, command: Speak) -> SpeakReply:
        """The sentence; a prompt that is not there is left out."""
        if command.tenant_id is None:
            return SpeakReply(ok=False, code="invalid", detail="a sentence is said for a tenant")
        language = command.language if command.language in LANGUAGES else "en"
        try:
            sounds = sentence(((part.kind, part.value) for part in command.parts), language)
        except Unspeakable as error:
            return SpeakReply(ok=False, code="unspeakable", detail=str(error))
        found = self._sounds.playable(
            sounds, tenant_id=command.tenant_id, language=language, speak=lambda _text, _language: None
        )
        return SpeakReply(media=SoundSequence(found).uri if found else "")
