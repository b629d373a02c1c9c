"""Dialplan actions, typed: each knows its application and gives its data as FreeSWITCH's application parses it.

Before an application sees its data, ``switch_core_session_exec`` expands variables in it
(``switch_channel_expand_variables_check``) and reads a leading ``%[`` as scope variables. Data is built so that both
leave it as it is: no backslash, no ``${``, never a leading ``%``. Applications that take several arguments split them
at spaces with quotes (``switch_separate_string``); those arguments are restricted to words without either.
"""

import re
from dataclasses import dataclass
from typing import ClassVar, Final

from shared.telephony.causes import CAUSES, Cause
from shared.telephony.channel_variables import Value, Variables, rendered, variable_name, variable_value
from shared.telephony.dial_string import DialString
from shared.telephony.ids import leg_id
from shared.telephony.safe_text import UnsafeText
from shared.telephony.sip_names import sip_host
from shared.telephony.sounds import Sound

__all__ = [
    "Action",
    "Answer",
    "Bridge",
    "Conference",
    "Echo",
    "ExecuteOn",
    "ExecuteOnLegs",
    "Export",
    "FireEvent",
    "Hangup",
    "Limit",
    "LimitExecute",
    "Park",
    "Playback",
    "PreAnswer",
    "RecordSession",
    "Respond",
    "RingReady",
    "SchedHangup",
    "Set",
    "SetAll",
    "Sleep",
    "Socket",
    "Transfer",
    "UnlessMoved",
    "Unset",
]

_WORD: Final = re.compile(r"[A-Za-z0-9_+*#.:@-]{1,128}")
_FILE: Final = re.compile(r"[A-Za-z0-9_./-]{1,255}")
_CONFERENCE_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_CONFERENCE_FLAG: Final = re.compile(r"[a-z-]{1,32}")
_OWN_SUBCLASS: Final = re.compile(r"seda::[a-z_]{1,32}")
_PORT: Final = re.compile(r":[0-9]{1,5}$")


def _word(text: str, what: str) -> str:
    if not _WORD.fullmatch(text) or text.startswith("-"):
        raise UnsafeText(f"{what} is one word of letters, digits and _ + * # . : @ -")
    return text


def _whole(number: int, low: int, high: int, what: str) -> int:
    if not low <= number <= high:
        raise UnsafeText(f"{what} is {low}-{high}")
    return int(number)


class Action:
    """One step of a dialplan. `application` is what FreeSWITCH runs, `data()` its argument; both are safe text."""

    __slots__ = ()
    application: ClassVar[str]

    def data(self) -> str:
        """The application's argument. Raises UnsafeText."""
        return ""


@dataclass(frozen=True, slots=True)
class Answer(Action):
    """Answer the call."""

    application: ClassVar[str] = "answer"


@dataclass(frozen=True, slots=True)
class PreAnswer(Action):
    """Open the sound path before an answer (183)."""

    application: ClassVar[str] = "pre_answer"


@dataclass(frozen=True, slots=True)
class RingReady(Action):
    """Tell the caller that it rings (180)."""

    application: ClassVar[str] = "ring_ready"


@dataclass(frozen=True, slots=True)
class Park(Action):
    """Hold the caller until someone bridges or transfers the call."""

    application: ClassVar[str] = "park"


@dataclass(frozen=True, slots=True)
class Intercept(Action):
    """Answer, and be connected with a leg that is up; nothing where there is none (``intercept`` in mod_dptools.c)."""

    leg_id: str
    application: ClassVar[str] = "intercept"

    def data(self) -> str:
        return leg_id(self.leg_id)


@dataclass(frozen=True, slots=True)
class Echo(Action):
    """Send the caller's sound back."""

    application: ClassVar[str] = "echo"


@dataclass(frozen=True, slots=True)
class Set(Action):
    """Set a variable on this channel; an empty value unsets it. A Sound is set as what plays it (``ringback``)."""

    name: str
    value: Value | Sound
    application: ClassVar[str] = "set"

    def data(self) -> str:
        # base_set (mod_dptools.c) splits at the first '='.
        return f"{variable_name(self.name)}={_text(self.value)}"


@dataclass(frozen=True, slots=True)
class Unset(Action):
    """Remove a variable from this channel."""

    name: str
    application: ClassVar[str] = "unset"

    def data(self) -> str:
        return variable_name(self.name)


@dataclass(frozen=True, slots=True)
class SetAll(Action):
    """Set many variables in one action, which costs the switch one pair of events instead of one per variable.

    ``multiset_function`` (mod_dptools.c) announces its separator by ``^^`` and splits with quotes: values must not
    hold a single quote.
    """

    variables: Variables
    application: ClassVar[str] = "multiset"

    def data(self) -> str:
        pairs = [f"{name}={value}" for name, value in rendered(self.variables)]
        joined = "".join(pairs)
        if not pairs or len(pairs) > 200 or "'" in joined:
            raise UnsafeText("sets 1-200 variables, none with a single quote")
        separator = next((one for one in ";!~#*&?@," if one not in joined), None)
        if separator is None:
            raise UnsafeText("the values hold every separator there is")
        return f"^^{separator}{separator.join(pairs)}"


