"""One audio stream described without I/O (RFC 4566, RFC 3264): PCMU, PCMA and telephone-event."""

from __future__ import annotations

import re
from dataclasses import dataclass

PCMU = 0
PCMA = 8
DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")


class SdpSyntaxError(ValueError):
    """No usable audio stream in a session description."""


@dataclass(frozen=True)
class AudioStream:
    """The one audio stream of a description."""

    host: str
    port: int
    payloads: tuple[int, ...] = (PCMU, PCMA, 101)
    dtmf_payload: int | None = 101
    direction: str = "sendrecv"


def describe(stream: AudioStream, *, session_id: int, version: int) -> bytes:
    """A session description offering or answering `stream`."""
    payloads = " ".join(str(payload) for payload in stream.payloads)
    lines = [
        "v=0",
        f"o=- {session_id} {version} IN IP4 {stream.host}",
        "s=Seda phone",
        f"c=IN IP4 {stream.host}",
        "t=0 0",
        f"m=audio {stream.port} RTP/AVP {payloads}",
        *(f"a=rtpmap:{payload} {_rtpmap(payload)}" for payload in stream.payloads),
    ]
    if stream.dtmf_payload in stream.payloads:
        lines.append(f"a=fmtp:{stream.dtmf_payload} 0-16")
    lines += ["a=ptime:20", f"a={stream.direction}"]
    return ("\r\n".join(lines) + "\r\n").encode()


def parse_audio(body: bytes) -> AudioStream:
    """Read the first audio stream.

    Raises:
        SdpSyntaxError: there is none, or it has no address.
    """
    text = body.decode("utf-8", "replace")
    media = re.search(r"^m=audio (\d{1,5}) RTP/S?AVPF? ([\d ]+?)\s*$", text, re.MULTILINE)
    session, _, audio = text.partition("m=audio")
    address = re.search(r"^c=IN IP4 (\S+)", audio, re.MULTILINE) or re.search(r"^c=IN IP4 (\S+)", session, re.MULTILINE)
    if media is None or address is None:
        raise SdpSyntaxError("no audio stream")
    direction = re.search(rf"^a=({'|'.join(DIRECTIONS)})\s*$", audio, re.MULTILINE)
    dtmf = re.search(r"^a=rtpmap:(\d+) telephone-event/8000", audio, re.MULTILINE)
    return AudioStream(
        host=address[1],
        port=int(media[1]),
        payloads=tuple(int(payload) for payload in media[2].split()),
        dtmf_payload=int(dtmf[1]) if dtmf else None,
        direction=direction[1] if direction else "sendrecv",
    )


def answer_direction(offered: str) -> str:
    """What to answer to an offered direction so that both sides agree."""
    return {"sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}.get(offered, "sendrecv")


def _rtpmap(payload: int) -> str:
    return {PCMU: "PCMU/8000", PCMA: "PCMA/8000"}.get(payload, "telephone-event/8000")
