"""People, audit, networks, trunks, names of devices."""

from __future__ import annotations

import pytest

from services.directory.domain.audit import difference
from services.directory.domain.devices import free_username
from services.directory.domain.networks import source_network
from services.directory.domain.people import grant_refusal, scopes_refusal
from services.directory.domain.trunks import incompleteness


def test_roles_of_platform_and_tenants_do_not_mix():
    assert grant_refusal(["tenant_admin", "agent"], for_platform=False) is None
    assert grant_refusal(["platform_admin"], for_platform=True) is None
    assert grant_refusal(["platform_admin"], for_platform=False)
    assert grant_refusal(["platform_admin", "agent"], for_platform=True)
    assert grant_refusal(["agent"], for_platform=True)
    assert grant_refusal([], for_platform=False)


def test_a_tenants_key_cannot_make_tenants():
    assert scopes_refusal(["tenants:write"], for_platform=False)
    assert scopes_refusal(["tenants:write"], for_platform=True) is None
    assert scopes_refusal(["tenants:read", "extensions:write"], for_platform=False) is None


def test_the_audit_log_shows_what_changed_and_no_secret():
    before = {"number": "101", "a1_hash": "old", "revision": 1, "updated_at": "then"}
    after = {"number": "101", "a1_hash": "new", "revision": 2, "updated_at": "now"}
    assert difference(before, after) == (
        {"a1_hash": "(hidden)", "revision": 1},
        {"a1_hash": "(hidden)", "revision": 2},
    )
    assert difference(None, {"secret_encrypted": None, "password_hash": "x"}) == (
        None,
        {"secret_encrypted": None, "password_hash": "(hidden)"},
    )


@pytest.mark.parametrize("text", ["192.0.2.1", "192.0.2.0/28", "10.0.0.0/16", "2001:db8::/32", "2001:db8::1"])
def test_networks_of_carriers(text):
    assert source_network(text).split("/")[0] == text.split("/")[0]


@pytest.mark.parametrize(
    "text", ["0.0.0.0/0", "10.0.0.0/8", "192.0.2.1/28", "::/0", "224.0.0.0/24", "carrier.example", "1.2.3", "", "0/0"]
)
def test_networks_that_are_none_or_too_wide(text):
    with pytest.raises(ValueError, match="must"):
        source_network(text)


def test_a_trunk_needs_what_its_kind_uses():
    complete = {"has_username": True, "has_secret": True, "has_sources": True}
    assert incompleteness(kind="registration", **complete) is None
    assert incompleteness(kind="ip", has_username=False, has_secret=False, has_sources=True) is None
    assert incompleteness(kind="registration", **{**complete, "has_secret": False})[0] == "secret"
    assert incompleteness(kind="registration", **{**complete, "has_username": False})[0] == "username"
    assert incompleteness(kind="ip", **{**complete, "has_sources": False})[0] == "source_addresses"


def test_devices_are_named_after_their_extension():
    assert free_username("101", set()) == "101"
    assert free_username("101", {"101"}) == "101-2"
    assert free_username("101", {"101", "101-2", "101-4"}) == "101-3"
