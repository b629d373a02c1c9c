"""Phones of other nodes, and calls of other nodes to phones here."""

from __future__ import annotations

from uuid import UUID

from shared.telephony.dial_string import Leg, Phone
from shared.telephony.hops import HOP_HEADER, HOP_PEER, Hop, Hops
from shared.telephony.whereabouts import Located, Whereabouts
from tests.unit.routing.questions import SECRET, answers_for, called, question, read, trunk_question, variables_of
from tests.unit.routing.town import ACME, LEG, NOON, RIVAL, Town

CALL = str(UUID(int=77))
OTHER = "10.0.0.2:5080"


def where_is(town: Town, user: str, node: str = "node-2") -> Whereabouts:
    found = Whereabouts()
    found.reported("node-1", "c1", "10.0.0.1:5080", is_up=True)
    found.reported("node-2", "c2", OTHER, is_up=True)
    found.located(user, ACME.domain, node, Located("c1" if node == "node-1" else "c2", NOON, 1))
    return found


def device_of(town: Town, number: str) -> str:
    extension = town.config.tenants[ACME.id].extension(number)
    assert extension is not None
    return extension.devices[0].sip_username


def proof(user: str, tenant_id: UUID = ACME.id) -> str:
    """As another node's caller sends it."""
    where = Whereabouts()
    where.reported("node-2", "c2", OTHER, is_up=True)
    where.reported("node-1", "c1", "10.0.0.1:5080", is_up=True)
    where.located(user, ACME.domain, "node-1", Located("c1", NOON, 1))
    leg = Hops(SECRET, where).leg(Leg(Phone(user, ACME.domain)), "node-2", Hop(tenant_id, CALL, "inbound"), NOON)
    return str(leg.variables[HOP_HEADER])


def test_a_phone_registered_on_another_node_is_called_by_it(town: Town) -> None:
    user = device_of(town, "102")
    answers = answers_for(town, whereabouts=where_is(town, user))
    bridge = called(read(bytes(answers(question("102")))))
    [leg] = [leg for group in bridge.attempts for leg in group if leg.data.startswith("trunks/")]
    assert leg.data == f"trunks/{user}@{OTHER}"
    assert leg.variables[HOP_PEER] == "node-2/c2"
    hop = Hops(SECRET, Whereabouts()).open(leg.variables[HOP_HEADER], user, NOON)
    assert hop == Hop(ACME.id, LEG, "internal", "node-1/c1")


def test_a_phone_registered_here_is_called_here(town: Town) -> None:
    user = device_of(town, "102")
    answers = answers_for(town, whereabouts=where_is(town, user, "node-1"))
    bridge = called(read(bytes(answers(question("102")))))
    addresses = [leg.data for group in bridge.attempts for leg in group]
    assert f"phones/{user}%{ACME.domain}" in addresses
    assert not any(address.startswith("trunks/") for address in addresses)


def test_another_nodes_call_rings_the_one_device_here_and_is_part_of_that_call(town: Town) -> None:
    user = device_of(town, "102")
    # Whatever is told of the device meanwhile, a call does not go in a circle.
    answers = answers_for(town, whereabouts=where_is(town, user))
    actions = read(bytes(answers(trunk_question(user, **{f"variable_{HOP_HEADER}".replace("-", "__"): proof(user)}))))
    variables = variables_of(actions)
    assert (variables["seda_tenant_id"], variables["seda_call_id"]) == (str(ACME.id), CALL)
    assert (variables["seda_direction"], variables[HOP_PEER]) == ("inbound", "node-2/c2")
    assert variables["inherit_codec"] == "true", "nothing is transcoded between the nodes"
    assert "seda_trunk_id" not in variables
    [[leg]] = called(actions).attempts
    assert f"{leg.endpoint}/{leg.data}" == f"sofia/phones/{user}%{ACME.domain}"
    assert leg.variables["seda_extension"] == "102"


def test_another_nodes_caller_is_connected_with_the_leg_that_stands_here(town: Town) -> None:
    where = Whereabouts()
    for node, core in (("node-1", "c1"), ("node-2", "c2")):
        where.reported(node, core, f"{node}:5080", is_up=True)
    stands, header = str(UUID(int=5)), f"variable_{HOP_HEADER}".replace("-", "__")
    leg = Hops(SECRET, where).standing_leg(stands, "node-1", "node-2", Hop(ACME.id, CALL, "internal"), NOON)
    assert leg is not None
    called_as = f"leg-{stands}"
    assert leg.endpoint.address == f"sofia/trunks/{called_as}@node-1:5080"
    text = str(leg.variables[HOP_HEADER])
    actions = read(bytes(answers_for(town)(trunk_question(called_as, **{header: text}))))
    assert actions[-2:] == [("intercept", stands), ("hangup", "SUBSCRIBER_ABSENT")]
    variables = variables_of(actions)
    assert (variables["seda_call_id"], variables[HOP_PEER]) == (CALL, "node-2/c2")
    other = read(bytes(answers_for(town)(trunk_question(f"leg-{UUID(int=6)}", "203.0.113.9", **{header: text}))))
    assert other[-1] == ("hangup", "INCOMING_CALL_BARRED"), "it holds for that leg alone"


def test_a_forged_proof_is_a_carriers_call_like_any_other(town: Town) -> None:
    user, header = device_of(town, "102"), f"variable_{HOP_HEADER}".replace("-", "__")
    forged = proof(user).replace(str(ACME.id), str(RIVAL.id))
    for text in (forged, proof(device_of(town, "101")), "x"):
        actions = read(bytes(answers_for(town)(trunk_question(user, "203.0.113.9", **{header: text}))))
        assert actions[-1] == ("hangup", "INCOMING_CALL_BARRED"), text


def test_a_device_of_another_tenant_is_not_called(town: Town) -> None:
    user = device_of(town, "102")
    header = f"variable_{HOP_HEADER}".replace("-", "__")
    actions = read(bytes(answers_for(town)(trunk_question(user, **{header: proof(user, UUID(int=9))}))))
    assert actions[-1] == ("hangup", "UNALLOCATED_NUMBER")
