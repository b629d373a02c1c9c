"""Dial strings: which endpoints to call, together or one after another, and with which channel variables.

FreeSWITCH reads ``{a=b,c=d}[e=f]sofia/phones/101%acme.example,...|...`` in this order, and each step decides what a
value must not hold (switch_ivr_originate.c unless named otherwise):

* ``switch_ivr_originate`` first looks for ``:_:`` anywhere (it starts an enterprise originate) and for
  ``origination_nested_vars=true`` anywhere (it switches the check for ``${`` off): refused anywhere;
* ``switch_event_create_brackets`` (switch_event.c) finds the end of ``{}`` and ``[]`` by ``switch_find_end_paren``,
  which counts brackets and knows neither quotes nor escapes: brackets refused;
* ``|`` and then ``,`` split the rest, before ``[]`` is read: ``|`` refused;
* ``switch_separate_string`` splits variables at ``,`` and again at ``=``, each time treating ``'`` as a quote and
  ``\\`` as an escape: both refused. Where a value holds a comma, another separator is announced by ``^^`` (both
  ``{^^;`` and ``[^^;`` are understood) which then occurs in no value. Nothing is ever quoted, so a dial string means
  the same in a dialplan action, in a variable, and between quotes in an ``originate`` command.

Values that hold a refused character raise UnsafeText; names of people go through `caller_id.display_name` first.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol
from uuid import UUID

from shared.telephony.causes import Cause
from shared.telephony.channel_variables import Value, Variables, rendered, variable_value
from shared.telephony.safe_text import UnsafeText
from shared.telephony.sip_names import sip_domain, sip_username

__all__ = ["DialString", "Endpoint", "ErrorCause", "GroupConfirm", "Leg", "Loopback", "NodePhone", "Phone", "Trunk"]

MAX_LEGS: Final = 128
"""``MAX_PEERS``: what lies beyond is not split off but becomes part of the last endpoint."""
MAX_VARIABLES: Final = 500
"""Half of what ``switch_event_create_brackets`` has room for."""

_SEPARATORS: Final = ";!~#*&?@"
_UNSAFE: Final = re.compile(r"[{}\[\]|']")
_DIALLED: Final = re.compile(r"\+?[0-9*]{1,32}")
_EXTENSION: Final = re.compile(r"[A-Za-z0-9_+*-]{1,64}")
_CONTEXT: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ADDRESS: Final = re.compile(r"[A-Za-z0-9.-]{1,253}:[0-9]{1,5}")
_FILE: Final = re.compile(r"[A-Za-z0-9_./-]{1,200}")


class Endpoint(Protocol):
    """Something that can be called. `address` is ``<endpoint type>/<data>``, free of anything a parser could read."""

    @property
    def address(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Phone:
    """A registered device: ``sofia/phones/<user>%<domain>`` looks in the registration table of profile ``phones``.

    Not registered: USER_NOT_REGISTERED at once (``sofia_outgoing_channel`` in mod_sofia.c).
    """

    sip_username: str
    domain: str

    def __post_init__(self) -> None:
        sip_username(self.sip_username)
        sip_domain(self.domain)

    @property
    def address(self) -> str:
        return f"sofia/phones/{self.sip_username}%{self.domain}"


@dataclass(frozen=True, slots=True)
class NodePhone:
    """A device registered on another node, called by that node's trunk profile (host:port); see `hops`."""

    sip_username: str
    node_address: str

    def __post_init__(self) -> None:
        sip_username(self.sip_username)
        if not _ADDRESS.fullmatch(self.node_address):
            raise UnsafeText("a node is called by host:port")

    @property
    def address(self) -> str:
        return f"sofia/trunks/{self.sip_username}@{self.node_address}"


