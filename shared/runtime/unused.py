"""What libraries bring along and no service uses, kept out of a service's memory.

Every module named here is one that its library can do without, or imports only to pass its names on. Nothing of this
changes what a library does for Seda.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, NoReturn, TypeVar

from shared.runtime.docstrings import leave_out_docstrings

T = TypeVar("T")

ABSENT = (
    # shutil can unpack archives of these kinds where Python was built with them.
    "bz2",
    "lzma",
    # FastAPI asks whether a model is one of pydantic 1; where that is not installed, the answer is no.
    "pydantic.v1",
)
"""Modules that whoever imports them does without when they are not installed."""

UNUSED = (
    # PyJWT brings every algorithm, certificates and SSH keys; Seda's keys are Ed25519, as JWK or PEM.
    "cryptography.hazmat.primitives.asymmetric.dh",
    "cryptography.hazmat.primitives.asymmetric.ec",
    "cryptography.hazmat.primitives.asymmetric.ed448",
    "cryptography.hazmat.primitives.asymmetric.padding",
    "cryptography.hazmat.primitives.asymmetric.rsa",
    "cryptography.hazmat.primitives.serialization.ssh",
    "cryptography.x509",
    # gevent's documentation of its event loop; its loop says that it does what they say.
    "gevent._interfaces",
    # Starlette escapes HTML in its pages for developers, and so brings the names by which HTML is unescaped.
    "html.entities",
    # prometheus_client can serve metrics by itself and push them; Seda's applications answer for their own.
    "http.server",
    "socketserver",
    "urllib.request",
    "wsgiref.simple_server",
    # PyJWT can fetch keys, blocking; shared.http.tokens fetches them.
    "jwt.jwks_client",
    # FastAPI's own spans, metrics and logs, which shared.http.app switches off.
    "opentelemetry._logs",
    "opentelemetry.metrics",
    "opentelemetry.propagate",
    "opentelemetry.trace",
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
    # pydantic-settings can read a command line.
    "argparse",
    # importlib.metadata also finds packages inside archives; Seda's lie in folders.
    "zipfile",
    # FastAPI serves websockets too; Seda's event streams are plain HTTP.
    "starlette.websockets",
    # uvicorn's command line, with click and multiprocessing; Seda builds the server itself.
    "uvicorn.main",
)
"""Modules that are imported for nothing."""


class _ZopeInterface(ModuleType):
    """gevent marks classes with the interfaces they provide, which nothing asks for."""

    @staticmethod
    def classImplements(*_: Any) -> None:  # noqa: N802 -- zope's name
        return

    @staticmethod
    def implementer(*_: Any) -> Callable[[T], T]:
        return lambda marked: marked


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
    sys.modules.setdefault("zope.interface", _ZopeInterface("zope.interface"))
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from pydantic import BaseModel, ConfigDict

    BaseModel.model_config = ConfigDict(defer_build=True)
