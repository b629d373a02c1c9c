"""Make legs: a caller's channel that comes in, a channel that goes out to an endpoint (mod_sofia, mod_loopback)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from freeswitch.simulator.domain.causes import parse_cause
from freeswitch.simulator.domain.channel import Channel
from freeswitch.simulator.domain.dial_string import Endpoint
from freeswitch.simulator.domain.event import Headers
from freeswitch.simulator.domain.profile import CallerProfile
from freeswitch.simulator.domain.states import State
from freeswitch.simulator.far_end.loopback import LoopbackEnd
from freeswitch.simulator.session import Session

if TYPE_CHECKING:
    from freeswitch.simulator.far_end.end import FarEnd
    from freeswitch.simulator.switch import Switch


@dataclass(frozen=True)
class Refused(Exception):
    """No leg can be made to an endpoint."""

    cause: str


def incoming(switch: Switch, far: FarEnd, profile: CallerProfile, name: str, variables: dict[str, str]) -> Session:
    """A caller's leg, in CS_NEW with its first event sent; call `start` once authenticated."""
    channel = Channel(profile.uuid or str(uuid4()), name, "inbound", profile, switch.clock.now())
    profile.uuid = channel.uuid
    session = Session(switch, channel, far)
    channel.variables.update(
        {
            "direction": "inbound",
            "uuid": channel.uuid,
            "call_uuid": channel.uuid,
            "session_id": str(switch.new_session_number()),
            "channel_name": name,
            **variables,
        }
    )
    session.fire("CHANNEL_STATE")
    channel.state = State.INIT
    far.attach(session)
    session.start()
    return session


def outgoing(
    switch: Switch, endpoint: Endpoint, caller: Session | None, profile: CallerProfile, variables: dict[str, str]
) -> Session:
    """A leg to an endpoint, in CS_NEW, with its CHANNEL_OUTGOING sent.

    Raises:
        Refused: with the cause, when the endpoint cannot be rung (unregistered, gateway down, `error/CAUSE`).
    """
    if endpoint.kind == "error":
        raise Refused(parse_cause(endpoint.target, "NORMAL_CLEARING"))
    try:
        name, destination, far, found = _resolve(switch, endpoint)
    except Refused:
        if endpoint.kind == "sofia":
            _stillborn(switch, variables.get("origination_uuid") or str(uuid4()))
        raise
    profile.destination_number = destination
    profile.callee_id_number = profile.callee_id_number or _callee(endpoint, destination)
    uuid = variables.get("origination_uuid") or str(uuid4())
    if uuid in switch.sessions:
        raise Refused("DESTINATION_OUT_OF_ORDER")
    profile.uuid = uuid
    channel = Channel(uuid, name, "outbound", profile, switch.clock.now(), state=State.INIT, running_state=State.NONE)
    session = Session(switch, channel, far)
    if name.startswith("sofia/"):
        sofia_profile = "trunks" if name.startswith("sofia/trunks/") else "phones"
        found = {"sip_from_host": switch.settings.sip_address, **found, "sofia_profile_name": sofia_profile}
    else:
        profile.source = "mod_loopback"
    channel.variables.update(
        {
            "direction": "outbound",
            "is_outbound": "true",
            "uuid": uuid,
            "session_id": str(switch.new_session_number()),
            **found,
            "channel_name": name,
        }
    )
    if caller is not None:
        channel.other_type = "originator"
        channel.other_profile = caller.channel.profile.snapshot(with_times=False)
    far.attach(session)
    session.fire("CHANNEL_OUTGOING")
    return session


def _callee(endpoint: Endpoint, destination: str) -> str:
    """Whom a leg calls, where nobody said it; of a loopback what stands behind the last slash (`801/seda/XML`)."""
    return endpoint.target.rpartition("/")[2] if endpoint.kind == "loopback" else destination


def _stillborn(switch: Switch, uuid: str) -> None:
    """mod_sofia makes a leg before it looks for the contact: that leg is told of only by its end."""
    profile = CallerProfile(direction="outbound")
    channel = Channel(uuid, "N/A", "outbound", profile, switch.clock.now())
    channel.variables |= {"direction": "outbound", "is_outbound": "true", "uuid": channel.uuid}
    channel.variables["session_id"] = str(switch.new_session_number())
    headers = channel.basic_headers()
    kept: Headers = {name: value for name, value in headers.items() if not name.startswith("Caller-")}
    switch.fire("CHANNEL_DESTROY", extra=kept | channel.variable_headers())


def _resolve(switch: Switch, endpoint: Endpoint) -> tuple[str, str, FarEnd, dict[str, str]]:
    """Channel name, destination number, far end and SIP variables of an endpoint."""
    if endpoint.kind == "sofia":
        profile, _, target = endpoint.target.partition("/")
        if profile == "gateway":
            gateway_name, _, number = target.partition("/")
            gateway = switch.trunks.gateways.get(gateway_name)
            if gateway is None:
                raise Refused("INVALID_GATEWAY")
            if gateway.status == "DOWN":
                raise Refused("GATEWAY_DOWN")
            variables = {"sip_profile_name": "gateway", "sip_gateway_name": gateway_name, **gateway.variables()}
            return f"sofia/trunks/{number}", number, switch.trunks.leg_to(gateway, number), variables
        user, at, domain = target.partition("%")
        if at:
            phone = switch.phones.registered(user, domain)
            if phone is None:
                raise Refused("USER_NOT_REGISTERED")
            found = {"sip_profile_name": profile, "sip_local_url": f"{user}@{domain}"}
            return f"sofia/{profile}/{user}", target, phone.new_leg(), found
        return _resolve_address(switch, profile, target)
    if endpoint.kind == "user":
        user, _, domain = endpoint.target.partition("@")
        phone = switch.phones.registered(user, domain)
        if phone is None:
            raise Refused("USER_NOT_REGISTERED")
        return f"sofia/phones/{user}@{domain}", user, phone.new_leg(), {"sip_profile_name": "phones"}
    if endpoint.kind == "loopback":
        number, _, context = endpoint.target.partition("/")
        return f"loopback/{number}-a", number, LoopbackEnd(switch, number, context.partition("/")[0]), {}
    raise Refused("CHAN_NOT_IMPLEMENTED")


def _resolve_address(switch: Switch, profile: str, target: str) -> tuple[str, str, FarEnd, dict[str, str]]:
    """`sofia/trunks/number@host:port`: rung when the simulator was given a carrier at that address."""
    number, _, address = target.removeprefix("sip:").partition("@")
    gateway = switch.trunks.at_address(address)
    if gateway is None:
        raise Refused("NORMAL_TEMPORARY_FAILURE")
    variables = {"sip_profile_name": profile}
    return f"sofia/{profile}/{number}@{address}", number, switch.trunks.leg_to(gateway, number), variables
