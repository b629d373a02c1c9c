"""Text from people, made fit to be stored, shown and handed to the switch.

What is refused here is refused everywhere: a control character ends an event-socket command or a SIP header, a
direction override makes a name show as something it is not. Persian needs the zero-width non-joiner (U+200C), so
that and the joiner stay.
"""

import re
import unicodedata
from typing import Annotated, Final

from pydantic import AfterValidator, StringConstraints

__all__ = [
    "SafeName",
    "SafeNote",
    "SafeText",
    "UnsafeText",
    "has_control_characters",
    "one_line",
    "safe_name",
    "safe_note",
    "strip_direction_marks",
]

NAME_MAX_LENGTH: Final = 80
NOTE_MAX_LENGTH: Final = 500


class UnsafeText(ValueError):
    """A text holds a character that could change the meaning of what it is put into."""


# C0, DEL, C1, line and paragraph separators (greenswitch and others split lines on them), lone surrogates (no UTF-8
# form), Unicode noncharacters.
CONTROL_CHARACTERS: Final = "\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
_CONTROL: Final = re.compile(f"[{CONTROL_CHARACTERS}]")
_CONTROLS: Final = re.compile(f"[{CONTROL_CHARACTERS}\u202a-\u202e\u2066-\u2069]+")
_CONTROL_EXCEPT_NEWLINE: Final = re.compile("[" + CONTROL_CHARACTERS.replace("\x00-\x1f", "\x00-\x09\x0b-\x1f") + "]")
# Left-to-right, right-to-left and Arabic letter marks: invisible, harmless, often pasted along.
_DIRECTION_MARKS: Final = re.compile("[\u200e\u200f\u061c\ufeff]")
# Embeddings, overrides and isolates: reorder the text around them.
_DIRECTION_OVERRIDES: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")


def has_control_characters(text: str) -> bool:
    """Whether `text` holds a control character, a line separator or a code point without a meaning."""
    return _CONTROL.search(text) is not None


def strip_direction_marks(text: str) -> str:
    """`text` without any character that only steers its direction (marks, embeddings, overrides, isolates)."""
    return _DIRECTION_OVERRIDES.sub("", _DIRECTION_MARKS.sub("", text))


def one_line(text: str) -> str:
    """A stranger's `text`, whatever it holds, as one line that may be stored and shown and steers nothing.

    Control characters, line separators and direction overrides become a space; the rest stays as it was said.
    """
    return _CONTROLS.sub(" ", text) if _CONTROLS.search(text) else text


def safe_name(text: str) -> str:
    """`text` as one line fit for a name: NFC, trimmed, 1-80 characters. Raises UnsafeText."""
    if has_control_characters(text):
        raise UnsafeText("must not contain control characters")
    if _DIRECTION_OVERRIDES.search(text):
        raise UnsafeText("must not contain characters that override the text direction")
    name = unicodedata.normalize("NFC", _DIRECTION_MARKS.sub("", text)).strip()
    if not name.replace("\u200c", "").replace("\u200d", ""):
        raise UnsafeText("must not be empty")
    if len(name) > NAME_MAX_LENGTH:
        raise UnsafeText(f"must be at most {NAME_MAX_LENGTH} characters")
    return name


def safe_note(text: str) -> str:
    """`text` as a note of 0-500 characters in which line breaks are allowed. Raises UnsafeText."""
    lines = text.replace("\r\n", "\n")
    if _CONTROL_EXCEPT_NEWLINE.search(lines):
        raise UnsafeText("must not contain control characters")
    note = unicodedata.normalize("NFC", strip_direction_marks(lines)).strip()
    if len(note) > NOTE_MAX_LENGTH:
        raise UnsafeText(f"must be at most {NOTE_MAX_LENGTH} characters")
    return note


def _safe_line(text: str) -> str:
    return safe_name(text) if text.strip() else ""


SafeName = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(safe_name)]
"""A name a person gave: required, one line, 1-80 characters."""
SafeText = Annotated[str, StringConstraints(max_length=200), AfterValidator(_safe_line)]
"""Like SafeName, but may be empty."""
SafeNote = Annotated[str, StringConstraints(max_length=2 * NOTE_MAX_LENGTH), AfterValidator(safe_note)]
"""Free text of several lines, 0-500 characters."""
