"""Settings of the simulated switch: flags, else the environment variables the real one's configuration reads."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from freeswitch.simulator.static_conf import CONF


@dataclass(frozen=True)
class Settings:
    """What one simulated node is given."""

    node: str = "switch-sim"
    host: str = "127.0.0.1"
    port: int = 8021
    password: str = "ClueCon"  # noqa: S105 - the switch's own public default; the launcher sets another
    directory_url: str = ""
    dialplan_url: str = ""
    secret: str = ""
    cdr_spool: Path | None = None
    sip_address: str = "127.0.0.1"
    phones_port: int = 5060
    trunks_port: int = 5080
    speed: float = 1.0
    stepped: bool = False
    max_sessions: int = 2000
    conf: Path = field(default=CONF)


def parse_settings(arguments: Sequence[str] | None = None) -> Settings:
    """Read flags and environment.

    Raises:
        SystemExit: when a value is wrong; the message names the setting.
    """
    parsed = _parser().parse_args(arguments)
    if parsed.speed <= 0:
        _parser().error(f"--speed must be above 0, not {parsed.speed}")
    spool = Path(parsed.cdr_spool) if parsed.cdr_spool else None
    if spool is not None:
        spool.mkdir(parents=True, exist_ok=True)
    return Settings(
        node=parsed.node,
        host=parsed.host,
        port=parsed.port,
        password=parsed.password,
        directory_url=parsed.directory_url,
        dialplan_url=parsed.dialplan_url,
        secret=parsed.secret,
        cdr_spool=spool,
        sip_address=parsed.sip_address,
        phones_port=parsed.phones_port,
        trunks_port=parsed.trunks_port,
        speed=parsed.speed,
        stepped=parsed.stepped,
        max_sessions=parsed.max_sessions,
        conf=Path(parsed.conf),
    )


def _parser() -> argparse.ArgumentParser:
    env = os.environ.get
    parser = argparse.ArgumentParser(
        prog="seda-switch-sim",
        description="SIMULATOR: stands in for FreeSWITCH where there is none. No real SIP or audio.",
    )
    add = parser.add_argument
    add("--node", default=env("SEDA_NODE", "switch-sim"), help="node name (SEDA_NODE)")
    add("--host", default=env("SEDA_ESL_HOST", "127.0.0.1"), help="event socket address (SEDA_ESL_HOST)")
    add("--port", type=int, default=env("SEDA_ESL_PORT", "8021"), help="event socket port, 0 for any (SEDA_ESL_PORT)")
    add("--password", default=env("SEDA_ESL_PASSWORD", "ClueCon"), help="event socket password (SEDA_ESL_PASSWORD)")
    add("--directory-url", default=env("SEDA_DIRECTORY_SWITCH_URL", ""), help="users (SEDA_DIRECTORY_SWITCH_URL)")
    add("--dialplan-url", default=env("SEDA_ROUTING_SWITCH_URL", ""), help="dialplan (SEDA_ROUTING_SWITCH_URL)")
    add("--secret", default=env("SEDA_SWITCH_SECRET", ""), help="password of user `switch` there (SEDA_SWITCH_SECRET)")
    add("--cdr-spool", default=env("SEDA_CDR_SPOOL", ""), help="directory for call records (SEDA_CDR_SPOOL)")
    add("--sip-address", default=env("SEDA_SIP_ADDRESS", "127.0.0.1"), help="shown in events (SEDA_SIP_ADDRESS)")
    add("--phones-port", type=int, default=env("SEDA_SIP_PHONES_PORT", "5060"), help="shown (SEDA_SIP_PHONES_PORT)")
    add("--trunks-port", type=int, default=env("SEDA_SIP_TRUNKS_PORT", "5080"), help="shown (SEDA_SIP_TRUNKS_PORT)")
    add("--speed", type=float, default=env("SEDA_SIMULATOR_SPEED", "1"), help="simulated seconds a second")
    add("--stepped", action="store_true", help='time stands until `api sim clock {"advance": seconds}`')
    add("--max-sessions", type=int, default=env("SEDA_MAX_SESSIONS", "2000"), help="legs at once (SEDA_MAX_SESSIONS)")
    add("--conf", default=str(CONF), help="configuration directory with vars.xml and dialplan/")
    return parser
