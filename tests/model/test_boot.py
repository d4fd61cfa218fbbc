"""Booting: what a cluster has before anybody does anything."""

from __future__ import annotations

import pytest
from cluster_models.small import CAPACITY, booted, clerk, config_map, idler

from kcore.api.frozenmap import FrozenMap
from kcore.api.object import ObjectKey
from kcore.client.component import ComponentKey
from kcore.cluster.timing import Timing
from kcore.errors import InputError
from kcore.model import START, NodeSpec, Plan, boot, build_model


def test_a_cluster_boots_with_its_namespaces_and_ready_nodes():
    """Each node has its machine and its kubelet, and says that it is ready."""
    _, state = booted(nodes=2)
    nodes = state.store.list("Node")

    assert [node.metadata.name for node in nodes] == ["n1", "n2"]
    assert all({one.type: one.status for one in node.status.conditions}["Ready"] == "True" for node in nodes)
    assert not any(node.spec.taints for node in nodes)
    assert sorted(state.world.machines) == ["n1", "n2"]
    assert state.store.get(ObjectKey("Namespace", "", "default")) is not None
    assert state.now == START


def test_every_family_runs_where_it_belongs():
    """On each node what is per node, on each master everything else, of which one leads."""
    agent = clerk(idler, family="agent", per_node=True)
    _, state = booted(clerk(idler), agent, nodes=2, masters=3)

    assert sorted(map(str, state.processes)) == ["agent@n1", "agent@n2", "clerk@m1", "clerk@m2", "clerk@m3"]
    assert dict(state.control_plane.leaders) == {"clerk": "m1"}


def test_a_process_starts_with_everything_that_it_watches_to_look_at():
    """As if it had just been added."""
    _, state = booted(clerk(idler, kinds=("Namespace",)))

    assert sorted(key[2] for key in state.processes[ComponentKey("clerk", "m1")].queue.order) == [
        "default",
        "kube-node-lease",
        "kube-public",
        "kube-system",
    ]


@pytest.mark.parametrize("timing", list(Timing), ids=lambda timing: timing.value)
def test_only_a_timing_with_lag_gives_processes_a_cache(timing):
    """Elsewhere they follow the store."""
    _, state = booted(nodes=1, timing=timing)
    lags = timing in (Timing.LAGGING, Timing.LOSSY)

    assert all((process.cache is not None) is lags for process in state.processes.values())


def test_labels_and_taints_of_a_node_are_kept():
    """The hostname label is added, as a kubelet does."""
    taint = FrozenMap({"key": "k", "value": "v", "effect": "NoSchedule"})
    spec = NodeSpec(name="n1", capacity=CAPACITY, labels=FrozenMap({"zone": "a"}), taints=(taint,))
    (node,) = boot(build_model(), Plan(nodes=[spec])).store.list("Node")

    assert dict(node.metadata.labels) == {"zone": "a", "kubernetes.io/hostname": "n1"}
    assert [(one.key, one.value, one.effect) for one in node.spec.taints] == [("k", "v", "NoSchedule")]


def test_a_node_that_the_api_server_refuses_is_bad_input():
    """The message is that of the API server."""
    with pytest.raises(InputError, match="Node/N_1"):
        boot(build_model(), Plan(nodes=[NodeSpec(name="N_1", capacity=CAPACITY)]))


def test_a_cluster_without_nodes_is_a_cluster():
    """It stores and serves."""
    model, state = booted(clerk(idler))

    assert state.store.list("Node") == ()
    assert model.enabled(state) == ()
    assert config_map()["kind"] == "ConfigMap"
