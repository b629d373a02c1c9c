"""set, export, unset and their like."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from freeswitch.simulator.session import Session


async def set_variable(session: Session, data: str) -> None:
    """`name=value`; no value removes."""
    name, _, value = data.partition("=")
    session.channel.set(name.strip(), None if value.strip() == "_undef_" else value)


async def multiset(session: Session, data: str) -> None:
    """`a=1 b=2`, or with another separator after `^^`."""
    separator = " "
    if data.startswith("^^") and len(data) > 2:
        separator, data = data[2], data[3:]
    for part in data.split(separator):
        await set_variable(session, part)


async def export(session: Session, data: str) -> None:
    """Set, and let legs dialled from here have it; `nolocal:name=value` only those."""
    name, _, value = data.partition("=")
    local = name.removeprefix("nolocal:")
    session.channel.set(name if name != local else local, value)
    if value:
        exported = session.channel.get("export_vars")
        session.channel.set("export_vars", f"{exported},{name}" if exported else name)


async def bridge_export(session: Session, data: str) -> None:
    """Set now; copied at the bridge (approximated as `export`)."""
    await export(session, data)


async def unset(session: Session, data: str) -> None:
    """Remove a variable."""
    session.channel.set(data.strip(), None)


async def set_profile_var(session: Session, data: str) -> None:
    """Set a field of the caller profile, e.g. `caller_id_name=Alice`."""
    name, _, value = data.partition("=")
    if session.channel.profile.lookup(name) is not None:
        setattr(session.channel.profile, name, value)


async def ignore(_session: Session, _data: str) -> None:
    """Nothing that Seda could see."""
