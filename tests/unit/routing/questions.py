"""Questions as mod_xml_curl writes them, and its answers as FreeSWITCH reads them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from services.routing.agent_codes import AgentCodes
from services.routing.domain.call import Usage
from services.routing.domain.index import Config
from services.routing.metrics import RoutingMetrics
from services.routing.seal import Seal
from services.routing.switch_dialplan import DialplanAnswers
from shared.bus.memory import MemoryBus
from shared.runtime.clock import SteppedClock
from shared.runtime.metrics import Metrics
from shared.telephony.hops import Hops
from shared.telephony.whereabouts import Whereabouts
from tests.unit.routing.town import ACME, LEG, NOON, Town, id_of
from tests.unit.telephony import freeswitch_model as switch

SECRET = "a secret of sixteen characters"
CAPTURED = Path(__file__).parents[2] / "support" / "captured"

Actions = list[tuple[str, str]]


@dataclass
class Memory:
    """Stands in for the replica: a configuration that is all there."""

    config: Config
    usage: Usage
    is_ready: bool = True
    turns_taken: list[Any] = field(default_factory=list)
    whereabouts: Whereabouts = field(default_factory=Whereabouts)

    def take_turn(self, ring_group_id: Any) -> None:
        self.turns_taken.append(ring_group_id)


class Stored:
    """Stands in for the tables behind feature codes."""

    def __init__(self) -> None:
        self.routes: list[Any] = []
        self.works = True

    async def carry_out(self, route: Any) -> bool:
        self.routes.append(route)
        return self.works


def answers_for(
    town: Town,
    effects: Stored | None = None,
    bus: MemoryBus | None = None,
    *,
    whereabouts: Whereabouts | None = None,
) -> DialplanAnswers:
    """The endpoint over a town."""
    replica = Memory(town.config, Usage(town.seconds, town.turns), whereabouts=whereabouts or Whereabouts())
    return DialplanAnswers(
        replica=replica,  # type: ignore[arg-type]
        effects=effects or Stored(),  # type: ignore[arg-type]
        agents=AgentCodes(bus or MemoryBus()),
        seal=Seal(SECRET),
        hops=Hops(SECRET, replica.whereabouts),
        metrics=RoutingMetrics(Metrics("routing")),
        clock=SteppedClock(NOON),
    )


def question(number: str, caller: str | None = "101", **fields: str) -> bytes:
    """A real question of a phone, with its values replaced. `fields` are named as in the form, - written as __."""
    values = {
        "Unique-ID": LEG,
        "Hunt-Destination-Number": number,
        "Hunt-Context": "seda",
        "variable_seda_tenant_id": str(ACME.id),
        "variable_seda_extension_id": str(id_of(f"acme/{caller}")) if caller else "",
    } | {name.replace("__", "-"): value for name, value in fields.items()}
    template = (CAPTURED / "dialplan_phone.txt").read_text().strip()
    pairs = dict(pair.partition("=")[::2] for pair in template.split("&"))
    pairs |= {name: quote(value, safe="/,") for name, value in values.items()}
    return "&".join(f"{name}={value}" for name, value in pairs.items()).encode()


def trunk_question(number: str, address: str = "198.51.100.7", **fields: str) -> bytes:
    """The same of a trunk."""
    return question(
        number,
        None,
        **{
            "Hunt__Context": "seda-trunk",
            "variable_seda_tenant_id": "",
            "variable_sip_network_ip": address,
            "Hunt__Caller__ID__Number": "+989121234567",
            **fields,
        },
    )


def read(document: bytes) -> Actions:
    """What mod_dialplan_xml queues: application and data of every action, after both of FreeSWITCH's readers."""
    root = switch.xml_document(document)
    assert [child.tag for child in root.iter()][:5] == ["document", "section", "context", "extension", "condition"]
    steps = root.findall("section/context/extension/condition/*")
    assert len(list(root.iter())) == 5 + len(steps)
    assert all(step.tag == "action" and sorted(step.attrib) == ["application", "data"] for step in steps)
    return [(step.attrib["application"], switch.executed(step.attrib["data"])) for step in steps]


def variables_of(actions: Actions) -> dict[str, str]:
    """What the first action sets on the caller's leg."""
    application, data = actions[0]
    assert application == "multiset"
    return switch.multiset(data)


def called(actions: Actions) -> switch.Originated:
    """The dial string of the one bridge."""
    [data] = [
        data.partition(" bridge ")[2] if application == "limit_execute" else data
        for application, data in actions
        if application in ("bridge", "limit_execute")
    ]
    return switch.originate(data)
