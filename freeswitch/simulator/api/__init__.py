"""API commands by name, and their dispatcher (`api`, `bgapi`)."""

from __future__ import annotations

import shlex
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from freeswitch.simulator.api import channels, node, originate, rooms, sim, sofia

if TYPE_CHECKING:
    from freeswitch.simulator.switch import Switch

Run = Callable[["Switch", str], Awaitable[str]]

COMMANDS: dict[str, Run] = {
    **channels.COMMANDS,
    **node.COMMANDS,
    **originate.COMMANDS,
    **rooms.COMMANDS,
    **sofia.COMMANDS,
    "sim": sim.sim,
}


class ApiCommands:
    """Runs one API command and gives its output, as `api` returns it."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        switch.api = self

    async def run(self, line: str) -> str:
        """`name arguments`; an unknown command gives the switch's own words for it."""
        name, _, arguments = line.strip().partition(" ")
        command = COMMANDS.get(name)
        if command is None:
            return f"-ERR {name} Command not found!\n"
        return await command(self._switch, arguments.strip())


def split(arguments: str) -> list[str]:
    """Words of an argument line; quotes keep words together, a stray quote is a letter."""
    try:
        return shlex.split(arguments)
    except ValueError:
        return arguments.split()
