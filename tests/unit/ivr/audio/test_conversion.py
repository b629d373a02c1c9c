"""An upload becomes a prompt, or is refused; the process that does it cannot hurt the service."""

from __future__ import annotations

import asyncio
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from services.ivr.audio import errors
from services.ivr.audio.conversion import AudioConverter
from services.ivr.audio.limits import AudioLimits, ProcessLimits
from services.ivr.audio.process import AudioProcess
from services.ivr.audio.refusal import RefusalCode
from shared.http.errors import ApiError
from tests.unit.ivr.audio.sounds import babble, fmt, names_in, read_wav, riff, sine, write, write_wav


def stub(tmp_path: Path, program: str, **settings: object) -> AudioProcess:
    """An audio process that runs `program` instead; its request is `request`."""
    script = tmp_path / "stub.py"
    script.write_text(
        "import json, os, signal, subprocess, sys, time\nfrom pathlib import Path\n"
        f"request = json.load(sys.stdin)\nhere = Path({str(tmp_path)!r})\n{program}\n"
    )
    return AudioProcess(command=(sys.executable, str(script)), **settings)


DONE = """
Path(request["target"]).write_text("sound")
form = {"seconds": 1.0, "sample_rate": 16000, "loudness_lufs": -23.0, "true_peak_dbtp": -3.0, "source": "stub"}
print(json.dumps({"done": form}))
"""


async def until_there(path: Path) -> str:
    """The text of a file that another process writes."""
    while not (text := text_of(path)):
        await asyncio.sleep(0.01)
    return text


