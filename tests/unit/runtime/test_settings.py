import pytest
from pydantic_settings import SettingsConfigDict

from shared.runtime.settings import DatabaseSettings, ServiceSettings, load


class ShopSettings(ServiceSettings, DatabaseSettings):
    model_config = SettingsConfigDict(env_prefix="SHOP_")


def test_settings_come_from_the_environment_with_the_services_prefix(monkeypatch):
    monkeypatch.setenv("SHOP_HTTP_PORT", "8123")
    monkeypatch.setenv("SHOP_DATABASE_URL", "postgresql://shop@db/seda")
    settings = load(ShopSettings)
    assert settings.http_port == 8123
    assert settings.database_url.get_secret_value() == "postgresql://shop@db/seda"


def test_a_wrong_setting_refuses_to_start_and_is_named_without_its_value(monkeypatch, capsys):
    monkeypatch.setenv("SHOP_HTTP_PORT", "99999-secret")
    monkeypatch.delenv("SHOP_DATABASE_URL", raising=False)
    with pytest.raises(SystemExit) as stopped:
        load(ShopSettings)
    said = capsys.readouterr().err
    assert stopped.value.code == 2
    assert "SHOP_HTTP_PORT" in said
    assert "SHOP_DATABASE_URL: Field required" in said
    assert "99999-secret" not in said
