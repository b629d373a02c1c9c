"""Settings of ivr, from ``IVR_*``."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from services.ivr.smtp import MailServer
from shared.runtime.settings import DatabaseSettings, ServiceSettings, SwitchSecretSettings, TokenSettings


class IvrSettings(ServiceSettings, DatabaseSettings, TokenSettings, SwitchSecretSettings):
    """Settings of one ivr process."""

    model_config = SettingsConfigDict(env_prefix="IVR_", extra="ignore")

    http_port: int = Field(default=8105, ge=1, le=65535, description="port of the REST API")
    call_host: str = Field(default="127.0.0.1", description="address FreeSWITCH hands calls to (its `socket`)")
    call_port: int = Field(default=8205, ge=0, le=65535, description="port FreeSWITCH hands calls to")
    max_calls: int = Field(
        default=300, ge=1, le=5000, description="calls at once; one more goes on to its flow's fallback"
    )
    drain_seconds: float = Field(
        default=5.0, ge=0, le=3600, description="at a stop, wait this long for calls to end; the rest go to a replica"
    )
    media_dir: Path = Field(
        default=Path("var/media"),
        description="prompts, greetings and recordings, one folder a tenant; the same path on every FreeSWITCH node",
    )
    sounds_dir: str = Field(
        default="", description="Seda's own sounds as FreeSWITCH knows them; empty: relative to its sounds directory"
    )
    private_addresses: bool = Field(
        default=False, description="let flows ask programs at private addresses (10/8, localhost, ...)"
    )
    recogniser_url: str = Field(
        default="",
        max_length=1000,
        pattern=r"^(https?://.+)?$",
        description="program that writes down what callers say (see services/ivr/README.md); empty: keys are asked for",
    )
    smtp_url: SecretStr | None = Field(
        default=None,
        description="mail server for mails about voicemail: smtp://user:password@host:port (TLS when offered, and"
        " insisted on when there is a password), smtp+starttls:// or smtps://; empty: mails wait, three days at most",
    )
    smtp_from: str = Field(
        default="Seda <voicemail@localhost>",
        description="sender of mails about voicemail: an address, or Name <address>",
    )

    @field_validator("smtp_url")
    @classmethod
    def _mail_server(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None or not value.get_secret_value():
            return None
        MailServer.parse(value.get_secret_value())
        return value

    @field_validator("smtp_from")
    @classmethod
    def _sender(cls, value: str) -> str:
        if not value.isprintable() or "@" not in value:
            raise ValueError("must be a mail address, or Name <address>")
        return value
