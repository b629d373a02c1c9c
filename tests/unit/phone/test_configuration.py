"""The switch's configuration as text: what can be proved without starting it."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

SWITCH = Path(__file__).resolve().parents[3] / "freeswitch"
CONF = SWITCH / "conf"
FILES = sorted(CONF.rglob("*.xml"))
NOT_WANTED = {
    "mod_verto",
    "mod_xml_rpc",
    "mod_shell_stream",
    "mod_httapi",
    "mod_sms",
    "mod_callcenter",
    "mod_event_zmq",
}


def settings() -> set[str]:
    return set(re.findall(r"\$(SEDA_[A-Z_]+)", (CONF / "vars.xml").read_text()))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CONF)))
def test_file_is_well_formed(path: Path) -> None:
    ElementTree.fromstring(f"<file>{re.sub(r'<[?]xml.*?[?]>', '', path.read_text())}</file>")  # noqa: S314


def test_every_setting_is_documented() -> None:
    readme = (SWITCH / "README.md").read_text()

    assert settings() == set(re.findall(r"`(SEDA_[A-Z_]+)`", readme))


def test_every_setting_has_a_default_and_is_used() -> None:
    text = (CONF / "vars.xml").read_text()
    names = {variable: name for name, variable in re.findall(r'env-set" data="(\w+)=\$(SEDA_[A-Z_]+)"', text)}
    everything = "".join(path.read_text() for path in FILES)

    assert set(names) == settings()
    for name in names.values():
        assert f'cmd="set" data="{name}=' in text
        assert f"$${{{name}}}" in everything or f"${{{name}}}" in everything


def test_no_dangerous_module_is_loaded() -> None:
    modules = set(re.findall(r'<load module="(\w+)"', (CONF / "autoload_configs" / "modules.conf.xml").read_text()))

    assert {"mod_sofia", "mod_xml_curl", "mod_json_cdr", "mod_event_socket"} <= modules
    assert not modules & NOT_WANTED


def test_image_installs_the_modules_that_are_loaded() -> None:
    modules = set(re.findall(r'<load module="mod_(\w+)"', (CONF / "autoload_configs" / "modules.conf.xml").read_text()))
    installed = re.search(r"modules=\(([^)]*)\)", (SWITCH / "Dockerfile").read_text())

    assert installed is not None
    assert {name.replace("-", "_") for name in installed[1].split()} == modules


def test_no_public_password_and_no_user_stand_in_the_configuration() -> None:
    everything = "".join(path.read_text() for path in FILES)

    assert "ClueCon" not in everything
    assert "<user " not in everything
    assert 'name="accept-blind' not in everything


@pytest.mark.parametrize("language", ["en", "fa", "ar"])
def test_every_announcement_is_there(language: str) -> None:
    wanted = set(re.findall(r"/([a-z-]+\.wav)", (CONF / "dialplan" / "fallback.xml").read_text()))

    assert wanted <= {path.name for path in (SWITCH / "sounds" / language).glob("*.wav")}
