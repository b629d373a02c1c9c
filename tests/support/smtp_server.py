"""A small mail server for tests (RFC 5321): keeps what it accepts, says what a test wants, speaks TLS given a key."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import datetime
import ssl
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Accepted:
    """A mail that was taken, as it came."""

    sender: str
    recipients: list[str]
    raw: bytes
    tls: bool
    user: str

    @property
    def mail(self) -> EmailMessage:
        found: Any = message_from_bytes(self.raw, policy=default)
        return found


@dataclass
class SmtpServer:
    """Takes mails. ``answers``: what it says next to these commands, such as ``{"RCPT": ["550 no such user"]}``."""

    tls: ssl.SSLContext | None = None
    implicit: bool = False
    answers: dict[str, deque[str]] = field(default_factory=dict)
    accepted: list[Accepted] = field(default_factory=list)
    cut_after_data: int = 0
    port: int = 0

    def will_say(self, command: str, *answers: str) -> None:
        self.answers.setdefault(command, deque()).extend(answers)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            await _Talk(self, reader, writer).run()
        writer.close()


class _Talk:
    def __init__(self, server: SmtpServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.server, self.reader, self.writer = server, reader, writer
        self.secure, self.user, self.sender = server.implicit, "", ""
        self.recipients: list[str] = []

    async def run(self) -> None:
        await self.say("220 test")
        while line := (await self.reader.readline()).decode().strip():
            verb = line.split(" ")[0].split(":")[0].upper()
            if verb == "QUIT":
                await self.say("221 bye")
                return
            if (said := self.server.answers.get(verb)) and verb != "DATA":
                await self.say(said.popleft())
                continue
            await self.take(verb, line)

    async def take(self, verb: str, line: str) -> None:
        if verb == "EHLO":
            offers = ["250-test", *(["250-STARTTLS"] if self.server.tls and not self.secure else []), "250-AUTH PLAIN"]
            await self.say("\r\n".join([*offers, "250 8BITMIME"]))
        elif verb == "STARTTLS" and self.server.tls is not None:
            await self.say("220 go on")
            await self.writer.start_tls(self.server.tls)
            self.secure = True
        elif verb == "AUTH":
            self.user = base64.b64decode(line.split(" ")[2]).split(b"\0")[1].decode()
            await self.say("235 welcome")
        elif verb == "MAIL":
            self.sender, self.recipients = line.split("<")[1].split(">", maxsplit=1)[0], []
            await self.say("250 fine")
        elif verb == "RCPT":
            self.recipients.append(line.split("<")[1].split(">", maxsplit=1)[0])
            await self.say("250 fine")
        elif verb == "DATA":
            await self.data()
        else:
            await self.say("250 fine" if verb == "RSET" else "502 what?")

    async def data(self) -> None:
        await self.say("354 go on")
        raw = (await self.reader.readuntil(b"\r\n.\r\n"))[:-3].replace(b"\r\n..", b"\r\n.")
        if refusals := self.server.answers.get("DATA"):
            await self.say(refusals.popleft())
            return
        self.server.accepted.append(Accepted(self.sender, self.recipients, raw, self.secure, self.user))
        if self.server.cut_after_data:
            self.server.cut_after_data -= 1
            raise ConnectionError("cut before the answer")
        await self.say("250 taken")

    async def say(self, text: str) -> None:
        self.writer.write(f"{text}\r\n".encode())
        await self.writer.drain()


@asynccontextmanager
async def smtp_server(tls: ssl.SSLContext | None = None, *, implicit: bool = False) -> AsyncIterator[SmtpServer]:
    """A running server on a free port of 127.0.0.1."""
    server = SmtpServer(tls, implicit)
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=tls if implicit else None, limit=2**24)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS context for ``localhost``, and the file to trust it by."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    trusted, private = folder / "cert.pem", folder / "key.pem"
    trusted.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted, private)
    return context, trusted
