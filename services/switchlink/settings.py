"""Settings of switchlink, from ``SWITCHLINK_*``."""

from __future__ import annotations

import socket
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from shared.runtime.settings import ServiceSettings


class SwitchlinkSettings(ServiceSettings):
    """One switchlink and the one FreeSWITCH node beside it."""

    model_config = SettingsConfigDict(env_prefix="SWITCHLINK_", extra="ignore")

    http_port: int = Field(default=8103, ge=1, le=65535, description="port of health and metrics")
    node_id: str = Field(
        default_factory=lambda: socket.gethostname().split(".")[0],
        pattern=r"^[A-Za-z0-9_-]{1,64}$",
        description="name of the node; by default the host's",
    )
    event_socket_host: str = Field(default="127.0.0.1", description="the node's event socket; loopback")
    event_socket_port: int = Field(default=8021, ge=1, le=65535, description="port of the event socket")
    event_socket_password: SecretStr = Field(min_length=8, description="password of the event socket")
    spool_dir: Path = Field(description="where FreeSWITCH writes its call records (mod_json_cdr log-dir)")
    recordings_dir: Path = Field(default=Path("recordings"), description="where FreeSWITCH writes recordings")
    report_seconds: float = Field(default=5.0, ge=0.5, le=60, description="how often the node's load is told")
    lost_after_seconds: float = Field(
        default=4.0, ge=1, le=60, description="how long the event socket refuses before the switch counts as lost"
    )
    unanswering_after_seconds: float = Field(
        default=60.0, ge=5, le=600, description="how long it may hang without an answer before that"
    )
    spool_scan_seconds: float = Field(default=0.4, ge=0.02, le=10, description="how often the spool is looked at")
    quarantine_after_seconds: float = Field(
        default=30.0, ge=1, le=3600, description="age at which an unreadable record is put aside in bad/"
    )
