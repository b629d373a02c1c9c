"""Reading the files SIPp writes."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


class SippSaidNothing(Exception):
    """SIPp left no statistics: it did not begin."""


@dataclass(frozen=True, slots=True)
class CallCounts:
    """What became of SIPp's calls."""

    succeeded: int
    failed: int
    retransmissions: int


def answer_times_ms(lines: Iterable[str]) -> list[float]:
    """Milliseconds from each call's INVITE with credentials (its second) to its 200, of ``-trace_shortmsg``.

    A line is ``date, time, seconds since 1970, S(ent) or R(eceived), Call-ID, CSeq, first line``, with tabs between.
    SIPp's own response times (``-trace_rtt``) come from a clock that ticks every 4 ms, too coarse for a ratio of 1.25.
    """
    sent: dict[str, float] = {}
    answered: dict[str, float] = {}
    for line in lines:
        fields = line.rstrip("\n").split("\t")
        if len(fields) < 7 or fields[5] != "CSeq:2 INVITE":
            continue
        _, _, seconds, way, call_id, _, first_line = fields[:7]
        if way == "S":
            sent.setdefault(call_id, float(seconds))
        elif first_line.startswith("SIP/2.0 200"):
            answered.setdefault(call_id, float(seconds))
    return [(answered[call_id] - sent[call_id]) * 1000 for call_id in sent if call_id in answered]


def call_counts(path: Path) -> CallCounts:
    """The last line of ``-trace_stat``.

    Raises:
        SippSaidNothing: there is none.
    """
    with path.open(newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter=";"))
    if not rows:
        raise SippSaidNothing(f"no statistics in {path.name}")
    last = rows[-1]
    return CallCounts(
        succeeded=int(last["SuccessfulCall(C)"]),
        failed=int(last["FailedCall(C)"]),
        retransmissions=int(last["Retransmissions(C)"]),
    )


def invite_times(lines: Iterable[str]) -> dict[str, float]:
    """When each call's first INVITE was sent, in seconds since 1970, of ``-trace_shortmsg``."""
    sent: dict[str, float] = {}
    for line in lines:
        fields = line.rstrip("\n").split("\t")
        if len(fields) >= 7 and fields[3] == "S" and fields[5] == "CSeq:1 INVITE":
            sent.setdefault(fields[4], float(fields[2]))
    return sent
