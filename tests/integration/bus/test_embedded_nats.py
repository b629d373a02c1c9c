"""The server for one machine."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from deploy.local.nats import EmbeddedNats, NatsFailed, find_nats_server
from shared.bus.nats import NatsBus
from shared.contracts.calls import CallCreated
from shared.contracts.catalogue import CALLS
from tests.support.bus_messages import Inbox, created


def test_server_of_the_pinned_package_is_found() -> None:
    assert find_nats_server().is_file()


def test_server_named_by_the_setting_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEDA_NATS_SERVER", sys.executable)
    assert find_nats_server() == Path(sys.executable)


async def test_streams_stay_from_start_to_start(nats_server: EmbeddedNats) -> None:
    bus = NatsBus(nats_server.url, "test")
    await bus.start()
    await bus.ensure_streams()
    await bus.publish(created("call-1"))
    await bus.stop()
    nats_server.stop()
    assert not nats_server.running
    again = EmbeddedNats(nats_server.data_dir)
    again.start()
    try:
        bus, inbox = NatsBus(again.url, "test"), Inbox()
        await bus.start()
        await bus.consume("records", CALLS, [CallCreated], inbox)
        assert [event.call_id for event in await inbox.wait()] == ["call-1"]
        await bus.stop()
    finally:
        again.kill()


def test_server_left_behind_by_a_killed_launcher_makes_way(nats_server: EmbeddedNats) -> None:
    left = nats_server.pid
    again = EmbeddedNats(nats_server.data_dir, nats_server.port)
    again.start()
    try:
        assert again.running
        assert again.pid != left
        assert not nats_server.running
    finally:
        again.kill()


def test_port_that_somebody_else_has_is_an_error_with_a_reason(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        server = EmbeddedNats(tmp_path / "nats", other.getsockname()[1])
        with pytest.raises(NatsFailed, match="address already in use"):
            server.start(timeout=5)


def test_program_that_is_not_there_is_named_with_its_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEDA_NATS_SERVER", "/nowhere/nats-server")
    with pytest.raises(NatsFailed, match="SEDA_NATS_SERVER is /nowhere/nats-server"):
        find_nats_server()
