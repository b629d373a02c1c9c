"""Environment variables that are no service's settings: of the command line, of containers, of the tests."""

from __future__ import annotations

from dataclasses import dataclass, fields

from services.cli.settings import DEFAULT_PROFILE, PROFILE, Profile
from shared.db.__main__ import ADMIN, PASSWORD


@dataclass(frozen=True, slots=True)
class Variable:
    """One of them, or with a word in angle brackets all of a kind.

    Args:
        name: as it is set; ``SEDA_NATS_PASSWORD_<USER>`` stands for one a user.
        meaning: what it does.
        default: what stands in for it; empty: nothing does.
        required: whether nothing works without it.
    """

    name: str
    meaning: str
    default: str = ""
    required: bool = False


def _command_line() -> tuple[Variable, ...]:
    told = [
        Variable(f"SEDA_{field.name.upper()}", str(field.metadata["means"]), str(field.default))
        for field in fields(Profile)
    ]
    profile = Variable(PROFILE, "file with what follows, by names in small letters; `make run` writes it")
    return (Variable(profile.name, profile.meaning, str(DEFAULT_PROFILE)), *told)


def _containers() -> tuple[Variable, ...]:
    return (
        Variable("SEDA_POSTGRES_PASSWORD", "the administrator's, `seda_admin`, of Compose's PostgreSQL", required=True),
        Variable(f"{PASSWORD}<ROLE>", "as above; Compose puts them into the services' addresses", required=True),
        Variable(
            "SEDA_NATS_PASSWORD_<USER>",
            "read by NATS, one a user of `helm/seda/files/nats-users.conf`; with the chart `CLUSTER`, too",
            required=True,
        ),
        Variable("SEDA_SECRETS_KEY", "becomes `DIRECTORY_SECRETS_KEY`", required=True),
        Variable(
            "SEDA_SIGNALWIRE_TOKEN_FILE",
            "file with the token FreeSWITCH's packages are downloaded with: only to build the image",
            "/dev/null",
        ),
    )


OTHERS: tuple[tuple[str, tuple[Variable, ...]], ...] = (
    ("seda, the command line", _command_line()),
    (
        "make run: programs",
        (Variable("SEDA_NATS_SERVER", "the nats-server program; else the pinned package's, else the one in PATH"),),
    ),
    (
        "python -m shared.db provision",
        (
            Variable(ADMIN, "PostgreSQL, as somebody who may make roles and schemas", required=True),
            Variable(
                f"{PASSWORD}<ROLE>", "of each schema's two roles, such as `ROUTING` and `ROUTING_OWNER`", required=True
            ),
        ),
    ),
    ("Containers", _containers()),
    (
        "Tests",
        (
            Variable("SEDA_TEST_DATABASE_URL", "a PostgreSQL to test with, as its administrator; else an embedded one"),
            Variable("SEDA_FREESWITCH", "the FreeSWITCH to test with; else the one in PATH"),
        ),
    ),
)
"""Title -> variables, in the order of the page."""