def text_of(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def started(folder: Path) -> int:
    return sum(name.startswith("started-") for name in names_in(folder))


def alive(pid: int) -> bool:
    """Whether a process runs; one that is dead and not yet collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    ("kind", "subtype", "rate", "source"),
    [
        ("WAV", "PCM_16", 8_000, "wav/pcm"),
        ("WAV", "PCM_24", 48_000, "wav/pcm"),
        ("WAV", "PCM_U8", 11_025, "wav/pcm"),
        ("WAV", "FLOAT", 44_100, "wav/float"),
        ("WAV", "ULAW", 8_000, "wav/mu-law"),
        ("WAV", "ALAW", 8_000, "wav/a-law"),
        ("WAV", "IMA_ADPCM", 8_000, "wav/ima-adpcm"),
        ("WAV", "GSM610", 8_000, "wav/gsm"),
        ("WAVEX", "PCM_16", 96_000, "wav/pcm"),
        ("MP3", "MPEG_LAYER_III", 44_100, "mp3/layer-3"),
        ("MP3", "MPEG_LAYER_III", 16_000, "mp3/layer-3"),
        ("OGG", "VORBIS", 44_100, "ogg/vorbis"),
        ("OGG", "OPUS", 48_000, "ogg/opus"),
    ],
)
async def test_an_upload_becomes_a_prompt_of_one_form_and_loudness(
    tmp_path: Path, converter: AudioConverter, *, kind: str, subtype: str, rate: int, source: str
) -> None:
    left = babble(3, rate, amplitude=0.1)
    both = left if subtype == "GSM610" else np.stack([left, left * 0.5], axis=1)
    upload = write(tmp_path / "upload", both, rate, kind, subtype)
    made = await converter.convert(upload, tmp_path / "prompt.wav")
    at, samples = read_wav(tmp_path / "prompt.wav")
    assert (made.path, made.source, made.sample_rate) == (tmp_path / "prompt.wav", source, 16_000)
    assert at == 16_000
    assert made.seconds == pytest.approx(3.0, abs=0.2)
    assert len(samples) / at == pytest.approx(made.seconds, abs=0.001)
    assert made.loudness_lufs == pytest.approx(-23.0, abs=0.5)
    assert made.true_peak_dbtp <= -2.0
    assert np.abs(samples).max() <= 10 ** (-2 / 20) + 1e-3
    assert names_in(tmp_path) == ["prompt.wav", "upload"]


async def test_bytes_are_converted_like_a_file(tmp_path: Path, converter: AudioConverter) -> None:
    upload = write_wav(tmp_path / "upload.wav", babble(1))
    from_file = await converter.convert(upload, tmp_path / "a.wav")
    from_bytes = await converter.convert(upload.read_bytes(), tmp_path / "b.wav")
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()
    assert from_file.seconds == from_bytes.seconds == 1.0


async def test_the_pitch_stays_at_any_rate(tmp_path: Path, converter: AudioConverter) -> None:
    upload = write_wav(tmp_path / "upload.wav", sine(2, 44_100, 1000, dbfs=-20), 44_100)
    made = await converter.convert(upload, tmp_path / "a.wav")
    _, samples = read_wav(made.path)
    strongest = np.abs(np.fft.rfft(samples)).argmax() / made.seconds
    assert strongest == pytest.approx(1000, abs=1)


async def test_a_refused_upload_leaves_the_prompt_that_was_there(tmp_path: Path, converter: AudioConverter) -> None:
    target = tmp_path / "prompt.wav"
    target.write_text("the old one")
    whole = write_wav(tmp_path / "upload.wav", babble(2)).read_bytes()
    with pytest.raises(errors.AudioTruncated, match="promises 64000 bytes of sound and ends after 63956"):
        await converter.convert(whole[:64_000], target)
    assert target.read_text() == "the old one"
    assert names_in(tmp_path) == ["prompt.wav", "upload.wav"]


NAN = struct.pack("<f", float("nan"))


@pytest.mark.parametrize(
    ("upload", "refused"),
    [
        (b"", errors.AudioEmpty),
        (b"\0" * 20_000_001, errors.AudioTooLarge),
        (b"no sound at all" * 100, errors.NotAudio),
        (b"fLaC" + b"\0" * 100, errors.AudioUnsupported),
        (riff((b"fmt ", fmt()), (b"data", b"\0\0" * 16_000)), errors.AudioSilent),
        (riff((b"fmt ", fmt(channels=3)), (b"data", b"\0\1" * 48_000)), errors.TooManyChannels),
        (riff((b"fmt ", fmt(tag=3, bits=32)), (b"data", NAN * 16_000)), errors.AudioDamaged),
        (b"\xff\xfb\x90\xc4" + b"\xff" * 413 + b"\xff\xfb\x90\xc4" * 300, errors.AudioTooShort),
    ],
)
async def test_hostile_uploads_are_refused(
    tmp_path: Path, converter: AudioConverter, upload: bytes, refused: type[ApiError]
) -> None:
    with pytest.raises(refused) as error:
        await converter.convert(upload, tmp_path / "prompt.wav")
    assert error.value.detail
    assert names_in(tmp_path) == []


async def test_a_day_of_silence_in_a_small_ogg_is_refused_by_its_length(tmp_path: Path) -> None:
    """Eleven minutes of nothing are a few kilobytes of Vorbis."""
    upload = write(tmp_path / "upload.ogg", np.zeros(660 * 8_000, np.float32), 8_000, "OGG", "VORBIS")
    assert upload.stat().st_size < 100_000
    with pytest.raises(errors.AudioTooLong, match="660 seconds"):
        await AudioConverter(AudioProcess()).convert(upload, tmp_path / "prompt.wav")


async def test_too_little_memory_is_an_answer(tmp_path: Path) -> None:
    upload = write_wav(tmp_path / "upload.wav", np.tile(babble(60), 10))
    starved = AudioProcess(process=ProcessLimits(address_space=160 * 1024 * 1024))
    with pytest.raises(errors.AudioTooCostly, match="memory"):
        await AudioConverter(starved).convert(upload, tmp_path / "prompt.wav")


async def test_a_file_larger_than_allowed_cannot_be_written(tmp_path: Path) -> None:
    upload = write_wav(tmp_path / "upload.wav", babble(2))
    cramped = AudioProcess(process=ProcessLimits(file_bytes=10_000))
    with pytest.raises(errors.AudioFailed):
        await AudioConverter(cramped).convert(upload, tmp_path / "prompt.wav")
    assert names_in(tmp_path) == ["upload.wav"]


async def test_where_nothing_can_be_stored_the_file_is_not_to_blame(tmp_path: Path, converter: AudioConverter) -> None:
    upload = write_wav(tmp_path / "upload.wav", babble(1))
    with pytest.raises(errors.AudioFailed):
        await converter.convert(upload, tmp_path / "no-such-folder" / "prompt.wav")


async def test_who_takes_too_long_is_killed(tmp_path: Path) -> None:
    process = stub(tmp_path, "signal.pause()", deadline_seconds=0.5, slots=1)
    for _ in range(2):
        with pytest.raises(errors.AudioTimeout, match=r"more than 0\.5 seconds"):
            await process.produce({}, tmp_path / "prompt.wav")


async def test_who_is_no_longer_waited_for_is_killed_with_all_it_started(tmp_path: Path) -> None:
    program = """
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
(here / "written").write_text(f"{os.getpid()} {child.pid}")
(here / "written").rename(here / "pids")
signal.pause()
"""
    process = stub(tmp_path, program, slots=1)
    for _ in range(2):  # the second shows that the first gave its turn back
        work = asyncio.create_task(process.produce({}, tmp_path / "prompt.wav"))
        pids = [int(pid) for pid in (await until_there(tmp_path / "pids")).split()]
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        while any(alive(pid) for pid in pids):
            await asyncio.sleep(0.01)
        (tmp_path / "pids").unlink()


@pytest.mark.parametrize(
    ("program", "refused"),
    [
        ("os.kill(os.getpid(), signal.SIGSEGV)", errors.AudioDamaged),
        ("os.kill(os.getpid(), signal.SIGKILL)", errors.AudioTooCostly),
        ("os.kill(os.getpid(), signal.SIGXCPU)", errors.AudioTooCostly),
        ("sys.exit(3)", errors.AudioFailed),
        ("print('no json')", errors.AudioFailed),
        ('print(\'{"failed": "ImportError"}\')', errors.AudioFailed),
    ],
)
async def test_a_process_that_dies_is_an_answer(tmp_path: Path, program: str, refused: type[ApiError]) -> None:
    with pytest.raises(refused):
        await stub(tmp_path, program).produce({}, tmp_path / "prompt.wav")
    assert not (tmp_path / "prompt.wav").exists()


async def test_endless_work_ends_by_its_processor_time(tmp_path: Path) -> None:
    program = """
from services.ivr.audio.__main__ import restrain
from services.ivr.audio.limits import ProcessLimits
restrain(ProcessLimits(**request["process"]))
while True: pass
"""
    process = stub(tmp_path, program, process=ProcessLimits(cpu_seconds=1))
    with pytest.raises(errors.AudioTooCostly, match="1 seconds of processor time"):
        await process.produce({}, tmp_path / "prompt.wav")


async def test_no_more_than_two_work_at_a_time_and_the_third_is_told_when_it_takes_too_long(tmp_path: Path) -> None:
    program = (
        """
(here / f"started-{os.getpid()}").touch()
while not (here / "go").exists(): time.sleep(0.01)
"""
        + DONE
    )
    process = stub(tmp_path, program, slots=2, queue_seconds=0.2)
    working = [asyncio.create_task(process.produce({}, tmp_path / f"{n}.wav")) for n in range(2)]
    while started(tmp_path) < 2:
        await asyncio.sleep(0.01)
    with pytest.raises(errors.AudioBusy):
        await process.produce({}, tmp_path / "2.wav")
    assert started(tmp_path) == 2
    (tmp_path / "go").touch()
    assert [made.source for made in await asyncio.gather(*working)] == ["stub", "stub"]


async def test_the_process_sees_no_secret_of_the_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_DATABASE_URL", "postgresql://ivr:secret@db/seda")
    process = stub(tmp_path, '(here / "seen").write_text(str(dict(os.environ)))' + DONE)
    await process.produce({}, tmp_path / "prompt.wav")
    assert "secret" not in (tmp_path / "seen").read_text()


def test_every_refusal_has_an_error_of_its_own() -> None:
    kinds = {type(errors.refusal(code, "why")) for code in RefusalCode}
    assert len(kinds) == len(RefusalCode)
    for code in RefusalCode:
        assert errors.refusal(code, "why").code == code
        assert errors.refusal(code, "why").detail == "why"


def test_the_idle_service_loads_no_decoder() -> None:
    program = (
        "import sys, services.ivr.audio.conversion, services.ivr.audio.speech_cache as _, services.ivr.audio.speech;"
        "assert not {'numpy', 'soundfile', 'soxr', 'espeakng_loader'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_limits_of_ten_minutes_fit_into_the_file_that_may_be_written() -> None:
    limits = AudioLimits()
    assert (limits.max_seconds + 1) * limits.sample_rate * 2 < ProcessLimits().file_bytes
