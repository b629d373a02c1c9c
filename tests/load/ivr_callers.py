"""Callers in menus: SIPp as a carrier whose callers press a key every few seconds until they have pressed all."""

from __future__ import annotations

import socket
from dataclasses import dataclass

from tests.load.ivr_bench import IvrBench, Program
from tests.load.sipp_output import CallCounts, call_counts

WAY = "121"
"""Keys that lead round ``ivr_bench.MENU``: to sales, over a variable and a branch to support, and back."""
EVERY_MS = (2000, 4000)
PRESS = """
  <pause distribution="uniform" min="{low}" max="{high}"/>
  <send retrans="500">
    <![CDATA[
      INFO [next_url] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      [routes]
      Max-Forwards: 70
      From: <sip:+98912[call_number]@[local_ip]>;tag=[pid]c[call_number]
      To: <sip:[number]@[remote_ip]>[peer_tag_param]
      Call-ID: [call_id]
      CSeq: {cseq} INFO
      Content-Type: application/dtmf-relay
      Content-Length: [len]

      Signal={key}
      Duration=160

    ]]>
  </send>
  <recv response="200"/>
"""


@dataclass(frozen=True, slots=True)
class Pressed:
    """What the callers did."""

    counts: CallCounts
    keys: int


def keys_of(count: int) -> str:
    """So many keys of the way round."""
    return (WAY * (count // len(WAY) + 1))[:count]


async def call_and_press(bench: IvrBench, program: Program, *, calls: int, rate: int, keys: int) -> Pressed:
    """Place calls until all are up, let each press its keys and hang up some seconds after the last."""
    bench.hand_over_to(program)
    low, high = EVERY_MS
    presses = "".join(
        PRESS.format(low=low, high=high, cseq=2 + place, key=key) for place, key in enumerate(keys_of(keys))
    )
    last = f'<pause distribution="uniform" min="{low}" max="{high}"/>'
    seconds = calls / rate + (keys + 1) * high / 1000
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:  # a closed port would be told of every packet
        nobody.bind(("127.0.0.1", 0))
        numbers = {"number": "700", "sink": str(nobody.getsockname()[1])}
        words = [word for name, value in numbers.items() for word in ("-key", name, value)]
        arguments = [*words, "-r", str(rate), "-m", str(calls), "-l", str(calls)]
        folder = await bench.sipp.run("menu_caller", arguments, seconds, pause=presses + last)
        await bench.quiet()
    return Pressed(call_counts(folder / "stat.csv"), calls * keys)
