from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.directory.domain.lookups import (
    GatewaysFound,
    NotFound,
    Question,
    Reason,
    UserFound,
    decide,
    read_question,
)
from services.directory.domain.replica import DeviceEntry, ExtensionEntry, Replica, TenantEntry, TrunkEntry

CAPTURED = Path(__file__).parents[2] / "support" / "captured"
ACME, BETA, EXT, DEV, TRUNK = (UUID(int=number) for number in range(1, 6))
HASH = "0" * 32


def tenant(tenant_id=ACME, revision=1, domain="demo.example", **values) -> TenantEntry:
    return TenantEntry(tenant_id, revision, domain, "en", **values)


def extension(revision=1, extension_id=EXT, tenant_id=ACME, names=("101",), **values) -> ExtensionEntry:
    devices = tuple(DeviceEntry(UUID(int=100 + i), name, HASH) for i, name in enumerate(names))
    return ExtensionEntry(extension_id, revision, tenant_id, "101", "Sara", devices=devices, **values)


@pytest.fixture
def replica() -> Replica:
    replica = Replica()
    replica.put_tenant(tenant())
    replica.put_extension(extension())
    return replica


def asked(user: str, domain: str = "demo.example", **more: str) -> Question:
    return Question(section="directory", key="id", user=user, domain=domain, **more)


@pytest.mark.parametrize("file", ["directory_register.txt", "directory_invite.txt"])
def test_questions_of_a_real_freeswitch_about_a_user(file, replica):
    answer = decide(read_question((CAPTURED / file).read_bytes()), replica)
    assert isinstance(answer, UserFound)
    assert answer.device.sip_username == "101"


def test_question_of_a_real_freeswitch_about_gateways(replica):
    question = read_question((CAPTURED / "directory_gateways.txt").read_bytes())
    assert decide(question, replica) == GatewaysFound(())
    replica.put_trunk(TrunkEntry(TRUNK, 1, None, "ip", "sip.example"))
    assert [one.id for one in decide(question, replica).trunks] == [TRUNK]


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        (asked("102"), Reason.UNKNOWN_USER),
        (asked("101", "other.example"), Reason.UNKNOWN_DOMAIN),
        (asked(""), Reason.NOT_ASKED_HERE),
        (asked("101", purpose="network-list"), Reason.NOT_ASKED_HERE),
        (asked("", purpose="publish-vm"), Reason.NOT_ASKED_HERE),
        (asked("", purpose="gateways", profile="phones"), Reason.NOT_ASKED_HERE),
        (Question(section="directory", key="number-alias", user="101", domain="demo.example"), Reason.NOT_ASKED_HERE),
        (Question(section="dialplan", key="id", user="101", domain="demo.example"), Reason.NOT_ASKED_HERE),
    ],
)
def test_what_is_not_found(question, reason, replica):
    assert decide(question, replica) == NotFound(reason)


def test_another_tenants_short_number_is_not_reachable(replica):
    replica.put_tenant(tenant(BETA, domain="beta.example"))
    assert decide(asked("101", "beta.example"), replica) == NotFound(Reason.UNKNOWN_USER)


def test_what_is_disabled_is_not_found(replica):
    replica.put_tenant(tenant(revision=2, enabled=False))
    assert decide(asked("101"), replica) == NotFound(Reason.DISABLED)
    replica.put_tenant(tenant(revision=3))
    replica.put_extension(extension(2, enabled=False))
    assert decide(asked("101"), replica) == NotFound(Reason.DISABLED)


def test_an_older_state_never_replaces_a_newer_one(replica):
    replica.put_extension(extension(5, names=("101", "101-2")))
    replica.put_extension(extension(4, names=()))
    assert isinstance(decide(asked("101-2"), replica), UserFound)
    replica.put_tenant(tenant(revision=5, domain="new.example"))
    replica.put_tenant(tenant(revision=2))
    assert isinstance(decide(asked("101", "new.example"), replica), UserFound)
    assert decide(asked("101"), replica) == NotFound(Reason.UNKNOWN_DOMAIN)


def test_a_user_name_that_moves_to_another_extension_is_found_there(replica):
    other = UUID(int=77)
    replica.put_extension(extension(1, extension_id=other, names=("101",)))
    replica.put_extension(extension(2, names=()))
    assert decide(asked("101"), replica).extension.id == other


def test_after_a_new_reading_only_what_was_read_is_left(replica):
    replica.put_trunk(TrunkEntry(TRUNK, 1, ACME, "ip", "sip.example"))
    replica.retain([ACME])
    assert replica.sizes() == {"tenants": 1, "extensions": 0, "devices": 0, "trunks": 0}


def test_trunks_of_a_disabled_tenant_are_no_gateways(replica):
    replica.put_trunk(TrunkEntry(TRUNK, 1, ACME, "ip", "sip.example"))
    assert [one.id for one in replica.trunks()] == [TRUNK]
    replica.put_tenant(tenant(revision=2, enabled=False))
    assert not list(replica.trunks())
    replica.put_tenant(tenant(revision=3))
    replica.put_trunk(TrunkEntry(TRUNK, 2, ACME, "ip", "sip.example", enabled=False))
    assert not list(replica.trunks())


@given(st.text(), st.text())
def test_a_value_cannot_become_another_parameter(user, header):
    body = urlencode({"section": "directory", "X-Purpose": header, "key": "id", "user": user, "domain": "d.example"})
    question = read_question(body.encode("utf-8", "surrogatepass"))
    assert question.purpose == ""
    assert question.domain == "d.example"


@given(st.binary(max_size=400))
def test_any_body_is_answered(body):
    assert decide(read_question(body), Replica())
