"""What each service may touch on NATS, derived from the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

from shared.bus.leases import LEASE_STREAM, LEASE_SUBJECT
from shared.contracts.catalogue import COMMANDS, EVENTS, STREAMS
from shared.contracts.message import EVERY_EVENT, Command, Event


@dataclass(frozen=True, slots=True)
class Access:
    """What a service does on the bus.

    Args:
        owns: owners (``Event.owner``) whose events it publishes.
        serves: owners (``Command.owner``) whose commands it carries out.
        requests: owners whose commands it sends.
        reads: owners whose events it consumes or replicates.
        shows: publishes live snapshots.
        watches: receives live snapshots.
        follows: looks on while events happen, of all tenants.
    """

    owns: tuple[str, ...] = ()
    serves: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    shows: bool = False
    watches: bool = False
    follows: bool = False


SERVICES: dict[str, Access] = {
    "directory": Access(owns=("directory",), reads=("directory",)),
    "routing": Access(
        owns=("routing",),
        serves=("routing",),
        requests=("switch", "acd"),
        reads=("directory", "routing", "switchlink", "reporting", "ivr", "acd"),
    ),
    "ivr": Access(
        owns=("ivr",),
        serves=("ivr",),
        requests=("switch",),
        reads=("directory", "routing", "ivr", "switchlink", "acd"),
    ),
    "acd": Access(
        owns=("acd",),
        serves=("acd",),
        requests=("switch", "acd", "routing", "ivr"),
        reads=("directory", "routing", "switchlink", "acd"),
        follows=True,
    ),
    "reporting": Access(
        owns=("reporting",), serves=("reporting",), reads=("switchlink", "directory", "acd"), shows=True, follows=True
    ),
    "switchlink": Access(
        owns=("switchlink",),
        serves=("switch",),
        requests=("reporting",),
        reads=("directory", "routing", "ivr", "switchlink"),
    ),
    "cli": Access(
        requests=("switch",), reads=("directory", "routing", "switchlink", "reporting", "ivr", "acd"), watches=True
    ),
}
"""The services of the platform. A message class whose owner no service owns or serves fails a test."""


@dataclass(frozen=True, slots=True)
class Permissions:
    """Subjects a NATS user may publish to and subscribe to; it may always answer a request it received."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]

    def as_config(self) -> dict[str, object]:
        """As the server's configuration file has it."""
        return {
            "publish": list(self.publish),
            "subscribe": list(self.subscribe),
            # Several replies to one request: a command sent to all nodes is answered by each.
            "allow_responses": {"max": 1, "expires": "5m"},
        }


def permissions_for(service: str) -> Permissions:
    """The permissions of a service.

    Raises:
        KeyError: it is not in ``SERVICES``.
    """
    access = SERVICES[service]
    publish = [event.pattern() for event in EVENTS if event.owner in access.owns]
    publish += [f"{command.prefix()}.*" for command in COMMANDS if command.owner in access.requests]
    publish += _stream_upkeep()
    subscribe = [f"_INBOX.{service}.>"]
    subscribe += [f"{command.prefix()}.*" for command in COMMANDS if command.owner in access.serves]
    if access.reads:
        publish += _stream_reading(access)
    publish += [
        f"{LEASE_SUBJECT}.>",
        f"$JS.API.DIRECT.GET.{LEASE_STREAM}.>",
        f"$JS.API.STREAM.MSG.DELETE.{LEASE_STREAM}",
    ]
    if access.shows:
        publish.append("seda.live.>")
    if access.follows:
        subscribe.append(EVERY_EVENT)
    if access.watches:
        subscribe.append("seda.live.>")
    return Permissions(tuple(publish), tuple(subscribe))


def all_permissions() -> dict[str, Permissions]:
    """The permissions of every service, by name."""
    return {service: permissions_for(service) for service in SERVICES}


def unowned() -> list[type[Event] | type[Command]]:
    """Message classes that no service publishes or carries out."""
    owners = {owner for access in SERVICES.values() for owner in access.owns}
    servers = {owner for access in SERVICES.values() for owner in access.serves}
    return [event for event in EVENTS if event.owner not in owners] + [
        command for command in COMMANDS if command.owner not in servers
    ]


def _stream_upkeep() -> list[str]:
    """Any service may create or update the streams of the catalogue: whoever starts first does."""
    names = [*(stream.name for stream in STREAMS), LEASE_STREAM]
    return [f"$JS.API.STREAM.{verb}.{name}" for name in names for verb in ("INFO", "CREATE", "UPDATE")]


def _stream_reading(access: Access) -> list[str]:
    read = {event.pattern() for event in EVENTS if event.owner in access.reads}
    subjects: list[str] = []
    for stream in STREAMS:
        if read.isdisjoint(stream.subjects):
            continue
        subjects += [
            f"$JS.API.CONSUMER.CREATE.{stream.name}.>",
            f"$JS.API.CONSUMER.INFO.{stream.name}.>",
            f"$JS.API.CONSUMER.MSG.NEXT.{stream.name}.>",
            f"$JS.ACK.{stream.name}.>",
        ]
    return subjects
