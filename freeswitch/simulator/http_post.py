"""POST a form as mod_xml_curl does: a new connection each time, basic authentication, a deadline. Nothing else."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import quote, urlsplit

_PLAIN = re.compile(r"[A-Za-z0-9_.~-]*")
MAX_ANSWER_BYTES = 8 << 20


class PostError(Exception):
    """No answer: refused, too slow, or not HTTP."""


async def post_form(url: str, fields: Mapping[str, str], *, password: str, timeout: float) -> tuple[int, str]:
    """Status and body of the answer; `timeout` in real seconds for everything together.

    Raises:
        PostError: when there is no answer.
    """
    parts = urlsplit(url)
    body = encode_form(fields)
    credentials = base64.b64encode(f"switch:{password}".encode()).decode()
    head = (
        f"POST {parts.path or '/'}{'?' + parts.query if parts.query else ''} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        f"User-Agent: freeswitch-xml/1.0\r\nAccept: */*\r\nConnection: close\r\nContent-Length: {len(body)}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nAuthorization: Basic {credentials}\r\n\r\n"
    )
    try:
        async with asyncio.timeout(timeout):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
            try:
                writer.write(head.encode() + body)
                return await _answer(reader)
            finally:
                with contextlib.suppress(OSError):
                    writer.close()
    except (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        raise PostError(repr(error)) from error


def encode_form(fields: Mapping[str, str]) -> bytes:
    """`name=value&...`, each percent-encoded (most are plain, so that is looked at first)."""
    return "&".join(f"{_name(name)}={_value(value)}" for name, value in fields.items()).encode()


@lru_cache(maxsize=4096)
def _name(text: str) -> str:
    return quote(text, safe="")


def _value(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else quote(text, safe="")


async def _answer(reader: asyncio.StreamReader) -> tuple[int, str]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    status = int(head[0].split()[1])
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
    if headers.get("transfer-encoding") == "chunked":
        body = await _chunks(reader)
    elif "content-length" in headers:
        body = await reader.readexactly(min(int(headers["content-length"]), MAX_ANSWER_BYTES))
    else:
        body = await reader.read(MAX_ANSWER_BYTES)
    return status, body.decode(errors="replace")


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        body += (await reader.readexactly(size + 2))[:-2]
        if len(body) > MAX_ANSWER_BYTES:
            raise ValueError("the answer is too long")
    return body
