"""A mail server, and what it says to a mail."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from email.message import EmailMessage

TIMEOUT_SECONDS: Final = 30.0
MOST_SECONDS: Final = 180.0
_PORTS: Final = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a mail was not taken; ``permanent``: it never will be."""

    reason: str
    permanent: bool


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails are handed in.

    ``smtp://`` uses TLS when the server offers it, and insists on it where there is a password to be sent to another
    machine; ``smtp+starttls://`` insists always; ``smtps://`` is TLS from the first byte.
    """

    host: str
    port: int
    user: str | None
    password: str | None
    implicit_tls: bool
    starttls: bool | None

    @classmethod
    def parse(cls, url: str) -> MailServer:
        """``smtp://user:password@host:port``. Raises ValueError, which does not tell the password."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise ValueError("must be smtp://user:password@host:port") from None
        if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError("must be smtp://, smtp+starttls:// or smtps:// with a host, and nothing after it")
        secret = bool(parts.username) and parts.hostname not in _LOOPBACK
        insists = parts.scheme == "smtp+starttls" or (parts.scheme == "smtp" and secret)
        return cls(
            host=parts.hostname,
            port=port or _PORTS[parts.scheme],
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            implicit_tls=parts.scheme == "smtps",
            starttls=False if parts.scheme == "smtps" else (True if insists else None),
        )

    async def send(self, mail: EmailMessage, *, sender: str, to: str) -> Refusal | None:
        """Hand a mail in; none: the server has it."""
        import aiosmtplib  # only who sends mails pays for it

        options: dict[str, Any] = {"use_tls": self.implicit_tls, "start_tls": self.starttls}
        if self.user is not None:
            options |= {"username": self.user, "password": self.password or ""}
        try:
            async with asyncio.timeout(MOST_SECONDS):
                await aiosmtplib.send(
                    mail,
                    sender=_address(sender),
                    recipients=[to],
                    hostname=self.host,
                    port=self.port,
                    timeout=TIMEOUT_SECONDS,
                    **options,
                )
        except aiosmtplib.SMTPAuthenticationError as error:
            return Refusal(f"sign-in refused: {error.code}", permanent=False)  # the operator's to repair
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [one.code for one in error.recipients]
            return Refusal(f"recipient refused: {_text(error.recipients[0])}", permanent=all(c >= 500 for c in codes))
        except aiosmtplib.SMTPResponseException as error:
            return Refusal(_text(error), permanent=error.code >= 500)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            return Refusal(f"{type(error).__name__}: {error}", permanent=False)
        return None


def _text(error: Any) -> str:
    return f"{error.code} {error.message}"


def _address(sender: str) -> str:
    return sender.rpartition("<")[2].rstrip("> ")
