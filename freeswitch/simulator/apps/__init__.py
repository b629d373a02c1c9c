"""Dialplan applications by name: `async (session, data)`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from freeswitch.simulator.apps import answering, asking, audio, calls, control, outbound_socket, playing, variables

if TYPE_CHECKING:
    from freeswitch.simulator.session import Session

Run = Callable[["Session", str], Awaitable[None]]

APPLICATIONS: dict[str, Run] = {
    "answer": answering.answer,
    "pre_answer": answering.pre_answer,
    "ring_ready": answering.ring_ready,
    "respond": answering.respond,
    "hangup": answering.hangup,
    "set": variables.set_variable,
    "multiset": variables.multiset,
    "export": variables.export,
    "bridge_export": variables.bridge_export,
    "unset": variables.unset,
    "set_profile_var": variables.set_profile_var,
    "log": variables.ignore,
    "info": variables.ignore,
    "verbose_events": variables.ignore,
    "privacy": variables.ignore,
    "bridge": calls.bridge,
    "transfer": calls.transfer,
    "park": calls.park,
    "intercept": calls.intercept,
    "att_xfer": calls.att_xfer,
    "eavesdrop": calls.eavesdrop,
    "conference": calls.conference,
    "limit": control.limit,
    "sched_hangup": control.sched_hangup,
    "sched_transfer": control.sched_transfer,
    "sleep": playing.sleep,
    "execute_extension": control.execute_extension,
    "event": control.event,
    "hold": control.hold,
    "unhold": control.unhold,
    "playback": playing.playback,
    "endless_playback": playing.endless_playback,
    "gentones": playing.playback,
    "say": playing.playback,
    "echo": audio.echo,
    "record_session": audio.record_session,
    "stop_record_session": audio.stop_record_session,
    "record_session_mask": audio.mask,
    "record_session_unmask": audio.unmask,
    "record": audio.record,
    "avmd_start": audio.avmd_start,
    "play_and_get_digits": asking.play_and_get_digits,
    "flush_dtmf": asking.flush_dtmf,
    "start_dtmf": variables.ignore,
    "socket": outbound_socket.socket,
}