@dataclass(frozen=True, slots=True)
class Trunk:
    """A number (E.164, or as the trunk wants it) through the gateway named by the trunk's id."""

    trunk_id: UUID
    number: str

    def __post_init__(self) -> None:
        if not isinstance(self.trunk_id, UUID):
            raise UnsafeText("a trunk is named by its UUID")
        if not _DIALLED.fullmatch(self.number):
            raise UnsafeText("a trunk dials a plus, digits and stars only")

    @property
    def address(self) -> str:
        return f"sofia/gateway/{self.trunk_id}/{self.number}"


@dataclass(frozen=True, slots=True)
class Loopback:
    """A new call into a dialplan context of this switch (mod_loopback)."""

    extension: str
    context: str = "seda"

    def __post_init__(self) -> None:
        if not _EXTENSION.fullmatch(self.extension) or not _CONTEXT.fullmatch(self.context):
            raise UnsafeText("a loopback needs a plain extension and context")

    @property
    def address(self) -> str:
        return f"loopback/{self.extension}/{self.context}/XML"


@dataclass(frozen=True, slots=True)
class ErrorCause:
    """No call at all but an immediate failure with `cause` (``error_outgoing_channel`` in mod_dptools.c)."""

    cause: Cause

    @property
    def address(self) -> str:
        return f"error/{self.cause.name}"


@dataclass(frozen=True, slots=True)
class GroupConfirm:
    """The callee must press `key` to take the call, so a mailbox does not answer for a ring group."""

    key: str
    prompt_file: str
    timeout_seconds: int = 10

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9*#]", self.key):
            raise UnsafeText("the key to confirm with is one DTMF digit")
        if not _FILE.fullmatch(self.prompt_file) or ".." in self.prompt_file:
            raise UnsafeText("a prompt is a plain file path")

    def variables(self) -> dict[str, Value]:
        """As ``switch_ivr_originate`` reads them, from ``{}`` only."""
        return {
            "group_confirm_key": self.key,
            "group_confirm_file": self.prompt_file,
            "group_confirm_timeout": _seconds(self.timeout_seconds, "group_confirm_timeout"),
        }


@dataclass(frozen=True, slots=True)
class Leg:
    """One endpoint to call, with what holds for it alone.

    `delay_seconds` before it rings and `timeout_seconds` that it rings (1-3600), both counted by the whole attempt's
    clock. `variables` win over the dial string's own.
    """

    endpoint: Endpoint
    variables: Variables = field(default_factory=dict)
    timeout_seconds: int | None = None
    delay_seconds: int | None = None
    progress_timeout_seconds: int | None = None

    def all_variables(self) -> dict[str, Value]:
        """Variables for ``[]``: the typed ones (``leg_timeout`` ...) after the free ones."""
        return {
            **self.variables,
            **_given("leg_timeout", self.timeout_seconds),
            **_given("leg_delay_start", self.delay_seconds),
            **_given("leg_progress_timeout", self.progress_timeout_seconds),
        }


