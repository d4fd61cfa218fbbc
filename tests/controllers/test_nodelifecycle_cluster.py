"""Nodes that fall silent in a whole cluster: who notices when, which pods go, and what comes back.

The kubelets here do nothing but renew their Leases, those of the nodes that a ConfigMap names excepted.
"""

from __future__ import annotations

import pytest

from kcore.api.coordination.lease import Lease, LeaseSpec
from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.api.object import ObjectKey
from kcore.apiserver.request import Request, Verb
from kcore.client.component import Component, Work, Write
from kcore.client.turn import Call, OnFailure, Turn
from kcore.cluster.target import Target
from kcore.cluster.timing import Timing
from kcore.controllers.namespace import NAMESPACE
from kcore.controllers.nodelifecycle import NODELIFECYCLE
from kcore.controllers.podgc import PODGC
from kcore.controllers.tainteviction import TAINTEVICTION
from kcore.machine import Refusal
from kcore.model import START, NodeSpec, Plan, advance, boot, build_model
from kcore.users.apply import Apply
from kcore.users.delete import Delete

CAPACITY = FrozenMap({"cpu": "4", "memory": "8Gi", "pods": "110"})
RENEW_INTERVAL = 10_000
CUT_OFF = ObjectKey("ConfigMap", "default", "cut-off")


def renew(_, view, key):
    """Renew the Lease of a node unless it is cut off."""
    node, cut_off = key[2], view.get(CUT_OFF)
    spec = LeaseSpec(renew_time=view.now() * 1000, holder_identity=node)
    lease = Lease(metadata=ObjectMeta(name=node, namespace="kube-node-lease"), spec=spec)
    at = ObjectKey("Lease", "kube-node-lease", node)
    found = view.get(at)
    if found is not None:
        lease = Lease(metadata=found.metadata, spec=spec)
    call = Call(request=Request(verb=Verb.UPDATE, key=at, body=lease), on_failure=OnFailure.GO_ON)
    silent = cut_off is not None and node in cut_off.data
    return Turn(requests=() if silent else (call,), wake_at=view.now() + RENEW_INTERVAL)


def watch_node(change, _):
    """Every kubelet begins with its own node."""
    if change.old is None:
        yield Work(change.key.name, change.key)


HEARTBEATS = Component(
    family="heartbeats",
    watches={"Node": watch_node},
    reconcile=renew,
    writes=frozenset({Write(Verb.UPDATE, "Lease")}),
    per_node=True,
)


class Cluster:
    """Three nodes in three zones, with a pod on each."""

    def __init__(self, timing=Timing.PROMPT):
        self.model = build_model((HEARTBEATS, NODELIFECYCLE, TAINTEVICTION, PODGC, NAMESPACE))
        zones = {"n1": "a", "n2": "b", "n3": "c"}
        labels = {name: FrozenMap({"topology.kubernetes.io/zone": zone}) for name, zone in zones.items()}
        nodes = [NodeSpec(name=name, capacity=CAPACITY, labels=labels[name]) for name in zones]
        self.state = boot(self.model, Plan(nodes=nodes, timing=timing))
        self.apply(*(pod(f"on-{name}", name) for name in zones))

    def apply(self, *bodies):
        """Create objects as a person would."""
        self.act(Apply(objects=tuple(map(Json.of, bodies))))

    def act(self, event):
        """Do what a person does."""
        step = self.model.step(self.state, event)
        assert not isinstance(step, Refusal), step
        self.state = step.state

    def cut_off(self, *names):
        """Let the kubelets of these nodes fall silent."""
        self.apply({**CONFIG_MAP, "data": dict.fromkeys(names, "")})

    def until(self, second):
        """Let time pass."""
        self.state = advance(self.model, self.state, START + second * 1000)

    def taints(self, name):
        found = self.state.store.get(ObjectKey("Node", "", name))
        return {(one.key.rpartition("/")[2], one.effect) for one in found.spec.taints}

    @property
    def going(self):
        return [
            one.metadata.name for one in self.state.store.list("Pod") if one.metadata.deletion_timestamp is not None
        ]


CONFIG_MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "cut-off"}}


def pod(name, node, namespace="default", **spec):
    """A pod that is bound already."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"nodeName": node, "containers": [{"name": "c", "image": "app:v1"}], **spec},
    }


def test_nothing_happens_while_all_nodes_are_well():
    """An hour of heartbeats changes no object but the Leases."""
    cluster = Cluster()
    cluster.until(10)
    quiet = cluster.state.last_change
    cluster.until(3600)

    assert cluster.state.last_change == quiet
    assert cluster.going == []


def test_the_pods_of_a_silent_node_go_after_grace_and_toleration():
    """Fifty seconds without a sign of life, and three hundred that every pod bears by default."""
    cluster = Cluster()
    cluster.until(95)
    cluster.cut_off("n1")
    cluster.until(140)
    assert cluster.taints("n1") == set()

    cluster.until(146)
    assert cluster.taints("n1") == {("unreachable", "NoSchedule"), ("unreachable", "NoExecute")}
    assert cluster.taints("n2") == cluster.taints("n3") == set()

    cluster.until(445)
    assert cluster.going == []
    cluster.until(446)
    assert cluster.going == ["on-n1"]


def test_no_pod_goes_when_no_node_is_left():
    """The taints that end pods are taken off again."""
    cluster = Cluster()
    cluster.cut_off("n1", "n2", "n3")
    cluster.until(900)

    assert cluster.taints("n1") == {("unreachable", "NoSchedule")}
    assert cluster.going == []


def test_a_namespace_ends_with_all_that_is_in_it():
    """Five seconds after its deletion, when its pods need no grace."""
    cluster = Cluster()
    cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ns"}})
    cluster.apply(pod("p", "n1", namespace="ns", terminationGracePeriodSeconds=0))
    cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "ns"}})
    cluster.act(Delete(target=Target(kind="Namespace", name="ns")))
    key = ObjectKey("Namespace", "", "ns")
    assert cluster.state.store.get(key).status.phase == "Terminating"

    cluster.until(6)
    assert [one for one in cluster.state.store.objects if one == key or one.namespace == "ns"] == []


def test_the_pods_of_a_deleted_node_go_after_the_quarantine():
    """The collector looks every twenty seconds and waits for forty."""
    cluster = Cluster()
    cluster.until(5)
    cluster.act(Delete(target=Target(kind="Node", name="n1")))
    cluster.until(60)
    assert [one.metadata.name for one in cluster.state.store.on_node("n1")] == ["on-n1"]

    cluster.until(61)
    assert cluster.state.store.on_node("n1") == ()


@pytest.mark.parametrize("timing", [Timing.PROMPT, Timing.INTERLEAVED, Timing.LAGGING], ids=lambda one: one.value)
def test_the_outcome_does_not_depend_on_the_timing(timing):
    """A cache that lags may cost a look, never the outcome."""
    cluster = Cluster(timing)
    cluster.cut_off("n1")
    cluster.until(500)

    assert cluster.taints("n1") == {("unreachable", "NoSchedule"), ("unreachable", "NoExecute")}
    assert cluster.going == ["on-n1"]
