"""Heartbeats: the Lease is made, renewed in time, and a node that was doubted says that it is ready."""

from __future__ import annotations

import attrs
import pytest

from kcore.api.convert import from_wire
from kcore.api.object import ObjectKey
from kcore.apiserver.bootstrap import bootstrap
from kcore.apiserver.handle import Context, handle
from kcore.kubelet import KUBELET, KubeletConfig, kubelet
from kcore.kubelet.config import RENEW_INTERVAL
from kcore.kubelet.heartbeat import lease_key
from kcore.world.view import MachineView
from kcore.world.world import Behavior, build_world

NOW = 946_684_800_000
NODE = ObjectKey("Node", "", "n1")
LEASE = lease_key("n1")
META = {"name": "n1", "uid": "a-node"}


def cluster(ready="True"):
    """A store with a node whose Ready condition is `ready`."""
    conditions = [
        {"type": "Ready", "status": ready, "reason": "NodeStatusUnknown"},
        {"type": "DiskPressure", "status": "False", "reason": "KubeletHasNoDiskPressure"},
        {"type": "example.com/Own", "status": "Unknown"},
    ]
    node = {"apiVersion": "v1", "kind": "Node", "metadata": META, "status": {"conditions": conditions}}
    return bootstrap(NOW).put(from_wire(node))


def beat(store, now=NOW, component=KUBELET, world=None):
    """One heartbeat: the requests that were made, the store after it and the turn's end."""
    world, answers, requests = world or build_world(["n1"]), (), []
    while True:
        turn = component.reconcile(None, MachineView(store, now, answers, world=world, node="n1"), LEASE)
        for call in turn.requests:
            outcome = handle(store, call.request, Context(now=now))
            store, answers = outcome.store, (*answers, outcome.response)
            requests.append((call.request.verb.value, call.request.key.kind, call.request.subresource))
        if not turn.more:
            return requests, store, turn


def test_the_first_heartbeat_makes_the_lease():
    """It belongs to the node and is held by it."""
    requests, store, _ = beat(cluster())

    lease = store.get(LEASE)
    assert requests == [("get", "Lease", ""), ("create", "Lease", "")]
    assert lease.spec.holder_identity == "n1"
    assert lease.spec.renew_time == NOW * 1000
    assert lease.metadata.owner_references[0].uid == store.get(NODE).metadata.uid


def test_a_heartbeat_renews_the_lease():
    """Only its renew time changes, and nobody hears anything else of a quiet node."""
    _, store, _ = beat(cluster())
    requests, after, _ = beat(store, NOW + 10_000)

    assert requests == [("get", "Lease", ""), ("update", "Lease", "")]
    assert after.get(LEASE).spec == attrs.evolve(store.get(LEASE).spec, renew_time=(NOW + 10_000) * 1000)
    assert after.get(NODE) is store.get(NODE)


@pytest.mark.parametrize("doubt", ["Unknown", "False"])
def test_a_node_that_is_doubted_says_that_it_is_ready(doubt):
    """Its own conditions are set right, those of others are left alone."""
    _, store, turn = beat(cluster(ready=doubt), NOW + 5000)

    conditions = {one.type: one for one in store.get(NODE).status.conditions}
    assert conditions["Ready"].status == "True"
    assert conditions["Ready"].reason == "KubeletReady"
    assert conditions["Ready"].last_transition_time == NOW // 1000 + 5
    assert conditions["example.com/Own"].status == "Unknown"
    assert [note.name for note in turn.notes] == ["node.ready_again"]


@pytest.mark.parametrize("interval", [RENEW_INTERVAL, 1500])
def test_the_next_heartbeat_is_due_after_the_interval(interval):
    """As often as the kubelet was told."""
    assert beat(cluster(), NOW, kubelet(KubeletConfig(renew_interval=interval)))[2].wake_at == NOW + interval


def test_a_node_that_is_gone_has_no_heartbeat():
    """Nothing is asked and nothing waited for."""
    requests, _, turn = beat(bootstrap(NOW))

    assert requests == []
    assert turn.wake_at is None


def test_a_heartbeat_writes_only_what_the_kubelet_declares():
    """The Lease and the node's status are among its writes."""
    asked = {*beat(cluster("Unknown"))[0], *beat(beat(cluster())[1])[0]}
    declared = {(write.verb.value, write.kind, write.subresource) for write in KUBELET.writes}

    assert asked - {("get", "Lease", "")} == {one for one in declared if one[1] in ("Lease", "Node")}


def test_images_are_told_the_largest_first():
    """Those of which somebody says how large they are; nothing is told twice."""
    sizes = (Behavior(image="large:*", image_size=3000), Behavior(image="small:*", image_size=10))
    world = build_world(["n1"], behaviors=sizes)
    images = frozenset({"small:v1", "large:v1", "unknown:v1"})
    world = attrs.evolve(world, images=world.images.set("n1", images))

    requests, store, _ = beat(cluster(), world=world)

    assert [(one.names, one.size_bytes) for one in store.get(NODE).status.images] == [
        (("large:v1",), 3000),
        (("small:v1",), 10),
    ]
    assert ("update", "Node", "status") in requests
    assert ("update", "Node", "status") not in beat(store, NOW + 10_000, world=world)[0]


def test_a_machine_that_is_off_has_no_heartbeat():
    """Nobody is left to send one."""
    world = build_world(["n1"])
    world = attrs.evolve(world, machines=world.machines.set("n1", attrs.evolve(world.machine("n1"), powered=False)))

    requests, _, turn = beat(cluster(), world=world)

    assert requests == []
    assert turn.wake_at is None
