"""What a flow wants heard, as files that FreeSWITCH can play."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol
from uuid import UUID

from services.ivr.domain.actions import Beep, Piece, Prompt, Recording, Sound, Speech
from shared.runtime.logs import get_logger
from shared.telephony.safe_text import UnsafeText
from shared.telephony.sounds import SoundFile, Tone

log = get_logger(__name__)

BEEP: Final = Tone("%(300,100,1000)")
Playable = SoundFile | Tone
MOST: Final = 64
"""Sounds in one sequence (`SoundSequence`)."""


class Prompts(Protocol):
    """The tenants' prompts."""

    def prompt_file(self, tenant_id: UUID, slug: str, language: str) -> Path | None:
        """The file of a prompt in a language; none: there is none."""
        ...


Speak = Callable[[str, str], Path | None]
"""Text and language -> file; none: it cannot be spoken. Called in a call's greenlet; others go on meanwhile."""


class Sounds:
    """Finds files.

    Args:
        media_dir: one folder a tenant, for prompts, greetings and recordings.
        sounds_dir: Seda's own sounds as FreeSWITCH knows them; empty: relative to its sounds directory.
    """

    def __init__(self, prompts: Prompts, media_dir: Path, sounds_dir: str = "") -> None:
        self._prompts = prompts
        self._media = media_dir.resolve()
        self._own = f"{sounds_dir.rstrip('/')}/" if sounds_dir else ""

    def playable(
        self, sounds: tuple[Sound, ...], *, tenant_id: UUID, language: str, speak: Speak
    ) -> tuple[Playable, ...]:
        """The files, in order; what is not there is left out, and logged."""
        found: list[Playable] = []
        for sound in sounds:
            try:
                one = self._one(sound, tenant_id, language, speak)
            except UnsafeText as error:
                log.error("a sound cannot be played safely", sound=str(sound)[:80], reason=str(error))
                continue
            if one is None:
                log.warning("a sound is missing", sound=str(sound)[:80], language=language, tenant_id=str(tenant_id))
            else:
                found.append(one)
        return tuple(found[:MOST])

    def recording(self, tenant_id: UUID, name: str) -> Path:
        """Where a recording of a tenant stands, or will. Raises UnsafeText: the name leads elsewhere."""
        SoundFile(name)
        return self._media / str(tenant_id) / f"{name}.wav"

    def _one(self, sound: Sound, tenant_id: UUID, language: str, speak: Speak) -> Playable | None:
        if isinstance(sound, Piece):
            return SoundFile(f"{self._own}{language}/{sound.name}.wav")
        if isinstance(sound, Beep):
            return BEEP
        path: Path | None
        if isinstance(sound, Prompt):
            path = self._prompts.prompt_file(tenant_id, sound.slug, language)
        elif isinstance(sound, Speech):
            path = speak(sound.text, language)
        else:
            assert isinstance(sound, Recording)  # noqa: S101 -- the last kind of Sound
            path = self.recording(tenant_id, sound.name)
        return None if path is None else SoundFile(str(path))
