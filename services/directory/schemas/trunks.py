"""Trunks in REST."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StrictInt, StringConstraints

from services.directory.domain.networks import SourceNetwork
from services.directory.schemas.fields import Flag, MaxCalls, MaxCallsPerSecond, Revision, left_out
from shared.http.schemas import StrictModel, View
from shared.telephony.safe_text import SafeName
from shared.telephony.sip_names import SipHost

Kind = Literal["registration", "ip"]
Transport = Literal["udp", "tcp", "tls"]
NumberFormat = Literal["e164", "e164_no_plus", "national"]
Codec = Literal["PCMU", "PCMA", "G722", "OPUS", "G729", "GSM"]
Prefix = Annotated[str, StringConstraints(max_length=15, pattern=r"^[0-9]*$")]
# What parts a SIP URI or sofia-sip's Digest string is no part of a user name or secret; see directory_xml.
Credential = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[!#-+\--9=?A-\[\]-~]+$")]
Secret = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[\x21-\x7e]+$")]
Priority = Annotated[StrictInt, Field(ge=1, le=1000, description="lower is tried first among equal prefixes")]
Sources = Annotated[list[SourceNetwork], Field(max_length=64, description="where inbound calls come from")]
Codecs = Annotated[list[Codec], Field(max_length=6)]
Prefixes = Annotated[
    list[Prefix], Field(min_length=1, max_length=200, description="E.164 prefixes without plus; empty: all")
]


class TrunkCreate(StrictModel):
    """A new trunk. ``registration`` needs `username` and `secret`, ``ip`` needs `source_addresses`."""

    display_name: SafeName
    kind: Kind
    proxy: SipHost
    transport: Transport = "udp"
    username: Credential | None = None
    secret: Secret | None = None
    source_addresses: Sources = Field(default_factory=list)
    codecs: Codecs = Field(default_factory=list)
    prefixes: Prefixes = Field(default_factory=lambda: [""])
    priority: Priority = 100
    max_calls: MaxCalls | None = None
    max_calls_per_second: MaxCallsPerSecond | None = None
    number_format: NumberFormat = "e164"
    carries_emergency: Flag = True
    enabled: Flag = True


class TrunkUpdate(StrictModel):
    """What may change."""

    revision: Revision | None = None
    display_name: SafeName = left_out()
    proxy: SipHost = left_out()
    transport: Transport = left_out()
    username: Credential | None = None
    secret: Secret | None = None
    source_addresses: Sources = left_out()
    codecs: Codecs = left_out()
    prefixes: Prefixes = left_out()
    priority: Priority = left_out()
    max_calls: MaxCalls | None = None
    max_calls_per_second: MaxCallsPerSecond | None = None
    number_format: NumberFormat = left_out()
    carries_emergency: Flag = left_out()
    enabled: Flag = left_out()


class TrunkView(View):
    """A trunk, without its secret."""

    id: UUID
    tenant_id: UUID | None
    display_name: str
    kind: str
    proxy: str
    transport: str
    username: str | None
    has_secret: bool
    source_addresses: list[str]
    codecs: list[str]
    prefixes: list[str]
    priority: int
    max_calls: int | None
    max_calls_per_second: int | None
    number_format: str
    carries_emergency: bool
    enabled: bool
    created_at: datetime
    updated_at: datetime
    revision: int
