"""What FreeSWITCH asks the directory over mod_xml_curl, and what it is told.

The questions are form bodies of some 1-2 kB, of which five values matter (``switch_xml_locate_user`` in switch_xml.c,
``sofia_reg_parse_auth`` in sofia_reg.c, ``config_sofia`` in sofia.c).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import unquote_to_bytes

from services.directory.domain.replica import DeviceEntry, ExtensionEntry, Replica, TenantEntry, TrunkEntry

__all__ = ["TRUNK_PROFILE", "GatewaysFound", "NotFound", "Question", "Reason", "UserFound", "decide", "read_question"]

TRUNK_PROFILE: Final = "trunks"
"""The SIP profile that gateways belong to."""

_READ: Final = {name: f"&{name}=".encode() for name in ("section", "purpose", "profile", "key", "user", "domain")}


@dataclass(frozen=True, slots=True)
class Question:
    """The values of a lookup that matter; absent ones are empty."""

    section: str = ""
    purpose: str = ""
    profile: str = ""
    key: str = ""
    user: str = ""
    domain: str = ""


class Reason(StrEnum):
    """Why nothing is found; counted, never told."""

    UNKNOWN_DOMAIN = "unknown_domain"
    UNKNOWN_USER = "unknown_user"
    DISABLED = "disabled"
    NOT_ASKED_HERE = "not_asked_here"
    """A question the directory has no answer to by design (network lists, voicemail, whole domains)."""


@dataclass(frozen=True, slots=True)
class UserFound:
    """The SIP user asked for."""

    tenant: TenantEntry
    extension: ExtensionEntry
    device: DeviceEntry


@dataclass(frozen=True, slots=True)
class GatewaysFound:
    """The trunks asked for."""

    trunks: tuple[TrunkEntry, ...]


@dataclass(frozen=True, slots=True)
class NotFound:
    """Nothing, for a reason."""

    reason: Reason


def read_question(body: bytes) -> Question:
    """The values that matter from a form body; anything that is not UTF-8 becomes a name nobody has."""
    form = b"&" + body
    return Question(**{name: _value(form, mark) for name, mark in _READ.items()})


def _value(form: bytes, mark: bytes) -> str:
    """What follows the last `mark`: FreeSWITCH's own parameters come after those it copies from the SIP request."""
    start = form.rfind(mark)
    if start < 0:
        return ""
    start += len(mark)
    end = form.find(b"&", start)
    raw = form[start:] if end < 0 else form[start:end]
    plain = unquote_to_bytes(raw.replace(b"+", b" ")) if b"%" in raw or b"+" in raw else raw
    return plain.decode("utf-8", "replace")


def decide(question: Question, replica: Replica) -> UserFound | GatewaysFound | NotFound:
    """The answer to a question, from memory alone."""
    if question.section not in ("", "directory"):
        return NotFound(Reason.NOT_ASKED_HERE)
    if question.purpose == "gateways":
        if question.profile != TRUNK_PROFILE:
            return NotFound(Reason.NOT_ASKED_HERE)
        return GatewaysFound(tuple(replica.trunks()))
    if question.purpose or question.key not in ("", "id") or not question.user:
        return NotFound(Reason.NOT_ASKED_HERE)
    return _user(question, replica)


def _user(question: Question, replica: Replica) -> UserFound | NotFound:
    tenant = replica.tenant_of_domain(question.domain)
    if tenant is None:
        return NotFound(Reason.UNKNOWN_DOMAIN)
    found = replica.device(tenant.id, question.user)
    if found is None:
        return NotFound(Reason.UNKNOWN_USER)
    extension, device = found
    if not (tenant.enabled and extension.enabled and device.enabled):
        return NotFound(Reason.DISABLED)
    return UserFound(tenant, extension, device)
