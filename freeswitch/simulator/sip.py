"""What mod_sofia makes of SIP messages: variables, codec, hangup causes (sofia.c, mod_sofia.c, sofia_glue.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from freeswitch.simulator.bridging import uuid_bridge
from freeswitch.simulator.domain.causes import cause_of_sip, q850
from freeswitch.simulator.domain.channel import Channel
from freeswitch.simulator.domain.event import Headers
from freeswitch.simulator.domain.profile import CallerProfile
from freeswitch.simulator.domain.states import State
from freeswitch.simulator.transfer import blind_transfer

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from freeswitch.simulator.far_end.leg import FarLeg
    from freeswitch.simulator.far_end.phones import Phone
    from freeswitch.simulator.session import Session
    from freeswitch.simulator.settings import Settings
    from freeswitch.simulator.switch import Switch

CODEC = "PCMU"


def auth_fields(phone: Phone, *, method: str, to_user: str, nonce: str, uri: str, answer: str) -> dict[str, str]:
    """Form fields of the directory question for one authenticated request (sofia_reg_parse_auth)."""
    account, settings = phone.account, phone.switch.settings
    fields = {
        "action": "sip_auth",
        "sip_profile": "phones",
        "sip_user_agent": "Seda simulator",
        "sip_auth_username": account.user,
        "sip_auth_realm": account.domain,
        "sip_auth_nonce": nonce,
        "sip_auth_uri": uri,
        "sip_contact_user": account.user,
        "sip_contact_host": settings.sip_address,
        "sip_to_user": to_user,
        "sip_to_host": account.domain,
        "sip_via_protocol": "udp",
        "sip_from_user": account.user,
        "sip_from_host": account.domain,
        "sip_call_id": phone.call_id,
        "sip_request_host": account.domain,
        "sip_auth_qop": "auth",
        "sip_auth_cnonce": "c",
        "sip_auth_nc": "00000001",
        "sip_auth_response": answer,
        "sip_auth_method": method,
        "client_port": str(phone.port),
        "ip": settings.sip_address,
    }
    if method == "INVITE":
        fields["sip_request_user"] = to_user
    return fields


def invite_variables(phone: Phone, number: str, user: Element | None) -> dict[str, str]:
    """Channel variables of a phone's call: SIP headers, then the directory's."""
    account, settings = phone.account, phone.switch.settings
    ip = settings.sip_address
    variables = _from_to(account.user, account.domain, number, account.domain, ip=ip, port=phone.port)
    variables["sofia_profile_name"] = "phones"
    variables["sofia_profile_url"] = f"sip:Seda@{settings.sip_address}:{settings.phones_port}"
    variables["recovery_profile_name"] = "phones"
    if user is not None:
        variables |= {
            "sip_authorized": "true",
            "sip_number_alias": account.user,
            "sip_auth_username": account.user,
            "sip_auth_realm": account.domain,
            "number_alias": account.user,
            "requested_user_name": account.user,
            "requested_domain_name": account.domain,
            **{item.get("name", ""): item.get("value") or "" for item in user.iter("variable")},
            "user_name": account.user,
            "domain_name": account.domain,
        }
    return {name: value for name, value in variables.items() if value}


def trunk_invite_variables(settings: Settings, number: str, caller: str, ip: str) -> dict[str, str]:
    """Channel variables of a call that comes in from a carrier."""
    variables = _from_to(caller, ip, number, settings.sip_address, ip=ip, port=5060)
    variables["sofia_profile_name"] = "trunks"
    variables["sofia_profile_url"] = f"sip:Seda@{settings.sip_address}:{settings.trunks_port}"
    variables["recovery_profile_name"] = "trunks"
    return variables


def _from_to(user: str, host: str, to_user: str, to_host: str, *, ip: str, port: int) -> dict[str, str]:
    return {
        "sip_from_user": user,
        "sip_from_uri": f"{user}@{host}",
        "sip_from_host": host,
        "sip_call_id": str(uuid4()),
        "sip_local_network_addr": ip,
        "sip_network_ip": ip,
        "sip_network_port": str(port),
        "sip_received_ip": ip,
        "sip_received_port": str(port),
        "sip_via_protocol": "udp",
        "sip_from_user_stripped": user,
        "sip_req_user": to_user,
        "sip_req_uri": f"{to_user}@{to_host}",
        "sip_req_host": to_host,
        "sip_to_user": to_user,
        "sip_to_uri": f"{to_user}@{to_host}",
        "sip_to_host": to_host,
        "sip_contact_user": user,
        "sip_contact_port": str(port),
        "sip_contact_uri": f"{user}@{ip}:{port}",
        "sip_contact_host": ip,
        "sip_user_agent": "Seda simulator",
        "max_forwards": "70",
        "endpoint_disposition": "DELAYED NEGOTIATION",
    }


def refused_at_the_door(
    switch: Switch, leg: FarLeg, profile: CallerProfile, name: str, variables: dict[str, str], *, status: int
) -> FarLeg:
    """A call mod_sofia refuses before it reaches a dialplan: only its end is told, without a record."""
    from freeswitch.simulator.session import Session

    channel = Channel(profile.uuid, name, "inbound", profile, switch.clock.now())
    wanted = ("sip_from_user", "sip_from_uri", "sip_from_host")
    channel.variables |= {"direction": "inbound", "uuid": channel.uuid, "channel_name": name}
    channel.variables |= {key: variables[key] for key in wanted if key in variables}
    channel.state, channel.hangup_cause = State.HANGUP, cause_of_sip(status)
    leg.attach(Session(switch, channel, leg))
    basic = channel.basic_headers()
    headers: Headers = {key: value for key, value in basic.items() if not key.startswith("Caller-")}
    switch.fire("CHANNEL_HANGUP", extra=headers | channel.variable_headers())
    channel.variables |= {"hangup_cause": channel.hangup_cause, "hangup_cause_q850": str(q850(channel.hangup_cause))}
    for event in ("CHANNEL_HANGUP_COMPLETE", "CHANNEL_DESTROY"):
        switch.fire(event, extra=headers | channel.variable_headers())
    leg.ended_by_us, leg.status = True, status
    leg.switch_hung_up(leg.session)
    return leg


def early_answer(session: Session) -> None:
    """The far end's first answer fills in who it is."""
    channel = session.channel
    address = session.switch.settings.sip_address
    channel.profile.network_addr = channel.profile.network_addr or address
    if "sip_call_id" in channel.variables:
        return
    channel.variables |= {
        "sip_call_id": str(uuid4()),
        "sip_network_ip": address,
        "sip_to_user": channel.profile.destination_number.partition("%")[0],
        "sip_from_user": _from_user(session),
        "sip_from_display": channel.profile.caller_id_name,
    }


