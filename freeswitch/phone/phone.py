"""A SIP phone on one UDP socket."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import cast

from freeswitch.phone.address import Address, parse_address
from freeswitch.phone.call import DEFAULT_TIMEOUT_SECONDS, Call
from freeswitch.phone.dialog import Dialog, new_tag, response_to
from freeswitch.phone.digest import authorization, parse_challenge
from freeswitch.phone.incoming import IncomingCall
from freeswitch.phone.message import Headers, Request, Response, SipSyntaxError, parse, serialise
from freeswitch.phone.outgoing import OutgoingCall
from freeswitch.phone.rtp import open_stream
from freeswitch.phone.summary import MessageSummary, read_summary
from freeswitch.phone.transaction import TIMEOUT_SECONDS, ClientTransaction, ServerTransaction

ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, NOTIFY, REFER, UPDATE"
_CHALLENGES = {401: ("WWW-Authenticate", "Authorization"), 407: ("Proxy-Authenticate", "Proxy-Authorization")}

Fields = tuple[tuple[str, str], ...]


class RegistrationRefusedError(Exception):
    """REGISTER was refused, also with the password."""

    def __init__(self, response: Response) -> None:
        super().__init__(f"{response.status} {response.reason}")
        self.response = response
        self.status = response.status


class SipPhone(asyncio.DatagramProtocol):
    """One phone with one identity.

    Args:
        user: SIP user name, also used to authenticate unless `auth_user` says otherwise.
        password: in clear; only its digest travels.
        domain: the tenant's SIP domain.
        proxy: address and UDP port every request goes to.
        local_host: address to listen on, for SIP and media.
        display: display name in From.
        auth_user: another user name for the digest (for hostile tests).
    """

    def __init__(
        self,
        user: str,
        password: str,
        domain: str,
        proxy: tuple[str, int],
        local_host: str = "127.0.0.1",
        *,
        display: str = "",
        auth_user: str | None = None,
    ) -> None:
        self.user = user
        self.password = password
        self.domain = domain
        self.proxy = proxy
        self.local_host = local_host
        self.display = display
        self.auth_user = auth_user or user
        self.deaf = False
        """Takes no notice of anything that comes, as a phone whose network is gone."""
        self.trace: deque[str] = deque(maxlen=1000)
        """What was sent (`>`) and received (`<`), newest last."""
        self.last_authorization: tuple[str, str] | None = None
        """The last credentials sent, as a header: for tests that send them again."""
        self._transport: asyncio.DatagramTransport | None = None
        self._registration = Dialog(new_tag(), Address(f"sip:{user}@{domain}"), Address(""), f"sip:{domain}")
        self._clients: dict[str, ClientTransaction] = {}
        self._servers: dict[tuple[str, str], ServerTransaction] = {}
        self._calls: dict[str, Call] = {}
        self._incoming: asyncio.Queue[IncomingCall | Exception] = asyncio.Queue()
        self._summaries: asyncio.Queue[MessageSummary] = asyncio.Queue()
        self._acks: dict[str, bytes] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> SipPhone:
        await self.start()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.close()

    @property
    def port(self) -> int:
        """The local UDP port."""
        assert self._transport is not None  # noqa: S101 - start comes first
        return int(self._transport.get_extra_info("sockname")[1])

    @property
    def contact(self) -> tuple[str, str]:
        """Our Contact header."""
        return "Contact", f"<sip:{self.user}@{self.local_host}:{self.port}>"

    def standard_headers(self) -> Fields:
        """What every request that opens something carries."""
        return self.contact, ("User-Agent", "Seda phone"), ("Allow", ALLOW), ("Supported", "replaces")

    async def start(self) -> None:
        """Listen."""
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, local_addr=(self.local_host, 0))

    async def close(self) -> None:
        """Stop listening, as a phone whose power is cut: nothing is sent, calls and registrations are left behind."""
        for call in self._calls.values():
            call.lose()
        for client in self._clients.values():
            client.stop()
        for server in self._servers.values():
            server.acknowledged()
        for task in tuple(self._tasks):
            task.cancel()
        if self._transport is not None:
            self._transport.close()

    async def register(self, expires: int = 300, headers: Fields = ()) -> Response:
        """Register for `expires` seconds and return the 200.

        Raises:
            RegistrationRefusedError: any other final answer.
        """
        self._registration.local = Address(f"sip:{self.user}@{self.domain}", self.display, f";tag={new_tag()}")
        self._registration.remote = Address(f"sip:{self.user}@{self.domain}")
        fields = (*self.standard_headers(), ("Expires", str(expires)), *headers)
        request = self._registration.request("REGISTER", headers=fields)
        response = await self.send(request, on_sent=self._registration_sent)
        if response.status != 200:
            raise RegistrationRefusedError(response)
        return response

    async def unregister(self) -> Response:
        """Take the registration back."""
        return await self.register(expires=0)

    async def dial(
        self, target: str, *, display: str | None = None, from_user: str | None = None, headers: Fields = ()
    ) -> OutgoingCall:
        """Call `target`: a number of our domain, or a whole `sip:` URI.

        Args:
            display: another display name for this call.
            from_user: another user part of From (for hostile tests).
            headers: added to the INVITE.
        """
        uri = target if target.startswith("sip:") else f"sip:{target}@{self.domain}"
        shown = self.display if display is None else display
        local = Address(f"sip:{from_user or self.user}@{self.domain}", shown, f";tag={new_tag()}")
        call = OutgoingCall(self, Dialog(new_tag(), local, Address(uri), uri), await open_stream(self.local_host))
        self._calls[call.dialog.call_id] = call
        call.start(headers)
        return call

    async def incoming(self, timeout: float = DEFAULT_TIMEOUT_SECONDS) -> IncomingCall:
        """The next call to this phone.

        Raises:
            TimeoutError: none in `timeout` seconds. And whatever kept the phone from taking one that came.
        """
        came = await asyncio.wait_for(self._incoming.get(), timeout)
        if isinstance(came, Exception):
            raise came
        return came

    @property
    def is_called(self) -> bool:
        """Whether a call has come that nobody took with `incoming`."""
        return not self._incoming.empty()

    def forget_incoming(self) -> None:
        """Drop calls that came and that nobody took with `incoming`; the caller is told nothing."""
        while self.is_called:
            self._incoming.get_nowait()

    async def message_summary(self, timeout: float = DEFAULT_TIMEOUT_SECONDS) -> MessageSummary:
        """What the lamp was told next (RFC 3842), without having asked.

        Raises:
            TimeoutError: nothing in `timeout` seconds.
        """
        return await asyncio.wait_for(self._summaries.get(), timeout)

    def send_raw(self, datagram: bytes) -> None:
        """Put bytes on the wire as they are."""
        self._transmit(datagram)

    async def send(
        self,
        request: Request,
        *,
        on_provisional: Callable[[Response], None] = lambda _: None,
        on_sent: Callable[[Request], None] = lambda _: None,
    ) -> Response:
        """Send a request, answer one challenge, and return the final answer.

        Args:
            on_provisional: told every 1xx.
            on_sent: told the request as it went out, and again when it was repeated with credentials.

        Raises:
            NoAnswerError: nobody answered.
        """
        response = await self._send_once(request, on_provisional, on_sent)
        if response.status not in _CHALLENGES:
            return response
        return await self._send_once(self._with_credentials(request, response), on_provisional, on_sent)

    def acknowledge(self, dialog: Dialog, response: Response) -> None:
        """ACK a 2xx to an INVITE, now and whenever it comes again."""
        ack = serialise(self._with_via(dialog.request("ACK")))
        self._acks[response.headers.get("Call-ID") + response.headers.get("CSeq")] = ack
        self._transmit(ack)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)  # not its subclass in every event loop

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        del addr
        if self.deaf:
            return
        self.trace.append(f"< {data.decode(errors='replace')}")
        try:
            message = parse(data)
            if isinstance(message, Response):
                self._on_response(message)
            else:
                self._on_request(message)
        except SipSyntaxError as error:
            self.trace.append(f"! {error}")

    async def _send_once(
        self, request: Request, on_provisional: Callable[[Response], None], on_sent: Callable[[Request], None]
    ) -> Response:
        request = request if request.headers.get("Via") else self._with_via(request)
        on_sent(request)
        key = _client_key(request.headers)
        client = ClientTransaction(request, self._transmit, on_provisional)
        self._clients[key] = client
        client.start()
        try:
            return await client.final()
        finally:
            asyncio.get_running_loop().call_later(TIMEOUT_SECONDS, self._clients.pop, key, None)

    def _with_via(self, request: Request) -> Request:
        via = f"SIP/2.0/UDP {self.local_host}:{self.port};rport;branch=z9hG4bK{new_tag()}"
        fields = [("Via", via), *((name, value) for name, value in request.headers if name != "Via")]
        return Request(request.method, request.uri, Headers(fields), request.body)

    def _with_credentials(self, request: Request, response: Response) -> Request:
        asked, answered = _CHALLENGES[response.status]
        credentials = authorization(
            parse_challenge(response.headers.get(asked)),
            user=self.auth_user,
            password=self.password,
            method=request.method,
            uri=request.uri,
            cnonce=new_tag(),
        )
        self.last_authorization = (answered, credentials)
        number, method = request.headers.get("CSeq").split()
        again = request.having("CSeq", f"{int(number) + 1} {method}").having(answered, credentials)
        return self._with_via(again)

    def _registration_sent(self, request: Request) -> None:
        self._registration.sequence = int(request.headers.get("CSeq").split()[0])

    def _transmit(self, datagram: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self.trace.append(f"> {datagram.decode(errors='replace')}")
            self._transport.sendto(datagram, self.proxy)

    def _on_response(self, response: Response) -> None:
        if ack := self._acks.get(response.headers.get("Call-ID") + response.headers.get("CSeq")):
            self._transmit(ack)
            return
        if client := self._clients.get(_client_key(response.headers)):
            if response.status >= 300 and client.request.method == "INVITE":
                self._transmit(serialise(_ack_refusal(client.request, response)))
            client.receive(response)

    def _on_request(self, request: Request) -> None:
        if request.method == "ACK":
            self._on_ack(request)
            return
        key = (_branch(request.headers), request.method)
        if known := self._servers.get(key):
            known.repeated()
            return
        server = self._servers[key] = ServerTransaction(request, self._transmit)
        asyncio.get_running_loop().call_later(TIMEOUT_SECONDS, self._servers.pop, key, None)
        self._dispatch(request, server)

    def _dispatch(self, request: Request, server: ServerTransaction) -> None:
        call = self._calls.get(request.headers.get("Call-ID"))
        in_dialog = bool(parse_address(request.headers.get("To")).param("tag"))
        if request.method == "CANCEL":
            self._on_cancel(request, server)
        elif request.method == "INVITE" and not in_dialog:
            task = asyncio.get_running_loop().create_task(self._on_invite(request, server))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif call is not None:
            call.receive(request, server)
        elif request.method in {"OPTIONS", "NOTIFY", "INFO"}:
            if request.headers.get("Event") == "message-summary":
                self._summaries.put_nowait(read_summary(request.body.decode()))
            server.respond(response_to(request, 200, "OK", tag=new_tag(), headers=(("Allow", ALLOW),)))
        else:
            server.respond(response_to(request, 481, "Call/Transaction Does Not Exist", tag=new_tag()))

    async def _on_invite(self, request: Request, server: ServerTransaction) -> None:
        server.respond(response_to(request, 100, "Trying"))
        try:
            call = await self._called(request, server)
        except Exception as error:
            server.respond(response_to(request, 500, "Server Internal Error", tag=new_tag()))
            self._incoming.put_nowait(error)  # who waits for the call learns why none comes
        else:
            self._calls[call.dialog.call_id] = call
            self._incoming.put_nowait(call)

    async def _called(self, request: Request, server: ServerTransaction) -> IncomingCall:
        to = parse_address(request.headers.get("To"))
        local = Address(to.uri, to.display, f"{to.params};tag={new_tag()}")
        dialog = Dialog(request.headers.get("Call-ID"), local, Address(""), "", sequence=0)
        dialog.learn(request, outgoing=False)
        return IncomingCall(self, dialog, await open_stream(self.local_host), server)

    def _on_cancel(self, request: Request, server: ServerTransaction) -> None:
        server.respond(response_to(request, 200, "OK"))
        call = self._calls.get(request.headers.get("Call-ID"))
        if isinstance(call, IncomingCall):
            call.cancelled(request.headers.get("Reason"))

    def _on_ack(self, request: Request) -> None:
        number = request.headers.get("CSeq").split()[0]
        for server in self._servers.values():
            headers = server.request.headers
            if headers.get("Call-ID") == request.headers.get("Call-ID") and headers.get("CSeq").startswith(
                f"{number} "
            ):
                server.acknowledged()


def _branch(headers: Headers) -> str:
    _, _, rest = headers.get("Via").partition("branch=")
    return rest.split(";")[0].split(",")[0].strip()


def _client_key(headers: Headers) -> str:
    return f"{_branch(headers)} {headers.get('CSeq').split()[-1] if headers.get('CSeq') else ''}"


def _ack_refusal(invite: Request, response: Response) -> Request:
    """The ACK of a refused INVITE belongs to its transaction (RFC 3261, 17.1.1.3)."""
    kept = [
        (name, value) for name, value in invite.headers if name in {"Via", "From", "Call-ID", "Route", "Max-Forwards"}
    ]
    number = invite.headers.get("CSeq").split()[0]
    fields = [*kept, ("To", response.headers.get("To")), ("CSeq", f"{number} ACK")]
    return Request("ACK", invite.uri, Headers(fields))
