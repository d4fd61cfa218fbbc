"""What holds of DaemonSets: one pod a node, a pod on each node that takes any, and updates within their budget.

The nodes on which a pod should run are said anew here, where that is plain: the template asks for nothing of a node,
and the node has no taint.

Upstream: https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from kcore.api.apps.daemonset import DaemonSet
from kcore.api.core.node import Node
from kcore.api.core.pod import Pod
from kcore.api.kinds import key_of
from kcore.cluster.state import ClusterState
from kcore.invariants import lastpod
from kcore.invariants.invariant import NO_LOSS, Invariant, law, question
from kcore.invariants.pods import active, ended, going, name, pods_of, ready, ready_for
from kcore.invariants.recent import Standing
from kcore.invariants.settled import leader, settled
from kcore.machine import Culprits, Finding

FAMILY = "daemonset-controller"
HASH_LABEL = "controller-revision-hash"
NODE_FIELD = "metadata.name"
_UPSTREAM = "https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/daemon"
_DOCS = "https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/"


def one_daemon_pod_a_node(state: ClusterState) -> Finding:
    """Tell whether no node has two active pods of one template of a DaemonSet."""
    for one in _daemon_sets(state):
        known: dict[tuple[str, str], Pod] = {}
        for pod in pods_of(state.store, one):
            if active(pod):
                place = (meant_for(pod), pod.metadata.labels.get(HASH_LABEL, ""))
                before = known.setdefault(place, pod)
                if before is not pod:
                    return Culprits(f"both are for node {place[0]}", name(one), name(before), name(pod))
    return True


def each_node_is_covered_when_settled(state: ClusterState) -> Finding:
    """Tell whether each node that takes any pod has one of each DaemonSet that asks for nothing of its nodes.

    One that leaves counts: it is waited for.
    """
    for one in _plain(state):
        covered = {meant_for(pod) for pod in pods_of(state.store, one) if not ended(pod)}
        for node in _open_nodes(state):
            if node.metadata.name not in covered:
                return Culprits("it has no pod there", name(one), name(node))
    return True


def updates_within_max_unavailable(state: ClusterState) -> Finding:
    """Tell whether an update took an available pod away only when enough stayed."""
    for one, old in _taken(state):
        most = _max_unavailable(state, one)
        if most is None or not _available(state, one, old):
            continue
        serving = Counter(
            meant_for(pod) for pod in pods_of(state.store, one) if active(pod) and _available(state, one, pod)
        )
        lacking = [node for node in _open_nodes(state) if not serving[node.metadata.name]]
        if len(lacking) > most:
            return Culprits(f"{len(lacking)} nodes lack an available pod where {most} may", name(one), name(old))
    return True


def meant_for(pod: Pod) -> str:
    """Return the node that a pod is on, or that its affinity names; "" for none."""
    if pod.spec.node_name:
        return pod.spec.node_name
    affinity = pod.spec.affinity.node_affinity if pod.spec.affinity else None
    required = affinity.required_during_scheduling_ignored_during_execution if affinity else None
    for term in required.node_selector_terms if required else ():
        for field in term.match_fields:
            if field.key == NODE_FIELD and field.values:
                return field.values[0]
    return ""


def _daemon_sets(state: ClusterState) -> Iterator[DaemonSet]:
    return (one for one in state.store.list("DaemonSet") if isinstance(one, DaemonSet))


def _plain(state: ClusterState) -> Iterator[DaemonSet]:
    """Yield the DaemonSets that ask for nothing of a node, that nobody deletes, and whose controller is through."""
    if leader(state, FAMILY) is not None:
        for one in _daemon_sets(state):
            if not going(one) and _asks_nothing(one) and settled(state, FAMILY, key_of(one)):
                yield one


def _asks_nothing(one: DaemonSet) -> bool:
    spec = one.spec.template.spec
    return not spec.node_selector and spec.affinity is None and not spec.node_name


def _open_nodes(state: ClusterState) -> Iterator[Node]:
    """Yield the nodes without a taint."""
    for one in state.store.list("Node"):
        if isinstance(one, Node) and not one.spec.taints:
            yield one


def _taken(state: ClusterState) -> Iterator[tuple[DaemonSet, Pod]]:
    """Yield the pod that was taken away last, with its DaemonSet as it was then, if no pod has changed since."""
    found = lastpod.taken(state)
    one = None if found is None else lastpod.controller_then(state, "DaemonSet", *found)
    if found is not None and isinstance(one, DaemonSet) and _asks_nothing(one):
        yield one, found[1]


def _max_unavailable(state: ClusterState, one: DaemonSet) -> int | None:
    """Return on how many nodes an update may leave nothing available; None when it replaces nothing by itself."""
    rolling = one.spec.update_strategy.rolling_update
    if one.spec.update_strategy.type != "RollingUpdate" or rolling is None:
        return None
    value, nodes = rolling.max_unavailable, len(list(_open_nodes(state)))
    if isinstance(value, str):
        return -(-int(value.removesuffix("%")) * nodes // 100)
    return value or 0


def _available(state: ClusterState, one: DaemonSet, pod: Pod) -> bool:
    return ready(pod) and ready_for(pod, one.spec.min_ready_seconds, state.now)


def _two_covered(state: ClusterState) -> Finding:
    return any(len(list(pods_of(state.store, one))) > 1 for one in _daemon_sets(state))


def _some_settled(state: ClusterState) -> Finding:
    return any(True for _ in _plain(state))


def _some_taken(state: ClusterState) -> Finding:
    return any(_available(state, one, pod) for one, pod in _taken(state))


INVARIANTS: tuple[Invariant, ...] = (
    law(
        "one-daemon-pod-a-node",
        "A node never has two pods of one template of a DaemonSet, those aside that leave or have ended.",
        Standing(one_daemon_pod_a_node, "DaemonSet", "Pod"),
        _two_covered,
        assumes=(
            "nobody makes pods by hand that it adopts, and nobody binds a pod to another node than it is meant for",
            "no answer to a creation is lost: its controller would make another pod before it hears of the first",
        ),
        timings=NO_LOSS,
        upstream=f"{_UPSTREAM}/daemon_controller.go",
    ),
    law(
        "each-node-is-covered-when-settled",
        "A DaemonSet whose controller is through with it has a pod, or one that leaves, on each node that takes any.",
        each_node_is_covered_when_settled,
        _some_settled,
        upstream=f"{_UPSTREAM}/daemon_controller.go",
    ),
    question(
        "daemon-updates-within-max-unavailable",
        "An update of a DaemonSet takes no available pod away when more nodes than maxUnavailable would lack one.",
        updates_within_max_unavailable,
        _some_taken,
        assumes=("nobody else deletes its pods: no person, no eviction, no loss of a node",),
        upstream=f"{_DOCS}#performing-a-rolling-update",
    ),
)
