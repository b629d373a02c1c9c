"""What the one-machine launcher can be told, by environment variables ``SEDA_...``."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT = Path(__file__).resolve().parents[2]


class LocalSettings(BaseSettings):
    """Where everything stands on this machine. All of it listens on 127.0.0.1."""

    model_config = SettingsConfigDict(env_prefix="SEDA_", extra="ignore")

    var: Path = Field(default=PROJECT / "var", description="folder of all data; `make run ARGS=--fresh` empties it")
    freeswitch: str | None = Field(
        default=None, description="the FreeSWITCH program; by default the one in PATH; `none` takes the simulator"
    )
    postgres_port: int = Field(default=8432, ge=1, le=65535, description="port of the embedded PostgreSQL")
    nats_port: int = Field(default=8422, ge=1, le=65535, description="port of the embedded NATS")
    directory_port: int = Field(default=8101, ge=1, le=65535, description="port of directory's REST API")
    routing_port: int = Field(default=8102, ge=1, le=65535, description="port of routing's REST API")
    switchlink_port: int = Field(default=8103, ge=1, le=65535, description="port of switchlink's health and metrics")
    reporting_port: int = Field(default=8104, ge=1, le=65535, description="port of reporting's REST API")
    ivr_port: int = Field(default=8105, ge=1, le=65535, description="port of ivr's REST API")
    acd_port: int = Field(default=8106, ge=1, le=65535, description="port of acd's REST API")
    ivr_call_port: int = Field(default=8205, ge=1, le=65535, description="port the switch hands calls to ivr on")
    event_socket_port: int = Field(default=8121, ge=1, le=65535, description="port of the switch's event socket")
    sip_phones_port: int = Field(default=5060, ge=1, le=65535, description="SIP port for phones")
    sip_trunks_port: int = Field(default=5080, ge=1, le=65535, description="SIP port for trunks")
    rtp_first_port: int = Field(default=16384, ge=1024, le=65000, description="first media port")
    rtp_last_port: int = Field(default=17383, ge=1024, le=65535, description="last media port")
    start_seconds: float = Field(default=60.0, ge=5, le=600, description="how long each part may take to be ready")
    log_level: str = Field(default="warning", description="least level the services log")

    @property
    def ports(self) -> dict[str, int]:
        """Every port taken, by who takes it."""
        return {
            "postgres": self.postgres_port,
            "nats": self.nats_port,
            "directory": self.directory_port,
            "routing": self.routing_port,
            "switchlink": self.switchlink_port,
            "reporting": self.reporting_port,
            "ivr": self.ivr_port,
            "acd": self.acd_port,
            "ivr_calls": self.ivr_call_port,
            "event_socket": self.event_socket_port,
            "sip_phones": self.sip_phones_port,
            "sip_trunks": self.sip_trunks_port,
        }

    def url(self, service: str) -> str:
        """Where a service answers HTTP."""
        return f"http://127.0.0.1:{self.ports[service]}"
