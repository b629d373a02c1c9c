from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from pydantic import SecretStr

from services.directory.bootstrap import create_first_administrator
from shared.http.tokens import Principal, StaticKeySource, TokenVerifier, public_key
from tests.integration.directory.world import PASSWORD, problem

EMAIL = "sara@acme.example"


@pytest.fixture
async def office(directory):
    """A tenant with an administrator who can sign in."""
    tenant, admin = await directory.tenant("acme")
    user = await admin.made(
        "/v1/users", {"email": EMAIL, "display_name": "Sara", "roles": ["tenant_admin"], "password": PASSWORD}
    )
    return tenant, admin, user


async def sign_in(directory, email=EMAIL, password=PASSWORD):
    return await directory.client.post("/v1/tokens", json={"email": email, "password": password})


async def refresh(directory, token):
    return await directory.client.post("/v1/tokens/refresh", json={"refresh_token": token})


async def test_a_person_signs_in_and_others_verify_the_token_offline(directory, office):
    tenant, _, user = office
    directory.clock._start = datetime.now(UTC)  # verifiers go by the real clock
    answer = await sign_in(directory, EMAIL.upper())
    body = answer.json()
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 900)
    assert answer.headers["cache-control"] == "no-store"
    published = (await directory.client.get("/.well-known/jwks.json")).json()["keys"]
    keys = StaticKeySource(dict(public_key(entry) for entry in published))
    principal = await TokenVerifier(keys).verify(body["access_token"])
    assert principal == me_principal(user)
    assert str(principal.tenant_id) == tenant["id"]


async def test_wrong_password_unknown_person_and_disabled_person_are_told_the_same(directory, office):
    _, admin, user = office
    wrong = problem(await sign_in(directory, password="wrong"), 401, "sign_in_refused")
    unknown = problem(await sign_in(directory, email="nobody@acme.example"), 401, "sign_in_refused")
    assert (await admin.patch(f"/v1/users/{user['id']}", {"enabled": False})).status_code == 200
    disabled = problem(await sign_in(directory), 401, "sign_in_refused")
    assert wrong == unknown == disabled


async def test_people_of_a_disabled_tenant_do_not_get_in(directory, office):
    tenant, _, _ = office
    held = (await sign_in(directory)).json()["refresh_token"]
    await directory.platform.patch(f"/v1/tenants/{tenant['id']}", {"enabled": False})
    problem(await sign_in(directory), 401, "sign_in_refused")
    problem(await refresh(directory, held), 401, "sign_in_refused")


@pytest.mark.parametrize("email", [EMAIL, "nobody@acme.example"])
async def test_repeated_wrong_passwords_lock_the_account_whether_or_not_it_exists(directory, office, email):
    for _ in range(5):
        problem(await sign_in(directory, email, "wrong"), 401, "sign_in_refused")
    locked = await sign_in(directory, email)
    problem(locked, 429, "sign_in_throttled")
    assert 1 <= int(locked.headers["retry-after"]) <= 31
    await directory.clock.advance(31)
    assert (await sign_in(directory, email)).status_code == (200 if email == EMAIL else 401)


async def test_the_right_password_forgets_earlier_failures(directory, office):
    for _ in range(3):
        for _ in range(4):
            problem(await sign_in(directory, password="wrong"), 401, "sign_in_refused")
        assert (await sign_in(directory)).status_code == 200


async def test_a_refresh_token_is_good_once_and_a_copied_one_ends_the_sign_in(directory, office):
    first = (await sign_in(directory)).json()["refresh_token"]
    second = (await refresh(directory, first)).json()["refresh_token"]
    third = (await refresh(directory, second)).json()["refresh_token"]
    problem(await refresh(directory, first), 401, "sign_in_refused")
    problem(await refresh(directory, third), 401, "sign_in_refused")


async def test_a_refresh_token_expires(directory, office):
    held = (await sign_in(directory)).json()["refresh_token"]
    await directory.clock.advance(15 * 24 * 3600)
    problem(await refresh(directory, held), 401, "sign_in_refused")


async def test_signing_out_ends_the_sign_in(directory, office):
    held = (await sign_in(directory)).json()["refresh_token"]
    for _ in range(2):
        answer = await directory.client.post("/v1/tokens/revoke", json={"refresh_token": held})
        assert answer.status_code == 204
    problem(await refresh(directory, held), 401, "sign_in_refused")


async def test_a_new_password_ends_other_sign_ins(directory, office):
    _, admin, user = office
    held = (await sign_in(directory)).json()["refresh_token"]
    changed = await admin.patch(f"/v1/users/{user['id']}", {"password": "another good phrase"})
    assert changed.status_code == 200
    problem(await refresh(directory, held), 401, "sign_in_refused")
    assert (await sign_in(directory, password="another good phrase")).status_code == 200


