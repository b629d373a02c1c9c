from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography.fernet import Fernet

from services.directory.secret_box import SecretBox, SecretUnreadable, checked_keys
from services.directory.sign_in import new_api_key, secret_hash
from services.directory.signing_keys import SigningKeys, SigningKeysUnreadable, read, rotate
from shared.http.tokens import InvalidToken, Principal, StaticKeySource, TokenVerifier, public_key

SOMEBODY = Principal("user:1", None, frozenset({"platform_admin"}))


def keys_in(path) -> SigningKeys:
    return SigningKeys(path, issuer="seda", lifetime=timedelta(minutes=15))


def test_a_sealed_secret_is_opened_by_its_key_only():
    one, two = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    sealed = SecretBox(one).seal("s3cret")
    assert "s3cret" not in sealed
    assert SecretBox(f"{two},{one}").open(sealed) == "s3cret"
    for box, text in ((SecretBox(two), sealed), (SecretBox(one), sealed[:-4] + "AAAA"), (SecretBox(one), "ü")):
        with pytest.raises(SecretUnreadable):
            box.open(text)


@pytest.mark.parametrize("keys", ["", " , ", "short", "A" * 43, "é" * 44, "A" * 44 + ",x"])
def test_wrong_keys_are_refused(keys):
    with pytest.raises(ValueError, match="Fernet"):
        checked_keys(keys)


def test_the_signing_key_is_made_once_and_for_its_owner_only(tmp_path):
    path = tmp_path / "new" / "keys.pem"
    first = keys_in(path).signer().key_id
    assert path.stat().st_mode & 0o777 == 0o600
    assert keys_in(path).signer().key_id == first
    assert [one.name for one in path.parent.iterdir()] == ["keys.pem"]


async def test_tokens_stay_good_over_a_rotation(tmp_path):
    path = tmp_path / "keys.pem"
    keys = keys_in(path)
    old = keys.signer().sign(SOMEBODY)
    new_id = rotate(path)
    assert keys.signer().key_id == new_id
    assert keys.jwks()["keys"][0]["kid"] == new_id
    assert (await TokenVerifier(keys).verify(old)).subject == "user:1"
    for _ in range(3):
        rotate(path)
    assert len(read(path)) == 3
    with pytest.raises(InvalidToken):
        await TokenVerifier(keys).verify(old)


async def test_the_published_keys_verify_and_hold_no_private_part(tmp_path):
    keys = keys_in(tmp_path / "keys.pem")
    published = keys.jwks()["keys"]
    assert all(set(entry) == {"kty", "crv", "x", "kid", "use", "alg"} for entry in published)
    verifier = TokenVerifier(StaticKeySource(dict(public_key(entry) for entry in published)))
    assert (await verifier.verify(keys.signer().sign(SOMEBODY))).roles == frozenset({"platform_admin"})


def test_keys_once_read_survive_a_broken_file(tmp_path):
    path = tmp_path / "keys.pem"
    keys = keys_in(path)
    held = keys.signer().key_id
    path.write_text("nothing")
    assert keys.signer().key_id == held
    path.unlink()
    assert keys.signer().key_id == held
    path.write_text("nothing")
    with pytest.raises(SigningKeysUnreadable):
        keys_in(path).signer()


def test_api_keys_are_long_and_kept_as_hashes():
    prefix, hashed, whole = new_api_key()
    assert whole.startswith(prefix + "_")
    assert hashed == secret_hash(whole.rpartition("_")[2])
    assert len(whole.rpartition("_")[2]) == 48
    assert new_api_key()[0] != prefix
