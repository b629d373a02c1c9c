"""``python -m shared.db provision directory routing ...``: schemas and roles, with an administrator's rights."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping

from shared.db.names import identifier
from shared.db.provision import provision, roles_of

ADMIN = "SEDA_DATABASE_ADMIN_URL"
PASSWORD = "SEDA_DATABASE_PASSWORD_"  # noqa: S105 -- the beginning of a variable's name


def main(arguments: list[str] | None = None, environment: Mapping[str, str] = os.environ) -> None:
    """Make the schemas that are named, or set the passwords of their roles anew; status 2 names a missing variable."""
    parser = argparse.ArgumentParser(
        prog="python -m shared.db",
        description=f"{ADMIN} names the administrator; the roles' passwords stand in {PASSWORD}<ROLE>.",
    )
    parser.add_argument("command", choices=["provision"])
    parser.add_argument("schemas", nargs="+", type=identifier, metavar="schema")
    schemas = parser.parse_args(arguments).schemas
    roles = {schema: roles_of(schema) for schema in schemas}
    needed = [ADMIN, *(_password_of(name) for made in roles.values() for name in (made.owner, made.service))]
    if missing := [name for name in needed if not environment.get(name)]:
        raise SystemExit(_refusal(missing))
    for schema, made in roles.items():
        provision(
            environment[ADMIN],
            schema,
            owner_password=environment[_password_of(made.owner)],
            service_password=environment[_password_of(made.service)],
        )
        sys.stdout.write(f"{schema}: roles {made.owner} and {made.service} are ready\n")


def _password_of(role: str) -> str:
    return PASSWORD + role.upper()


def _refusal(missing: list[str]) -> int:
    for name in missing:
        sys.stderr.write(f"wrong setting: {name}: it is missing\n")
    return 2


if __name__ == "__main__":
    main()
