"""The recorded sounds: one of each, in every language, as telephones play them."""

import re
import struct
from pathlib import Path

import pytest

from freeswitch.sounds.prompt_texts import PROMPTS
from freeswitch.sounds.pronunciation import pronounced
from services.ivr.domain.speaking import pieces
from shared.telephony.sounds import SoundFile

SOUNDS = Path(__file__).parents[4] / "freeswitch" / "sounds"
LANGUAGES = ("en", "fa", "ar")
MU_LAW = 7


def recorded(folder):
    return {path.stem for path in folder.glob("*.wav")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_piece_is_recorded_and_nothing_else(language):
    assert recorded(SOUNDS / language / "pieces") == set(pieces()[language])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_piece_can_be_played(language):
    for piece, text in pieces()[language].items():
        assert re.fullmatch(r"[a-z0-9_-]+", piece)
        assert text.strip() == text != ""
        assert SoundFile(f"{language}/pieces/{piece}.wav").uri


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_announcement_is_recorded_in_every_language(language):
    assert recorded(SOUNDS / language) == set(PROMPTS)
    assert all(texts.keys() == set(LANGUAGES) for texts in PROMPTS.values())


def test_every_announcement_is_explained():
    page = (SOUNDS / "README.md").read_text()
    assert [prompt for prompt in PROMPTS if f"`{prompt}`" not in page] == []


def header(path):
    """Format, channels, samples a second and the number of samples of a RIFF file."""
    content, place = path.read_bytes(), 12
    assert (content[:4], content[8:12]) == (b"RIFF", b"WAVE")
    form = None
    while place < len(content):
        name, size = struct.unpack_from("<4sI", content, place)
        if name == b"fmt ":
            form = struct.unpack_from("<HHI", content, place + 8)
        if name == b"data":
            return *form, size
        place += 8 + size + size % 2
    raise AssertionError(f"{path} has no samples")


@pytest.mark.parametrize("language", LANGUAGES)
def test_sounds_are_of_the_telephone(language):
    for path in (SOUNDS / language).rglob("*.wav"):
        form, channels, hertz, samples = header(path)
        assert (form, channels, hertz) == (MU_LAW, 1, 8000), path
        assert 0.15 < samples / hertz < 20, path


def test_sounds_stay_small():
    assert sum(path.stat().st_size for path in SOUNDS.rglob("*.wav")) < 9_000_000


@pytest.mark.parametrize(
    ("text", "language", "spelled"),
    [
        ("بیست و", "fa", "بیستُ"),
        ("رِسالَة", "ar", "رِسالَ"),
        ("مِئَةُ", "ar", "مِئَةُ"),
        ("وَالرُّبْع", "ar", "وَرْرُبْع"),
        ("وَاِثْنان", "ar", "وَثْنان"),
        ("noon", "en", "noon"),
    ],
)
def test_texts_are_spelled_as_they_are_said(text, language, spelled):
    assert pronounced(text, language) == spelled