async def test_people_change_their_own_password(directory, office):
    *_, user = office
    me = directory.person("tenant_admin", tenant=user["tenant_id"])
    me.token = directory.app.http.state.services.signing.signer().sign(me_principal(user))
    body = {"current_password": "wrong", "new_password": "another good phrase"}
    problem(await me.post("/v1/users/me/password", body), 422, "wrong_password", "current_password")
    body["current_password"] = PASSWORD
    problem(await me.post("/v1/users/me/password", {**body, "new_password": "sara@acme.example"}), 422, "weak_password")
    assert (await me.post("/v1/users/me/password", body)).status_code == 204
    assert (await sign_in(directory, password="another good phrase")).status_code == 200
    assert (await me.get("/v1/users/me")).json()["email"] == EMAIL


def me_principal(user):
    return Principal(f"user:{user['id']}", UUID(user["tenant_id"]), frozenset(user["roles"]))


async def test_an_api_key_is_exchanged_for_a_token_with_its_scopes_only(directory, office):
    _, admin, _ = office
    key = await admin.made("/v1/api-keys", {"display_name": "CRM", "scopes": ["extensions:read"]})
    answer = await directory.client.post("/v1/tokens", json={"api_key": key["api_key"]})
    assert answer.status_code == 200
    assert "refresh_token" not in answer.json()
    listed = (await admin.get("/v1/api-keys")).json()["items"]
    assert key["api_key"] not in str(listed)
    assert listed[0]["last_used_at"] is not None


async def test_wrong_disabled_expired_and_removed_api_keys_are_told_the_same(directory, office):
    tenant, admin, _ = office
    soon = directory.clock.now().replace(year=2027).isoformat()
    key = await admin.made("/v1/api-keys", {"display_name": "x", "scopes": ["extensions:read"], "expires_at": soon})

    async def exchange(text):
        return await directory.client.post("/v1/tokens", json={"api_key": text})

    path = f"/v1/api-keys/{key['id']}"
    answers = [await exchange(key["api_key"][:-1] + "x"), await exchange("seda_000000000000_" + "0" * 48)]
    await admin.patch(path, {"enabled": False})
    answers.append(await exchange(key["api_key"]))
    await admin.patch(path, {"enabled": True})
    await directory.platform.patch(f"/v1/tenants/{tenant['id']}", {"enabled": False})
    answers.append(await exchange(key["api_key"]))
    await directory.platform.patch(f"/v1/tenants/{tenant['id']}", {"enabled": True})
    assert (await exchange(key["api_key"])).status_code == 200
    await admin.patch(path, {"expires_at": directory.clock.now().isoformat()})
    answers.append(await exchange(key["api_key"]))
    assert (await admin.delete(path)).status_code == 204
    answers.append(await exchange(key["api_key"]))
    assert len({str(problem(answer, 401, "sign_in_refused")) for answer in answers}) == 1


async def test_an_address_that_fails_at_many_accounts_is_slowed_down(directory):
    for index in range(50):
        answer = await directory.client.post("/v1/tokens", json={"api_key": f"seda_{index:012}_" + "0" * 48})
        assert answer.status_code == 401
    problem(await sign_in(directory), 429, "sign_in_throttled")
    await directory.clock.advance(301)
    problem(await sign_in(directory), 401, "sign_in_refused")


async def test_the_first_administrator_is_made_once(directory, database_for):
    target = database_for("directory")
    url = SecretStr(target.url)
    assert await create_first_administrator(url, "Root@Seda.example", "Root", PASSWORD)
    assert not await create_first_administrator(url, "other@seda.example", "Other", PASSWORD)


async def test_the_last_administrator_of_the_platform_stays(directory):
    body = {"email": "root@seda.example", "display_name": "Root", "roles": ["platform_admin"], "password": PASSWORD}
    root = await directory.platform.made("/v1/users", body)
    problem(await directory.platform.delete(f"/v1/users/{root['id']}"), 409, "last_administrator")
    problem(await directory.platform.patch(f"/v1/users/{root['id']}", {"enabled": False}), 409, "last_administrator")
    await directory.platform.made("/v1/users", {**body, "email": "second@seda.example"})
    assert (await directory.platform.delete(f"/v1/users/{root['id']}")).status_code == 204


async def test_a_made_password_is_shown_once_and_good(directory, office):
    _, admin, _ = office
    made = await admin.made("/v1/users", {"email": "reza@acme.example", "display_name": "Reza", "roles": ["agent"]})
    assert (await sign_in(directory, "reza@acme.example", made["password"])).status_code == 200
    shown = (await admin.get(f"/v1/users/{made['id']}")).json()
    assert "password" not in str(shown)