def _from_user(session: Session) -> str:
    caller = session.channel.profile.caller_id_number
    gateway = session.switch.trunks.gateways.get(session.channel.get("sip_gateway_name") or "")
    return gateway.from_user(caller) if gateway else caller


def use_codec(session: Session) -> None:
    """A session description came: the codec is known."""
    channel = session.channel
    if channel.codec:
        return
    channel.codec = CODEC
    if channel.is_true("rtp_liberal_dtmf"):
        channel.flags.add("liberal_dtmf")
    channel.variables |= {"read_codec": CODEC, "read_rate": "8000", "write_codec": CODEC, "write_rate": "8000"}
    session.fire("CODEC")


def answered_caller(session: Session) -> None:
    """We answered a caller: late negotiation settles the codec now."""
    use_codec(session)


def rejected(session: Session, status: int) -> None:
    """A final answer 300..699 to our INVITE (sofia_handle_sip_i_state)."""
    cause = cause_of_sip(status)
    channel = session.channel
    channel.profile.network_addr = channel.profile.network_addr or session.switch.settings.sip_address
    channel.set("sip_invite_failure_status", str(status))
    session.set_on_partner("sip_invite_failure_status", str(status))
    channel.set("sip_hangup_disposition", "recv_refuse")
    _terminated(session, status, q850(cause))
    session.hangup(cause)


