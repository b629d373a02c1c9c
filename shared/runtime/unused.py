"""What libraries bring along and no service uses, kept out of a service's memory.

Every module named here is one that its library can do without, or imports only to pass its names on. Nothing of this
changes what a library does for Seda.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any, NoReturn

from shared.runtime.docstrings import leave_out_docstrings

ABSENT = ("pydantic.v1",)
"""FastAPI asks whether a model is one of pydantic 1; where that is not installed, the answer is no."""

UNUSED = (
    # PyJWT reads certificates and SSH keys for other algorithms; Seda's keys are Ed25519, as JWK or PEM.
    "cryptography.hazmat.primitives.serialization.ssh",
    "cryptography.x509",
    # Starlette escapes HTML in its pages for developers, and so brings the names by which HTML is unescaped.
    "html.entities",
    # Settings come from the environment.
    "pydantic_settings.sources.providers.aws",
    "pydantic_settings.sources.providers.azure",
    "pydantic_settings.sources.providers.cli",
    "pydantic_settings.sources.providers.gcp",
    "pydantic_settings.sources.providers.nested_secrets",
    "pydantic_settings.sources.providers.pyproject",
    "pydantic_settings.sources.providers.toml",
    "pydantic_settings.sources.providers.yaml",
    # PostgreSQL's own tables, for a look at which tables there are; Seda's models say that.
    "sqlalchemy.dialects.postgresql.pg_catalog",
    # SQLAlchemy imports its adapters to all drivers, each found by its name; Seda's is psycopg.
    "sqlalchemy.dialects.postgresql.asyncpg",
    "sqlalchemy.dialects.postgresql.pg8000",
    "sqlalchemy.dialects.postgresql.psycopg2",
    "sqlalchemy.dialects.postgresql.psycopg2cffi",
    # A session per thread or task; Seda's are opened where they are used.
    "sqlalchemy.ext.asyncio.scoping",
    "sqlalchemy.orm.scoping",
    # uvicorn's command line, with click and multiprocessing; Seda builds the server itself.
    "uvicorn.main",
)
"""Modules that are imported for nothing."""


class _LeftOut(ModuleType):
    """Stands for a module that was not loaded.

    Its names can be imported, as classes that nothing is an instance of; who calls one is told why it is not there.
    """

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)

        def refuse(*_: Any, **__: Any) -> NoReturn:
            raise RuntimeError(f"{self.__name__}.{name} is not loaded in a service: see shared/runtime/unused.py")

        return type(name, (), {"__new__": refuse})


def leave_out_unused() -> None:
    """Keep those modules and docstrings out, and have pydantic's models built when they are first used: many never are.

    For the first line of a service process, before the libraries come in: it saves some 12 MB.
    """
    leave_out_docstrings()
    for name in ABSENT:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]
    for name in UNUSED:
        sys.modules.setdefault(name, _LeftOut(name))
    from pydantic import BaseModel, ConfigDict

    BaseModel.model_config = ConfigDict(defer_build=True)
