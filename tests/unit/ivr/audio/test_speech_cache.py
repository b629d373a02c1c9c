"""What was spoken once is kept, spoken once for all who wait, and removed when room is needed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from services.ivr.audio import errors
from services.ivr.audio.speech_cache import CachedSynthesizer


class Speaker:
    """Speaks 1000 bytes whenever it is let."""

    def __init__(self, directory: Path) -> None:
        self.settings = "1"
        self.directory = directory
        self.spoken: list[tuple[str, str, str | None]] = []
        self.let = asyncio.Event()
        self.let.set()
        self.error: Exception | None = None

    async def speak(self, text: str, language: str, *, voice: str | None = None) -> Path:
        self.spoken.append((text, language, voice))
        path = self.directory / f"{len(self.spoken)}.wav"
        await self.let.wait()
        if self.error:
            raise self.error
        path.write_bytes(text.encode().ljust(1000, b"."))
        return path


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def speaker(tmp_path: Path) -> Speaker:
    (tmp_path / "new").mkdir()
    return Speaker(tmp_path / "new")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(speaker: Speaker, tmp_path: Path, clock: Clock) -> CachedSynthesizer:
    return CachedSynthesizer(speaker, tmp_path / "cache", max_bytes=3000, clock=clock)


def kept(cache_directory: Path) -> set[str]:
    return {path.read_text().rstrip(".") for path in cache_directory.rglob("*.wav")}


async def until_waiting(speaker: Speaker, count: int) -> None:
    while len(speaker.spoken) < count:
        await asyncio.sleep(0)


async def test_the_same_text_is_spoken_once(cache: CachedSynthesizer, speaker: Speaker) -> None:
    first = await cache.speak("hello", "en")
    assert await cache.speak(" hello\n", "EN") == first
    assert first.read_text().startswith("hello")
    assert speaker.spoken == [("hello", "en", None)]
    assert list(speaker.directory.iterdir()) == []


async def test_another_voice_language_text_or_setting_is_another_sound(
    cache: CachedSynthesizer, speaker: Speaker
) -> None:
    paths = {
        await cache.speak("hello", "en"),
        await cache.speak("hello", "en", voice="f1"),
        await cache.speak("hello", "fa"),
        await cache.speak("hello!", "en"),
    }
    speaker.settings = "2"
    paths.add(await cache.speak("hello", "en"))
    assert len(paths) == len(speaker.spoken) == 5


async def test_those_who_ask_at_once_wait_for_one_synthesis(cache: CachedSynthesizer, speaker: Speaker) -> None:
    speaker.let.clear()
    asking = [asyncio.create_task(cache.speak("hello", "en")) for _ in range(20)]
    await until_waiting(speaker, 1)
    speaker.let.set()
    assert len(set(await asyncio.gather(*asking))) == 1
    assert len(speaker.spoken) == 1


async def test_who_hangs_up_takes_the_sound_from_nobody(cache: CachedSynthesizer, speaker: Speaker) -> None:
    speaker.let.clear()
    first, second = (asyncio.create_task(cache.speak("hello", "en")) for _ in range(2))
    await until_waiting(speaker, 1)
    first.cancel()
    await asyncio.wait([first])
    speaker.let.set()
    assert (await second).exists()
    assert first.cancelled()
    assert len(speaker.spoken) == 1


async def test_a_failure_is_told_to_all_and_kept_from_none(cache: CachedSynthesizer, speaker: Speaker) -> None:
    speaker.error = errors.AudioTimeout()
    answers = await asyncio.gather(*(cache.speak("hello", "en") for _ in range(3)), return_exceptions=True)
    assert [type(one) for one in answers] == [errors.AudioTimeout] * 3
    assert len(speaker.spoken) == 1
    speaker.error = None
    assert (await cache.speak("hello", "en")).exists()


async def test_two_services_may_share_the_folder(
    cache: CachedSynthesizer, speaker: Speaker, tmp_path: Path, clock: Clock
) -> None:
    other = CachedSynthesizer(speaker, tmp_path / "cache", max_bytes=3000, clock=clock)
    speaker.let.clear()
    asking = [asyncio.create_task(one.speak("hello", "en")) for one in (cache, other)]
    await until_waiting(speaker, 2)
    speaker.let.set()
    paths = await asyncio.gather(*asking)
    assert paths[0] == paths[1]
    assert kept(tmp_path / "cache") == {"hello"}
    assert [path for path in (tmp_path / "cache").rglob("*") if path.suffix == ".part"] == []


async def test_what_was_unused_longest_goes_first(cache: CachedSynthesizer, tmp_path: Path, clock: Clock) -> None:
    for text in ("one", "two", "three"):
        await cache.speak(text, "en")
        clock.now += 10
    await cache.speak("one", "en")
    clock.now += 7200
    await cache.speak("four", "en")
    assert kept(tmp_path / "cache") == {"one", "three", "four"}


async def test_nothing_used_within_the_hour_is_removed(cache: CachedSynthesizer, tmp_path: Path, clock: Clock) -> None:
    for text in ("one", "two", "three", "four", "five"):
        await cache.speak(text, "en")
        clock.now += 600
    assert len(kept(tmp_path / "cache")) == 5
    clock.now += 1200  # "one" is an hour and ten minutes old, "two" an hour
    await cache.speak("six", "en")
    assert kept(tmp_path / "cache") == {"three", "four", "five", "six"}


async def test_a_file_that_was_removed_is_spoken_again(cache: CachedSynthesizer, speaker: Speaker) -> None:
    (await cache.speak("hello", "en")).unlink()
    assert (await cache.speak("hello", "en")).exists()
    assert len(speaker.spoken) == 2


async def test_what_is_no_text_never_reaches_the_synthesizer(cache: CachedSynthesizer, speaker: Speaker) -> None:
    with pytest.raises(errors.SpeechRefused):
        await cache.speak("\x01", "en")
    assert speaker.spoken == []


async def test_where_nothing_can_be_kept_the_error_says_so(speaker: Speaker, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(errors.AudioFailed, match="stored"):
        await CachedSynthesizer(speaker, tmp_path / "cache").speak("hello", "en")


async def test_closing_ends_what_is_being_spoken(cache: CachedSynthesizer, speaker: Speaker) -> None:
    speaker.let.clear()
    asking = asyncio.create_task(cache.speak("hello", "en"))
    await until_waiting(speaker, 1)
    await cache.aclose()
    with pytest.raises(asyncio.CancelledError):
        await asking
