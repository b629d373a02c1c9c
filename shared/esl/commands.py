"""Commands of the event socket itself, as frozen values that cannot be built with an unsafe argument.

Every builder checks its arguments when it is made and raises ``UnsafeValue`` naming the field. API commands
(``uuid_kill``, ``originate`` ...) are in ``shared.esl.api_commands`` and travel in ``Api`` or ``BgApi``.
Source: FreeSWITCH ``mod_event_socket.c`` (``parse_command``) and ``switch_ivr.c`` (``switch_ivr_parse_event``).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from shared.esl import arguments
from shared.esl.errors import UnsafeValue

EVENT_NAMES: Final = frozenset(
    """
    CUSTOM CHANNEL_CREATE CHANNEL_DESTROY CHANNEL_STATE CHANNEL_CALLSTATE CHANNEL_ANSWER CHANNEL_HANGUP
    CHANNEL_HANGUP_COMPLETE CHANNEL_EXECUTE CHANNEL_EXECUTE_COMPLETE CHANNEL_HOLD CHANNEL_UNHOLD CHANNEL_BRIDGE
    CHANNEL_UNBRIDGE CHANNEL_PROGRESS CHANNEL_PROGRESS_MEDIA CHANNEL_OUTGOING CHANNEL_PARK CHANNEL_UNPARK
    CHANNEL_APPLICATION CHANNEL_ORIGINATE CHANNEL_UUID CHANNEL_DATA API STARTUP SHUTDOWN SHUTDOWN_REQUESTED TALK
    NOTALK SESSION_CRASH MODULE_LOAD MODULE_UNLOAD DTMF MESSAGE PRESENCE_IN MESSAGE_WAITING CODEC BACKGROUND_JOB
    DETECTED_SPEECH DETECTED_TONE HEARTBEAT ADD_SCHEDULE DEL_SCHEDULE EXE_SCHEDULE RE_SCHEDULE RELOADXML NOTIFY
    SEND_MESSAGE RECV_MESSAGE GENERAL SESSION_HEARTBEAT SEND_INFO RECV_INFO CALL_SECURE NAT RECORD_START RECORD_STOP
    PLAYBACK_START PLAYBACK_STOP CALL_UPDATE FAILURE MEDIA_BUG_START MEDIA_BUG_STOP CALL_DETAIL DEVICE_STATE TEXT
    """.split()  # noqa: SIM905 - read as a list of words
)
"""Events one may subscribe to by name. FreeSWITCH silently ignores a name it does not know; ``ALL`` is left out."""


def refuse_unload(command: str) -> str:
    """``command`` unless FreeSWITCH would take it for an order to unload or reload its event socket.

    ``parse_command`` looks for these words *anywhere* in a command, values included, and replaces the command.
    """
    lowered = command.lower()
    if "mod_event_socket" in lowered and ("unload" in lowered or "reload" in lowered):
        raise UnsafeValue("command", "FreeSWITCH would unload its event socket")
    return command


class Command(ABC):
    """One command of the event socket, checked and built once."""

    __slots__ = ("_wire",)
    _wire: bytes

    def __post_init__(self) -> None:
        object.__setattr__(self, "_wire", self._built())  # subclasses are frozen

    @abstractmethod
    def lines(self) -> tuple[str, ...]:
        """The command line and its header lines."""

    def wire(self) -> bytes:
        """What is sent: the lines and the blank line that ends a command."""
        return self._wire

    def _built(self) -> bytes:
        lines = self.lines()
        for line in lines:
            if not line or "\n" in line or "\r" in line:
                raise UnsafeValue("command", "a line would end early")
        return (refuse_unload("\n".join(lines)) + "\n\n").encode()


class ApiCommand(ABC):
    """A command of FreeSWITCH's API interface, sent by ``Api`` (waits in the connection) or ``BgApi`` (a thread)."""

    __slots__ = ("_line",)
    _line: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "_line", refuse_unload(self.text()))

    @property
    def line(self) -> str:
        """The text, checked and built once."""
        return self._line

    @abstractmethod
    def text(self) -> str:
        """The command's name and arguments, quoted."""