@dataclass(frozen=True, slots=True)
class Export(Action):
    """Set a variable on this channel and on every leg it calls; with `local` false only on those."""

    name: str
    value: Value
    local: bool = True
    application: ClassVar[str] = "export"

    def data(self) -> str:
        name = variable_name(self.name)
        return f"{name if self.local else 'nolocal:' + name}={variable_value(self.value)}"


@dataclass(frozen=True, slots=True)
class Bridge(Action):
    """Call `dial_string` and connect the caller with who answers."""

    dial_string: DialString
    application: ClassVar[str] = "bridge"

    def data(self) -> str:
        return str(self.dial_string)


@dataclass(frozen=True, slots=True)
class Transfer(Action):
    """Ask the dialplan again, as if `number` had been dialled in `context`."""

    number: str
    context: str = "seda"
    application: ClassVar[str] = "transfer"

    def data(self) -> str:
        return f"{_word(self.number, 'a number')} XML {_word(self.context, 'a context')}"


@dataclass(frozen=True, slots=True)
class Hangup(Action):
    """Hang up, with what is to be told and recorded as the cause."""

    cause: Cause = CAUSES["NORMAL_CLEARING"]
    application: ClassVar[str] = "hangup"

    def data(self) -> str:
        return self.cause.name


@dataclass(frozen=True, slots=True)
class Respond(Action):
    """Answer the INVITE with a SIP status 300-699 (mod_sofia adds the standard phrase)."""

    sip_status: int
    application: ClassVar[str] = "respond"

    def data(self) -> str:
        return str(_whole(self.sip_status, 300, 699, "a SIP status"))


@dataclass(frozen=True, slots=True)
class Playback(Action):
    """Play a sound to its end."""

    sound: Sound
    application: ClassVar[str] = "playback"

    def data(self) -> str:
        return self.sound.uri


@dataclass(frozen=True, slots=True)
class FireEvent(Action):
    """Fire a CUSTOM event of one of our own subclasses (``seda::queued``), with all that is known of the channel."""

    subclass: str
    application: ClassVar[str] = "event"

    def data(self) -> str:
        if not _OWN_SUBCLASS.fullmatch(self.subclass):
            raise UnsafeText("an event of ours is named seda::<word>")
        return f"Event-Subclass={self.subclass},Event-Name=CUSTOM"


@dataclass(frozen=True, slots=True)
class Sleep(Action):
    """Wait 1-3,600,000 milliseconds."""

    milliseconds: int
    application: ClassVar[str] = "sleep"

    def data(self) -> str:
        return str(_whole(self.milliseconds, 1, 3_600_000, "a pause in milliseconds"))


@dataclass(frozen=True, slots=True)
class Limit(Action):
    """Count this call in `realm`/`key` of this node; past `most`, hang up with `cause` or transfer to `number`.

    With `per_seconds` the cap is on calls in that time, otherwise on calls at one time (``limit_function`` in
    mod_dptools.c, mod_hash). `most` < 0 only counts.
    """

    realm: str
    key: str
    most: int
    per_seconds: int = 0
    cause: Cause = CAUSES["NORMAL_CIRCUIT_CONGESTION"]
    number: str | None = None
    context: str = "seda"
    application: ClassVar[str] = "limit"

    def data(self) -> str:
        most = "-1" if self.most < 0 else str(_whole(self.most, 0, 1_000_000, "a cap"))
        rate = f"/{_whole(self.per_seconds, 1, 86_400, 'an interval in seconds')}" if self.per_seconds else ""
        over = f"!{self.cause.name}"
        if self.number is not None:
            over = f"{_word(self.number, 'a number')} XML {_word(self.context, 'a context')}"
        return f"hash {_word(self.realm, 'a realm')} {_word(self.key, 'a key')} {most}{rate} {over}"


@dataclass(frozen=True, slots=True)
class LimitExecute(Action):
    """Run `action` while at most `most` calls of `realm`/`key` are in one; past that, go on with what comes next.

    The place is given back when `action` ends (``limit_execute_function`` in mod_dptools.c, mod_hash). Its last
    argument is the rest of the text, so the inner action's data needs no quoting; but single quotes in it would be
    removed (``cleanup_separated_string``), so they are refused.
    """

    realm: str
    key: str
    most: int
    action: Action
    application: ClassVar[str] = "limit_execute"

    def data(self) -> str:
        inner = self.action.data()
        if isinstance(self.action, LimitExecute | ExecuteOn) or not inner or "'" in inner:
            raise UnsafeText("limits one plain action with data, without a single quote")
        most = _whole(self.most, 0, 1_000_000, "a cap")
        place = f"hash {_word(self.realm, 'a realm')} {_word(self.key, 'a key')} {most}"
        return f"{place} {self.action.application} {inner}"


