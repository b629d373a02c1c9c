"""Who may register and call, and what happens to that while the directory is away."""

from __future__ import annotations

from dataclasses import replace

import pytest

from freeswitch.phone import RegistrationRefusedError
from freeswitch.phone.digest import a1_hash, parse_challenge
from tests.support.fake_xml_curl import basic_credentials
from tests.support.office import DOMAIN, OTHER_DOMAIN, PASSWORD, Office

pytestmark = [pytest.mark.freeswitch, pytest.mark.asyncio(loop_scope="module")]

LONGEST_CACHEABLE_MS = 2_147_000


async def registered_at(office: Office, user: str, domain: str = DOMAIN) -> str:
    """The contacts the switch would dial for that user; `error/user_not_registered` when there is none."""
    return await office.node.api(f"sofia_contact phones/{user}@{domain}")


async def test_phone_registers_and_unregisters(office: Office) -> None:
    phone = await office.phone("101")
    assert f"127.0.0.1:{phone.port}" in await registered_at(office, "101")

    await phone.unregister()

    assert await registered_at(office, "101") == "error/user_not_registered"


async def test_directory_is_asked_with_the_shared_secret(office: Office) -> None:
    await office.phone("101")

    asked = office.services.requests[-1]
    assert asked.path == "/switch/directory"
    assert asked.headers["authorization"] == basic_credentials(office.node.secret)
    assert (asked.form["user"], asked.form["domain"], asked.form["hostname"]) == ("101", DOMAIN, office.node.name)


async def test_newest_registration_replaces_the_one_before(office: Office) -> None:
    old, new = await office.phone("102"), await office.phone("102")

    contacts = await registered_at(office, "102")

    assert f":{new.port}" in contacts
    assert f":{old.port}" not in contacts
    alice = await office.phone("101")
    call = await alice.dial("102")
    (await new.incoming()).reject(486)
    assert (await call.ended()).status == 486


@pytest.mark.parametrize(
    ("user", "domain", "password"),
    [("104", DOMAIN, "wrong"), ("999", DOMAIN, PASSWORD), ("101", "nowhere.example", PASSWORD), ("104", DOMAIN, "")],
)
async def test_registration_is_refused(office: Office, user: str, domain: str, password: str) -> None:
    phone = await office.phone(user, domain=domain, password=password, registered=False)

    with pytest.raises(RegistrationRefusedError) as refused:
        await phone.register()

    assert refused.value.status == 403
    assert await registered_at(office, user, domain) == "error/user_not_registered"


async def test_nobody_registers_as_somebody_else(office: Office) -> None:
    phone = await office.phone("102", auth_user="101", registered=False)

    with pytest.raises(RegistrationRefusedError, match="403"):
        await phone.register()


async def test_same_user_name_of_two_tenants_is_two_phones(office: Office) -> None:
    ours, theirs = await office.phone("101"), await office.phone("101", domain=OTHER_DOMAIN)

    assert f":{ours.port}" in await registered_at(office, "101")
    assert f":{theirs.port}" in await registered_at(office, "101", OTHER_DOMAIN)


async def test_replayed_credentials_are_refused(office: Office) -> None:
    phone = await office.phone("101")
    assert phone.last_authorization is not None
    thief = await office.phone("101", registered=False, password="not known")

    with pytest.raises(RegistrationRefusedError):
        await thief.register(headers=(phone.last_authorization,))

    assert f":{thief.port}" not in await registered_at(office, "101")


