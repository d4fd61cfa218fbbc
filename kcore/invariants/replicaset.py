"""What holds of ReplicaSets: never too many pods, as many as are wanted in the end, and a status that counts them.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/replicaset/replica_set.go
"""

from __future__ import annotations

from collections.abc import Iterator

from kcore.api.apps.replicaset import ReplicaSet
from kcore.api.core.pod import Pod
from kcore.api.kinds import key_of
from kcore.api.selectors.label import from_label_selector
from kcore.apiserver.store import Store
from kcore.cluster.state import ClusterState
from kcore.invariants.invariant import NO_LOSS, Invariant, law
from kcore.invariants.pods import active, name, pods_of, ready, ready_for
from kcore.invariants.recent import Standing, versions
from kcore.invariants.settled import WhenSettled, settled
from kcore.machine import Culprits, Finding

FAMILY = "replicaset-controller"
_UPSTREAM = "https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/replicaset"


def pods_within_replicas(state: ClusterState) -> Finding:
    """Tell whether no ReplicaSet has more active pods than it wants, or has wanted of late."""
    for one in _replica_sets(state.store):
        pods = _active(state, one)
        if len(pods) <= _wanted(one):
            continue
        most = max(_wanted(each) for each in versions(state, key_of(one)) if isinstance(each, ReplicaSet))
        if len(pods) > most:
            return Culprits(f"{len(pods)} pods where {most} are wanted", name(one), *map(name, pods))
    return True


def not_as_many_as_wanted(state: ClusterState, one: ReplicaSet) -> Culprits | None:
    """Return how a ReplicaSet has more or fewer active pods than it wants."""
    pods = _active(state, one)
    if len(pods) == _wanted(one):
        return None
    return Culprits(f"{len(pods)} pods where {_wanted(one)} are wanted", name(one), *map(name, pods))


def holds_others(state: ClusterState, one: ReplicaSet) -> Culprits | None:
    """Return how a ReplicaSet holds active pods that it does not select."""
    selector = from_label_selector(one.spec.selector)
    others = [pod for pod in _active(state, one) if not selector.matches(pod.metadata.labels)]
    return Culprits("it holds pods that it does not select", name(one), *map(name, others)) if others else None


def miscounted(state: ClusterState, one: ReplicaSet) -> Culprits | None:
    """Return how the status of a ReplicaSet does not count its pods."""
    pods, wait = _active(state, one), one.spec.min_ready_seconds
    status = one.status
    counts = {
        "replicas": (status.replicas, len(pods)),
        "readyReplicas": (status.ready_replicas, sum(map(ready, pods))),
        "availableReplicas": (status.available_replicas, sum(ready_for(pod, wait, state.now) for pod in pods)),
        "observedGeneration": (status.observed_generation, one.metadata.generation),
    }
    for field, (said, so) in counts.items():
        if said != so:
            return Culprits(f"its {field} is {said}, and should be {so}", name(one), *map(name, pods))
    return None


def _replica_sets(store: Store) -> Iterator[ReplicaSet]:
    return (one for one in store.list("ReplicaSet") if isinstance(one, ReplicaSet))


def _active(state: ClusterState, replica_set: ReplicaSet) -> list[Pod]:
    return [pod for pod in pods_of(state.store, replica_set) if active(pod)]


def _wanted(replica_set: ReplicaSet) -> int:
    return 1 if replica_set.spec.replicas is None else replica_set.spec.replicas


def _some_settled(state: ClusterState) -> Finding:
    return settled(state, FAMILY) and any(_wanted(one) > 0 for one in _replica_sets(state.store))


def _some_full(state: ClusterState) -> Finding:
    return any(0 < _wanted(one) <= len(_active(state, one)) for one in _replica_sets(state.store))


INVARIANTS: tuple[Invariant, ...] = (
    law(
        "pods-within-replicas",
        "A ReplicaSet never has more pods than it wants, those aside that it wanted before and is about to delete.",
        Standing(pods_within_replicas, "ReplicaSet", "Pod"),
        _some_full,
        assumes=(
            "nobody makes pods by hand that it adopts",
            "no answer to a creation is lost: its controller would make another pod before it hears of the first",
        ),
        timings=NO_LOSS,
        upstream=f"{_UPSTREAM}/replica_set.go",
    ),
    law(
        "replicas-as-wanted-when-settled",
        "A ReplicaSet whose controller is through with it has as many pods as it wants.",
        WhenSettled(FAMILY, _replica_sets, not_as_many_as_wanted, "ReplicaSet", "Pod"),
        _some_settled,
        upstream=f"{_UPSTREAM}/replica_set.go",
    ),
    law(
        "replicas-are-selected-when-settled",
        "A ReplicaSet whose controller is through with it controls no living pod that it does not select.",
        WhenSettled(FAMILY, _replica_sets, holds_others, "ReplicaSet", "Pod"),
        _some_settled,
        upstream="https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/controller_ref_manager.go",
    ),
    law(
        "replicaset-status-counts-when-settled",
        "The status of a ReplicaSet whose controller is through with it counts its pods, the ready and the available.",
        WhenSettled(FAMILY, _replica_sets, miscounted, timed=True),
        _some_settled,
        upstream=f"{_UPSTREAM}/replica_set_utils.go",
    ),
)
