"""The ticket office end to end: its weaknesses are found, its twin holds, and lives through everything in one run."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from kcore.api.object import ObjectKey
from kcore.apiserver.backup import save
from kcore.cluster.network import network_of
from kcore.cluster.target import Target
from kcore.faults.container_crash import ContainerCrash
from kcore.faults.dns_down import DnsStarted, DnsStopped
from kcore.faults.kube_proxy_stale import KubeProxyRefreshed, KubeProxyStalled
from kcore.faults.machine_lost import MachineLost
from kcore.faults.network_partition import NetworkMended, NetworkPartitioned
from kcore.faults.node_cut_off import NodeCutOff, NodeReconnected
from kcore.invariants.table import LAWS
from kcore.machine import Refusal
from kcore.manifests import load
from kcore.model import advance, build_model, settle
from kcore.network.path import Client, path, path_by_ingress
from kcore.users.delete import Delete
from kcore.users.drain import Drain
from kcore.users.patch import Cordon
from kcore.users.restore import Restore
from kcore.users.rollout import SetImage
from kcore.verify.conditions import DRAINING, answering
from kcore.verify.invent import invent_origin
from kcore.verify.zero import check_manifests

EXAMPLES = Path(__file__).parents[2] / "examples"
MODEL = build_model()
SERVICES = {name: ObjectKey("Service", "default", name) for name in ("web", "api", "db")}


@cache
def report(name):
    """What `kcore check` says of an example."""
    return check_manifests(load([str(EXAMPLES / name)]))


@cache
def office():
    """The mended office at rest."""
    return invent_origin(load([str(EXAMPLES / "city-mended.yaml")])).boot(MODEL)


def then(state, event):
    """The state after an event, once it has settled."""
    step = MODEL.step(state, event)
    assert not isinstance(step, Refusal), step
    return settle(MODEL, step.state, quiet=40_000, limit=900_000).state


def target(kind, name="", **more):
    return Target(kind=kind, namespace="default", name=name, **more)


def pods(state, tier):
    """The pods of a tier, by name."""
    found = state.store.list("Pod", "default")
    return {one.metadata.name: one for one in found if one.metadata.labels.get("tier") == tier}


def asked(state, tier, host, port):
    """What becomes of a request for a host from each pod of a tier on a machine that is on."""
    network = network_of(state)
    running = [one for one in pods(state, tier).values() if network.is_on(one.spec.node_name)]
    return [path(network, Client.of(one), host, port) for one in running]


def entered(state, where="/"):
    """What becomes of a request from outside."""
    node = next(name for name in sorted(state.world.machines) if state.world.machines[name].powered)
    address = state.store.get(ObjectKey("Node", "", node)).status.addresses[0].address
    return path_by_ingress(network_of(state), Client(node=node, address=address), "office.example", where)


def works(state):
    """Whether a visitor, the web and the API each get their answers."""
    paths = [
        entered(state),
        entered(state, "/tickets"),
        *asked(state, "web", "api", 80),
        *asked(state, "api", "db", 5432),
    ]
    return len(paths) > 3 and all(one.answered for one in paths)


def contents(state):
    """What each claim of the database holds, by its volume."""
    volumes = {one.spec.claim_ref.name: one for one in state.store.list("PersistentVolume") if one.spec.claim_ref}
    return {name: one.metadata.uid for name, one in sorted(volumes.items())}


@pytest.mark.parametrize(
    ("question", "about"),
    [
        ("endpoint-zone", "Service/default/web"),
        ("endpoint-rollout", "Service/default/api"),
        ("drain-ends", "Node/n2"),
        ("routed", "Ingress/default/office"),
    ],
    ids=["the web is kept in one zone", "the API is taken away first", "no drain ends", "a path leads nowhere"],
)
def test_planted_weaknesses_are_found(question, about):
    """Each is a row that is violated, and its story or reason is told."""
    found = {(one.rule, one.about): one for one in report("city.yaml").answers if one.failed}

    assert (question, about) in found
    assert found[question, about].why


def test_nothing_else_is_found():
    """Every row that fails comes of one of the weaknesses."""
    failed = {(one.rule, one.about) for one in report("city.yaml").answers if one.failed}

    assert {about for rule, about in failed if rule.startswith("endpoint")} == {
        "Service/default/web",
        "Service/default/api",
    }
    assert {rule for rule, _ in failed if not rule.startswith("endpoint")} == {"drain-ends", "routed"}


def test_the_mended_twin_holds():
    """No row is violated, and most were asked."""
    answers = report("city-mended.yaml").answers

    assert [one.about for one in answers if one.failed] == []
    assert sum(one.outcome is not None for one in answers) > 30


def test_the_office_is_open():
    """Names, Services, policies and the Ingress fit together, and nobody comes in by the back door."""
    state = office()
    outside = path(network_of(state), Client.of(next(iter(pods(state, "web").values()))), "db-0.db", 5432)

    assert works(state)
    assert entered(state).service == SERVICES["web"]
    assert "isolated by" in outside.why_not


DISTURBANCES = {
    "a container crashes": [ContainerCrash(target("Pod", selector="tier=api"))],
    "a member of the database is deleted": [Delete(target=target("Pod", "db-1"))],
    "the API is rolled out": [SetImage(target=target("Deployment", "api"), image="office.example/api:v2")],
    "the database is rolled out": [SetImage(target=target("StatefulSet", "db"), image="office.example/sql:v2")],
    "a node is drained and comes back": [Drain(node="n2", overrides=DRAINING), Cordon(node="n2", unschedulable=False)],
    "a node is cut off and comes back": [NodeCutOff("n3"), NodeReconnected("n3")],
    "one node reaches no other for a while": [NetworkPartitioned(("n1",)), NetworkMended()],
    "one table is stale for a while": [KubeProxyStalled("n2"), KubeProxyRefreshed("n2")],
    "no name is found for a while": [DnsStopped(), DnsStarted()],
}


@pytest.mark.parametrize("events", [pytest.param(events, id=name) for name, events in DISTURBANCES.items()])
def test_the_office_is_open_again_after(events):
    """Every law holds on the way, each Service answers all the time, and everything works in the end."""
    state = office()
    for event in events:
        state = then(state, event)
        assert [law.name for law in LAWS if law.property.holds(state) is not True] == []
        assert all(answering(state, service) for service in SERVICES.values())

    assert works(state)
    assert contents(state) == contents(office())


def test_while_machines_do_not_reach_each_other_a_request_may_be_lost():
    """Everybody is Ready, so nobody sends elsewhere."""
    state = then(office(), NetworkPartitioned(("n1",)))
    found = asked(state, "web", "api", 80)

    assert any("does not reach" in one.why_not for one in found)


def test_a_lost_machine_is_noticed_and_made_up_for():
    """The web and the API run elsewhere; the member of the database waits for its machine, and the others answer."""
    lost = MODEL.step(office(), MachineLost("n1")).state
    state = advance(MODEL, lost, lost.now + 600_000)

    assert works(state)
    assert len([one for one in pods(state, "web").values() if one.spec.node_name != "n1"]) == 3
    assert len(answering(state, SERVICES["db"])) == 2


def test_a_restore_brings_back_what_was_deleted():
    """The older state is an event: controllers find out, and the database has its disks."""
    before = office()
    backup = save(before.store, before.now)
    state = then(before, SetImage(target=target("Deployment", "web"), image="office.example/web:v2"))
    state = then(state, Delete(target=target("Deployment", "api")))
    assert not works(state)

    state = then(state, Restore(backup))

    assert works(state)
    assert contents(state) == contents(before)
    images = {one.spec.containers[0].image for one in pods(state, "web").values()}
    assert images == {"office.example/web:v1"}