@dataclass(frozen=True, slots=True)
class UnlessMoved(Action):
    """Run `action`, unless somebody moves the leg: goes after a sound that ``uuid_bridge`` or ``uuid_transfer`` ends.

    They first make the leg leave what it plays (CF_TRANSFER) and then change its state (switch_ivr_bridge.c:
    ``switch_ivr_uuid_bridge``). Meanwhile - a moment, on a busy machine tens of milliseconds - the leg's own thread
    goes on with its next application, and a ``transfer`` there takes it away from whom it is being connected with.
    ``execute_extension`` runs nothing on such a leg (``switch_core_session_execute_exten``: ``switch_channel_ready``).

    Their data is words without quotes and commas, as ``inline_dialplan_hunt`` (mod_dptools.c) needs it.
    """

    action: Transfer | Hangup
    application: ClassVar[str] = "execute_extension"

    def data(self) -> str:
        return f"'{self.action.application}:{self.action.data()}' inline"


@dataclass(frozen=True, slots=True)
class SchedHangup(Action):
    """Hang up `seconds` (1-86,400) from now."""

    seconds: int
    cause: Cause = CAUSES["ALLOTTED_TIMEOUT"]
    application: ClassVar[str] = "sched_hangup"

    def data(self) -> str:
        return f"+{_whole(self.seconds, 1, 86_400, 'a time in seconds')} {self.cause.name}"


@dataclass(frozen=True, slots=True)
class Conference(Action):
    """Join conference `name` (make it hold the tenant: conferences are one space per node)."""

    name: str
    profile: str = "default"
    flags: frozenset[str] = frozenset()
    application: ClassVar[str] = "conference"

    def data(self) -> str:
        # conference_function (mod_conference.c) looks for '+flags{', 'bridge:', '+pin' and '@profile' in the text.
        if not _CONFERENCE_NAME.fullmatch(self.name) or not _CONFERENCE_NAME.fullmatch(self.profile):
            raise UnsafeText("a conference and its profile are named by letters, digits and _ . -")
        if not all(map(_CONFERENCE_FLAG.fullmatch, self.flags)):
            raise UnsafeText("a conference flag is a word of a-z and hyphens")
        flags = "+flags{" + "|".join(sorted(self.flags)) + "}" if self.flags else ""
        return f"{self.name}@{self.profile}{flags}"


@dataclass(frozen=True, slots=True)
class Socket(Action):
    """Hand the call to a program over an outbound event socket: to the first of `hosts` (with ports) that accepts.

    ``socket_function`` (mod_event_socket.c) tries them in order, and takes a missing port from the host before: with
    several hosts each names its port.
    """

    hosts: str | tuple[str, ...]
    asynchronous: bool = True
    full: bool = True
    application: ClassVar[str] = "socket"

    def data(self) -> str:
        hosts = (self.hosts,) if isinstance(self.hosts, str) else self.hosts
        if not 1 <= len(hosts) <= 50:
            raise UnsafeText("a call is offered to 1-50 programs")
        if len(hosts) > 1 and not all(_PORT.search(host) for host in hosts):
            raise UnsafeText("with several programs each address has a port")
        offered = "|".join(map(sip_host, hosts))
        return offered + (" async" if self.asynchronous else "") + (" full" if self.full else "")


@dataclass(frozen=True, slots=True)
class RecordSession(Action):
    """Record both directions to `path` (letters, digits, ``_ . / -``), at most `limit_seconds` if given."""

    path: str
    limit_seconds: int | None = None
    application: ClassVar[str] = "record_session"

    def data(self) -> str:
        if not _FILE.fullmatch(self.path) or ".." in self.path:
            raise UnsafeText("a recording's path is letters, digits, _ . / and -, without '..'")
        if self.limit_seconds is None:
            return self.path
        return f"{self.path} +{_whole(self.limit_seconds, 1, 86_400, 'a limit in seconds')}"


EVENTS: Final = ("answer", "media", "ring", "pre_answer", "originate", "pre_bridge", "post_bridge")


@dataclass(frozen=True, slots=True)
class ExecuteOn(Action):
    """Run `action` when this channel comes to `event` (``answer``, ``ring``, ``pre_bridge`` ...).

    ``switch_channel_execute_on_value`` (switch_channel.c) splits the application from its data at the first space.
    """

    event: str
    action: Action
    application: ClassVar[str] = "set"

    def data(self) -> str:
        if self.event not in EVENTS or isinstance(self.action, ExecuteOn):
            raise UnsafeText("executes one plain action on one of " + ", ".join(EVENTS))
        return f"execute_on_{self.event}={self.action.application} {self.action.data()}".rstrip(" ")


@dataclass(frozen=True, slots=True)
class ExecuteOnLegs(ExecuteOn):
    """Run `action` when a leg that this channel calls comes to `event`; not on this channel itself."""

    application: ClassVar[str] = "export"

    def data(self) -> str:
        return "nolocal:" + ExecuteOn.data(self)


def _text(value: "Value | Sound") -> str:
    return variable_value(value) if isinstance(value, str | int) else value.uri
