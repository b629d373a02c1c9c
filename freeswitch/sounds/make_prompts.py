"""Make the announcements, the pieces of speech and the hold music again: `python -m freeswitch.sounds.make_prompts`.

Needs espeak-ng and sox. The files are committed: neither an installation nor an image needs these programs.
"""

from __future__ import annotations

import math
import subprocess
import sys
import tempfile
from array import array
from pathlib import Path

from freeswitch.sounds.prompt_texts import PROMPTS
from freeswitch.sounds.pronunciation import pronounced
from services.ivr.domain.speaking import pieces

SOUNDS = Path(__file__).parent
SOX = ("sox", "-R", "-D")  # no randomness: the same texts give the same files
RATE_HZ = 8000
TELEPHONE = ["-r", str(RATE_HZ), "-c", "1", "-e", "u-law"]
SAMPLES = ["-t", "raw", "-r", str(RATE_HZ), "-c", "1", "-e", "signed", "-b", "16", "-L"]
VOICES = {"en": "en-us", "fa": "fa", "ar": "ar"}
WORDS_PER_MINUTE = {"en": 175, "fa": 185, "ar": 210}  # an Arabic word is a long one

PAUSE_MS = (80, 150)  # around an announcement
GAP_MS = (10, 35)  # around a piece: 45 ms between two of them
LOUDNESS_DBFS = -20.0  # of what is not silence
PEAK = 0.9
FADE_MS = 4

CHORDS_HZ = (
    (261.63, 329.63, 392.00, 523.25),
    (220.00, 261.63, 329.63, 440.00),
    (174.61, 220.00, 261.63, 349.23),
    (196.00, 246.94, 293.66, 392.00),
)


def speak(text: str, language: str, target: Path, work: Path, silence_ms: tuple[int, int]) -> None:
    """One text, as loud as every other, with just so much silence before and after."""
    spoken, even = work / f"{language}-{target.stem}.wav", work / f"{language}-{target.stem}.raw"
    said = pronounced(text, language)
    run("espeak-ng", "-v", VOICES[language], "-s", str(WORDS_PER_MINUTE[language]), "-w", str(spoken), said)
    raw = run(*SOX, str(spoken), *SAMPLES, "-", "gain", "-6")
    even.write_bytes(evened(raw, silence_ms))
    run(*SOX, *SAMPLES, str(even), *TELEPHONE, str(target))


def evened(raw: bytes, silence_ms: tuple[int, int]) -> bytes:
    """Samples between `silence_ms` of silence, at the common loudness unless that would clip."""
    samples = array("h", raw)
    if sys.byteorder == "big":
        samples.byteswap()
    loud = max(map(abs, samples), default=0)
    heard = [place for place, sample in enumerate(samples) if abs(sample) > loud * 0.02]
    if not heard:
        raise ValueError("nothing was said")
    said = samples[heard[0] : heard[-1] + 1]
    active = [sample for sample in said if abs(sample) > loud * 0.03]
    rms = math.sqrt(sum(sample * sample for sample in active) / len(active))
    gain = min(32767 * 10 ** (LOUDNESS_DBFS / 20) / rms, 32767 * PEAK / loud)
    edge = min(RATE_HZ * FADE_MS // 1000, len(said) // 2)
    faded = (min(1.0, (place + 1) / edge, (len(said) - place) / edge) for place in range(len(said)))
    before, after = (bytes(2 * RATE_HZ * milliseconds // 1000) for milliseconds in silence_ms)
    found = array("h", (round(sample * gain * part) for sample, part in zip(said, faded, strict=True)))
    if sys.byteorder == "big":
        found.byteswap()
    return before + found.tobytes() + after


def play(target: Path, work: Path) -> None:
    """Slow plucked chords, up and down, half a second a note."""
    notes = []
    for number, chord in enumerate(CHORDS_HZ):
        for step, hertz in enumerate((*chord, chord[2], chord[1])):
            note = work / f"note-{number}-{step}.wav"
            pluck = ["synth", "0.5", "pluck", str(hertz), "gain", "-12", "fade", "t", "0.01", "0.5", "0.1"]
            run(*SOX, "-n", "-r", "8000", "-c", "1", str(note), *pluck)
            notes.append(str(note))
    run(*SOX, *notes, "-e", "u-law", str(target))


def run(*command: str) -> bytes:
    """What the program writes."""
    return subprocess.run(command, check=True, capture_output=True).stdout  # noqa: S603 - constant programs and texts


def speak_announcements(work: Path) -> None:
    for prompt, texts in PROMPTS.items():
        for language, text in texts.items():
            speak(text, language, SOUNDS / language / f"{prompt}.wav", work, PAUSE_MS)


def speak_pieces(language: str, work: Path) -> None:
    """All pieces of a language; a file of a piece there no longer is goes."""
    place = SOUNDS / language / "pieces"
    place.mkdir(exist_ok=True)
    texts = pieces()[language]
    for stale in (path for path in place.glob("*.wav") if path.stem not in texts):
        stale.unlink()
    for piece, text in texts.items():
        speak(text, language, place / f"{piece}.wav", work, GAP_MS)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        speak_announcements(work)
        for language in VOICES:
            speak_pieces(language, work)
        play(SOUNDS / "music" / "hold.wav", work)


if __name__ == "__main__":
    main()
