"""Who is asking, and where: environment variables, else the profile that ``make run`` writes."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

PROFILE = "SEDA_PROFILE"
DEFAULT_PROFILE = Path("var/cli.json")


class ProfileUnreadable(Exception):
    """The profile file is there and is no profile."""


def _told(default: str, means: str) -> Any:
    return field(default=default, metadata={"means": means})


@dataclass(frozen=True, slots=True)
class Profile:
    """Where the services are and how to sign in."""

    directory_url: str = _told("http://127.0.0.1:8101", "where directory answers")
    routing_url: str = _told("http://127.0.0.1:8102", "where routing answers")
    reporting_url: str = _told("http://127.0.0.1:8104", "where reporting answers")
    ivr_url: str = _told("http://127.0.0.1:8105", "where ivr answers")
    acd_url: str = _told("http://127.0.0.1:8106", "where acd answers")
    email: str = _told("", "who signs in, by mail address")
    password: str = _told("", "their password")
    api_key: str = _told("", "signs in instead of a person")
    tenant: str = _told("", "slug or id of the tenant that platform administrators mean when they name none")

    @property
    def urls(self) -> dict[str, str]:
        """Service -> base URL."""
        return {
            "directory": self.directory_url,
            "routing": self.routing_url,
            "reporting": self.reporting_url,
            "ivr": self.ivr_url,
            "acd": self.acd_url,
        }

    @property
    def credentials(self) -> dict[str, str]:
        """Body of ``POST /v1/tokens``."""
        return {"api_key": self.api_key} if self.api_key else {"email": self.email, "password": self.password}


def load_profile() -> Profile:
    """The profile file (``SEDA_PROFILE``, default ``var/cli.json``) with ``SEDA_*`` variables on top.

    Raises:
        ProfileUnreadable: the file is not JSON, or has a field that is none.
    """
    path = Path(os.environ.get(PROFILE, DEFAULT_PROFILE))
    profile = Profile()
    if path.exists():
        try:
            profile = Profile(**json.loads(path.read_text()))
        except (ValueError, TypeError) as error:
            raise ProfileUnreadable(f"{path}: {error}") from error
    given = {name: os.environ.get(f"SEDA_{name.upper()}") for name in Profile.__slots__}
    return replace(profile, **{name: value for name, value in given.items() if value})
