"""Carriers: gateways the directory names, and calls that come in from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

from freeswitch.simulator import sip
from freeswitch.simulator.domain.far_script import Script
from freeswitch.simulator.domain.profile import CallerProfile
from freeswitch.simulator.far_end.leg import FarLeg
from freeswitch.simulator.far_end.party import Party
from freeswitch.simulator.legs import incoming

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from freeswitch.simulator.switch import Switch


@dataclass
class Gateway:
    """One gateway of the trunks profile."""

    name: str
    params: dict[str, str] = field(default_factory=dict)
    status: str = "UP"
    outbound: dict[str, str] = field(default_factory=dict)
    inbound: dict[str, str] = field(default_factory=dict)

    @property
    def registers(self) -> bool:
        return self.params.get("register", "true") == "true"

    @property
    def address(self) -> str:
        """Where its calls go and come from."""
        return self.params.get("proxy") or self.params.get("realm") or self.name

    def variables(self) -> dict[str, str]:
        """What its `<variables>` put on a leg that goes out through it."""
        return self.outbound

    def from_user(self, caller: str) -> str:
        """The user of From: the caller only with `caller-id-in-from`."""
        if self.params.get("caller-id-in-from") == "true":
            return caller
        return self.params.get("from-user") or self.params.get("username") or caller


class Carrier(Party):
    """The far end of a gateway, or of an address without one; numbers may have scripts of their own."""

    def __init__(self, switch: Switch, name: str) -> None:
        super().__init__(name, switch.clock)
        self.scripts: dict[str, Script] = {}
        self.accepts_registration = True


class Trunks:
    """Gateways as loaded from the directory, and the carriers behind them."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self.gateways: dict[str, Gateway] = {}
        self.carriers: dict[str, Carrier] = {}

    def carrier(self, name: str) -> Carrier:
        """The carrier behind a gateway or address."""
        if name not in self.carriers:
            self.carriers[name] = Carrier(self._switch, name)
        return self.carriers[name]

    def leg_to(self, gateway: Gateway, number: str) -> FarLeg:
        """The far end of a call out through a gateway: the number's script, else the carrier's."""
        carrier = self.carrier(gateway.name)
        return FarLeg(carrier, outgoing=False, script=carrier.scripts.get(number, carrier.script), number=number)

    def at_address(self, address: str) -> Gateway | None:
        """The gateway whose calls go to `address`."""
        return next((gateway for gateway in self.gateways.values() if gateway.address == address), None)

    async def rescan(self) -> None:
        """Ask the directory for gateways and load the new ones (`sofia profile trunks rescan`)."""
        answer = await self._switch.lookups.gateways("trunks")
        if answer is None:
            return
        for element in answer.iter("gateway"):
            name = element.get("name", "")
            params = {param.get("name", ""): param.get("value") or "" for param in element.iter("param")}
            if name and name not in self.gateways:
                self.gateways[name] = gateway = Gateway(name, params)
                _read_variables(element, gateway)
                self._register(gateway)

    def _register(self, gateway: Gateway) -> None:
        if not gateway.registers:
            self._state(gateway, "NOREG", 0)
            return
        self._state(gateway, "REGED" if self.carrier(gateway.name).accepts_registration else "FAIL_WAIT", 200)

    def _state(self, gateway: Gateway, state: str, status: int) -> None:
        extra = {"Gateway": gateway.name, "State": state, "Ping-Status": gateway.status}
        if status:
            extra["Status"] = str(status)
        self._switch.fire("CUSTOM", extra=extra, subclass="sofia::gateway_state")

    def remove(self, name: str) -> bool:
        """`sofia profile trunks killgw`; False when there is no such gateway."""
        gateway = self.gateways.pop(name, None)
        if gateway is None:
            return False
        self._switch.fire("CUSTOM", extra={"Gateway": name, "profile-name": "trunks"}, subclass="sofia::gateway_delete")
        return True

    def set_status(self, name: str, *, up: bool) -> bool:
        """The carrier stops or starts answering OPTIONS; False when there is no such gateway."""
        gateway = self.gateways.get(name)
        if gateway is None:
            return False
        gateway.status = "UP" if up else "DOWN"
        self._state(gateway, "REGED" if gateway.registers else "NOREG", 0)
        return True

    def call(
        self,
        source: str,
        number: str,
        caller: str,
        caller_name: str = "",
        *,
        ip: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> FarLeg:
        """A call comes in to the trunks profile from carrier `source` (a gateway's name or an address).

        `headers` of the INVITE become `sip_h_<name>`, as mod_sofia does with those that begin with `X-`.
        """
        settings = self._switch.settings
        leg = FarLeg(self.carrier(source), outgoing=True, number=number)
        ip = ip or settings.sip_address
        profile = CallerProfile(
            uuid=str(uuid4()),
            username=caller,
            context="seda-trunk",
            caller_id_name=caller_name or caller,
            caller_id_number=caller,
            orig_caller_id_name=caller_name or caller,
            orig_caller_id_number=caller,
            network_addr=ip,
            ani=caller,
            destination_number=number,
        )
        gateway = self.gateways.get(source)
        variables = sip.trunk_invite_variables(settings, number, caller, ip)
        variables |= gateway.inbound if gateway else {}
        variables |= {f"sip_h_{name}": value for name, value in (headers or {}).items()}
        name = f"sofia/trunks/{caller}@{ip}"
        if "inbound" in self._switch.paused:
            return sip.refused_at_the_door(self._switch, leg, profile, name, variables, status=503)
        incoming(self._switch, leg, profile, name, variables)
        return leg


def _read_variables(element: Element, gateway: Gateway) -> None:
    """`<variable name value direction>`: for legs out, in, or both (sofia.c: parse_gateways)."""
    for variable in element.iter("variable"):
        pair = {variable.get("name", ""): variable.get("value") or ""}
        direction = variable.get("direction")
        if direction != "inbound":
            gateway.outbound |= pair
        if direction != "outbound":
            gateway.inbound |= pair
