"""How FreeSWITCH reads what is sent to it, ported from its C source, to judge the builders by.

``read_packet`` (mod_event_socket.c), ``separate_string_blank_delim`` and ``cleanup_separated_string`` (switch_utils.c).
"""

from __future__ import annotations

import re

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "s": " "}


def read_packets(data: bytes) -> list[tuple[str, list[tuple[str, str]]]]:
    """Every command in ``data`` with its headers: (command line, [(name, value), ...])."""
    packets, buffer, line_feeds = [], "", 0
    for character in data.decode():
        if not buffer and character in "\r\n":
            continue
        buffer += character
        if character == "\n":
            line_feeds += 1
        elif character != "\r":
            line_feeds = 0
        if line_feeds == 2:
            packets.append(_parse_packet(buffer))
            buffer, line_feeds = "", 0
    if buffer:
        packets.append(("(unfinished) " + buffer, []))
    return packets


def _parse_packet(buffer: str) -> tuple[str, list[tuple[str, str]]]:
    command, *lines = [line for line in re.split(r"[\r\n]+", buffer) if line]
    headers = []
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            headers.append((name, value.lstrip(" ")))
    return command, headers


def separate(text: str, limit: int = 10) -> list[str]:
    """``switch_separate_string(text, ' ', argv, limit)``."""
    return [_clean(raw) for raw in _split(text, limit)]


def _split(text: str, limit: int) -> list[str]:
    """The first pass, a state machine as in C; the last of ``limit`` arguments takes all the rest."""
    arguments: list[str] = []
    position, inside_quotes = 0, False
    while position < len(text) and len(arguments) < limit:
        start = position
        while position < len(text) and text[position] == " ":
            position += 1
        if len(arguments) == limit - 1:
            arguments.append(text[start:])
            break
        while position < len(text):
            character = text[position]
            if character == "\\":
                position += 1
            elif character == "'":
                inside_quotes = not inside_quotes
            elif character == " " and not inside_quotes:
                break
            position += 1
        arguments.append(text[start:position])
        while position < len(text) and text[position] == " ":
            position += 1
    return arguments


def _clean(raw: str) -> str:
    raw = raw.lstrip(" ")
    cleaned, end, position, inside_quotes = "", 0, 0, False
    while position < len(raw):
        character = raw[position]
        following = raw[position + 1 : position + 2]
        if character == "\\" and following and (following in "'\"\\" or following in _ESCAPES):
            cleaned += _ESCAPES.get(following, following)
            end = len(cleaned)
            position += 1
        elif character == "'" and (inside_quotes or "'" in raw[position + 1 :]):
            inside_quotes = not inside_quotes
            if inside_quotes:
                end = len(cleaned)
        else:
            cleaned += character
            if character != " " or inside_quotes:
                end = len(cleaned)
        position += 1
    return cleaned[:end] if end else cleaned
