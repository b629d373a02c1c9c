"""Which events one event-socket connection wants (mod_event_socket.c: event, nixevent, noevents, filter)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from freeswitch.simulator.domain.event import Event

KNOWN_EVENTS = frozenset(
    [
        "CUSTOM",
        "CLONE",
        "CHANNEL_CREATE",
        "CHANNEL_DESTROY",
        "CHANNEL_STATE",
        "CHANNEL_CALLSTATE",
        "CHANNEL_ANSWER",
        "CHANNEL_HANGUP",
        "CHANNEL_HANGUP_COMPLETE",
        "CHANNEL_EXECUTE",
        "CHANNEL_EXECUTE_COMPLETE",
        "CHANNEL_HOLD",
        "CHANNEL_UNHOLD",
        "CHANNEL_BRIDGE",
        "CHANNEL_UNBRIDGE",
        "CHANNEL_PROGRESS",
        "CHANNEL_PROGRESS_MEDIA",
        "CHANNEL_OUTGOING",
        "CHANNEL_PARK",
        "CHANNEL_UNPARK",
        "CHANNEL_APPLICATION",
        "CHANNEL_ORIGINATE",
        "CHANNEL_UUID",
        "API",
        "LOG",
        "INBOUND_CHAN",
        "OUTBOUND_CHAN",
        "STARTUP",
        "SHUTDOWN",
        "PUBLISH",
        "UNPUBLISH",
        "TALK",
        "NOTALK",
        "SESSION_CRASH",
        "MODULE_LOAD",
        "MODULE_UNLOAD",
        "DTMF",
        "MESSAGE",
        "PRESENCE_IN",
        "NOTIFY_IN",
        "PRESENCE_OUT",
        "PRESENCE_PROBE",
        "MESSAGE_WAITING",
        "MESSAGE_QUERY",
        "ROSTER",
        "CODEC",
        "BACKGROUND_JOB",
        "DETECTED_SPEECH",
        "DETECTED_TONE",
        "PRIVATE_COMMAND",
        "HEARTBEAT",
        "TRAP",
        "ADD_SCHEDULE",
        "DEL_SCHEDULE",
        "EXE_SCHEDULE",
        "RE_SCHEDULE",
        "RELOADXML",
        "NOTIFY",
        "PHONE_FEATURE",
        "PHONE_FEATURE_SUBSCRIBE",
        "SEND_MESSAGE",
        "RECV_MESSAGE",
        "REQUEST_PARAMS",
        "CHANNEL_DATA",
        "GENERAL",
        "COMMAND",
        "SESSION_HEARTBEAT",
        "CLIENT_DISCONNECTED",
        "SERVER_DISCONNECTED",
        "SEND_INFO",
        "RECV_INFO",
        "RECV_RTCP_MESSAGE",
        "SEND_RTCP_MESSAGE",
        "CALL_SECURE",
        "NAT",
        "RECORD_START",
        "RECORD_STOP",
        "PLAYBACK_START",
        "PLAYBACK_STOP",
        "CALL_UPDATE",
        "FAILURE",
        "SOCKET_DATA",
        "MEDIA_BUG_START",
        "MEDIA_BUG_STOP",
        "CONFERENCE_DATA_QUERY",
        "CONFERENCE_DATA",
        "CALL_SETUP_REQ",
        "CALL_SETUP_RESULT",
        "CALL_DETAIL",
        "DEVICE_STATE",
        "TEXT",
        "SHUTDOWN_REQUESTED",
        "ALL",
    ]
)


@dataclass
class Subscription:
    """Event names, CUSTOM subclasses and filters of one connection."""

    names: set[str] = field(default_factory=set)
    subclasses: set[str] = field(default_factory=set)
    filters: list[tuple[str, str]] = field(default_factory=list)
    enabled: bool = False

    def add(self, words: list[str]) -> bool:
        """Subscribe to the words of `event plain A B CUSTOM x y`; False when no keyword was known."""
        known, custom = False, False
        for word in words:
            name = word.upper()
            if custom:
                self.subclasses.add(word)
            elif name == "CUSTOM":
                custom = known = True
                self.names.add(name)
            elif name in KNOWN_EVENTS:
                known = True
                self.names.add(name)
        self.enabled = self.enabled or known
        return known

    def remove(self, words: list[str]) -> bool:
        """Unsubscribe from the words of `nixevent`; False when no keyword was known."""
        known, custom = False, False
        for word in words:
            name = word.upper()
            if custom:
                self.subclasses.discard(word)
            elif name == "CUSTOM":
                custom = known = True
            elif name in KNOWN_EVENTS:
                known = True
                self._forget(name)
        self.enabled = self.enabled or known
        return known

    def _forget(self, name: str) -> None:
        if "ALL" in self.names:
            self.names = set(KNOWN_EVENTS) - {"ALL"}
            self.subclasses.add("*")
        self.names.discard(name)

    def clear(self) -> bool:
        """`noevents`: want nothing; False when nothing was wanted."""
        had, self.enabled = self.enabled, False
        self.names.clear()
        self.subclasses.clear()
        return had

    def wants_name(self, name: str, subclass: str = "") -> bool:
        """Whether an event of this name could pass, before its headers are known."""
        if "ALL" in self.names:
            return True
        if name not in self.names:
            return False
        return name != "CUSTOM" or subclass in self.subclasses or "*" in self.subclasses

    def wants(self, event: Event) -> bool:
        """Whether the event passes names and filters.

        Several filters are alternatives; a value after `-` excludes, one after `/` is an expression.
        """
        if not self.wants_name(event.name, event.subclass):
            return False
        if not self.filters:
            return True
        passed = False
        for header, expected in self.filters:
            value = event.headers.get(header)
            if not isinstance(value, str):
                continue
            wanted = expected.lstrip("+- ")
            positive = not expected.lstrip(" ").startswith("-")
            if passed and positive:
                continue
            if _matches(value, wanted):
                if not positive:
                    return False
                passed = True
        return passed

    def remove_filter(self, header: str, value: str = "") -> None:
        """`filter delete header [value]`, or `filter delete all`."""
        if header == "all":
            self.filters.clear()
            return
        self.filters = [kept for kept in self.filters if kept[0] != header or (value and kept[1] != value)]


def _matches(value: str, wanted: str) -> bool:
    if wanted.startswith("/"):
        return re.search(wanted.strip("/"), value) is not None
    return value.lower() == wanted.lower()
