"""FreeSWITCH API commands Seda uses, as frozen values that cannot be built with an unsafe argument.

Arguments that may be any text are escaped so that the switch reads them back exactly (``arguments.quoted``); names,
causes and ids are refused unless they are plain.
Source: FreeSWITCH ``mod_commands.c``, ``mod_conference`` and ``mod_sofia``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

from shared.esl import arguments
from shared.esl.call_commands import UuidBreak as UuidBreak  # noqa: PLC0414 -- passed on
from shared.esl.call_commands import UuidSetVar as UuidSetVar  # noqa: PLC0414 -- passed on
from shared.esl.commands import ApiCommand
from shared.esl.errors import UnsafeValue

RecordAction = Literal["start", "stop", "mask", "unmask"]
TransferLegs = Literal["a", "b", "both"]
BroadcastLegs = Literal["aleg", "bleg", "both", "holdb"]
MemberAction = Literal["kick", "hup", "mute", "unmute", "deaf", "undeaf"]
ShutdownMode = Literal["elegant", "asap", "now", "cancel"]

_DTMF = re.compile(r"[0-9A-Da-d*#wW]{1,128}")


def _one_of(field: str, value: str, choices: object) -> str:
    if value not in get_args(choices):
        raise UnsafeValue(field, f"is not one of {', '.join(get_args(choices))}")
    return value


def _seconds(field: str, value: int, high: int = 86_400) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= high:
        raise UnsafeValue(field, f"is not a whole number from 0 to {high}")
    return value


@dataclass(frozen=True, slots=True)
class UuidKill(ApiCommand):
    """Hangs a channel up. Answers ``+OK`` or ``-ERR No such channel!``."""

    uuid: str
    cause: str = "NORMAL_CLEARING"

    def text(self) -> str:
        return f"uuid_kill {arguments.uuid('uuid', self.uuid)} {arguments.word('cause', self.cause)}"


@dataclass(frozen=True, slots=True)
class UuidTransfer(ApiCommand):
    """Sends a channel (``legs="b"``: its partner; ``both``: both) to an extension of the dialplan."""

    uuid: str
    destination: str
    context: str
    dialplan: str = "XML"
    legs: TransferLegs = "a"

    def text(self) -> str:
        flag = {"a": "", "b": "-bleg ", "both": "-both "}[_one_of("legs", self.legs, TransferLegs)]
        place = " ".join(arguments.token(name, getattr(self, name)) for name in ("destination", "dialplan", "context"))
        return f"uuid_transfer {arguments.uuid('uuid', self.uuid)} {flag}{place}"


@dataclass(frozen=True, slots=True)
class UuidBridge(ApiCommand):
    """Connects two channels that exist already."""

    uuid: str
    other_uuid: str

    def text(self) -> str:
        return f"uuid_bridge {arguments.uuid('uuid', self.uuid)} {arguments.uuid('other_uuid', self.other_uuid)}"


@dataclass(frozen=True, slots=True)
class UuidPark(ApiCommand):
    """Parks a channel."""

    uuid: str

    def text(self) -> str:
        return f"uuid_park {arguments.uuid('uuid', self.uuid)}"


@dataclass(frozen=True, slots=True)
class UuidHold(ApiCommand):
    """Puts a channel on hold, or takes it back (``on=False``)."""

    uuid: str
    on: bool = True

    def text(self) -> str:
        return f"uuid_hold {'' if self.on else 'off '}{arguments.uuid('uuid', self.uuid)}"


@dataclass(frozen=True, slots=True)
class UuidRecord(ApiCommand):
    """Starts, stops, masks (silence in the file) or unmasks the recording of a channel into ``path``.

    ``limit_seconds`` (0-86400, 0 = none) is for ``start`` only; ``stop`` takes the path ``all`` as well.
    """

    uuid: str
    action: RecordAction
    path: str
    limit_seconds: int = 0

    def text(self) -> str:
        words = (
            f"uuid_record {arguments.uuid('uuid', self.uuid)} {_one_of('action', self.action, RecordAction)}"
            f" {arguments.quoted('path', _not_empty('path', self.path))}"
        )
        limit = _seconds("limit_seconds", self.limit_seconds)
        return f"{words} {limit}" if limit else words


@dataclass(frozen=True, slots=True)
class UuidBroadcast(ApiCommand):
    """Plays a file or tone to a channel, its partner, or both. ``a::b`` in a path would run an application: refused."""

    uuid: str
    path: str
    legs: BroadcastLegs = "aleg"

    def text(self) -> str:
        if "::" in self.path:
            raise UnsafeValue("path", "would run an application")
        path = arguments.literal("path", _not_empty("path", self.path))
        return (
            f"uuid_broadcast {arguments.uuid('uuid', self.uuid)} {arguments.quoted('path', path)}"
            f" {_one_of('legs', self.legs, BroadcastLegs)}"
        )


@dataclass(frozen=True, slots=True)
class UuidPlayAndHangUp(ApiCommand):
    """Takes a channel out of what it does, plays a file or tone to it, and ends it.

    A broadcast waits for the one that plays (event-lock in switch_ivr_async.c: switch_ivr_broadcast), and a break of
    that one breaks what it was played into as well (CF_STOP_BROADCAST in switch_ivr.c: switch_ivr_parse_event).
    """

    uuid: str
    path: str

    def text(self) -> str:
        path = arguments.token("path", arguments.literal("path", _not_empty("path", self.path)))
        if "," in path:
            raise UnsafeValue("path", "would be another application")
        return f"uuid_transfer {arguments.uuid('uuid', self.uuid)} playback:{path},hangup:NORMAL_CLEARING inline seda"


@dataclass(frozen=True, slots=True)
class UuidGetVar(ApiCommand):
    """Reads a channel variable; ``_undef_`` if it is not set."""

    uuid: str
    variable: str

    def text(self) -> str:
        return f"uuid_getvar {arguments.uuid('uuid', self.uuid)} {arguments.word('variable', self.variable)}"


@dataclass(frozen=True, slots=True)
class UuidDump(ApiCommand):
    """Everything the switch knows about a channel, as the JSON of a CHANNEL_DATA event."""

    uuid: str

    def text(self) -> str:
        return f"uuid_dump {arguments.uuid('uuid', self.uuid)} json"


@dataclass(frozen=True, slots=True)
class UuidExists(ApiCommand):
    """Answers ``true`` or ``false``."""

    uuid: str

    def text(self) -> str:
        return f"uuid_exists {arguments.uuid('uuid', self.uuid)}"


@dataclass(frozen=True, slots=True)
class UuidSendDtmf(ApiCommand):
    """Sends digits (``0-9A-D*#``, ``w``/``W`` pause) into a channel."""

    uuid: str
    digits: str

    def text(self) -> str:
        if not _DTMF.fullmatch(self.digits):
            raise UnsafeValue("digits", "are not DTMF digits")
        return f"uuid_send_dtmf {arguments.uuid('uuid', self.uuid)} {self.digits}"


@dataclass(frozen=True, slots=True)
class SchedHangup(ApiCommand):
    """Hangs a channel up ``seconds`` (0-86400) from now."""

    uuid: str
    seconds: int
    cause: str = "ALLOTTED_TIMEOUT"

    def text(self) -> str:
        seconds = _seconds("seconds", self.seconds)
        return f"sched_hangup +{seconds} {arguments.uuid('uuid', self.uuid)} {arguments.word('cause', self.cause)}"


@dataclass(frozen=True, slots=True)
class Originate(ApiCommand):
    """Calls somebody; use ``bgapi``. The answer is ``+OK <uuid>`` once answered, or ``-ERR <cause>``.

    Args:
        dial_string: built by ``shared.telephony``, as the ``bridge`` application would take it: the quoting that
            ``originate`` takes off is added here.
        application, argument: what runs on the answered leg; ``)`` in the argument is refused (it would be cut there).
        extension, context, dialplan: or the place in the dialplan it is sent to. Exactly one of the two.
        timeout_seconds: 1-3600.
        expand: let the switch expand ``${...}`` in the argument; without it such an argument is refused.
    """

    dial_string: str
    application: str = ""
    argument: str = ""
    extension: str = ""
    context: str = "default"
    dialplan: str = "XML"
    caller_id_name: str = ""
    caller_id_number: str = ""
    timeout_seconds: int = 60
    expand: bool = False

    def text(self) -> str:
        return " ".join(
            (
                "originate",
                self._dial_string(),
                self._destination(),
                arguments.token("dialplan", self.dialplan),
                arguments.token("context", self.context),
                arguments.quoted("caller_id_name", self.caller_id_name) if self.caller_id_name else "undef",
                arguments.quoted("caller_id_number", self.caller_id_number) if self.caller_id_number else "undef",
                str(max(1, _seconds("timeout_seconds", self.timeout_seconds, 3600))),
            )
        )

    def _dial_string(self) -> str:
        dial_string = _not_empty("dial_string", self.dial_string)
        if dial_string.startswith("^^"):
            raise UnsafeValue("dial_string", "would change how the arguments are split")
        return arguments.quoted("dial_string", _defined("dial_string", dial_string))

    def _destination(self) -> str:
        if bool(self.application) == bool(self.extension):
            raise UnsafeValue("application", "exactly one of application and extension is needed")
        if self.extension:
            if self.extension.startswith("&"):
                raise UnsafeValue("extension", "would run an application")
            return _defined("extension", arguments.token("extension", self.extension))
        check = arguments.text if self.expand else arguments.literal
        argument = check("argument", self.argument)
        if ")" in argument:
            raise UnsafeValue("argument", "would be cut at the parenthesis")
        return arguments.quoted("argument", f"&{arguments.word('application', self.application)}({argument})")


def Eavesdrop(dial_string: str, target_uuid: str, *, timeout_seconds: int = 60) -> Originate:  # noqa: N802 - reads as a command
    """Calls a supervisor and lets them listen to ``target_uuid``.

    Whispering and barging are channel variables of the dial string (``eavesdrop_whisper_aleg`` ...) or DTMF 1-3.
    """
    target = arguments.uuid("target_uuid", target_uuid)
    return Originate(dial_string, application="eavesdrop", argument=target, timeout_seconds=timeout_seconds)


@dataclass(frozen=True, slots=True)
class ShowChannels(ApiCommand):
    """Every live channel: ``{"row_count": n, "rows": [...]}``; without ``rows`` when there is none.

    It reads the switch's database, which is written behind the events: a new channel may not be there yet.
    """

    def text(self) -> str:
        return "show channels as json"


@dataclass(frozen=True, slots=True)
class ShowRegistrations(ApiCommand):
    """Every registration: ``{"row_count": n, "rows": [...]}``; without ``rows`` when there is none."""

    def text(self) -> str:
        return "show registrations as json"


@dataclass(frozen=True, slots=True)
class SofiaRescan(ApiCommand):
    """Reads a profile's gateways again and adds the new ones."""

    profile: str

    def text(self) -> str:
        return f"sofia profile {arguments.word('profile', self.profile)} rescan"


@dataclass(frozen=True, slots=True)
class SofiaKillGateway(ApiCommand):
    """Removes one gateway from a profile."""

    profile: str
    gateway: str

    def text(self) -> str:
        gateway = arguments.word("gateway", self.gateway)
        return f"sofia profile {arguments.word('profile', self.profile)} killgw {gateway}"


@dataclass(frozen=True, slots=True)
class SofiaFlushRegistration(ApiCommand):
    """Forgets the registrations of one address of record (``user@domain``), for a device that was removed."""

    profile: str
    address: str

    def text(self) -> str:
        address = arguments.token("address", self.address)
        return f"sofia profile {arguments.word('profile', self.profile)} flush_inbound_reg {address}"


@dataclass(frozen=True, slots=True)
class SofiaRegistrations(ApiCommand):
    """The registrations of one profile, as XML."""

    profile: str

    def text(self) -> str:
        return f"sofia xmlstatus profile {arguments.word('profile', self.profile)} reg"


@dataclass(frozen=True, slots=True)
class XmlFlushCache(ApiCommand):
    """Forgets cached users: one (``user`` and ``domain``) or, with neither, all."""

    user: str = ""
    domain: str = ""

    def text(self) -> str:
        if not self.user and not self.domain:
            return "xml_flush_cache"
        return f"xml_flush_cache id {arguments.token('user', self.user)} {arguments.token('domain', self.domain)}"


@dataclass(frozen=True, slots=True)
class ReloadXml(ApiCommand):
    """Reads the configuration files again."""

    def text(self) -> str:
        return "reloadxml"


@dataclass(frozen=True, slots=True)
class FsctlPauseInbound(ApiCommand):
    """Refuses new inbound calls (for draining); calls that are up go on."""

    def text(self) -> str:
        return "fsctl pause inbound"


@dataclass(frozen=True, slots=True)
class FsctlResumeInbound(ApiCommand):
    """Takes new inbound calls again."""

    def text(self) -> str:
        return "fsctl resume inbound"


@dataclass(frozen=True, slots=True)
class FsctlPauseCheck(ApiCommand):
    """Answers ``true`` while new inbound calls are refused, else ``false``."""

    def text(self) -> str:
        return "fsctl pause_check inbound"


@dataclass(frozen=True, slots=True)
class FsctlShutdown(ApiCommand):
    """Stops the switch: ``elegant`` when the last call has ended, ``asap`` also refusing new ones, ``now`` at once."""

    mode: ShutdownMode = "elegant"

    def text(self) -> str:
        return f"fsctl shutdown {_one_of('mode', self.mode, ShutdownMode)}"


@dataclass(frozen=True, slots=True)
class Status(ApiCommand):
    """Uptime, sessions and limits in words; ``show status as json`` has the same in JSON."""

    as_json: bool = False

    def text(self) -> str:
        return "show status as json" if self.as_json else "status"


@dataclass(frozen=True, slots=True)
class GlobalGetVar(ApiCommand):
    """Reads a global variable of the switch."""

    variable: str

    def text(self) -> str:
        return f"global_getvar {arguments.word('variable', self.variable)}"


@dataclass(frozen=True, slots=True)
class LimitUsage(ApiCommand):
    """How much of a ``limit hash`` resource is in use, as a number."""

    realm: str
    resource: str

    def text(self) -> str:
        return f"limit_usage hash {arguments.token('realm', self.realm)} {arguments.token('resource', self.resource)}"


@dataclass(frozen=True, slots=True)
class ConferenceList(ApiCommand):
    """Members of a conference as JSON."""

    room: str

    def text(self) -> str:
        return f"conference {arguments.word('room', self.room)} json_list"


@dataclass(frozen=True, slots=True)
class ConferenceMember(ApiCommand):
    """Does something to one member of a conference, or to ``all``."""

    room: str
    action: MemberAction
    member: int | Literal["all"]

    def text(self) -> str:
        member = self.member if self.member == "all" else _seconds("member", self.member, 2**31 - 1)
        return f"conference {arguments.word('room', self.room)} {_one_of('action', self.action, MemberAction)} {member}"


def _not_empty(field: str, value: str) -> str:
    if not value.strip():
        raise UnsafeValue(field, "is empty")
    return value


def _defined(field: str, value: str) -> str:
    if value.lower() == "undef":  # originate reads it as "not given", and aborts the process without an extension
        raise UnsafeValue(field, "is the word the switch reads as nothing")
    return value