@dataclass(frozen=True, slots=True)
class Auth(Command):
    """The first command on an inbound connection."""

    password: str = field(repr=False)

    def lines(self) -> tuple[str, ...]:
        return (f"auth {arguments.text('password', self.password)}",)


@dataclass(frozen=True, slots=True)
class Exit(Command):
    """Asks the switch to close the connection in good order."""

    def lines(self) -> tuple[str, ...]:
        return ("exit",)


def _event_words(names: Iterable[str], subclasses: Iterable[str]) -> str:
    names = tuple(names)
    for name in names:
        if name not in EVENT_NAMES - {"CUSTOM"}:
            raise UnsafeValue("names", f"is no event to subscribe to: {name!r}")
    custom = tuple(arguments.token("subclasses", subclass) for subclass in subclasses)
    if not names and not custom:
        raise UnsafeValue("names", "is empty")
    return " ".join((*names, *(("CUSTOM", *custom) if custom else ())))


@dataclass(frozen=True, slots=True)
class Subscribe(Command):
    """``event json``: a list of event names, and of ``CUSTOM`` subclasses such as ``sofia::register``."""

    names: tuple[str, ...]
    subclasses: tuple[str, ...] = ()

    def lines(self) -> tuple[str, ...]:
        return (f"event json {_event_words(self.names, self.subclasses)}",)


@dataclass(frozen=True, slots=True)
class Unsubscribe(Command):
    """``nixevent``: the opposite of ``Subscribe``."""

    names: tuple[str, ...]
    subclasses: tuple[str, ...] = ()

    def lines(self) -> tuple[str, ...]:
        return (f"nixevent {_event_words(self.names, self.subclasses)}",)


@dataclass(frozen=True, slots=True)
class NoEvents(Command):
    """Ends every subscription and throws away what is queued."""

    def lines(self) -> tuple[str, ...]:
        return ("noevents",)


@dataclass(frozen=True, slots=True)
class Filter(Command):
    """Only events whose ``header`` has ``value`` are sent; several filters are joined by *or*."""

    header: str
    value: str

    def lines(self) -> tuple[str, ...]:
        return (f"filter add {arguments.word('header', self.header)} {_filter_value(self.value)}",)


@dataclass(frozen=True, slots=True)
class FilterDelete(Command):
    """Takes a filter away; without a value, every filter on that header."""

    header: str
    value: str = ""

    def lines(self) -> tuple[str, ...]:
        words = f"filter delete {arguments.word('header', self.header)}"
        return (f"{words} {_filter_value(self.value)}" if self.value else words,)


def _filter_value(value: str) -> str:
    if not value.strip() or value != value.strip():
        raise UnsafeValue("value", "is empty or has white space around it")
    return arguments.text("value", value)


@dataclass(frozen=True, slots=True)
class Linger(Command):
    """Outbound: keep the connection for ``seconds`` (1-3600) after hang-up, so the last events still arrive."""

    seconds: int

    def lines(self) -> tuple[str, ...]:
        return (f"linger {_between('seconds', self.seconds, 1, 3600)}",)


@dataclass(frozen=True, slots=True)
class NoLinger(Command):
    """Takes ``Linger`` back."""

    def lines(self) -> tuple[str, ...]:
        return ("nolinger",)


@dataclass(frozen=True, slots=True)
class MyEvents(Command):
    """Outbound: the controlled channel's events, as JSON."""

    def lines(self) -> tuple[str, ...]:
        return ("myevents json",)


@dataclass(frozen=True, slots=True)
class Connect(Command):
    """Outbound: takes the channel over; the answer carries every channel variable."""

    def lines(self) -> tuple[str, ...]:
        return ("connect",)


