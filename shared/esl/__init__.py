"""The event socket of FreeSWITCH: greenswitch made safe, for asyncio.

* ``InboundLink``: a connection to a switch, for commands and events. ``LinkSupervisor`` keeps one up, visibly.
* ``OutboundServer``: calls handed over by the ``socket`` application, each an ``OutboundSession`` in a greenlet.
* ``commands`` and ``api_commands``: what one may say to a switch, as values that cannot be built unsafely.

The only package that imports greenswitch or gevent. Neither is monkey-patched in: the hub has a thread of its own.
"""

from shared.esl.errors import (
    AuthRefused,
    BindFailed,
    CallEnded,
    DownReason,
    EslError,
    ProtocolError,
    SwitchBusy,
    SwitchDisconnected,
    SwitchRefused,
    SwitchTimeout,
    UnsafeValue,
)
from shared.esl.events import CHANNEL_EVENTS, Event
from shared.esl.hub import HubThread
from shared.esl.inbound import InboundLink, LinkState
from shared.esl.outbound import OutboundServer, OutboundSession
from shared.esl.reconnect import LinkDown, LinkSupervisor, jittered_backoff
from shared.esl.reply import Reply

__all__ = [
    "CHANNEL_EVENTS",
    "AuthRefused",
    "BindFailed",
    "CallEnded",
    "DownReason",
    "EslError",
    "Event",
    "HubThread",
    "InboundLink",
    "LinkDown",
    "LinkState",
    "LinkSupervisor",
    "OutboundServer",
    "OutboundSession",
    "ProtocolError",
    "Reply",
    "SwitchBusy",
    "SwitchDisconnected",
    "SwitchRefused",
    "SwitchTimeout",
    "UnsafeValue",
    "jittered_backoff",
]
