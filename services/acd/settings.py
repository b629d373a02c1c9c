"""Settings of acd, from ``ACD_*``."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.runtime.settings import DatabaseSettings, ServiceSettings, SwitchSecretSettings, TokenSettings


class AcdSettings(ServiceSettings, DatabaseSettings, TokenSettings, SwitchSecretSettings):
    """Settings of one acd process."""

    model_config = SettingsConfigDict(env_prefix="ACD_", extra="ignore")

    http_port: int = Field(default=8106, ge=1, le=65535, description="port of the REST API")
    keep_days: int = Field(
        default=400, ge=1, le=3660, description="how long callers' times in line and agents' histories are kept"
    )
