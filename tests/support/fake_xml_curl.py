"""The two HTTP endpoints FreeSWITCH asks, faked: users and dialplan from a few Python values.

    server = FakeXmlCurl()
    await server.start()
    server.add_user("101", "demo.example", password="secret")

It keeps every request it was asked (`requests`) and can be told to be slow, broken or away. The routes it knows are
the ones the tests of the phone need; the real answers come from directory and routing.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl
from xml.sax.saxutils import quoteattr

NOT_FOUND = (
    """<document type="freeswitch/xml"><section name="result"><result status="not found"/></section></document>"""
)
TENANT_ID = "7b0f5a52-8f1c-4f6e-9a53-0b1c7c1d2e3f"

Actions = list[tuple[str, str]]


@dataclass(frozen=True)
class CurlRequest:
    """One question from mod_xml_curl."""

    path: str
    headers: dict[str, str]
    body: str

    @property
    def form(self) -> dict[str, str]:
        """The decoded body."""
        return dict(parse_qsl(self.body, keep_blank_values=True))


@dataclass
class FakeXmlCurl:
    """Answers `/switch/directory` and `/switch/dialplan` on a free loopback port.

    `dial` maps a dialplan request to the actions of one extension; None means "not found".
    """

    tenant_id: str = TENANT_ID
    cacheable_ms: int | None = None
    dial: Callable[[dict[str, str]], Actions | None] | None = None
    gateways_xml: str = ""
    requests: list[CurlRequest] = field(default_factory=list)
    dial_status: str = "200 OK"
    users: dict[tuple[str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._server: asyncio.Server | None = None
        self.dial_may_answer = asyncio.Event()
        """Cleared: routing takes the question and does not answer."""
        self.dial_may_answer.set()
        self.port = 0

    @property
    def directory_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/switch/directory"

    @property
    def dialplan_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/switch/dialplan"

    @property
    def listening(self) -> bool:
        return self._server is not None and self._server.is_serving()

    async def start(self) -> None:
        """Listen; again on the same port after `stop`."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Refuse connections from now on."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def add_user(self, user: str, domain: str, password: str) -> None:
        self.users[user, domain] = hashlib.md5(f"{user}:{domain}:{password}".encode()).hexdigest()  # noqa: S324

    def asked(self, section: str, **wanted: str) -> list[dict[str, str]]:
        """Forms of all requests of `directory` or `dialplan` whose fields are as `wanted`."""
        forms = [request.form for request in self.requests]
        return [
            form
            for form in forms
            if form.get("section") == section and all(form.get(name) == value for name, value in wanted.items())
        ]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            start, *lines = head.strip().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            body = (await reader.readexactly(int(headers.get("content-length", "0")))).decode("latin-1")
            request = CurlRequest(start.split()[1], headers, body)
            self.requests.append(request)
            is_dialplan = request.form.get("section") == "dialplan"
            if is_dialplan:
                await self.dial_may_answer.wait()
            answer = self._answer(request.form).encode()
            fields = f"Content-Type: text/xml\r\nContent-Length: {len(answer)}\r\nConnection: close\r\n\r\n"
            writer.write(f"HTTP/1.1 {self.dial_status if is_dialplan else '200 OK'}\r\n{fields}".encode() + answer)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _answer(self, form: dict[str, str]) -> str:
        if form.get("section") == "dialplan":
            return self._dialplan(form)
        if form.get("purpose") == "gateways":
            return _document("directory", self.gateways_xml)
        return self._user(form)

    def _user(self, form: dict[str, str]) -> str:
        user, domain = form.get("user", ""), form.get("domain", "")
        a1_hash = self.users.get((user, domain))
        if a1_hash is None:
            return NOT_FOUND
        cacheable = f' cacheable="{self.cacheable_ms}"' if self.cacheable_ms else ""
        variables = {
            "user_context": "seda",
            "seda_tenant_id": self.tenant_id,
            "seda_extension_id": f"ext-{user}",
            "seda_extension": user,
            "seda_device_id": f"dev-{user}",
        }
        written = "".join(f"<variable name={quoteattr(n)} value={quoteattr(v)}/>" for n, v in variables.items())
        params = f'<params><param name="a1-hash" value="{a1_hash}"/></params>'
        found = f"<user id={quoteattr(user)}{cacheable}>{params}<variables>{written}</variables></user>"
        return _document("directory", f"<domain name={quoteattr(domain)}>{found}</domain>")

    def _dialplan(self, form: dict[str, str]) -> str:
        actions = (self.dial or dial_extension)(form)
        if actions is None:
            return NOT_FOUND
        written = "".join(f"<action application={quoteattr(a)} data={quoteattr(d)}/>" for a, d in actions)
        context = quoteattr(form.get("Caller-Context", "seda"))
        return _document(
            "dialplan",
            f'<context name={context}><extension name="fake"><condition>{written}</condition></extension></context>',
        )


def dial_extension(form: dict[str, str]) -> Actions | None:
    """Ring the phone of that number in the caller's tenant, as routing does for an extension."""
    number = form["Caller-Destination-Number"]
    call_id = form.get("variable_seda_call_id") or form["Unique-ID"]  # a transferred leg keeps its call
    domain, tenant = form.get("variable_domain_name", ""), form.get("variable_seda_tenant_id", "")
    if not number.isdigit() or not tenant:
        return [("respond", "404")]
    return [
        ("export", f"seda_call_id={call_id}"),
        ("export", f"seda_tenant_id={tenant}"),
        ("export", "seda_direction=internal"),
        ("set", "hangup_after_bridge=true"),
        ("set", "call_timeout=30"),
        ("set", "continue_on_fail=true"),
        ("bridge", f"[seda_extension={number}]sofia/phones/{number}%{domain}"),
        # Without it NO_ANSWER and NO_USER_RESPONSE end as NORMAL_CLEARING (switch_channel_handle_cause).
        ("hangup", "${originate_disposition}"),
    ]


def basic_credentials(secret: str) -> str:
    """The Authorization header mod_xml_curl sends for that secret."""
    return "Basic " + base64.b64encode(f"switch:{secret}".encode()).decode()


def _document(section: str, inside: str) -> str:
    return f'<document type="freeswitch/xml"><section name="{section}">{inside}</section></document>'
