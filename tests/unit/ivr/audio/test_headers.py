"""What a file says it is, and what is wrong with it, before anything is decoded."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ivr.audio.containers import AudioHeader
from services.ivr.audio.decoding import read_header
from services.ivr.audio.limits import AudioLimits
from services.ivr.audio.mp3_header import looks_like_mp3, read_mp3
from services.ivr.audio.ogg_header import read_ogg
from services.ivr.audio.refusal import Refusal, RefusalCode
from services.ivr.audio.wav_header import read_wav
from tests.unit.ivr.audio.sounds import babble, fmt, riff, write, write_wav

MP3 = ("MP3", "MPEG_LAYER_III")
VORBIS = ("OGG", "VORBIS")
OPUS = ("OGG", "OPUS")
# A frame of MPEG-1 layer III, 128 kbit/s, 44.1 kHz, mono: 417 bytes of nothing.
FRAME = b"\xff\xfb\x90\xc4" + b"\0" * 413


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("headers")
    write_wav(folder / "a.wav", babble(3))
    write(folder / "a.mp3", babble(3, 44_100), 44_100, *MP3)
    write(folder / "low.mp3", babble(3, 16_000), 16_000, *MP3)
    write(folder / "a.ogg", babble(3, 44_100), 44_100, *VORBIS)
    write(folder / "opus.ogg", babble(3, 48_000), 48_000, *OPUS)
    return folder


def refusal_of(read, data: bytes) -> tuple[RefusalCode, str]:
    with pytest.raises(Refusal) as refused:
        read(data)
    return refused.value.code, refused.value.detail


@pytest.mark.parametrize(
    ("name", "container", "codec", "rate"),
    [
        ("a.wav", "wav", "pcm", 16_000),
        ("a.mp3", "mp3", "layer-3", 44_100),
        ("low.mp3", "mp3", "layer-3", 16_000),
        ("a.ogg", "ogg", "vorbis", 44_100),
        ("opus.ogg", "ogg", "opus", 48_000),
    ],
)
def test_a_whole_file_says_what_it_is(made: Path, name: str, container: str, codec: str, rate: int) -> None:
    header = read_header(made / name, AudioLimits())
    assert (header.container, header.codec, header.channels, header.sample_rate) == (container, codec, 1, rate)
    assert header.seconds == pytest.approx(3.0, abs=0.15)


@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.ogg", "opus.ogg"])
@pytest.mark.parametrize("share", [0.15, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_says_so(made: Path, name: str, share: float) -> None:
    whole = (made / name).read_bytes()
    read = {"wav": read_wav, "mp3": read_mp3, "ogg": read_ogg}[name[-3:]]
    code, detail = refusal_of(read, whole[: int(len(whole) * share)])
    assert code == RefusalCode.TRUNCATED
    assert "end" in detail


def test_an_mp3_cut_between_two_frames_is_known_by_the_frames_it_promises(made: Path) -> None:
    whole = (made / "a.mp3").read_bytes()
    cuts = [n for n in range(len(whole) // 2, len(whole) // 2 + 1500) if whole[n : n + 2] == b"\xff\xfb"]
    codes = {refusal_of(read_mp3, whole[:cut]) for cut in cuts}
    assert {code for code, _ in codes} == {RefusalCode.TRUNCATED}
    assert any("promises" in detail for _, detail in codes)


def test_an_ogg_cut_between_two_pages_lacks_its_last(made: Path) -> None:
    whole = (made / "a.ogg").read_bytes()
    assert refusal_of(read_ogg, whole[: whole.rfind(b"OggS")]) == (
        RefusalCode.TRUNCATED,
        f"the ogg stops after {whole.count(b'OggS') - 1} pages without its last one",
    )


def test_an_ogg_with_a_changed_byte_is_damaged(made: Path) -> None:
    whole = bytearray((made / "a.ogg").read_bytes())
    whole[len(whole) // 2] ^= 1
    assert refusal_of(read_ogg, bytes(whole))[0] == RefusalCode.DAMAGED


def test_an_ogg_without_one_of_its_pages_is_damaged(made: Path) -> None:
    pages = [b"OggS" + one for one in (made / "a.ogg").read_bytes().split(b"OggS")[1:]]
    code, detail = refusal_of(read_ogg, b"".join(pages[:1] + pages[2:]))
    assert (code, detail) == (RefusalCode.DAMAGED, "page 1 of the ogg is missing or twice")


def test_two_oggs_in_one_are_refused(made: Path) -> None:
    both = (made / "a.ogg").read_bytes() + (made / "opus.ogg").read_bytes()
    assert refusal_of(read_ogg, both)[0] == RefusalCode.UNSUPPORTED


def test_tags_around_an_mp3_are_no_sound(made: Path) -> None:
    whole = (made / "a.mp3").read_bytes()
    title = b"ID3\x04\0\0\0\0\x02\x00" + b"\xff" * 256
    ape = b"x" * 40 + b"APETAGEX" + (2000).to_bytes(4, "little") + (72).to_bytes(4, "little") + b"\0" * 16
    tagged = title + title + whole + ape + b"TAG" + b"\xff\xfb" * 62 + b"\0"
    assert read_mp3(tagged) == read_mp3(whole)
    assert refusal_of(read_mp3, b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + whole)[0] == RefusalCode.TRUNCATED


def test_holes_in_an_mp3_are_passed_over_and_deserts_are_not() -> None:
    small = FRAME * 20 + b"\0" * 500 + FRAME * 20
    assert read_mp3(small).seconds == pytest.approx(40 * 1152 / 44_100)
    assert read_mp3(FRAME * 20 + b"\0" * 300_000).seconds == pytest.approx(20 * 1152 / 44_100)
    assert refusal_of(read_mp3, FRAME * 20 + b"ab" * 100_000 + FRAME * 20)[0] == RefusalCode.DAMAGED


@pytest.mark.parametrize(
    ("name", "head"),
    [("flac", b"fLaC"), ("zip", b"PK\x03\x04"), ("mp4 or m4a", b"\0\0\0\x20ftypM4A "), ("webm", b"\x1a\x45\xdf\xa3")],
)
def test_other_formats_are_called_by_their_names(tmp_path: Path, name: str, head: bytes) -> None:
    (tmp_path / "upload").write_bytes(head + b"\0" * 1000)
    code, detail = refusal_of(lambda _: read_header(tmp_path / "upload", AudioLimits()), b"")
    assert code == RefusalCode.UNSUPPORTED
    assert name in detail


SOUND = (b"data", b"\0\1" * 16_000)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (riff((b"fmt ", fmt()), SOUND, lengths={b"data": 4_000_000_000}), RefusalCode.TRUNCATED),
        (riff((b"fmt ", fmt()), SOUND, lengths={b"fmt ": 4_000_000_000}), RefusalCode.TRUNCATED),
        (riff((b"fmt ", fmt()), (b"junk", b"")), RefusalCode.TRUNCATED),
        (riff(SOUND, (b"fmt ", fmt())), RefusalCode.DAMAGED),
        (riff((b"fmt ", fmt()[:10]), SOUND), RefusalCode.DAMAGED),
        (riff((b"fmt ", fmt(channels=0)), SOUND), RefusalCode.DAMAGED),
        (riff((b"fmt ", fmt(rate=0)), SOUND), RefusalCode.DAMAGED),
        (riff((b"fmt ", fmt(block=1)), SOUND), RefusalCode.DAMAGED),
        (riff((b"fmt ", fmt(bits=0, block=2)), SOUND), RefusalCode.DAMAGED),
        (riff((b"fmt ", fmt(tag=0x0161)), SOUND), RefusalCode.UNSUPPORTED),
        (riff((b"fmt ", fmt(channels=6)), SOUND), RefusalCode.TOO_MANY_CHANNELS),
        (riff((b"fmt ", fmt(channels=65_535, bits=8)), SOUND), RefusalCode.TOO_MANY_CHANNELS),
        (riff((b"fmt ", fmt(rate=1)), SOUND), RefusalCode.SAMPLE_RATE),
        (riff((b"fmt ", fmt(rate=4_000_000_000)), SOUND), RefusalCode.SAMPLE_RATE),
        (riff((b"fmt ", fmt()), (b"data", b"")), RefusalCode.EMPTY),
        (riff((b"fmt ", fmt()), (b"data", b"\0\1" * 800)), RefusalCode.TOO_SHORT),
        (riff((b"fmt ", fmt(rate=4000, bits=8)), (b"data", b"\1" * 2_410_000)), RefusalCode.TOO_LONG),
        (b"RIFF\0\0\0\0AVI " + b"\0" * 100, RefusalCode.UNSUPPORTED),
        (b"RIFF", RefusalCode.UNSUPPORTED),
        (FRAME * 24_000, RefusalCode.TOO_LONG),
        (FRAME * 2, RefusalCode.TOO_SHORT),
        (b"ID3\x04\0\0\0\0\0\0" + b"\xff" * 5000, RefusalCode.NOT_AUDIO),
        (b"\xff" * 5000, RefusalCode.NOT_AUDIO),
        (b"OggS" + b"\0" * 10, RefusalCode.TRUNCATED),
        (b"OggS" + b"\xff" * 5000, RefusalCode.TRUNCATED),
        (b"<html>" * 500, RefusalCode.NOT_AUDIO),
        (b"\0" * 5000, RefusalCode.NOT_AUDIO),
        (b"", RefusalCode.EMPTY),
        (b"RIFF" + b"\0" * 20_000_000, RefusalCode.TOO_LARGE),
    ],
)
def test_hostile_headers_are_refused_by_name(tmp_path: Path, data: bytes, code: RefusalCode) -> None:
    (tmp_path / "upload").write_bytes(data)
    assert refusal_of(lambda _: read_header(tmp_path / "upload", AudioLimits()), b"")[0] == code


@pytest.mark.parametrize("length", [0, 0xFFFFFFFF, 0x7FFFFFFF])
def test_a_wav_written_into_a_pipe_lasts_as_long_as_it_is(length: int) -> None:
    data = riff((b"fmt ", fmt()), SOUND, lengths={b"data": length})
    assert read_wav(data) == AudioHeader("wav", "pcm", 1, 16_000, 1.0)


@given(st.binary(max_size=400), st.sampled_from([b"", b"RIFF....WAVE", b"RIFF....WAVEfmt ", b"OggS\0\2", b"ID3\4\0\0"]))
def test_no_bytes_do_more_than_be_refused(data: bytes, head: bytes) -> None:
    for read in (read_wav, read_ogg, read_mp3, looks_like_mp3):
        with contextlib.suppress(Refusal):
            read(head + data)


@given(st.data())
def test_a_damaged_file_is_read_or_refused(made: Path, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["a.wav", "a.mp3", "a.ogg"]))
    read = {"wav": read_wav, "mp3": read_mp3, "ogg": read_ogg}[name[-3:]]
    content = bytearray((made / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(Refusal):
        assert read(bytes(content)).seconds >= 0
