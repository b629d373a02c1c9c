from __future__ import annotations

import pytest

from freeswitch.phone.digest import (
    Challenge,
    UnsupportedChallengeError,
    a1_hash,
    authorization,
    digest_response,
    parse_challenge,
)


def test_example_of_rfc_2617() -> None:
    """Section 3.5 of the standard."""
    challenge = parse_challenge(
        'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", '
        'opaque="5ccc069c403ebaf9f0171e9517f40e41"'
    )

    response = digest_response(
        a1_hash("Mufasa", challenge.realm, "Circle Of Life"),
        challenge,
        method="GET",
        uri="/dir/index.html",
        nonce_count=1,
        cnonce="0a4f113b",
    )

    assert response == "6629fae49393a05397450978507c4ef1"


def test_example_without_qop() -> None:
    """RFC 2069's example, with the response corrected by its erratum."""
    challenge = Challenge("testrealm@host.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093")
    a1 = a1_hash("Mufasa", challenge.realm, "CircleOfLife")

    assert digest_response(a1, challenge, method="GET", uri="/dir/index.html") == "1949323746fe6a43ef61f9606e7febea"


def test_header_names_what_was_used() -> None:
    challenge = Challenge("demo.example", "n1", "auth", "o1")

    header = authorization(
        challenge, user="101", password="x", method="REGISTER", uri="sip:demo.example", cnonce="c1", nonce_count=2
    )

    assert header.startswith(
        'Digest username="101", realm="demo.example", nonce="n1", uri="sip:demo.example", response="'
    )
    assert header.endswith('algorithm=MD5, opaque="o1", qop=auth, nc=00000002, cnonce="c1"')


@pytest.mark.parametrize(
    "header",
    [
        'Basic realm="x"',
        'Digest realm="x", nonce="y", algorithm=SHA-256',
        'Digest realm="x", nonce="y", qop="auth-int"',
    ],
)
def test_challenge_that_cannot_be_answered(header: str) -> None:
    with pytest.raises(UnsupportedChallengeError):
        parse_challenge(header)
