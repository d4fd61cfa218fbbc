"""Where not all nodes are scored: who is looked at, from which node on, and who is chosen among them."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.convert import from_wire
from kcore.api.object import ObjectKey
from kcore.apiserver.store import Store
from kcore.client.view import View
from kcore.scheduler import schedule_one, scheduler
from kcore.scheduler.assumed import Common
from kcore.scheduler.cache import snapshot_of
from kcore.scheduler.explain import explain
from kcore.scheduler.nodetree import Fleet, in_turns
from kcore.scheduler.podinfo import pod_info
from kcore.scheduler.profile import DEFAULT_PROFILE, Profiles
from kcore.scheduler.schedule_one import nodes_to_find, schedule

ZONE = "topology.kubernetes.io/zone"


def node(name, zone="", cpu="4", cordoned=False, taint=""):
    return from_wire(
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name, "labels": {ZONE: zone} if zone else {}},
            "spec": {"unschedulable": cordoned, "taints": [{"key": taint, "effect": "PreferNoSchedule"}] * bool(taint)},
            "status": {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "9"}},
        }
    )


def pod(name="p", on="", **spec):
    return from_wire(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": "default"},
            "spec": {
                "nodeName": on,
                "schedulerName": "default-scheduler",
                "containers": [{"name": "c", "resources": {"requests": {"cpu": "1"}}}],
                **spec,
            },
        }
    )


def profile(percentage):
    return attrs.evolve(DEFAULT_PROFILE, percentage_of_nodes_to_score=percentage)


def decided(store, asking, percentage, start):
    snapshot = snapshot_of(store)
    return schedule(pod_info(asking, snapshot.owners), snapshot, profile(percentage), start=start)


@pytest.mark.parametrize(
    ("zones", "order"),
    [
        pytest.param({"n1": "a", "n2": "a", "n3": "b"}, ("n1", "n3", "n2"), id="zones take turns"),
        pytest.param({"n1": "a", "n2": "b", "n3": "b", "n4": ""}, ("n1", "n2", "n4", "n3"), id="none is a zone too"),
        pytest.param({"n1": "", "n2": "", "n3": ""}, ("n1", "n2", "n3"), id="one zone"),
    ],
)
def test_nodes_are_looked_at_zone_by_zone(zones, order):
    """The first of each zone, then the second."""
    snapshot = snapshot_of(Store.of([node(name, zone) for name, zone in zones.items()]))

    assert in_turns(Fleet(snapshot.fleet, snapshot)) == order


def test_the_order_follows_the_labels():
    """A node that gets a zone has its turn there."""
    store = Store.of([node("n1", "a"), node("n2", "a"), node("n3", "a")])
    before, after = snapshot_of(store), snapshot_of(store.put(node("n3", "b")))

    assert in_turns(Fleet(before.fleet, before)) == ("n1", "n2", "n3")
    assert in_turns(Fleet(after.fleet, after)) == ("n1", "n3", "n2")


def test_each_search_goes_on_where_the_one_before_stopped():
    """Of 300 alike nodes 120 are enough; after the last comes the first."""
    component = scheduler(Profiles(profiles=(profile(40),)))
    store, common, firsts = Store.of([*(node(f"n{number:03}") for number in range(300)), pod()]), None, []
    for _ in range(6):
        made = component.reconcile(None, View(store, 0, common=common), ObjectKey("Pod", "default", "p"))
        firsts.append(made.requests[0].request.body.target.name)
        common = made.common

    starts = [0, 120, 240, 60, 180, 0]
    looked_at = [{f"n{(start + at) % 300:03}" for at in range(120)} for start in starts]
    assert firsts == [min(names) for names in looked_at]
    assert common == Common(start=120)


def test_whoever_is_refused_was_looked_at():
    """Fifty cordoned nodes in the way are fifty more to look at."""
    nodes = [node(f"n{number:03}", cordoned=number < 50) for number in range(300)]

    assert decided(Store.of(nodes), pod(), 40, 0).looked == 170
    assert decided(Store.of(nodes), pod(), 40, 200).looked == 170
    assert decided(Store.of(nodes), pod(nodeSelector={"no": "node"}), 40, 0).looked == 300


def test_only_the_nodes_that_a_pod_names_are_looked_at():
    """They alone are counted; the others were left out before."""
    terms = [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": [name]}]} for name in ("n007", "n9")]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    found = decided(
        Store.of([node(f"n{number:03}") for number in range(300)]), pod(affinity={"nodeAffinity": required}), 40, 0
    )

    assert (found.node, found.looked) == ("n007", 1)


def test_a_nominated_node_is_taken_without_a_search():
    """Nothing was looked at besides."""
    store = Store.of([node(f"n{number:03}") for number in range(300)])
    snapshot = snapshot_of(store)
    found = schedule(pod_info(pod(), snapshot.owners), snapshot, profile(40), nominated="n299")

    assert (found.node, found.looked) == ("n299", 0)


DRAWN = st.tuples(st.sampled_from(["1", "2", "4", "8"]), st.booleans(), st.sampled_from(["", "", "t"]))


@given(
    st.lists(DRAWN, min_size=4, max_size=12),
    st.lists(st.integers(0, 11), max_size=6),
    st.integers(1, 99),
    st.integers(0, 11),
)
def test_the_best_of_those_that_were_looked_at_is_chosen(drawn, placed, percentage, start):
    """As in a cluster of the first so many feasible nodes and no others."""
    nodes = [node(f"n{number:02}", "", *one) for number, one in enumerate(drawn)]
    pods = [pod(f"q{number}", f"n{at % len(nodes):02}") for number, at in enumerate(placed)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schedule_one, "LEAST_NODES", 2)
        found = decided(Store.of([*nodes, *pods]), pod(), percentage, start % len(nodes))
        enough = nodes_to_find(len(nodes), percentage)
    snapshot = snapshot_of(Store.of([*nodes, *pods]))
    told = explain(pod_info(pod(), snapshot.owners), snapshot, DEFAULT_PROFILE).nodes
    feasible = {one.node for one in told if one.rejection is None}
    begin = start % len(nodes)
    order = [*nodes[begin:], *nodes[:begin]]
    chosen = [one for one in order if one.metadata.name in feasible][:enough]
    names = {one.metadata.name for one in chosen}
    few = Store.of([*chosen, *(one for one in pods if one.spec.node_name in names)])

    assert found.node == decided(few, pod(), 100, 0).node
