"""Channel variables: which names may be set, and which values mean the same at every place FreeSWITCH reads them.

A value travels through several of FreeSWITCH's parsers, some of them twice (``set`` expands its data once in
``switch_core_session_exec`` and again in mod_dptools' ``base_set``), so no amount of escaping survives all of them.
Values are therefore not escaped but refused, by rules under which every parser is the identity:

* no control characters: they end event-socket commands, and ``\\x01``/``\\x02`` are separators inside
  ``switch_ivr_originate`` (QUOTED_ESC_COMMA, UNQUOTED_ESC_COMMA);
* no backslash: ``switch_channel_expand_variables_check`` runs only when a text holds ``${`` or an escape, and
  ``switch_caller_extension_add_application`` silently drops an action whose data holds ``\\'``;
* no ``${`` (``$${`` holds it too): it would be expanded, now or when another variable refers to this one;
* not beginning with ``ARRAY::``, which ``switch_event_base_add_header`` turns into a list of values.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from shared.telephony.safe_text import UnsafeText, has_control_characters

__all__ = ["VALUE_MAX_LENGTH", "Value", "Variables", "rendered", "variable_name", "variable_value"]

Value = str | int | bool
"""What a variable can be set to; booleans become ``true`` and ``false``."""
Variables = Mapping[str, Value]

VALUE_MAX_LENGTH: Final = 2048
"""Characters; a SIP header line is bounded alike."""

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,95}")
# Variables whose value FreeSWITCH executes, or which switch off its own checks. `switch_channel_execute_on`,
# `switch_channel_api_on`, `audio_bridge_thread`, `audio_bridge_function` (campon pastes the caller's name into a dial
# string), `switch_ivr_originate` (origination_nested_vars, group_confirm_key=exec), `switch_core_session_exec`.
_EXECUTED: Final = re.compile(
    r"(?:execute_on_|api_|exec_|bridge_pre_execute|bridge_post_execute|record_post_process|loopback_app"
    r"|sip_execute_on_|origination_nested_vars|app_disable_expand_variables|group_confirm_|campon|perform_method|current_application)",
    re.IGNORECASE,
)


@lru_cache(maxsize=4096)
def variable_name(name: str) -> str:
    """`name` itself when a variable may carry it. Raises UnsafeText.

    A letter, then up to 95 letters, digits, ``_`` and ``-``: no ``[`` (an index), no ``:`` (``nolocal:``), no ``=``.
    Variables that FreeSWITCH executes are refused; the typed builders that need them write them themselves.
    """
    if not _NAME.fullmatch(name):
        raise UnsafeText("a channel variable's name is a letter, then letters, digits, _ and -")
    if _EXECUTED.match(name):
        raise UnsafeText(f"the channel variable {name} is executed by the switch and is not set by hand")
    return name


def variable_value(value: Value) -> str:
    """`value` as the text FreeSWITCH is given; spaces around it are dropped (every parser drops them).

    Raises UnsafeText when it could be read as anything but itself. An empty value unsets the variable.
    """
    if isinstance(value, int):
        return str(int(value)) if type(value) is not bool else "true" if value else "false"
    # Whatever is printable holds no control character: a test five times as fast as the other, for nearly all values.
    has_control = not value.isprintable() and has_control_characters(value)
    if has_control or "\\" in value or "${" in value:
        raise UnsafeText("a channel variable's value must not hold control characters, a backslash or ${")
    text = value.strip(" ")
    if text.startswith("ARRAY::"):
        raise UnsafeText("a channel variable's value must not begin with ARRAY::")
    if len(text) > VALUE_MAX_LENGTH:
        raise UnsafeText(f"a channel variable's value is at most {VALUE_MAX_LENGTH} characters")
    return text


def rendered(variables: Variables) -> list[tuple[str, str]]:
    """The checked (name, value) pairs in order. Raises UnsafeText; also when a name comes twice in another case."""
    if len({_folded(name) for name in variables}) != len(variables):
        raise UnsafeText("a channel variable is given twice")
    return [(name, variable_value(value)) for name, value in variables.items()]


@lru_cache(maxsize=4096)
def _folded(name: str) -> str:
    return variable_name(name).lower()
