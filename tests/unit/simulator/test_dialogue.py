"""A caller's digits, sounds and messages, on a clock moved by hand."""

from __future__ import annotations

import asyncio
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freeswitch.simulator.apps.playing import wav_seconds
from freeswitch.simulator.domain.arguments import separate
from tests.unit.simulator.conftest import Stage
from tests.unit.telephony import freeswitch_model

CALL = "originate {origination_uuid=leg-1}sofia/phones/102%acme.test &park()"
ASK = "play_and_get_digits::1 4 1 5000 # silence_stream://2000 '' digits '' 1000"


async def parked(stage: Stage, script: dict[str, object] | None = None) -> None:
    """Phone 102 is called, answers and is parked as leg-1."""
    stage.phone("102", {"ring_after": 0, "answer_after": 0, **(script or {})})
    call = asyncio.create_task(stage.api(CALL))
    await stage.clock.advance(0.1)
    assert await call == "+OK leg-1\n"


async def run(stage: Stage, application: str) -> None:
    """Have leg-1 run `name::data` beside, as `uuid_broadcast` does."""
    name, _, data = application.partition("::")
    leg = stage.switch.sessions["leg-1"]
    leg.queue({"call-command": "execute", "execute-app-name": name, "execute-app-arg": data})
    await stage.clock.advance(0)


def variable(stage: Stage, name: str) -> str | None:
    return stage.switch.sessions["leg-1"].channel.get(name)


async def test_digits_after_the_prompt_end_by_the_wait_for_a_further_one(stage: Stage) -> None:
    await parked(stage)
    await run(stage, ASK)
    await stage.clock.advance(6.9)
    assert variable(stage, "read_result") is None
    await stage.sim("dtmf", leg="leg-1", digits="42")
    await stage.clock.advance(0.9)
    assert variable(stage, "read_result") is None
    await stage.clock.advance(0.2)
    assert (variable(stage, "read_result"), variable(stage, "digits")) == ("timeout", "42")


async def test_nobody_presses_a_key(stage: Stage) -> None:
    await parked(stage)
    await run(stage, ASK)
    await stage.clock.advance(7.1)
    assert (variable(stage, "read_result"), variable(stage, "digits")) == ("failure", None)


async def test_a_sound_goes_on_where_it_was_when_another_ran_inside_it(stage: Stage) -> None:
    await parked(stage)
    await run(stage, "playback::silence_stream://10000")
    await stage.clock.advance(4)
    await run(stage, "playback::silence_stream://3000")
    await stage.clock.advance(8.9)
    assert stage.ears.names("leg-1").count("PLAYBACK_STOP") == 1
    await stage.clock.advance(0.2)
    assert stage.ears.names("leg-1").count("PLAYBACK_STOP") == 2


async def test_sensitive_digits_leave_no_trace(stage: Stage) -> None:
    await parked(stage)
    await run(stage, "set::sensitive_dtmf=true")
    await run(stage, ASK)
    await stage.sim("dtmf", leg="leg-1", digits="7391#")
    await stage.clock.advance(0.1)
    assert variable(stage, "digits") == "7391"
    await run(stage, "unset::digits")
    await stage.sim("hang_up", leg="leg-1")
    await stage.clock.advance(0.1)
    assert "DTMF" not in stage.ears.names("leg-1")
    [record] = stage.records()
    assert record["digits_dialed"] == "none"
    assert "7391" not in record.values()


async def test_a_message_ends_when_the_caller_has_been_silent(stage: Stage, tmp_path: Path) -> None:
    path = tmp_path / "messages" / "1.wav"
    await parked(stage, {"talk_seconds": 5})
    await run(stage, f"record::{path} 60 200 3")
    await stage.clock.advance(4)
    assert variable(stage, "silence_hits_exhausted") == "false"
    await stage.clock.advance(4.1)
    assert variable(stage, "silence_hits_exhausted") == "true"
    assert variable(stage, "record_seconds") == "7"
    assert wav_seconds(path.read_bytes()) == int(variable(stage, "record_ms") or 0) / 1000
    path.unlink()
    path.parent.rmdir()


async def test_a_message_of_one_who_talks_on_ends_by_its_limit(stage: Stage, tmp_path: Path) -> None:
    path = tmp_path / "2.wav"
    await parked(stage)
    await run(stage, f"record::{path} 10 200 3")
    await stage.clock.advance(11.1)
    assert (variable(stage, "silence_hits_exhausted"), variable(stage, "record_seconds")) == ("false", "10")
    path.unlink()


@pytest.mark.parametrize(("codec", "bytes_a_second"), [(1, 16_000), (7, 8000)])
def test_a_wav_file_lasts_as_its_header_says(codec: int, bytes_a_second: int) -> None:
    form = struct.pack("<HHIIHH", codec, 1, 8000, bytes_a_second, 2, 16)
    data = b"RIFF\0\0\0\0WAVEfact\3\0\0\0abc\0fmt \x10\0\0\0" + form + b"data" + struct.pack("<I", bytes_a_second * 3)
    assert wav_seconds(data) == 3.0
    assert wav_seconds(b"no sound") is None


@settings(deadline=None)
@given(st.lists(st.text(alphabet="ab ", max_size=5), min_size=1, max_size=6))
def test_arguments_are_separated_as_freeswitch_does(words: list[str]) -> None:
    text = " ".join(word if word.strip(" ") == word != "" and " " not in word else f"'{word}'" for word in words)
    assert separate(text, 11) == freeswitch_model.separate_string(text, " ", 11) == words


def test_empty_arguments_are_written_in_quotes() -> None:
    assert separate("1 4 1 5000 # a.wav '' digits '' 1000", 11)[6:9] == ["", "digits", ""]
    assert separate("  a  'b c' d e ", 3) == ["a", "b c", "d e"]
    assert separate("", 3) == []
