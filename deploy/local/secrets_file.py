"""Secrets of this machine: generated at the first start, kept under ``var/``, readable by the owner alone."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from cryptography.fernet import Fernet


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the parts share with each other."""

    switch_secret: str
    event_socket_password: str
    secrets_key: str
    admin_password: str
    demo_password: str

    @classmethod
    def generate(cls) -> Secrets:
        """A new set."""
        return cls(
            switch_secret=secrets.token_urlsafe(32),
            event_socket_password=secrets.token_urlsafe(32),
            secrets_key=Fernet.generate_key().decode(),
            admin_password=secrets.token_urlsafe(18),
            demo_password=secrets.token_urlsafe(12),
        )


def load_or_make(path: Path) -> Secrets:
    """The secrets in ``path``; made when it is not there."""
    if path.exists():
        return Secrets(**json.loads(path.read_text()))
    made = Secrets.generate()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(asdict(made), indent=2) + "\n")
    return made
