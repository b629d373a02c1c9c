"""What FreeSWITCH's directory lookups are answered with: one SIP user, or the gateways of the trunk profile.

``sofia_reg_parse_auth`` (sofia_reg.c) takes ``a1-hash`` for the digest and puts the user's ``<variables>`` on the
channel of every authenticated call (through ``switch_channel_set_variable``, which drops a value with ``${``: hence
refused here). ``switch_xml_locate_user_merged`` caches a user with ``cacheable`` for that many milliseconds.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from shared.telephony.channel_variables import Variables, rendered
from shared.telephony.safe_text import UnsafeText
from shared.telephony.sip_names import sip_domain, sip_host, sip_username
from shared.telephony.xml_text import attribute, checked_attribute

__all__ = ["NOT_FOUND", "DirectoryUser", "Gateway", "gateways_document", "user_document"]

NOT_FOUND: Final = (
    b'<document type="freeswitch/xml"><section name="result"><result status="not found"/></section></document>\n'
)
"""No such user. FreeSWITCH then looks into its static directory, which is empty."""

_A1_HASH: Final = re.compile(r"[0-9a-f]{32}")
_CREDENTIAL_PARAMS: Final = frozenset({"a1-hash", "password", "allow-empty-password"})
_PARAM: Final = re.compile(r"[a-z0-9-]{1,64}")
_CREDENTIAL: Final = re.compile(r'[^\s:"<>@;,\\]{1,128}')


@dataclass(frozen=True, slots=True)
class DirectoryUser:
    """One SIP user: `a1_hash` is the lower-case hex of md5(user:domain:password).

    `variables` come on every channel of the user (``seda_tenant_id`` ..., ``user_context``); `params` are mod_sofia's
    (``max-registrations-per-extension`` ...). `cacheable_ms`: how long FreeSWITCH may keep it; None is not at all.
    """

    sip_username: str
    domain: str
    a1_hash: str
    variables: Variables = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    cacheable_ms: int | None = None


def user_document(user: DirectoryUser) -> bytes:
    """The answer to a lookup of `user`. Raises UnsafeText or ValueError when a part of it is not safe."""
    name, domain = attribute(sip_username(user.sip_username)), attribute(sip_domain(user.domain))
    if not _A1_HASH.fullmatch(user.a1_hash):
        raise UnsafeText("an A1 hash is 32 lower-case hexadecimal digits")
    if not _CREDENTIAL_PARAMS.isdisjoint(user.params):
        raise UnsafeText("a parameter must not take the place of the A1 hash")
    cache = "" if user.cacheable_ms is None else f' cacheable="{_milliseconds(user.cacheable_ms)}"'
    return (
        '<document type="freeswitch/xml"><section name="directory">'
        f'<domain name="{domain}"><groups><group name="all"><users><user id="{name}"{cache}>'
        f'<params><param name="a1-hash" value="{user.a1_hash}"/>{_params(user.params)}</params>'
        f"<variables>{_variables(user.variables)}</variables>"
        "</user></users></group></groups></domain></section></document>\n"
    ).encode()


@dataclass(frozen=True, slots=True)
class Gateway:
    """A trunk as mod_sofia knows it (``parse_gateways`` in sofia.c), named by the trunk's id.

    `proxy` is a host with or without a port. With `register` FreeSWITCH registers there and `username` and `password`
    are needed; an IP-authenticated trunk needs neither. `ping_seconds` probes with OPTIONS and marks it down.
    `variables` come on every channel of the trunk.
    """

    trunk_id: UUID
    proxy: str
    username: str = ""
    password: str = field(default="", repr=False)
    realm: str = ""
    register: bool = False
    transport: str = "udp"
    from_user: str = ""
    from_domain: str = ""
    expire_seconds: int = 600
    retry_seconds: int = 30
    ping_seconds: int | None = 30
    caller_id_in_from: bool = True
    context: str = "seda-trunk"
    variables: Variables = field(default_factory=dict)


def gateways_document(gateways: Iterable[Gateway], *, domain: str = "trunks.seda.internal") -> bytes:
    """The answer to ``purpose=gateways``: all trunks, as users of one domain that has no phones.

    ``parse_domain_tag`` (sofia.c) reads gateways out of the users of every domain when the profile says
    ``<domain name="all" parse="true"/>``. Raises UnsafeText or ValueError; nothing is left out silently.
    """
    # A line each: switch_fp_read_dline gives up on a line of more than 1 MiB (and mod_xml_curl on such an answer).
    users = "\n".join([f'<user id="{one.trunk_id}"><gateways>{_gateway(one)}</gateways></user>' for one in gateways])
    return (
        '<document type="freeswitch/xml"><section name="directory">'
        f'<domain name="{attribute(sip_domain(domain))}"><groups><group name="trunks"><users>{users}</users></group>'
        "</groups></domain></section></document>\n"
    ).encode()


def _gateway(gateway: Gateway) -> str:
    if not isinstance(gateway.trunk_id, UUID):
        raise UnsafeText("a trunk is named by its UUID")
    params = _params(_gateway_params(gateway))
    return (
        f'<gateway name="{gateway.trunk_id}">{params}<variables>{_variables(gateway.variables)}</variables></gateway>'
    )


def _gateway_params(gateway: Gateway) -> dict[str, str]:
    if gateway.register and not (gateway.username and gateway.password):
        raise UnsafeText("a trunk that registers needs a user name and a password")
    if gateway.transport not in ("udp", "tcp", "tls"):
        raise UnsafeText("a trunk's transport is udp, tcp or tls")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", gateway.context):
        raise UnsafeText("a context is letters, digits, _ and -")
    params = {
        "proxy": sip_host(gateway.proxy),
        # Without these mod_sofia refuses the gateway, also when it never registers.
        "username": _credential(gateway.username or "not-used", "user name"),
        "password": gateway.password or "not-used",
        "register": "true" if gateway.register else "false",
        "register-transport": gateway.transport,
        "expire-seconds": str(_seconds(gateway.expire_seconds)),
        "retry-seconds": str(_seconds(gateway.retry_seconds)),
        "caller-id-in-from": "true" if gateway.caller_id_in_from else "false",
        "context": gateway.context,
        "extension-in-contact": "true",
    }
    if gateway.realm:
        params["realm"] = _credential(gateway.realm, "realm")
    if gateway.from_user:
        params["from-user"] = _credential(gateway.from_user, "from user")
    if gateway.from_domain:
        params["from-domain"] = sip_host(gateway.from_domain)
    if gateway.ping_seconds is not None:
        params["ping"] = str(_seconds(gateway.ping_seconds))
    return params


def _credential(text: str, what: str) -> str:
    """Goes into SIP URIs and into sofia-sip's ``Digest:"realm":user:password``, so free of what parts those."""
    if not _CREDENTIAL.fullmatch(text):
        raise UnsafeText(f"a trunk's {what} must not hold spaces or any of : \" < > @ ; , \\")
    return text


def _params(params: Mapping[str, str]) -> str:
    if not all(map(_PARAM.fullmatch, params)):
        raise UnsafeText("a parameter's name is a-z, 0-9 and hyphens")
    return "".join([f'<param name="{name}" value="{checked_attribute(value)}"/>' for name, value in params.items()])


def _variables(variables: Variables) -> str:
    pairs = rendered(variables)
    return "".join([f'<variable name="{name}" value="{attribute(value)}"/>' for name, value in pairs])


def _milliseconds(value: int) -> int:
    if not 1 <= value <= 2_000_000:
        # locate_user_merged multiplies by 1000 in an int.
        raise UnsafeText("a user may be cached for 1-2,000,000 milliseconds")
    return int(value)


def _seconds(value: int) -> int:
    if not 1 <= value <= 86_400:
        raise UnsafeText("a trunk's interval is 1-86,400 seconds")
    return int(value)
