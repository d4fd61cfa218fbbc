"""Node lifecycle: signs of life, conditions, taints and zones, one controller by itself."""

from __future__ import annotations

import attrs
import pytest
from controller_bench import START, Bench
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.convert import from_wire
from kcore.api.coordination.lease import Lease, LeaseSpec
from kcore.api.frozenmap import FrozenMap
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.api.object import ObjectKey
from kcore.api.times import format_time
from kcore.controllers.nodelifecycle import NODELIFECYCLE, NodeLifecycleConfig, nodelifecycle
from kcore.controllers.nodelifecycle.node_lifecycle_controller import MONITOR
from kcore.controllers.nodelifecycle.taints import no_schedule_changes
from kcore.controllers.nodelifecycle.zones import ZoneState, eviction_rate, zone_of, zone_state

CONFIG = NodeLifecycleConfig()
ZONE = "topology.kubernetes.io/zone"
REGION = "topology.kubernetes.io/region"
BETA_ZONE = "failure-domain.beta.kubernetes.io/zone"
NOT_READY = "node.kubernetes.io/not-ready"
UNREACHABLE = "node.kubernetes.io/unreachable"


def node(name="n1", ready="True", zone="a", beat=0, conditions=(), taints=(), labels=None, **spec):
    """A node that posted its status `beat` seconds after the start; ready None: it never did."""
    at = format_time(START // 1000 + beat)
    said = [] if ready is None else [("Ready", ready), *conditions]
    return from_wire(
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {
                "name": name,
                "uid": f"u-{name}",
                "creationTimestamp": format_time(START // 1000),
                "labels": labels if labels is not None else {ZONE: zone},
            },
            "spec": {"taints": [{"key": key, "effect": effect} for key, effect in taints], **spec},
            "status": {
                "conditions": [
                    {"type": kind, "status": status, "lastHeartbeatTime": at, "lastTransitionTime": at}
                    for kind, status in said
                ]
            },
        }
    )


def pod(name="p", on="n1", ready="True", **meta):
    conditions = [{"type": "Ready", "status": ready}] if ready else []
    return from_wire(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": "default", "uid": f"u-{name}", **meta},
            "spec": {"nodeName": on, "containers": [{"name": "c", "image": "i"}]},
            "status": {"phase": "Running", "conditions": conditions},
        }
    )


