"""What the directory can be told, by environment variables ``DIRECTORY_...``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.directory.secret_box import checked_keys
from shared.runtime.settings import DatabaseSettings, ServiceSettings, SwitchSecretSettings


def _secrets_key(value: SecretStr) -> SecretStr:
    checked_keys(value.get_secret_value())
    return value


class SigningSettings(BaseSettings):
    """Where the keys are that sign access tokens."""

    model_config = SettingsConfigDict(env_prefix="DIRECTORY_", extra="ignore")

    signing_key_file: Path = Field(
        default=Path("var/directory/signing-keys.pem"),
        description="Ed25519 private keys (PEM): the first signs, all are published; made when absent",
    )


class DirectorySettings(ServiceSettings, DatabaseSettings, SwitchSecretSettings, SigningSettings):
    """Settings of the directory."""

    model_config = SettingsConfigDict(env_prefix="DIRECTORY_", extra="ignore")

    http_port: int = Field(default=8101, ge=1, le=65535, description="port the HTTP server listens on")
    secrets_key: Annotated[SecretStr, AfterValidator(_secrets_key)] = Field(
        description="Fernet keys for trunk secrets, separated by commas: the first encrypts, all open"
    )
    token_issuer: str = Field(default="seda", min_length=1, max_length=200, description="issuer named in tokens")
    access_token_seconds: int = Field(default=900, ge=60, le=3600, description="life of an access token")
    refresh_token_days: int = Field(default=14, ge=1, le=90, description="life of a refresh token that is not used")
    address_failure_limit: int = Field(
        default=50,
        ge=5,
        le=100_000,
        description="failed sign-ins of one source address in five minutes before it must wait",
    )
    hash_concurrency: int = Field(
        default=2, ge=1, le=16, description="passwords checked at once (64 MB and a core each)"
    )
    user_cache_seconds: int = Field(
        default=300, ge=0, le=1800, description="how long FreeSWITCH may keep a SIP user; 0: it asks each time"
    )


class MigrationSettings(DatabaseSettings):
    """What ``python -m services.directory migrate`` needs."""

    model_config = SettingsConfigDict(env_prefix="DIRECTORY_", extra="ignore")


class BootstrapSettings(DatabaseSettings):
    """What ``python -m services.directory bootstrap`` needs."""

    model_config = SettingsConfigDict(env_prefix="DIRECTORY_", extra="ignore")

    bootstrap_password: SecretStr | None = Field(
        default=None, min_length=12, max_length=128, description="the first administrator's password; none: one is made"
    )
