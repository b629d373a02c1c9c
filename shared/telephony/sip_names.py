"""SIP user names and domains: what FreeSWITCH may be given, and which domains must not stand side by side."""

import re
from functools import lru_cache
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field, StringConstraints

__all__ = ["SipDomain", "SipHost", "SipUsername", "ambiguous_domains", "sip_domain", "sip_host", "sip_username"]

_USERNAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?")
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_HOST: Final = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-f:.]{{2,45}}\])(?::([0-9]{{1,5}}))?")


@lru_cache(maxsize=16_384)
def sip_username(text: str) -> str:
    """`text` itself when it is a SIP user name: 1-64 of letters, digits and inner ``. _ -``. Raises ValueError.

    Anything else would be URL-encoded by mod_sofia (``protect_dest_uri``), which then skips the registration lookup
    of ``sofia/<profile>/<user>%<domain>`` (``sofia_outgoing_channel``).
    """
    if not _USERNAME.fullmatch(text):
        raise ValueError("must be 1-64 letters, digits and inner dots, underscores or hyphens")
    return text


@lru_cache(maxsize=16_384)
def sip_domain(text: str) -> str:
    """`text` itself when it is a SIP domain: a DNS name or IPv4 address in lower case. Raises ValueError."""
    if len(text) > 253 or not _DOMAIN.fullmatch(text):
        raise ValueError("must be a DNS name in lower case")
    return text


@lru_cache(maxsize=16_384)
def sip_host(text: str) -> str:
    """`text` itself when it is a host, with or without a port 1-65535 (``sip.example.com:5080``). Raises ValueError."""
    match = _HOST.fullmatch(text) if len(text) <= 259 else None
    if match is None or not 1 <= int(match[1] or 1) <= 65535:
        raise ValueError("must be a host name or address in lower case, with or without a port")
    return text


def ambiguous_domains(one: str, other: str) -> bool:
    """Whether two different domains must not belong to two tenants of one switch.

    FreeSWITCH caches users under key + user + domain with nothing in between (``switch_xml_locate_user_cache`` in
    switch_xml.c), so ``10`` at ``1acme.example`` and ``101`` at ``acme.example`` are one cache entry: whoever owns
    the first could sign in as the second. No domain may therefore end with the text of another.
    """
    return one != other and (one.endswith(other) or other.endswith(one))


def _documented(pattern: re.Pattern[str]) -> Any:
    """Puts the pattern into OpenAPI, where readers and generators of requests look for it."""
    return Field(json_schema_extra={"pattern": f"^{pattern.pattern}$"})


SipUsername = Annotated[
    str, StringConstraints(min_length=1, max_length=64), AfterValidator(sip_username), _documented(_USERNAME)
]
SipDomain = Annotated[
    str, StringConstraints(min_length=1, max_length=253), AfterValidator(sip_domain), _documented(_DOMAIN)
]
SipHost = Annotated[str, StringConstraints(min_length=1, max_length=259), AfterValidator(sip_host), _documented(_HOST)]
