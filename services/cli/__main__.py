"""``seda``: the command line."""

from __future__ import annotations

import typer

from services.cli import calls
from services.cli.agents import agent
from services.cli.contacts import contact
from services.cli.flows import flow
from services.cli.mailboxes import mailbox
from services.cli.prompts import prompt
from services.cli.queues import queue
from services.cli.resources import RESOURCES, command
from services.cli.results import callback, survey
from services.cli.tail import tail
from services.cli.waiting import STEERING

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Seda: a cloud PBX and call centre.",
)
for resource in RESOURCES:
    app.add_typer(command(resource), name=resource.name)
app.add_typer(calls.call, name="call")
app.add_typer(calls.record, name="record")
app.add_typer(calls.node, name="node")
app.add_typer(flow, name="flow")
app.add_typer(prompt, name="prompt")
app.add_typer(mailbox, name="mailbox")
for steer in STEERING:
    queue.command()(steer)
app.add_typer(queue, name="queue")
app.add_typer(agent, name="agent")
app.add_typer(contact, name="contact")
app.add_typer(survey, name="survey")
app.add_typer(callback, name="callback")
app.command()(tail)


def main() -> None:
    """Entry point of the program ``seda``."""
    app()


if __name__ == "__main__":
    main()