@dataclass(frozen=True, slots=True)
class Api(Command):
    """Runs an API command in the connection's own thread: everything behind it waits, so only quick ones."""

    command: ApiCommand

    def lines(self) -> tuple[str, ...]:
        return (f"api {self.command.line}",)


@dataclass(frozen=True, slots=True)
class BgApi(Command):
    """Runs an API command in a thread of its own; the result comes as ``BACKGROUND_JOB`` with this ``Job-UUID``."""

    command: ApiCommand
    job_uuid: str

    def lines(self) -> tuple[str, ...]:
        return (f"bgapi {self.command.line}", f"Job-UUID: {arguments.uuid('job_uuid', self.job_uuid)}")


@dataclass(frozen=True, slots=True)
class Execute(Command):
    """Runs a dialplan application on a channel (``sendmsg``).

    Args:
        application: its name, such as ``playback``.
        argument: its argument, already built for that application by ``shared.telephony``.
        event_uuid: comes back as ``Application-UUID`` of CHANNEL_EXECUTE_COMPLETE.
        uuid: the channel; empty on an outbound connection means the controlled one.
        expand: let the switch expand ``${...}`` in the argument; without it such an argument is refused.
        lock: run it to its end before the next one queued (``event-lock``).
    """

    application: str
    argument: str = ""
    event_uuid: str = ""
    uuid: str = ""
    expand: bool = False
    lock: bool = False

    def lines(self) -> tuple[str, ...]:
        check = arguments.text if self.expand else arguments.literal
        argument = check("argument", self.argument)
        lines = [
            f"sendmsg {arguments.uuid('uuid', self.uuid)}" if self.uuid else "sendmsg",
            "call-command: execute",
            f"execute-app-name: {arguments.word('application', self.application)}",
        ]
        if argument:
            lines.append(f"execute-app-arg: {argument}")
        if self.event_uuid:
            lines.append(f"Event-UUID: {arguments.uuid('event_uuid', self.event_uuid)}")
        if self.lock:
            lines.append("event-lock: true")
        return tuple(lines)


@dataclass(frozen=True, slots=True)
class Hangup(Command):
    """Hangs a channel up (``sendmsg``); ``uuid`` empty means the controlled one."""

    cause: str = "NORMAL_CLEARING"
    uuid: str = ""

    def lines(self) -> tuple[str, ...]:
        return (
            f"sendmsg {arguments.uuid('uuid', self.uuid)}" if self.uuid else "sendmsg",
            "call-command: hangup",
            f"hangup-cause: {arguments.word('cause', self.cause)}",
        )


@dataclass(frozen=True, slots=True)
class MessageWaiting(Command):
    """Tells the phones registered as one user how many messages wait (``sendevent MESSAGE_WAITING``).

    mod_sofia makes an unsolicited NOTIFY of it (RFC 3842) to every contact of that user; where nobody is registered,
    nothing happens. It does so with ``manage-presence`` off as well (``actual_sofia_presence_mwi_event_handler``).

    Args:
        user, domain: as the phone registers.
        new, saved: how many messages there are, 0-999,999.
        profile: the SIP profile that phones register with.
    """

    user: str
    domain: str
    new: int
    saved: int
    profile: str = "phones"

    def lines(self) -> tuple[str, ...]:
        new, saved = (_between(name, getattr(self, name), 0, 999_999) for name in ("new", "saved"))
        user, domain = arguments.token("user", self.user), arguments.token("domain", self.domain)
        return (
            "sendevent MESSAGE_WAITING",
            f"sofia-profile: {arguments.word('profile', self.profile)}",
            f"MWI-Messages-Waiting: {'yes' if new else 'no'}",
            f"MWI-Message-Account: sip:{user}@{domain}",
            f"MWI-Voice-Message: {new}/{saved} (0/0)",
        )


def _between(name: str, value: int, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise UnsafeValue(name, f"is not a whole number from {low} to {high}")
    return value