def bye_received(session: Session) -> None:
    """BYE (sofia_handle_sip_i_bye): the disposition is set after the hang-up's event."""
    _terminated(session, 200, 16)
    session.hangup("NORMAL_CLEARING")
    session.channel.set("sip_hangup_disposition", "recv_bye")


def cancel_received(session: Session) -> None:
    """CANCEL of a call that has not been answered."""
    session.channel.set("sip_hangup_disposition", "recv_cancel")
    session.channel.set("sip_invite_failure_status", "487")
    _terminated(session, 487, 487)
    session.hangup("ORIGINATOR_CANCEL")


def _terminated(session: Session, status: int, cause: int) -> None:
    session.channel.set("sip_term_status", str(status))
    session.channel.set("proto_specific_hangup_cause", f"sip:{status}")
    session.channel.set("sip_term_cause", str(cause))


def hung_up_by_switch(session: Session, *, answered: bool, outgoing: bool) -> None:
    """We end the call: BYE, CANCEL, or a refusal to the caller (sofia_on_hangup)."""
    channel = session.channel
    channel.set("sip_hangup_disposition", "send_bye" if answered else ("send_refuse" if outgoing else "send_cancel"))
    if not answered and not outgoing:
        channel.set("sip_invite_failure_status", "487")


def hold_received(session: Session, *, on: bool) -> None:
    """Re-INVITE `sendonly` or `sendrecv`."""
    from freeswitch.simulator.domain.states import CallState

    channel = session.channel
    if not channel.answered or on == ("leg_holding" in channel.flags):
        return
    peer = session.bridge_peer
    if on:
        channel.times.last_hold = session.switch.clock.now()
        channel.flags.add("hold")
        session.mark_hold(on=True)
        session.set_callstate(CallState.HELD)
        if peer is not None:
            play_hold_music(session, peer)
    else:
        channel.flags.discard("hold")
        session.mark_hold(on=False)
        if peer is not None:
            peer.break_application()
        session.set_callstate(CallState.UNHELD)
        session.set_callstate(CallState.ACTIVE)


def play_hold_music(session: Session, peer: Session) -> None:
    music = session.channel.get("hold_music") or session.switch.globals.get("hold_music")
    if music and music != "silence":
        peer.queue({"call-command": "execute", "execute-app-name": "playback", "execute-app-arg": music})


def digit_received(session: Session, digit: str, how: str = "rtp") -> None:
    """A DTMF digit from the far end, by RFC 4733 or SIP INFO; INFO is heard only where `rtp_liberal_dtmf` was set."""
    channel = session.channel
    if channel.media_ready and (how == "rtp" or "liberal_dtmf" in channel.flags):
        session.digits.receive(digit, "ENDPOINT" if how == "info" else "RTP")


def refer_received(session: Session, target: str) -> None:
    """REFER without Replaces: the other leg is routed to `target`, ours ends with the bridge (sofia.c)."""
    other = session.bridge_peer
    number = target.removeprefix("sip:").partition("@")[0]
    channel = session.channel
    if other is None:
        return
    channel.set("endpoint_disposition", "BLIND_TRANSFER")
    context = other.channel.get("force_transfer_context") or channel.get("force_transfer_context")
    blind_transfer(other, number, "", context or "")


def refer_replaces_received(session: Session, consult: Session) -> None:
    """REFER with Replaces: the far sides of both calls are connected; both our legs end with their bridges."""
    first, second = session.bridge_peer, consult.bridge_peer
    if first is None or second is None:
        return
    consult.channel.set("endpoint_disposition", "ATTENDED_TRANSFER")
    uuid_bridge(first, second)
