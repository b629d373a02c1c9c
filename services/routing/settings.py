"""Settings of routing, from ``ROUTING_*``."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.runtime.settings import DatabaseSettings, ServiceSettings, SwitchSecretSettings, TokenSettings


class RoutingSettings(ServiceSettings, DatabaseSettings, TokenSettings, SwitchSecretSettings):
    """Settings of one routing process."""

    model_config = SettingsConfigDict(env_prefix="ROUTING_", extra="ignore")

    http_port: int = Field(default=8102, ge=1, le=65535, description="port of the REST API and of /switch/dialplan")
    ivr_addresses: str = Field(
        default="127.0.0.1:8205",
        max_length=2000,
        pattern=r"^(?:[A-Za-z0-9.-]+:[0-9]{1,5}(?:,[A-Za-z0-9.-]+:[0-9]{1,5})*)?$",
        description="where FreeSWITCH finds the ivr processes, host:port, comma-separated; empty: there are none",
    )
    originate_ring_seconds: int = Field(
        default=30, ge=5, le=120, description="how long the caller's own phone rings for POST /v1/calls"
    )

    @property
    def programs(self) -> tuple[str, ...]:
        """The addresses of the ivr processes."""
        return tuple(filter(None, self.ivr_addresses.split(",")))
