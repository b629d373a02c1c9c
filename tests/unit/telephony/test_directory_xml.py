"""No value adds a user, a parameter, a variable or a gateway to a directory answer."""

from __future__ import annotations

from uuid import UUID
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.telephony.directory_xml import DirectoryUser, Gateway, gateways_document, user_document
from tests.unit.telephony import freeswitch_model as switch
from tests.unit.telephony.nasty import names, texts

A1 = "0123456789abcdef0123456789abcdef"
TRUNK = UUID("0199f3a2-7c1e-7000-8000-000000000001")
variables = st.dictionaries(names, texts, max_size=3)


def named(parent: ElementTree.Element, path: str) -> dict[str, str]:
    found = parent.findall(path)
    assert all(sorted(one.attrib) == ["name", "value"] for one in found)
    assert len({one.attrib["name"] for one in found}) == len(found)
    return {one.attrib["name"]: one.attrib["value"] for one in found}


@given(variables, st.dictionaries(names, texts, max_size=2), st.just("101") | texts, st.just("acme.example") | texts)
def test_a_user_is_refused_or_read_exactly_as_meant(
    own: dict[str, str], params: dict[str, str], name: str, domain: str
) -> None:
    try:
        document = user_document(DirectoryUser(name, domain, A1, own, params, cacheable_ms=60_000))
    except ValueError:
        return
    root = switch.xml_document(document)
    assert [one.get("name") for one in root.iter("domain")] == [domain]
    (user,) = root.iter("user")
    assert user.attrib == {"id": name, "cacheable": "60000"}
    assert named(user, "params/param") == {"a1-hash": A1, **params}
    assert named(user, "variables/variable") == {key: value.strip(" ") for key, value in own.items()}
    assert len(list(root.iter())) == 9 + len(params) + 1 + len(own)


@given(variables, texts, texts, texts, st.just("sip.example.com:5080") | texts)
def test_a_gateway_is_refused_or_read_exactly_as_meant(
    own: dict[str, str], username: str, password: str, realm: str, proxy: str
) -> None:
    gateway = Gateway(TRUNK, proxy, username, password, realm, variables=own)
    try:
        document = gateways_document([gateway, Gateway(TRUNK, "10.0.0.1")])
    except ValueError:
        return
    root = switch.xml_document(document)
    first, _ = root.iter("gateway")
    params = named(first, "param")
    assert params["proxy"] == proxy
    assert params["username"] == (username or "not-used")
    assert params["password"] == (password or "not-used")
    assert params.get("realm", "") == realm
    assert named(first, "variables/variable") == {key: value.strip(" ") for key, value in own.items()}
    assert set(params) <= {
        "proxy", "username", "password", "realm", "register", "register-transport", "expire-seconds",
        "retry-seconds", "caller-id-in-from", "context", "extension-in-contact", "ping",
    }  # fmt: skip


def test_user_as_freeswitch_wants_it() -> None:
    user = DirectoryUser("101", "acme.example", A1, {"seda_extension": "101", "user_context": "seda"})
    assert user_document(user).decode() == (
        '<document type="freeswitch/xml"><section name="directory"><domain name="acme.example"><groups>'
        f'<group name="all"><users><user id="101"><params><param name="a1-hash" value="{A1}"/></params><variables>'
        '<variable name="seda_extension" value="101"/><variable name="user_context" value="seda"/></variables></user>'
        "</users></group></groups></domain></section></document>\n"
    )


def test_a_user_named_like_a_preprocessor_word_is_found() -> None:
    document = user_document(DirectoryUser("x-pre-process", "x-pre-process.example", A1))
    root = switch.xml_document(document)
    assert [one.get("id") for one in root.iter("user")] == ["x-pre-process"]


def test_many_gateways_stay_within_what_one_line_may_hold() -> None:
    document = gateways_document([Gateway(TRUNK, "sip.example.com", variables={"a": "x" * 900})] * 1000)
    assert max(map(len, document.splitlines())) < 1_048_576
    assert len(list(switch.xml_document(document).iter("gateway"))) == 1000


@pytest.mark.parametrize(
    "gateway",
    [
        Gateway(TRUNK, "sip.example.com", register=True),
        Gateway(TRUNK, "sip.example.com", transport="udp;x"),
        Gateway(TRUNK, "sip.example.com;fs_path=x"),
        Gateway(TRUNK, "sip.example.com", username='a"b'),
        Gateway(TRUNK, "sip.example.com", password="a\nb"),
        Gateway(TRUNK, "sip.example.com", context="a b"),
        Gateway(TRUNK, "sip.example.com:99999"),
        Gateway(TRUNK, "sip.example.com", ping_seconds=0),
    ],
)
def test_refuses_gateways_that_are_not_safe(gateway: Gateway) -> None:
    with pytest.raises(ValueError, match=r"trunk|must be|context|control"):
        gateways_document([gateway])


@pytest.mark.parametrize("a1_hash", ["", "x" * 32, A1.upper(), A1 + "0", A1 + "\n"])
def test_refuses_what_is_no_a1_hash(a1_hash: str) -> None:
    with pytest.raises(ValueError, match="A1 hash"):
        user_document(DirectoryUser("101", "acme.example", a1_hash))


@pytest.mark.parametrize("name", ["a1-hash", "password", "allow-empty-password", "A b"])
def test_no_parameter_takes_the_place_of_the_password(name: str) -> None:
    with pytest.raises(ValueError, match="parameter"):
        user_document(DirectoryUser("101", "acme.example", A1, params={name: "x"}))


def test_a_password_does_not_show_in_a_repr() -> None:
    assert "secret" not in repr(Gateway(TRUNK, "sip.example.com", password="secret"))
