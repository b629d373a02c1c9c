"""``python -m services.directory``: serve, or one of the one-shot commands (``migrate``, ``bootstrap``, ...)."""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
from importlib import import_module
from pathlib import Path

from shared.runtime.unused import leave_out_unused


def main(arguments: list[str] | None = None) -> None:
    """Run the command that is named, or serve."""
    parser = argparse.ArgumentParser(prog="python -m services.directory")
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("serve", help="serve (the default)")
    commands.add_parser("migrate", help="bring the database up to date")
    bootstrap = commands.add_parser("bootstrap", help="make the first administrator of the platform, if there is none")
    bootstrap.add_argument("--email", required=True)
    bootstrap.add_argument("--name", default="Administrator")
    bootstrap.add_argument("--password-file", type=Path, help="write the password there instead of printing it")
    commands.add_parser("rotate-signing-key", help="sign with a new key from now on; the old ones stay published")
    commands.add_parser("new-secrets-key", help="print a key for DIRECTORY_SECRETS_KEY")
    chosen = parser.parse_args(arguments)
    if chosen.command == "migrate":
        _migrate()
    elif chosen.command == "bootstrap":
        _bootstrap(chosen.email, chosen.name, chosen.password_file)
    elif chosen.command == "rotate-signing-key":
        _rotate_signing_key()
    elif chosen.command == "new-secrets-key":
        _new_secrets_key()
    else:
        _serve()


def _serve() -> None:
    leave_out_unused()
    # Every tenant and number needs it. What loading it takes for a moment, some 4 MB, serves the rest of the start; at
    # the first request it would stay behind.
    import_module("phonenumbers")
    from services.directory.app import build
    from services.directory.settings import DirectorySettings
    from shared.runtime.app import run
    from shared.runtime.settings import load

    settings = load(DirectorySettings)
    run(build(settings), settings)


def _migrate() -> None:
    from sqlalchemy.engine import make_url

    from services.directory.models import SCHEMA
    from services.directory.settings import MigrationSettings
    from shared.db.migrations import upgrade
    from shared.runtime.settings import load

    settings = load(MigrationSettings)
    role = make_url(settings.database_url.get_secret_value()).username or SCHEMA
    owner = settings.migrations_url or settings.database_url
    upgrade(owner.get_secret_value(), SCHEMA, role, Path(__file__).with_name("migrations"))
    _say("the directory's database is up to date")


def _bootstrap(email: str, name: str, password_file: Path | None) -> None:
    from services.directory.bootstrap import create_first_administrator
    from services.directory.domain.passwords import RANDOM_BYTES, generate
    from services.directory.settings import BootstrapSettings
    from shared.runtime.settings import load

    settings = load(BootstrapSettings)
    given = settings.bootstrap_password
    password = given.get_secret_value() if given else generate(secrets.token_bytes(RANDOM_BYTES))
    made = asyncio.run(create_first_administrator(settings.database_url, email, name, password))
    if not made:
        _say("there is an administrator of the platform already; nothing was done")
    elif given:
        _say(f"administrator {email} was made with the password of DIRECTORY_BOOTSTRAP_PASSWORD")
    elif password_file is None:
        _say(f"administrator {email} was made; the password, shown this once: {password}")
    else:
        password_file.parent.mkdir(parents=True, exist_ok=True)
        password_file.touch(mode=0o600)
        password_file.write_text(password + "\n")
        _say(f"administrator {email} was made; the password is in {password_file}")


def _rotate_signing_key() -> None:
    from services.directory.settings import SigningSettings
    from services.directory.signing_keys import rotate
    from shared.runtime.settings import load

    _say(f"tokens are signed with key {rotate(load(SigningSettings).signing_key_file)} from now on")


def _new_secrets_key() -> None:
    from cryptography.fernet import Fernet

    _say(Fernet.generate_key().decode())


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
