"""What a caller can do with headers, names and addresses, and what he cannot."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from freeswitch.phone import SipPhone
from freeswitch.phone.message import Headers, Request
from tests.support.freeswitch_node import EventSocketRefusedError, FreeSwitchNode
from tests.support.office import DOMAIN, TRUNK_ID, Office

pytestmark = [pytest.mark.freeswitch, pytest.mark.asyncio(loop_scope="module")]


async def asked_for(office: Office, caller: SipPhone, number: str = "102", **options: object) -> dict[str, str]:
    """What routing is asked when that call is made; the call is refused."""
    office.services.dial = lambda _: [("respond", "404")]
    call = await caller.dial(number, **options)  # type: ignore[arg-type]
    await call.ended()
    return office.services.asked("dialplan")[-1]


async def send_alone(phone: SipPhone, method: str, *fields: tuple[str, str]) -> int:
    """Status of a request outside of any call, without credentials."""
    headers = [
        ("Max-Forwards", "70"),
        ("From", f"<sip:mallory@{DOMAIN}>;tag=1"),
        ("To", f"<sip:102@{DOMAIN}>"),
        ("Call-ID", f"alone-{method}-{phone.port}"),
        ("CSeq", f"1 {method}"),
        phone.contact,
        *fields,
    ]
    async with asyncio.timeout(10):
        return (await phone.send(Request(method, f"sip:102@{DOMAIN}", Headers(headers), b"hello"))).status


async def test_headers_set_no_seda_variable(office: Office) -> None:
    alice = await office.phone("101")
    headers = [("X-seda_tenant_id", "evil"), ("seda_tenant_id", "evil"), ("P-seda_direction", "evil"), ("On", "evil")]

    asked = await asked_for(office, alice, headers=tuple(headers))

    assert {name for name, value in asked.items() if value == "evil"} == {
        "variable_sip_h_X-seda_tenant_id",
        "variable_sip_h_P-seda_direction",
        "variable_sip_h_On",
    }
    assert asked["variable_seda_tenant_id"] == office.services.tenant_id


async def test_callers_headers_are_not_copied_to_the_callee(office: Office) -> None:
    alice, bob = await office.phone("101"), await office.phone("102")
    headers = (("X-Secret", "evil"), ("Diversion", "<sip:evil@x>"), ("Alert-Info", "<evil>;info=alert-autoanswer"))
    call = await alice.dial("102", headers=(*headers, ("Call-Info", "<sip:evil>;answer-after=0")))

    answer = await bob.incoming()

    assert not [field for field in answer.invite.headers if "evil" in field[1]]
    await call.cancel()


async def test_asserted_identity_changes_the_caller_id_but_not_the_proven_extension(office: Office) -> None:
    """Which is why routing may use `seda_extension` and never Caller-Caller-ID-Number."""
    alice = await office.phone("101")

    asked = await asked_for(office, alice, headers=(("P-Asserted-Identity", f'"Boss" <sip:999@{DOMAIN}>'),))

    assert (asked["Caller-Caller-ID-Name"], asked["Caller-Caller-ID-Number"]) == ("Boss", "999")
    assert (asked["variable_seda_extension"], asked["variable_user_name"]) == ("101", "101")


async def test_display_name_arrives_decoded_with_its_line_break(office: Office) -> None:
    """Which is why a caller's name may never be written into a command or a dial string."""
    alice = await office.phone("101", display="Bob%0AUnique-ID%3A victim")

    asked = await asked_for(office, alice)

    assert asked["Caller-Caller-ID-Name"] == "Bob\nUnique-ID: victim"
    assert asked["Unique-ID"] != "victim"


async def test_variable_reference_in_a_name_is_defused(office: Office) -> None:
    alice = await office.phone("101", display="${system(touch /tmp/x)}")

    asked = await asked_for(office, alice)

    assert "${" not in asked["Caller-Caller-ID-Name"]


async def test_request_uri_with_a_gateway_reaches_the_trunk_context(office: Office) -> None:
    """A phone can get into `seda-trunk` by `;gw=` (sofia.c), so routing must look at the profile besides."""
    alice = await office.phone("101")

    asked = await asked_for(office, alice, f"sip:102@{DOMAIN};gw={TRUNK_ID}")

    assert (asked["Caller-Context"], asked["variable_sip_gateway"]) == ("seda-trunk", TRUNK_ID)
    assert asked["variable_sofia_profile_name"] == "phones"
    assert asked["variable_seda_tenant_id"] == office.services.tenant_id


async def test_anybody_can_name_a_gateway_on_the_trunk_port(office: Office) -> None:
    """`sip_gateway` proves nothing: routing checks the source address of the trunk."""
    mallory = await office.phone("mallory", domain="evil.example", registered=False, proxy=office.node.trunks)

    asked = await asked_for(office, mallory, f"sip:102@evil.example;gw={TRUNK_ID}")

    assert asked["variable_sip_gateway"] == TRUNK_ID
    assert "variable_seda_tenant_id" not in asked


async def test_credentials_count_on_the_trunk_port_too(office: Office) -> None:
    phone = await office.phone("101", registered=False, proxy=office.node.trunks, password="wrong")

    asked = await asked_for(office, phone)

    assert asked["Caller-Context"] == "seda-trunk"
    assert "variable_seda_tenant_id" not in asked


@pytest.mark.parametrize("profile", ["phones", "trunks"])
@pytest.mark.parametrize(
    ("method", "expected"), [("SUBSCRIBE", 405), ("PUBLISH", 405), ("UPDATE", 481), ("BYE", 481), ("FOO", 501)]
)
async def test_methods_nobody_needs_are_refused(office: Office, profile: str, method: str, expected: int) -> None:
    proxy = office.node.phones if profile == "phones" else office.node.trunks
    mallory = await office.phone("mallory", registered=False, proxy=proxy)

    assert await send_alone(mallory, method, ("Event", "presence")) == expected