def lease(name="n1", at=0):
    metadata = ObjectMeta(name=name, namespace="kube-node-lease")
    return Lease(metadata=metadata, spec=LeaseSpec(renew_time=(START // 1000 + at) * 1_000_000))


class Cluster(Bench):
    """A bench that runs the monitor by its alarms."""

    def __init__(self, *objects, component=NODELIFECYCLE, alive=()):
        super().__init__(component, *objects)
        self.alive = set(alive)
        self.queue = [MONITOR, *(ObjectKey("Node", "", one.metadata.name) for one in self.store.list("Node"))]
        self.run()

    def until(self, second):
        """Let time pass up to and including `second`; the nodes that are `alive` renew their Leases every 10 s."""
        while self.wakes[MONITOR] <= START + second * 1000:
            due = (self.wakes[MONITOR] - START) // 1000
            for name in sorted(self.alive):
                self.put(lease(name, due // 10 * 10))
            self.wait(MONITOR)
            self.run()

    def ready(self, name="n1"):
        (condition,) = [one for one in self.found(name).status.conditions if one.type == "Ready"]
        return f"{condition.status}/{condition.reason}"

    def taints(self, name="n1"):
        return {(one.key.rpartition("/")[2], one.effect) for one in self.found(name).spec.taints}

    def found(self, name):
        return self.store.get(ObjectKey("Node", "", name))


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        pytest.param({}, "", id="no labels, no zone"),
        pytest.param({ZONE: "a"}, ":\x00:a", id="a zone without a region"),
        pytest.param({REGION: "r", ZONE: "a"}, "r:\x00:a", id="a region and a zone"),
        pytest.param({ZONE: "a", BETA_ZONE: "b"}, ":\x00:b", id="the old label wins"),
    ],
)
def test_the_zone_of_a_node_follows_from_its_labels(labels, expected):
    """Region and zone together."""
    assert zone_of(node(labels=labels)) == expected


@pytest.mark.parametrize(
    ("ready", "lost", "state"),
    [
        pytest.param(0, 1, ZoneState.FULL_DISRUPTION, id="one node and it is lost"),
        pytest.param(1, 1, ZoneState.NORMAL, id="one of two is not much"),
        pytest.param(1, 2, ZoneState.NORMAL, id="two lost nodes never disrupt a zone partially"),
        pytest.param(1, 3, ZoneState.PARTIAL_DISRUPTION, id="three of four do"),
        pytest.param(3, 3, ZoneState.NORMAL, id="half of the nodes is not enough"),
        pytest.param(9, 11, ZoneState.PARTIAL_DISRUPTION, id="55 of a hundred are"),
        pytest.param(0, 0, ZoneState.NORMAL, id="no nodes, no disruption"),
    ],
)
def test_the_state_of_a_zone_follows_from_its_lost_nodes(ready, lost, state):
    """All of them, most of them, or few."""
    assert zone_state([True] * ready + [False] * lost, CONFIG) is state


@pytest.mark.parametrize(
    ("state", "size", "rate"),
    [
        pytest.param(ZoneState.NORMAL, 4, 0.1, id="normal"),
        pytest.param(ZoneState.FULL_DISRUPTION, 4, 0.1, id="full disruption goes at the normal rate"),
        pytest.param(ZoneState.PARTIAL_DISRUPTION, 50, 0.0, id="partial disruption of a small zone stops all"),
        pytest.param(ZoneState.PARTIAL_DISRUPTION, 51, 0.01, id="partial disruption of a large zone slows down"),
    ],
)
def test_the_rate_follows_from_the_state_of_the_zone(state, size, rate):
    """In nodes a second."""
    assert eviction_rate(state, size, CONFIG) == rate


@pytest.mark.parametrize(
    ("given_node", "added", "removed"),
    [
        pytest.param(node(), [], [], id="a node that is well"),
        pytest.param(node(ready="False"), ["not-ready"], [], id="not ready"),
        pytest.param(node(ready="Unknown"), ["unreachable"], [], id="unknown"),
        pytest.param(
            node(conditions=[("DiskPressure", "True"), ("PIDPressure", "True")]),
            ["disk-pressure", "pid-pressure"],
            [],
            id="pressure",
        ),
        pytest.param(node(conditions=[("NetworkUnavailable", "True")]), ["network-unavailable"], [], id="no network"),
        pytest.param(node(conditions=[("MemoryPressure", "Unknown")]), [], [], id="pressure that nobody knows of"),
        pytest.param(node(unschedulable=True), ["unschedulable"], [], id="cordoned"),
        pytest.param(node(taints=[(NOT_READY, "NoSchedule")]), [], ["not-ready"], id="ready again"),
        pytest.param(
            node(taints=[("example.com/own", "NoSchedule"), (NOT_READY, "NoExecute")]), [], [], id="taints of others"
        ),
        pytest.param(
            node(ready="Unknown", taints=[(NOT_READY, "NoSchedule")]), ["unreachable"], ["not-ready"], id="both at once"
        ),
    ],
)
def test_no_schedule_taints_follow_from_conditions(given_node, added, removed):
    """And from cordoning; other taints are nobody's business here."""
    names = [[one.key.rpartition("/")[2] for one in part] for part in no_schedule_changes(given_node)]

    assert names == [added, removed]


def test_a_silent_node_is_lost_after_its_grace():
    """Its conditions are unknown, its pods not ready, and it is given up."""
    cluster = Cluster(
        node(conditions=[("MemoryPressure", "False")]), node("n2", zone="b"), pod(), pod("q", ready=None), alive=["n2"]
    )
    cluster.until(50)
    assert cluster.ready() == "True/"

    cluster.until(55)
    assert cluster.ready() == "Unknown/NodeStatusUnknown"
    assert {one.type: one.reason for one in cluster.found("n1").status.conditions} == {
        "Ready": "NodeStatusUnknown",
        "MemoryPressure": "NodeStatusUnknown",
        "DiskPressure": "NodeStatusNeverUpdated",
        "PIDPressure": "NodeStatusNeverUpdated",
    }
    assert cluster.taints() == {("unreachable", "NoExecute"), ("unreachable", "NoSchedule")}
    assert cluster.taints("n2") == set()
    p, q = cluster.store.list("Pod")
    assert [one.status for one in p.status.conditions] == ["False"]
    assert q.status.conditions == ()
    assert "nodelifecycle.NodeNotReady" in [note.name for note in cluster.notes]


def test_a_node_that_renews_its_lease_stays_ready():
    """Whether it posts its status or not."""
    cluster = Cluster(node(), alive=["n1"])
    cluster.until(600)

    assert cluster.ready() == "True/"
    assert cluster.writes == []


def test_a_node_that_posts_its_status_stays_ready():
    """Whether it has a Lease or not."""
    cluster = Cluster(node())
    for second in range(0, 300, 40):
        cluster.put(node(beat=second))
        cluster.until(second + 39)

    assert cluster.ready() == "True/"


def test_a_node_that_never_posted_gets_the_longer_grace():
    """It counts from the node's creation."""
    cluster = Cluster(node(ready=None), node("n2", zone="b"), alive=["n2"])
    cluster.until(60)
    assert cluster.found("n1").status.conditions == ()

    cluster.until(65)
    assert cluster.ready() == "Unknown/NodeStatusNeverUpdated"
    assert cluster.taints() == {("unreachable", "NoExecute"), ("unreachable", "NoSchedule")}


def test_a_node_that_comes_back_is_free_of_taints():
    """At the next look."""
    cluster = Cluster(node(), node("n2", zone="b"), alive=["n2"])
    cluster.until(60)
    cluster.put(attrs.evolve(node(beat=62), spec=cluster.found("n1").spec))
    cluster.alive.add("n1")
    cluster.until(65)

    assert cluster.taints() == set()


def test_one_taint_takes_the_place_of_the_other_at_once():
    """No token is asked for."""
    cluster = Cluster(node(ready="False"), node("n2"), node("n3", ready="False"), alive=["n2", "n3"])
    cluster.until(10)
    assert cluster.taints() == {("not-ready", "NoExecute"), ("not-ready", "NoSchedule")}

    cluster.until(55)
    assert cluster.taints() == {("unreachable", "NoExecute"), ("unreachable", "NoSchedule")}


def test_nodes_of_a_zone_are_given_up_one_by_one():
    """At 0.1 a second; the second one ten seconds after the first."""
    cluster = Cluster(*(node(f"n{at}") for at in range(1, 6)), alive=["n3", "n4", "n5"])
    cluster.until(55)
    assert [("unreachable", "NoExecute") in cluster.taints(name) for name in ("n1", "n2")] == [True, False]

    cluster.until(64)
    assert ("unreachable", "NoExecute") not in cluster.taints("n2")
    cluster.until(65)
    assert ("unreachable", "NoExecute") in cluster.taints("n2")


def test_most_of_a_small_zone_lost_stops_giving_up():
    """Three of four; all get the taint that keeps new pods off."""
    cluster = Cluster(*(node(f"n{at}") for at in range(1, 5)), alive=["n4"])
    cluster.until(200)

    given_up = [name for name in ("n1", "n2", "n3") if ("unreachable", "NoExecute") in cluster.taints(name)]
    assert given_up == []
    assert all(("unreachable", "NoSchedule") in cluster.taints(name) for name in ("n1", "n2", "n3"))


def test_all_zones_lost_frees_every_node_and_stops():
    """The controller takes itself for the one that is cut off."""
    cluster = Cluster(node(), node("n2", zone="b"), alive=["n2"])
    cluster.until(60)
    assert ("unreachable", "NoExecute") in cluster.taints()
    cluster.alive.clear()
    cluster.until(200)

    assert cluster.taints() == cluster.taints("n2") == {("unreachable", "NoSchedule")}


def test_the_first_node_back_gives_all_others_their_grace_anew():
    """None is given up before that is over again."""
    cluster = Cluster(node(), node("n2", zone="b"))
    cluster.until(100)
    cluster.put(attrs.evolve(node("n2", zone="b", beat=101), spec=cluster.found("n2").spec))
    cluster.alive.add("n2")
    cluster.until(105)
    assert cluster.taints("n2") == set()

    cluster.until(120)
    assert ("unreachable", "NoExecute") in cluster.taints()


def test_an_excluded_node_does_not_count():
    """A zone whose only counted node is well is well."""
    away = {"node.kubernetes.io/exclude-disruption": "", ZONE: "a"}
    cluster = Cluster(*(node(f"n{at}", labels=away) for at in (1, 2, 3)), node("n4"), alive=["n4"])
    cluster.until(55)

    assert sum(("unreachable", "NoExecute") in cluster.taints(f"n{at}") for at in (1, 2, 3)) == 1


def test_a_status_that_meets_a_conflict_is_written_on_the_latest_node():
    """The node is read anew, and judged anew."""
    cluster = Cluster(node(), node("n2", zone="b"), alive=["n2"])
    cluster.until(50)
    stale = cluster.store
    cluster.put(
        attrs.evolve(
            cluster.found("n1"),
            metadata=attrs.evolve(cluster.found("n1").metadata, labels=FrozenMap({ZONE: "a", "x": "y"})),
        )
    )
    cluster.now = cluster.wakes[MONITOR]
    cluster.turn(MONITOR, stale)

    assert ("update", 409) in cluster.writes
    assert cluster.ready() == "Unknown/NodeStatusUnknown"
    assert cluster.found("n1").metadata.labels["x"] == "y"


def test_pods_that_could_not_be_marked_are_tried_again():
    """At the next look."""
    cluster = Cluster(node(), node("n2", zone="b"), pod(), alive=["n2"])
    cluster.until(50)
    stale = cluster.store
    cluster.put(pod(labels={"x": "y"}))
    cluster.now = cluster.wakes[MONITOR]
    cluster.turn(MONITOR, stale)
    assert cluster.memory[MONITOR].to_retry == {"n1"}

    cluster.run()
    cluster.until(60)
    (found,) = cluster.store.list("Pod")
    assert [one.status for one in found.status.conditions] == ["False"]
    assert cluster.memory[MONITOR].to_retry == frozenset()


def test_taints_are_written_on_the_latest_version():
    """A conflict is answered by reading again."""
    cluster = Cluster(node())
    stale = cluster.store.put(node(unschedulable=True))
    cluster.put(node(labels={"x": "y"}, unschedulable=True))
    cluster.queue = []
    cluster.turn(ObjectKey("Node", "", "n1"), stale)

    assert cluster.taints() == {("unschedulable", "NoSchedule")}
    assert dict(cluster.found("n1").metadata.labels) == {"x": "y"}


def test_labels_keep_their_old_names():
    """The operating system and the architecture."""
    cluster = Cluster(node(labels={"kubernetes.io/os": "linux", "kubernetes.io/arch": "arm64"}))

    assert cluster.found("n1").metadata.labels["beta.kubernetes.io/os"] == "linux"
    assert cluster.found("n1").metadata.labels["beta.kubernetes.io/arch"] == "arm64"


def test_a_deleted_node_is_forgotten():
    """It is told, and its zone has no state any more."""
    cluster = Cluster(node(), node("n2", zone="b"), alive=["n2"])
    cluster.remove(ObjectKey("Node", "", "n1"))
    cluster.until(5)

    assert list(cluster.memory[MONITOR].health) == ["n2"]
    assert "nodelifecycle.RemovingNode" in [note.name for note in cluster.notes]


def test_a_pod_that_is_ready_on_a_lost_node_is_corrected_when_it_is_first_heard_of():
    """Pods on nodes that are well cost no turn."""
    cluster = Cluster(node(), node("n2", ready="False"), alive=["n2"])
    cluster.put(pod(), pod("q", on="n2"), pod("r", on="n2", ready=None))

    assert cluster.queue == [ObjectKey("Pod", "default", "q")]
    assert cluster.run() == [("update", 200)]


def test_a_heartbeat_alone_wakes_nobody():
    """The monitor sees it when it looks."""
    cluster = Cluster(node(), alive=["n1"])
    cluster.put(node(beat=7), lease("n1", 10))

    assert cluster.queue == []


def test_a_shorter_grace_is_a_matter_of_configuration():
    """The cluster that recorded the scenarios had six seconds, looked at every second."""
    quick = nodelifecycle(NodeLifecycleConfig(node_monitor_period=1_000, node_monitor_grace_period=6_000))
    cluster = Cluster(node(), component=quick)
    cluster.until(6)
    assert cluster.ready() == "True/"

    cluster.until(7)
    assert cluster.ready() == "Unknown/NodeStatusUnknown"


@given(st.permutations(["n1", "n2", "n3", "n4"]), st.sets(st.sampled_from(["n1", "n2", "n3", "n4"])), st.booleans())
def test_names_decide_nothing_but_who_of_equals_comes_first(names, alive, apart):
    """The states, and how many are given up, are the same under any names."""

    def outcome(order):
        alias = dict(zip(["n1", "n2", "n3", "n4"], order, strict=True))
        nodes = [node(alias[name], zone=name if apart else "a") for name in alias]
        cluster = Cluster(*nodes, alive=[alias[name] for name in alive])
        cluster.until(90)
        ready = {name: cluster.ready(alias[name]) for name in alias}
        return ready, sorted(len(cluster.taints(alias[name])) for name in alias)

    assert outcome(names) == outcome(["n1", "n2", "n3", "n4"])


@given(st.sets(st.sampled_from(["n1", "n2", "n3"])), st.sets(st.sampled_from(["n1", "n2", "n3"])))
def test_a_cluster_in_which_nothing_changes_is_written_to_no_more(alive, unready):
    """Once every node is judged and given up."""
    nodes = [node(name, ready="False" if name in unready else "True", zone=name) for name in ("n1", "n2", "n3")]
    cluster = Cluster(*nodes, alive=alive)
    cluster.until(100)
    before = len(cluster.writes)
    cluster.until(200)

    assert len(cluster.writes) == before
