"""What may stand in a command: checks and quoting shared by every command builder.

A blank line ends a command and a line break begins a header (FreeSWITCH splits at CR as well as LF), so no control
character is ever allowed. API commands split their arguments with ``switch_separate_string(.., ' ', ..)``; ``quoted``
is its exact inverse, so any other text arrives as it was.
"""

from __future__ import annotations

import re
from typing import Final

from shared.esl.errors import UnsafeValue

MAX_VALUE_CHARACTERS: Final = 65_536

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_TOKEN = re.compile(r"[^\s'\"\\]+")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}")
_QUOTE = str.maketrans({"\\": "\\\\", "'": "\\'", " ": "\\s"})


def text(field: str, value: str) -> str:
    """``value`` if it holds no control character and at most 65,536 characters.

    Refused are C0, DEL, C1, U+2028, U+2029 and lone surrogates (which have no UTF-8).
    Raises ``UnsafeValue`` naming ``field``.
    """
    found = _CONTROL.search(value)
    if found:
        raise UnsafeValue(field, f"holds the control character U+{ord(found.group()):04X}")
    if len(value) > MAX_VALUE_CHARACTERS:
        raise UnsafeValue(field, f"longer than {MAX_VALUE_CHARACTERS} characters")
    return value


def literal(field: str, value: str) -> str:
    """Text in which the switch will expand nothing: no ``${...}`` and no scope variables (``%[a=b]``) in front.

    FreeSWITCH expands both in every application argument (``switch_core_session_exec``).
    """
    text(field, value)
    if "${" in value or re.match(r"%.?\[", value):
        raise UnsafeValue(field, "would be expanded by the switch")
    return value


def token(field: str, value: str) -> str:
    """One word that needs no quoting: no white space, quotes or backslashes, no flag (``-x``) or delimiter (``^^``)."""
    text(field, value)
    if not _TOKEN.fullmatch(value) or value.startswith(("-", "^^")):
        raise UnsafeValue(field, "is not one plain word")
    return value


def word(field: str, value: str) -> str:
    """A name made of ASCII letters, digits and ``_ . : -``, at most 128 characters."""
    if not _WORD.fullmatch(value):
        raise UnsafeValue(field, "is not a plain name")
    return value


def uuid(field: str, value: str) -> str:
    """A channel or job id in the form of RFC 9562, which FreeSWITCH makes; words like ``all`` or ``off`` are none."""
    if not _UUID.fullmatch(value):
        raise UnsafeValue(field, "is not a channel id")
    return value


def quoted(field: str, value: str) -> str:
    """``value`` escaped so that an API command reads exactly ``value`` as one argument (``switch_utils.c``)."""
    text(field, value)
    return value.translate(_QUOTE) if value else "''"