async def test_messages_are_thrown_away(office: Office) -> None:
    """Answered 202 and dropped before anything reads them (sofia_presence.c, enable-chat)."""
    bob = await office.phone("102")
    mallory = await office.phone("mallory", registered=False)

    assert await send_alone(mallory, "MESSAGE", ("Content-Type", "text/plain")) == 202

    assert not [line for line in bob.trace if line.startswith("< MESSAGE")]


async def test_refer_outside_of_a_call_dials_nothing(office: Office) -> None:
    await office.phone("102")
    mallory = await office.phone("mallory", registered=False)

    await send_alone(mallory, "REFER", ("Refer-To", f"<sip:102@{DOMAIN}>"))

    assert await office.legs(0) == []
    assert not office.services.asked("dialplan")


async def test_dialplan_can_neither_run_a_shell_nor_an_api_command(office: Office, tmp_path: Path) -> None:
    alice = await office.phone("101")
    office.services.dial = lambda _: [
        ("system", f"touch {tmp_path}/system"),
        ("bgsystem", f"touch {tmp_path}/bgsystem"),
        ("set", f"expanded=${{system(touch {tmp_path}/expanded)}}"),
        ("set", "status=${status()}"),
        ("set", "password=${seda_esl_password}"),
        ("set", "secret=${seda_switch_secret}"),
        ("answer", ""),
        ("park", ""),
    ]
    call = await alice.dial("1")
    await call.answered()
    leg = office.services.asked("dialplan")[-1]["Unique-ID"]

    values = {name: await office.node.api(f"uuid_getvar {leg} {name}") for name in ("status", "password", "secret")}

    assert values == {"status": "<API Execute Permission Denied>", "password": "-", "secret": "-"}
    assert not any(tmp_path.joinpath(name).exists() for name in ("system", "bgsystem", "expanded"))
    await call.hang_up()


@pytest.mark.parametrize("command", ["system id", "bg_system id", "spawn id", "bg_spawn id"])
async def test_no_api_command_runs_a_program(office: Office, command: str) -> None:
    assert "Command not found" in await office.node.api(command)


async def test_event_socket_takes_only_its_own_password(office: Office) -> None:
    known, office.node.esl_password = office.node.esl_password, "ClueCon"
    try:
        with pytest.raises(EventSocketRefusedError, match="invalid"):
            await office.node.api("status")
    finally:
        office.node.esl_password = known


async def test_realm_with_an_ampersand_finds_nobody(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """mod_xml_curl does not encode `key_value`: a field can be put before the real one, so the last one counts."""
    await office.phone("101")
    mallory = await office.phone("104", registered=False)
    forged = f"x&user=101&domain={DOMAIN}&z="
    monkeypatch.setattr("freeswitch.phone.phone.parse_challenge", lambda header: _challenge(header, forged))

    call = await mallory.dial("102")

    assert (await call.ended()).status == 403
    body = office.services.requests[-1].body
    assert f"key_value={forged}" in body
    assert body.index("user=101") < body.index("user=104")
    assert office.services.requests[-1].form["user"] == "104"


@pytest.mark.parametrize(
    ("allowed", "status"), [("192.0.2.0/24,198.51.100.7/32", 403), ("192.0.2.7/32,127.0.0.0/8", 404)]
)
async def test_trunk_port_answers_to_the_carriers_named(
    office: Office, tmp_path: Path, allowed: str, status: int
) -> None:
    office.services.dial = lambda _: [("respond", "404")]
    urls = {"directory_url": office.services.directory_url, "routing_url": office.services.dialplan_url}
    node = FreeSwitchNode(tmp_path, **urls, env={"SEDA_SIP_TRUNKS_ALLOW": allowed})
    try:
        await node.start()
        phone = await office.phone("+982112345678", domain="carrier.example", registered=False, proxy=node.trunks)

        assert (await (await phone.dial("102")).ended()).status == status
    finally:
        await node.kill()


def _challenge(header: str, realm: str) -> object:
    from dataclasses import replace

    from freeswitch.phone.digest import parse_challenge

    return replace(parse_challenge(header), realm=realm)


async def test_malformed_datagrams_stop_nothing(office: Office) -> None:
    alice, bob = await office.phone("101"), await office.phone("102")
    call, answer = await office.connect(alice, bob)

    for datagram in (
        b"",
        b"\x00" * 1000,
        b"INVITE",
        b"INVITE sip:102 SIP/2.0\r\n\r\n",
        b"SIP/2.0 200 OK\r\nVia: x\r\n\r\n",
    ):
        alice.send_raw(datagram)

    await office.hear_each_other(call, answer)
    await call.hang_up()


@pytest.mark.parametrize("proof", ["channel", "dialog"])
async def test_unproven_replaces_takes_a_call_over(office: Office, proof: str) -> None:
    """Known and not preventable by configuration: who knows a channel's UUID or a dialog and reaches the trunk port.

    So channel UUIDs stay inside, and SEDA_SIP_TRUNKS_ALLOW names the carriers in production.
    """
    alice, bob = await office.phone("101"), await office.phone("102")
    call, _ = await office.connect(alice, bob)
    dialog = call.dialog
    known = (await office.legs(2))[0] if proof == "channel" else dialog.call_id
    mallory = await office.phone("mallory", domain="evil.example", registered=False, proxy=office.node.trunks)
    replaces = f"{known};to-tag={dialog.remote_tag};from-tag={dialog.local_tag}"

    taken = await mallory.dial("sip:102@evil.example", headers=(("Replaces", replaces),))

    await taken.answered()
    assert "Call completed elsewhere" in (await call.ended()).cause
    await taken.hang_up()
