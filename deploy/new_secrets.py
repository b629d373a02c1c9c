"""``python -m deploy.new_secrets compose|kubernetes``: a new set of every secret Seda needs, on standard output.

``compose`` writes an env file, ``kubernetes`` the Secrets the chart refers to, for ``kubectl create``. Letters and
digits only: they stand in addresses, in XML and in NATS's configuration as they are.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
from collections.abc import Mapping

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.docs.nats_users import password_variable
from deploy.local.platform import STORES
from shared.bus.permissions import SERVICES
from shared.db.provision import roles_of

ROLES = tuple(role for schema in STORES for role in (roles_of(schema).owner, roles_of(schema).service))


def new_password() -> str:
    """192 random bits in letters and digits; a letter first, or NATS reads a number."""
    return "s" + secrets.token_hex(24)


def compose() -> dict[str, str]:
    """Environment variables for ``deploy/compose.yaml``."""
    names = ["SEDA_POSTGRES_PASSWORD", "SEDA_SWITCH_SECRET", "SEDA_ESL_PASSWORD"]
    names += [f"SEDA_DATABASE_PASSWORD_{role.upper()}" for role in ROLES]
    names += [password_variable(user) for user in SERVICES]
    return {name: new_password() for name in names} | {"SEDA_SECRETS_KEY": Fernet.generate_key().decode()}


def kubernetes() -> dict[str, dict[str, str]]:
    """Secrets by name, as ``secrets`` of the chart's values has them: key -> value."""
    return {
        "seda-database": {role: new_password() for role in ROLES},
        "seda-nats": {user: new_password() for user in (*SERVICES, "cluster")},
        "seda-switch": {"switch-secret": new_password(), "event-socket-password": new_password()},
        "seda-directory": {"secrets-key": Fernet.generate_key().decode(), "signing-keys.pem": _signing_key()},
    }


def _signing_key() -> str:
    return (
        Ed25519PrivateKey.generate()
        .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        .decode()
    )


def manifest(made: Mapping[str, Mapping[str, str]]) -> str:
    """The Secrets as one list for ``kubectl create --filename -``."""
    items = [
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": dict(values)}
        for name, values in made.items()
    ]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items}, indent=2) + "\n"


def main(arguments: list[str] | None = None) -> None:
    """Print a new set."""
    parser = argparse.ArgumentParser(prog="python -m deploy.new_secrets", description="A new set of every secret.")
    parser.add_argument("target", choices=["compose", "kubernetes"])
    if parser.parse_args(arguments).target == "compose":
        sys.stdout.writelines(f"{name}={value}\n" for name, value in compose().items())
    else:
        sys.stdout.write(manifest(kubernetes()))


if __name__ == "__main__":
    main()