async def test_credentials_without_qop_can_be_repeated(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The switch counts uses of a nonce only where the phone does: an old phone's request stays good for nonce-ttl."""
    monkeypatch.setattr(
        "freeswitch.phone.phone.parse_challenge", lambda header: replace(parse_challenge(header), qop="")
    )
    phone = await office.phone("103")
    assert phone.last_authorization is not None
    thief = await office.phone("103", registered=False, password="not known")

    await thief.register(headers=(phone.last_authorization,))


async def test_user_without_a_hash_is_let_in_with_any_password(office: Office) -> None:
    """sofia_reg.c: neither password nor a1-hash means no check. The directory must never answer such a user."""
    office.services.users["105", DOMAIN] = ""

    await office.phone("105", password="anything")


@pytest.mark.parametrize("password", ["wrong", ""])
async def test_call_with_a_wrong_password_is_refused_before_routing_is_asked(office: Office, password: str) -> None:
    phone = await office.phone("101", registered=False, password=password)

    end = await (await phone.dial("102")).ended()

    assert end.status == 403
    assert not office.services.asked("dialplan")


async def test_trunks_take_no_registrations(office: Office) -> None:
    phone = await office.phone("101", registered=False, proxy=office.node.trunks)

    with pytest.raises(RegistrationRefusedError, match="405"):
        await phone.register()


async def test_cached_user_needs_no_directory(office: Office) -> None:
    office.services.cacheable_ms = LONGEST_CACHEABLE_MS
    alice, bob = await office.phone("101"), await office.phone("102")
    office.services.requests.clear()

    call, _ = await office.connect(alice, bob)
    await call.hang_up()

    assert not office.services.asked("directory")


async def test_cached_user_still_registers_while_the_directory_is_away(office: Office) -> None:
    office.services.cacheable_ms = LONGEST_CACHEABLE_MS
    phone = await office.phone("101")
    await office.services.stop()

    await phone.register()
    assert await office.node.api(f"xml_flush_cache id 101 {DOMAIN}") == "+OK cleared 1 entry"
    with pytest.raises(RegistrationRefusedError, match="403"):
        await phone.register()


async def test_users_are_cached_for_at_most_35_minutes(office: Office) -> None:
    """switch_xml.c multiplies milliseconds by 1000 in an int: 2,148,000 ms overflows, and nothing is cached."""
    office.services.cacheable_ms = 2_148_000
    phone = await office.phone("101")
    office.services.requests.clear()

    await phone.register()

    assert len(office.services.asked("directory")) == 1


async def test_cache_mixes_up_users_whose_names_and_domains_join_to_the_same(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cache's key is user and domain written together, so SIP user names must not be ambiguous with domains.

    Whoever owns 10@1x.example becomes 101x.example's 101@x.example. This is why a user name may have no letters
    and a domain must begin with one: it pins what the directory has to refuse.
    """
    office.services.cacheable_ms = LONGEST_CACHEABLE_MS
    office.services.add_user("10", "1x.example", password="own")
    await office.phone("10", domain="1x.example", password="own")
    own = a1_hash("10", "1x.example", "own")
    monkeypatch.setattr("freeswitch.phone.digest.a1_hash", lambda *_: own)

    await office.phone("101", domain="x.example")

    assert "error" not in await registered_at(office, "101", "x.example")


async def test_registrations_survive_a_crash_of_the_switch(office: Office) -> None:
    alice, bob = await office.phone("101"), await office.phone("102")
    await office.node.kill()
    await office.node.start()

    call, _ = await office.connect(alice, bob)

    await call.hang_up()


@pytest.mark.parametrize(
    ("limit", "cause"), [("leg_progress_timeout=1", "PROGRESS_TIMEOUT"), ("leg_timeout=1", "ALLOTTED_TIMEOUT")]
)
async def test_registered_phone_that_does_not_react_is_given_up(office: Office, limit: str, cause: str) -> None:
    """Its registration stands until it expires; `leg_progress_timeout` tells it from a phone that rings unanswered."""
    alice, bob = await office.phone("101"), await office.phone("102")
    bob.deaf = True
    bridge = ("bridge", f"[{limit}]sofia/phones/102%demo.example")
    office.services.dial = lambda _: [("set", "continue_on_fail=true"), bridge, ("hangup", "${originate_disposition}")]

    end = await (await alice.dial("102")).ended()

    assert cause in end.cause
