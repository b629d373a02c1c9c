"""Settings from the environment; a wrong one refuses to start and is named."""

from __future__ import annotations

import sys
from typing import Any, Literal, NoReturn, TypeVar

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """What every service can be told. Each service subclasses this with its own prefix (``DIRECTORY_HTTP_PORT``)."""

    model_config = SettingsConfigDict(extra="ignore")

    http_host: str = Field(default="127.0.0.1", description="address the HTTP server listens on")
    http_port: int = Field(default=8000, ge=1, le=65535, description="port the HTTP server listens on")
    nats_url: str = Field(
        default="nats://127.0.0.1:4222", description="NATS server, with user and password if it wants them"
    )
    nats_replicas: int = Field(default=1, ge=1, le=5, description="copies of each JetStream stream; 3 in a cluster")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="least level that is logged"
    )
    log_format: Literal["console", "json"] = Field(default="json", description="console for people, json for machines")
    shutdown_grace_seconds: float = Field(default=10.0, ge=0, le=300, description="time for work under way at a stop")


class DatabaseSettings(BaseSettings):
    """Settings of a service that keeps tables."""

    database_url: SecretStr = Field(description="PostgreSQL, as the service's own role")
    migrations_url: SecretStr | None = Field(default=None, description="PostgreSQL, as the role that owns the schema")
    database_pool_size: int = Field(
        default=5, ge=1, le=100, description="connections kept open; acd keeps up to as many again for its queues"
    )


class TokenSettings(BaseSettings):
    """Settings of a service that checks access tokens."""

    jwks_url: str = Field(
        default="http://127.0.0.1:8101/.well-known/jwks.json", description="where directory publishes its public keys"
    )
    token_issuer: str = Field(default="seda", description="issuer that tokens must name")


class SwitchSecretSettings(BaseSettings):
    """Settings of a service that FreeSWITCH asks over mod_xml_curl."""

    switch_secret: SecretStr = Field(
        min_length=16, description="password of /switch/* (user switch), FreeSWITCH's alone"
    )


S = TypeVar("S", bound=BaseSettings)


def load(settings_class: type[S], **overrides: Any) -> S:
    """Read settings from the environment, or end the process with status 2 and a line per wrong setting."""
    try:
        return settings_class(**overrides)
    except ValidationError as error:
        refuse(settings_class, error)


def refuse(settings_class: type[BaseSettings], error: ValidationError) -> NoReturn:
    """Print what is wrong, by the name of the environment variable, and exit with status 2."""
    for line in problems(settings_class, error):
        print(f"wrong setting: {line}", file=sys.stderr)  # noqa: T201 -- logging is not configured yet
    raise SystemExit(2)


def problems(settings_class: type[BaseSettings], error: ValidationError) -> list[str]:
    """One line per wrong setting: its environment variable and what is wrong with it. Values are not shown."""
    prefix = settings_class.model_config.get("env_prefix", "")
    return [
        f"{prefix}{'_'.join(map(str, e['loc']))}".upper() + f": {e['msg']}" for e in error.errors(include_input=False)
    ]
