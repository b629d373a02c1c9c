"""`sofia status ...`, `sofia profile ...`, `sofia_contact` (mod_sofia.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from freeswitch.simulator.switch import Switch

_LINE = "=" * 97


async def sofia(switch: Switch, arguments: str) -> str:
    """The subcommands Seda uses."""
    words = arguments.split()
    if words[:1] == ["status"]:
        return _status(switch, words[1:])
    if words[:1] == ["profile"] and len(words) >= 3:
        return await _profile(switch, words[1], words[2], words[3:])
    return "-ERR command not found\n"


def _status(switch: Switch, words: list[str]) -> str:
    if len(words) >= 3 and words[0] == "profile" and words[2] == "reg":
        return _registrations(switch, words[1], words[3:])
    if len(words) >= 2 and words[0] == "gateway":
        return _gateway(switch, words[1])
    if words[:1] == ["profile"]:
        return f"{_LINE}\nName             \t{words[1] if len(words) > 1 else ''}\n{_LINE}\n"
    address, settings = switch.settings.sip_address, switch.settings
    rows = [("phones", settings.phones_port), ("trunks", settings.trunks_port)]
    lines = ["                     Name\t   Type\t                                      Data\tState", _LINE]
    lines += [f"{name:>25}\tprofile\t            sip:Seda@{address}:{port}\tRUNNING (0)" for name, port in rows]
    lines += [f"{name:>25}\tgateway\t            sip:{name}\t{_state(switch, name)}" for name in switch.trunks.gateways]
    return "\n".join([*lines, _LINE, f"{len(rows)} profiles 0 aliases", ""])


def _state(switch: Switch, name: str) -> str:
    gateway = switch.trunks.gateways[name]
    return ("REGED" if gateway.registers else "NOREG") if gateway.status == "UP" else "DOWN"


def _gateway(switch: Switch, name: str) -> str:
    gateway = switch.trunks.gateways.get(name)
    if gateway is None:
        return "Invalid Gateway!\n"
    pairs = (("Name", name), ("Profile", "trunks"), ("State", _state(switch, name)), ("Status", gateway.status))
    return "\n".join([_LINE, *(f"{key:8}\t{value}" for key, value in pairs), _LINE, ""])


def _registrations(switch: Switch, profile: str, words: list[str]) -> str:
    phones = switch.phones.all_registered() if profile == "phones" else []
    if words:
        phones = [phone for phone in phones if words[0] in {phone.account.user, phone.account.address}]
    lines = ["", "Registrations:", _LINE]
    for phone in phones:
        address, account = switch.settings.sip_address, phone.account
        left = max(0, (phone.expires_at - switch.clock.now()) // 1_000_000)
        lines += [
            f"Call-ID:    \t{phone.call_id}",
            f"User:       \t{account.address}",
            f'Contact:    \t"{account.display}" <sip:{account.user}@{address}:{phone.port}>',
            "Agent:      \tSeda simulator",
            f"Status:     \tRegistered(UDP)(unknown) EXP(x) EXPSECS({left})",
            "Ping-Status:\tReachable",
            f"IP:         \t{address}",
            f"Port:       \t{phone.port}",
            f"Auth-User:  \t{account.user}",
            f"Auth-Realm: \t{account.domain}",
            "",
        ]
    return "\n".join([*lines, f"Total items returned: {len(phones)}", _LINE, ""])


async def _profile(switch: Switch, name: str, verb: str, words: list[str]) -> str:
    if name not in {"phones", "trunks"}:
        return f"Invalid Profile [{name}]\n"
    if verb == "rescan":
        if name == "trunks":
            await switch.trunks.rescan()
        return "+OK scan complete\n"
    if verb == "killgw" and words:
        return "+OK gateway marked for deletion.\n" if switch.trunks.remove(words[0]) else "-ERR no such gateway.\n"
    if verb == "flush_inbound_reg":
        for phone in switch.phones.all_registered():
            if not words or words[0] in {phone.account.address, phone.call_id}:
                phone.expires_at = 0
        return "+OK flushing all registrations matching specified criteria\n"
    return f"+OK {verb}\n"


async def sofia_contact(switch: Switch, arguments: str) -> str:
    """The contact of a registered user, or `error/user_not_registered`."""
    user, _, domain = arguments.rpartition("/")[2].partition("@")
    phone = switch.phones.registered(user, domain)
    if phone is None:
        return "error/user_not_registered"
    return f"sofia/phones/sip:{user}@{switch.settings.sip_address}:{phone.port}"


COMMANDS = {"sofia": sofia, "sofia_contact": sofia_contact}
