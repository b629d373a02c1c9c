"""`api sim <verb> <json>`: the far ends, driven from outside. Only the simulator has it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import orjson

from freeswitch.simulator.clock import SteppedClock
from freeswitch.simulator.domain.far_script import BadScript, parse_script
from freeswitch.simulator.far_end.leg import STATES, FarLeg
from freeswitch.simulator.far_end.party import Party
from freeswitch.simulator.far_end.phones import Account, Phone

if TYPE_CHECKING:
    from freeswitch.simulator.switch import Switch

Given = dict[str, Any]


class BadRequest(ValueError):
    """What was asked cannot be done; the text says why."""


async def sim(switch: Switch, arguments: str) -> str:
    """Run a verb; a JSON answer, or `-ERR <reason>`."""
    verb, _, text = arguments.partition(" ")
    act = VERBS.get(verb)
    if act is None:
        return f"-ERR no verb {verb!r}; there are {', '.join(VERBS)}\n"
    try:
        given = orjson.loads(text) if text.strip() else {}
        answer = await act(switch, given)
    except (BadRequest, BadScript, orjson.JSONDecodeError) as error:
        return f"-ERR {error}\n"
    except KeyError as error:
        return f"-ERR missing {error}\n"
    return orjson.dumps(answer).decode()


def _phone(switch: Switch, given: Given) -> Phone:
    if "user" in given and "domain" in given:
        account = Account(given["user"], given["domain"], given.get("password", ""), given.get("display", ""))
        known = switch.phones.find(account.address)
        if known is not None and "password" not in given:
            return known
        return switch.phones.get(account)
    phone = switch.phones.find(given["phone"])
    if phone is None:
        raise BadRequest(f"no phone {given['phone']!r}")
    return phone


def _parties(switch: Switch) -> list[Party]:
    return [*switch.phones, *switch.trunks.carriers.values()]


def _leg(switch: Switch, given: Given) -> FarLeg:
    for party in _parties(switch):
        leg = party.find(given["leg"])
        if leg is not None:
            return leg
    raise BadRequest(f"no leg {given['leg']!r}")


async def register(switch: Switch, given: Given) -> Given:
    """user, domain, password[, display, expires, script]: REGISTER; gives the SIP status."""
    phone = _phone(switch, given)
    if "script" in given:
        phone.script = parse_script(given["script"])
    return {"phone": phone.name, "status": await phone.register(int(given.get("expires", 3600)))}


async def unregister(switch: Switch, given: Given) -> Given:
    phone = _phone(switch, given)
    return {"phone": phone.name, "status": await phone.unregister()}


async def script(switch: Switch, given: Given) -> Given:
    """phone or carrier[, number], script: what it does with calls that come."""
    parsed = parse_script(given["script"])
    if "carrier" in given:
        carrier = switch.trunks.carrier(given["carrier"])
        if "number" in given:
            carrier.scripts[given["number"]] = parsed
        else:
            carrier.script = parsed
        return {"carrier": carrier.name}
    phone = _phone(switch, given)
    phone.script = parsed
    return {"phone": phone.name}


async def dial(switch: Switch, given: Given) -> Given:
    """phone (or user, domain, password), number[, script]: INVITE."""
    phone = _phone(switch, given)
    old = phone.script
    if "script" in given:
        phone.script = parse_script(given["script"])
    leg = await phone.dial(str(given["number"]))
    phone.script = old
    return leg.describe()


async def trunk_call(switch: Switch, given: Given) -> Given:
    """carrier, number, caller[, caller_name, ip, headers, script]: a call comes in."""
    leg = switch.trunks.call(
        given["carrier"],
        str(given["number"]),
        str(given["caller"]),
        given.get("caller_name", ""),
        ip=given.get("ip", ""),
        headers=given.get("headers"),
    )
    if "script" in given:
        leg.script = parse_script(given["script"])
    return leg.describe()


async def gateway(switch: Switch, given: Given) -> Given:
    """name, up: the carrier stops or starts answering."""
    if not switch.trunks.set_status(given["name"], up=bool(given["up"])):
        raise BadRequest(f"no gateway {given['name']!r}")
    return {"name": given["name"]}


async def leg(switch: Switch, given: Given) -> Given:
    return _leg(switch, given).describe()


async def legs(switch: Switch, given: Given) -> list[Given]:
    """[phone or carrier]: live legs."""
    wanted = given.get("phone") or given.get("carrier")
    return [
        found.describe() for party in _parties(switch) if wanted in {None, party.name} for found in party.legs.values()
    ]


async def wait_incoming(switch: Switch, given: Given) -> Given:
    """phone or carrier[, timeout, known]: the next call that came and is not in `known`."""
    party = switch.trunks.carrier(given["carrier"]) if "carrier" in given else _phone(switch, given)
    known = set(given.get("known", ()))
    found: list[FarLeg] = []

    def there() -> bool:
        found[:] = [leg for leg in party.legs.values() if not leg.outgoing and leg.uuid not in known]
        return bool(found)

    if not await party.waiting.wait(there, float(given.get("timeout", 10))):
        raise BadRequest(f"no call came to {party.name}")
    return found[0].describe()


async def wait(switch: Switch, given: Given) -> Given:
    """leg, state[, timeout]: until the leg is in that state or past it; gives the leg."""
    found = _leg(switch, given)
    order = STATES.index(given["state"])
    reached = await found.party.waiting.wait(
        lambda: STATES.index(found.state) >= order, float(given.get("timeout", 10))
    )
    if not reached:
        raise BadRequest(f"leg is still {found.state}")
    return found.describe()


def _act(name: str, *fields: str) -> Callable[[Switch, Given], Awaitable[Given]]:
    async def act(switch: Switch, given: Given) -> Given:
        found = _leg(switch, given)
        if found.state == "ended":
            raise BadRequest("the leg has ended")
        getattr(found, name)(*(given[field] for field in fields))
        return found.describe()

    return act


async def reject(switch: Switch, given: Given) -> Given:
    """leg[, status]: refuse a call that came."""
    found = _leg(switch, given)
    found.reject(int(given.get("status", 486)))
    return found.describe()


async def dtmf(switch: Switch, given: Given) -> Given:
    """leg, digits[, how]: press keys, sent as `rtp` events or as SIP `info`."""
    found = _leg(switch, given)
    found.press(str(given["digits"]), given.get("how", "rtp"))
    return found.describe()


async def refer_to(switch: Switch, given: Given) -> Given:
    """leg, other: REFER with Replaces."""
    found = _leg(switch, given)
    found.refer_to(_leg(switch, {"leg": given["other"]}))
    return found.describe()


async def clock(switch: Switch, given: Given) -> Given:
    """[advance]: move a stepped clock on; gives the time in microseconds."""
    if "advance" in given:
        if not isinstance(switch.clock, SteppedClock):
            raise BadRequest("the clock is not stepped (--stepped)")
        await switch.clock.advance(float(given["advance"]))
    return {"now": switch.clock.now()}


VERBS: dict[str, Callable[[Switch, Given], Awaitable[Any]]] = {
    "register": register,
    "unregister": unregister,
    "script": script,
    "dial": dial,
    "trunk_call": trunk_call,
    "gateway": gateway,
    "leg": leg,
    "legs": legs,
    "wait_incoming": wait_incoming,
    "wait": wait,
    "ring": _act("ring"),
    "early_media": _act("early_media"),
    "answer": _act("answer"),
    "reject": reject,
    "hang_up": _act("hang_up"),
    "cancel": _act("hang_up"),
    "hold": _act("hold"),
    "resume": _act("resume"),
    "dtmf": dtmf,
    "refer": _act("refer", "number"),
    "refer_to": refer_to,
    "clock": clock,
}
