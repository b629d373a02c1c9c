"""Text inside an XML document that FreeSWITCH reads: escaped against two readers, not one.

mod_xml_curl stores the answer in a file and reads it with ``switch_xml_parse_file``, which first runs ``preprocess``
(switch_xml.c) over the raw lines and only then parses XML. The first reader replaces ``$${name}`` by a global
variable, **drops every line that holds the word** ``X-pre-process`` (in any case, even inside a value) and lines
with ``<?`` or ``<include>``. So a caller named ``x-pre-process`` would make his own dialplan vanish.

Numeric character references survive the first reader and are decoded in place by the second
(``switch_xml_decode``): ``$`` and the ``-`` of that word are written as such, like ``& < > " '``. White space other
than the space is refused with the other control characters: ``switch_xml_decode`` would make spaces of it.
"""

import re
from typing import Final

from shared.telephony.safe_text import UnsafeText, has_control_characters

__all__ = ["attribute", "checked_attribute"]

_SPECIAL: Final = re.compile(r"""[&<>"'$]""")
_PREPROCESS: Final = re.compile("x-(?=pre-process)", re.IGNORECASE)
_REFERENCES: Final = {"&": "&#38;", "<": "&#60;", ">": "&#62;", '"': "&#34;", "'": "&#39;", "$": "&#36;"}


def attribute(text: str) -> str:
    """`text`, already free of control characters, as the inside of a double-quoted attribute."""
    if "-pre-process" in text.lower():
        text = _PREPROCESS.sub(lambda match: match[0][0] + "\1", text)
        return _SPECIAL.sub(_reference, text).replace("\1", "&#45;")
    return _SPECIAL.sub(_reference, text)


def checked_attribute(text: str) -> str:
    """`text` as the inside of a double-quoted attribute. Raises UnsafeText for control characters."""
    if has_control_characters(text):
        raise UnsafeText("a control character cannot be part of a document for the switch")
    return attribute(text)


def _reference(match: re.Match[str]) -> str:
    return _REFERENCES[match[0]]