@dataclass(frozen=True, slots=True)
class DialString:
    """What ``bridge`` and ``originate`` are told to call; ``str()`` gives the text. Unsafe input raises UnsafeText.

    `attempts` are tried one after another; the legs of one attempt ring together. `timeout_seconds` bounds each
    attempt (``originate_timeout``). `caller_id_number` and `caller_id_name` are shown to the callee;
    `ignore_early_media` keeps a callee's own announcements from the caller.
    """

    attempts: tuple[tuple[Leg, ...], ...]
    variables: Variables = field(default_factory=dict)
    timeout_seconds: int | None = None
    caller_id_name: str | None = None
    caller_id_number: str | None = None
    ignore_early_media: bool = False
    confirm: GroupConfirm | None = None

    @classmethod
    def to(cls, endpoint: Endpoint, variables: Variables | None = None, **options: object) -> "DialString":
        """A dial string for one endpoint."""
        return cls(((Leg(endpoint),),), variables or {}, **options)  # type: ignore[arg-type]

    @classmethod
    def simultaneous(cls, legs: Iterable[Leg], variables: Variables | None = None, **options: object) -> "DialString":
        """All `legs` ring together; the first to answer gets the call."""
        return cls((tuple(legs),), variables or {}, **options)  # type: ignore[arg-type]

    @classmethod
    def sequential(cls, legs: Iterable[Leg], variables: Variables | None = None, **options: object) -> "DialString":
        """`legs` ring one after another until one answers."""
        return cls(tuple((leg,) for leg in legs), variables or {}, **options)  # type: ignore[arg-type]

    def all_variables(self) -> dict[str, Value]:
        """Variables for ``{}``: the free ones, then the typed ones."""
        variables: dict[str, Value] = dict(self.variables)
        variables.update(_given("originate_timeout", self.timeout_seconds))
        if self.caller_id_name is not None:
            variables["origination_caller_id_name"] = self.caller_id_name
        if self.caller_id_number is not None:
            variables["origination_caller_id_number"] = self.caller_id_number
        if self.ignore_early_media:
            variables["ignore_early_media"] = True
        if self._leg_overrides(variables):
            # Otherwise {} is written to the channel after [] and wins.
            variables["local_var_clobber"] = True
        return variables

    def __str__(self) -> str:
        if not self.attempts or not all(self.attempts):
            raise UnsafeText("a dial string calls at least one endpoint")
        if max(len(self.attempts), *map(len, self.attempts)) > MAX_LEGS:
            raise UnsafeText(f"a dial string calls at most {MAX_LEGS} endpoints together or in a row")
        confirm = self.confirm.variables() if self.confirm else {}
        attempts = "|".join(",".join(_leg_text(leg) for leg in attempt) for attempt in self.attempts)
        text = _brackets("{", "}", self.all_variables(), confirm) + attempts
        if ":_:" in text or "origination_nested_vars" in text.lower():
            raise UnsafeText("a dial string must not hold ':_:' or 'origination_nested_vars'")
        return text

    def originate_argument(self) -> str:
        """The text as one argument of the ``originate`` command, which splits at spaces and removes quotes.

        ``originate_function`` in mod_commands.c, ``separate_string_blank_delim`` in switch_utils.c. There is no quote
        inside, so a pair around it is exact.
        """
        text = str(self)
        return f"'{text}'" if " " in text else text

    def _leg_overrides(self, variables: Mapping[str, Value]) -> bool:
        own = {name.lower() for attempt in self.attempts for leg in attempt for name in leg.variables}
        return bool(own) and not own.isdisjoint(name.lower() for name in variables)


def _leg_text(leg: Leg) -> str:
    return _brackets("[", "]", leg.all_variables(), {}) + leg.endpoint.address


def _brackets(left: str, right: str, variables: Variables, trusted: Variables) -> str:
    """``{a=b,c=d}``, or nothing without variables. `trusted` skips the check of names, not of values."""
    pairs = [pair for pair in rendered(variables) if pair[1]]
    pairs += [(name, variable_value(value)) for name, value in trusted.items()]
    if not pairs:
        return ""
    if len(pairs) > MAX_VARIABLES:
        raise UnsafeText(f"a dial string sets at most {MAX_VARIABLES} variables")
    values = "".join([value for _, value in pairs])
    if _UNSAFE.search(values):
        raise UnsafeText("a dial string's variable must not hold brackets, braces, a bar or a single quote")
    if "," not in values:
        return left + ",".join([f"{name}={value}" for name, value in pairs]) + right
    separator = next((one for one in _SEPARATORS if one not in values), None)
    if separator is None:
        raise UnsafeText("the variables of a dial string hold every separator there is")
    return f"{left}^^{separator}" + separator.join([f"{name}={value}" for name, value in pairs]) + right


def _given(name: str, seconds: int | None) -> dict[str, Value]:
    return {} if seconds is None else {name: _seconds(seconds, name)}


def _seconds(seconds: int, name: str) -> int:
    if not 0 <= seconds <= 3600:
        raise UnsafeText(f"{name} is 0-3600 seconds")
    return int(seconds)
