"""A port that is taken is told with who has it and which setting moves it, before anything is started."""

from __future__ import annotations

import os
import socket

import pytest

from deploy.local import ports
from tests.support.ports import free_port


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_taken_port_is_told_with_its_holder_and_its_setting(host: str) -> None:
    with socket.create_server((host, 0)) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(ports.PortsTaken) as taken:
            ports.check({"directory": port, "nats": free_port()})
    told = str(taken.value)
    assert told.startswith(f"port {port} (directory) is taken by ")
    assert f"(process {os.getpid()}); stop it, or set SEDA_DIRECTORY_PORT to another" in told
    assert "\n" not in told


def test_a_phone_port_must_be_free_for_udp_too() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        port = free_port()
        holder.bind(("127.0.0.1", port))
        ports.check({"nats": port})
        with pytest.raises(ports.PortsTaken, match=f"port {port} \\(sip_phones\\)"):
            ports.check({"sip_phones": port})


def test_free_ports_are_no_news() -> None:
    ports.check({"nats": free_port(), "sip_trunks": free_port()})
