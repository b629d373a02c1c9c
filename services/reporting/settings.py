"""Settings of reporting, from ``REPORTING_*``."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.runtime.settings import DatabaseSettings, ServiceSettings, TokenSettings


class ReportingSettings(ServiceSettings, DatabaseSettings, TokenSettings):
    """Settings of one reporting process."""

    model_config = SettingsConfigDict(env_prefix="REPORTING_", extra="ignore")

    http_port: int = Field(default=8104, ge=1, le=65535, description="port of the REST API")
    unseen_after_seconds: float = Field(
        default=60.0,
        ge=5,
        le=3600,
        description="how long a leg that ended out of sight waits for the switch's own record",
    )
    recordless_after_seconds: float = Field(
        default=600.0, ge=30, le=86400, description="how long a leg that was seen to end waits for it"
    )
