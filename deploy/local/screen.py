"""What the launcher shows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from deploy.local.demo import ADMIN_EMAIL, FLOW, NUMBER

if TYPE_CHECKING:
    from deploy.local.demo import Demo
    from deploy.local.platform import Platform

console = Console(highlight=False, soft_wrap=True)

RECORD_ROWS = (
    ("caller", lambda r: f"{r['caller_name']} <{r['caller_number']}>"),
    ("called", lambda r: r["called_number"]),
    ("answered by", lambda r: r["answered_by"] or "nobody"),
    ("started", lambda r: r["started_at"]),
    ("rang", lambda r: f"{r['ring_seconds']:.2f} s"),
    ("talked", lambda r: f"{r['talk_seconds']:.2f} s"),
    ("ended", lambda r: f"{r['cause_text']}, hung up by the {r['hung_up_by']}"),
    ("call id", lambda r: r["call_id"]),
)


def say(text: str) -> None:
    """A step that is done."""
    console.print(f"[dim]{'seda':>10} |[/dim] {escape(text)}")


def failed(text: str) -> None:
    """Why it does not go on; a process's last lines may stand in it, brackets and all."""
    console.print(f"[bold red]Seda cannot run:[/bold red] {escape(text)}")


def starting(freeswitch: Path | None) -> None:
    """Which switch it will be."""
    if freeswitch:
        say(f"starting with FreeSWITCH ({freeswitch})")
    else:
        say("starting with the simulator: no FreeSWITCH found (SEDA_FREESWITCH or PATH)")


def record(told: dict[str, Any]) -> None:
    """The first call's record."""
    table = Table(title="The first call's record", show_header=False, title_justify="left")
    for label, value in RECORD_ROWS:
        table.add_row(label, escape(str(value(told))))
    console.print(table)


def ready(platform: Platform, demo: Demo, seconds: float) -> None:
    """What there is now, and what to try."""
    settings = platform.settings
    lines = [f"{name:<10} {settings.url(name)}/docs" for name in ("directory", "routing", "reporting", "ivr", "acd")]
    lines += ["", f"{ADMIN_EMAIL}, password: admin_password in", f"  {settings.var / 'secrets.json'}"]
    if platform.real:
        server = f"127.0.0.1:{settings.sip_phones_port}"
        lines += ["", f"SIP server {server} (UDP), domain {demo.phones[0].domain}"]
        lines += [f"  user {phone.sip_username}, password {phone.password}" for phone in demo.phones]
    if platform.real:
        lines += [f"Dial {NUMBER} for a call flow, *60 for the time, *97 for 101's mailbox, 102 for the other phone"]
    words = ("record list", "node list", f"flow try {FLOW} 2 1", "tail", "--help")
    lines += ["", "Try", *(f"  .venv/bin/seda {one}" for one in words)]
    console.print(Panel(escape("\n".join(lines)), title=f"Seda is up after {seconds:.1f} s", title_align="left"))
    console.print("Seda is ready", style="bold green")
