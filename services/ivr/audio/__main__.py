"""``python -m services.ivr.audio``: one piece of work on audio, asked as JSON on standard input, answered on output."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

from services.ivr.audio.limits import AudioLimits, ProcessLimits
from services.ivr.audio.refusal import Refusal, RefusalCode

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Reads a request, restrains itself, does the work, answers: ``done``, ``refused`` or ``failed`` with what."""
    request = json.load(sys.stdin)
    restrain(ProcessLimits(**request["process"]))
    # Libraries may print; only the answer belongs on standard output.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    answer: dict[str, Any]
    try:
        answer = {"done": work(request)}
    except Refusal as refusal:
        answer = {"refused": {"code": str(refusal.code), "detail": refusal.detail}}
    except MemoryError:
        answer = {"refused": {"code": str(RefusalCode.TOO_COSTLY), "detail": "decoding it takes too much memory"}}
    except Exception as error:
        answer = {"failed": f"{type(error).__name__}: {error}"[:500]}
    json.dump(answer, answers)
    answers.flush()
    # The answer is out: nothing that a library does while it is torn down may change it.
    os._exit(0)


def restrain(limits: ProcessLimits) -> None:
    """Limits of this process, set before a byte of the file is read; it ends with the service."""
    for what, most in (
        (resource.RLIMIT_AS, limits.address_space),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (allowed, allowed))
    os.nice(limits.niceness)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def work(request: dict[str, Any]) -> dict[str, Any]:
    """Does what is asked and tells what came out. Raises Refusal."""
    # Only this process knows numpy and the decoders, and only once it is restrained.
    from services.ivr.audio.decoding import decode, resampled
    from services.ivr.audio.levelling import level
    from services.ivr.audio.writing import write_wav

    limits = AudioLimits(**request["limits"])
    if request["work"] == "speak":
        from services.ivr.audio.espeak import synthesise

        rate, spoken = synthesise(request["text"], request["voice"], request["words_per_minute"])
        source, samples = "speech", resampled(spoken, rate, limits.sample_rate)
        if len(samples) > limits.max_seconds * limits.sample_rate:
            raise Refusal(RefusalCode.TOO_LONG, f"speaking it takes more than {limits.max_seconds:g} seconds")
    else:
        header, samples = decode(Path(request["source"]), limits)
        source = f"{header.container}/{header.codec}"
    levelled = level(samples, limits)
    write_wav(Path(request["target"]), levelled.samples, limits.sample_rate)
    return {
        "seconds": round(len(levelled.samples) / limits.sample_rate, 3),
        "sample_rate": limits.sample_rate,
        "loudness_lufs": round(levelled.loudness, 2),
        "true_peak_dbtp": round(levelled.true_peak, 2),
        "source": source,
    }


if __name__ == "__main__":
    main()
