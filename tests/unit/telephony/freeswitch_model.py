"""How FreeSWITCH 1.11 reads what Seda writes, transcribed from its C source function by function.

Written to prove the builders, so nothing here is shared with them. Positions in C's buffers become slices; where C
would read past a buffer or expand a variable, the model raises `Misread`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.etree import ElementTree

QUOTED_ESC_COMMA = "\x01"
UNQUOTED_ESC_COMMA = "\x02"
MAX_PEERS = 128


class Misread(AssertionError):
    """FreeSWITCH would do something with the text that is not plain reading."""


def find_end_paren(text: str, left: str, right: str) -> int | None:
    """switch_find_end_paren (switch_utils.c): index of the bracket that closes the first one."""
    start = len(text) - len(text.lstrip(" "))
    if text[start : start + 1] != left:
        return None
    depth = 1
    for index in range(start + 1, len(text)):
        if text[index] == left:
            depth += 1
        elif text[index] == right:
            depth -= 1
            if not depth:
                return index
    return None


def unescape_char(char: str) -> str:
    return {"n": "\n", "r": "\r", "t": "\t", "s": " "}.get(char, char)


def cleanup_separated_string(text: str, delimiter: str) -> str:
    """Remove quotes and outer spaces, convert escapes (switch_utils.c)."""
    text = text.lstrip(" ")
    out: list[str] = []
    end = None
    quoted = False
    index = 0
    while index < len(text):
        char, escaped = text[index], False
        if char == "\\":
            following = text[index + 1 : index + 2]
            special = following in ("'", '"', "\\") or (delimiter and following == delimiter)
            if following and (special or unescape_char(following) != following):
                index += 1
                out.append(following if special else unescape_char(following))
                end, escaped = len(out), True
        if not escaped:
            if char == "'" and (quoted or "'" in text[index + 1 :]):
                quoted = not quoted
                if quoted:
                    end = len(out)
            else:
                out.append(char)
                if char != " " or quoted:
                    end = len(out)
        index += 1
    return "".join(out if end is None else out[:end])


def separate_string(text: str, delimiter: str, limit: int = 1024) -> list[str]:
    """switch_separate_string (switch_utils.c), with its `^^` prefix."""
    if text.startswith("^^") and len(text) >= 4:
        delimiter, text = text[2], text[3:]
    if delimiter == " ":
        return separate_blank(text, limit)
    fields: list[str] = []
    start, index, quoted = 0, 0, False
    while index < len(text) and len(fields) < limit:
        fields.append("")
        start = index
        while index < len(text):
            char = text[index]
            if len(fields) == limit:
                index = len(text)
                break
            if char == "\\":
                index += 1
            elif char == "'" and (quoted or "'" in text[index + 1 :]):
                quoted = not quoted
            elif char == delimiter and not quoted:
                break
            index += 1
        fields[-1] = text[start : min(index, len(text))]
        index += 1
    return [cleanup_separated_string(one, delimiter) for one in fields]


def separate_blank(text: str, limit: int) -> list[str]:
    """separate_string_blank_delim (switch_utils.c)."""
    fields: list[str] = []
    index = 0
    while index < len(text) and len(fields) < limit:
        start, quoted = index, False
        while index < len(text) and text[index] == " ":
            index += 1
        while index < len(text) and (quoted or text[index] != " ") and len(fields) + 1 < limit:
            if text[index] == "\\":
                index += 1
            elif text[index] == "'":
                quoted = not quoted
            index += 1
        if len(fields) + 1 == limit:
            index = len(text)
        fields.append(text[start:index])
        while index < len(text) and text[index] == " ":
            index += 1
    return [cleanup_separated_string(one, "") for one in fields]


def event_add_header(event: dict[str, str], name: str, value: str) -> None:
    """switch_event_base_add_header (switch_event.c) on an event with EF_UNIQ_HEADERS."""
    if name == "_body" or "[" in name or value.startswith("ARRAY::"):
        raise Misread(f"{name}={value} is not a plain header")
    for known in [one for one in event if one.lower() == name.lower()]:
        del event[known]
    if value:
        event[name] = value


def create_brackets(text: str, left: str, right: str, delimiter: str, event: dict[str, str]) -> str:
    """switch_event_create_brackets (switch_event.c): read one bracket into `event`, return what follows it."""
    end = find_end_paren(text, left, right)
    if end is None:
        raise Misread("Parse Error!")
    inside, rest = text[1:end], text[end + 1 :]
    if rest.lstrip(" ").startswith(left) or not rest.strip(" "):
        raise Misread("another bracket follows, or nothing")
    if inside.startswith("^^"):
        delimiter, inside = inside[2], inside[3:]
    for pair in separate_string(inside, delimiter):
        parts = separate_string(pair, "=", 2)
        if len(parts) == 2:
            event_add_header(event, *parts)
    return rest


@dataclass
class CalledLeg:
    """What switch_core_session_outgoing_channel is given."""

    endpoint: str
    data: str
    variables: dict[str, str] = field(default_factory=dict)


@dataclass
class Originated:
    variables: dict[str, str]
    attempts: list[list[CalledLeg]]

    def on_channel(self, attempt: int, leg: int) -> dict[str, str]:
        """The variables of the channel, in the order switch_ivr_originate writes them."""
        own = self.attempts[attempt][leg].variables
        if self.variables.get("local_var_clobber") == "true":
            return {**self.variables, **own}
        return {**own, **self.variables}


def originate(text: str) -> Originated:
    """switch_ivr_originate (switch_ivr_originate.c) as far as it reads its dial string."""
    if ":_:" in text:
        raise Misread("enterprise originate")
    if "origination_nested_vars=true" in text.lower():
        raise Misread("the check for ${ is off")
    text = text.lstrip(" ")
    variables: dict[str, str] = {}
    if text.startswith("<"):
        raise Misread("ultra-global variables")
    while text.startswith("{"):
        text = create_brackets(text, "{", "}", ",", variables)
    text = text.lstrip(" ")
    pipes = separate_string(text, "|", MAX_PEERS)
    return Originated(variables, [[_leg(peer) for peer in _peers(pipe)] for pipe in pipes])


def _peers(pipe: str) -> list[str]:
    """The loop over `pipe_names[r]` that hides the commas inside []."""
    chars = list(pipe)
    end: int | None = None
    quoted = alternative = False
    for index, char in enumerate(pipe):
        if end is None and char == "[":
            found = find_end_paren(pipe[index:], "[", "]")
            end = None if found is None else index + found
            alternative = pipe[index + 1 : index + 3] == "^^"
            quoted = False
        if char == "'":
            quoted = not quoted
        if end is not None and index < end and char == "," and pipe[index - 1] != "\\":
            chars[index] = QUOTED_ESC_COMMA if quoted or alternative else UNQUOTED_ESC_COMMA
        if index == end:
            end = None
    return separate_string("".join(chars), ",", MAX_PEERS)


def _leg(peer: str) -> CalledLeg:
    peer = peer.lstrip(" ")
    variables: dict[str, str] = {}
    while peer.startswith("["):
        end = find_end_paren(peer, "[", "]") or 0
        peer = peer[: end + 1].replace(QUOTED_ESC_COMMA, ",") + peer[end + 1 :]
        peer = create_brackets(peer, "[", "]", UNQUOTED_ESC_COMMA, variables)
    endpoint, slash, data = peer.strip(" ").partition("/")
    if not slash:
        raise Misread("an endpoint without data")
    return CalledLeg(endpoint, data, variables)


def expand_variables(text: str) -> str:
    """switch_channel_expand_variables_check (switch_channel.c) leaves a text alone, or it is a finding."""
    dollar = False
    for char in text:  # switch_string_var_check_const
        if char == "$":
            dollar = True
        elif dollar:
            if char == "{":
                raise Misread("a variable is expanded")
            dollar = char == "\\"
    if any("\\" + char in text for char in "\\nst'"):  # switch_string_has_escaped_data
        raise Misread("an escape is converted")
    return text


def executed(data: str) -> str:
    """switch_core_session_exec (switch_core_session.c): what the application gets."""
    if "\\'" in data:
        raise Misread("App not added")  # switch_caller_extension_add_application
    data = expand_variables(data)
    if data[:1] == "%" and "[" in data[1:3]:
        raise Misread("scope variables")
    return data


def base_set(data: str) -> tuple[str, str]:
    """base_set (mod_dptools.c)."""
    position = data.find("=")
    if position < 0:
        position = data.find(",")
    if position < 0:
        return data, ""
    return data[:position], expand_variables(data[position + 1 :])


def multiset(data: str) -> dict[str, str]:
    """multiset_function (mod_dptools.c)."""
    delimiter = " "
    if data.startswith("^^"):
        delimiter, data = data[2], data[3:]
    variables: dict[str, str] = {}
    for one in separate_string(data, delimiter, 256):
        event_add_header(variables, *base_set(one))
    return variables


def execute_on(value: str) -> tuple[str, str]:
    """switch_channel_execute_on_value (switch_channel.c): application and data."""
    for index, char in enumerate(value):
        if char == " " or (char == ":" and value[index + 1 : index + 2] != ":"):
            return value[:index], executed(expand_variables(value[index + 1 :]))
        if char == ":":
            raise Misread("runs in the background")
    return value, ""


def preprocess(document: bytes) -> bytes:
    """preprocess (switch_xml.c): what is left for the XML parser."""
    kept: list[bytes] = []
    for line in document.splitlines(keepends=True):
        if len(line) > 1_000_000 or b"$${" in line or b"<!--" in line:
            raise Misread("a global variable, a directive, or a line too long")
        if any(word in line for word in (b"<include>", b"</include>", b"<?")) or b"x-pre-process" in line.lower():
            raise Misread("a line is dropped")
        kept.append(line)
    return b"".join(kept)


def xml_document(document: bytes) -> ElementTree.Element:
    """What switch_xml_parse_file (switch_xml.c) makes of a document; its XML parser is taken on trust here.

    The tests against a real FreeSWITCH show that it decodes the references Seda writes like any other.
    """
    return ElementTree.fromstring(preprocess(document))  # noqa: S314 - our own document
