"""Measures: how badly off a cluster is, as numbers that Hypothesis tries to make large.

Models counts of pods. A measure looks at objects alone, and is quick: it is taken after every Hypothesis step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kcore.api.core.pod import Pod
from kcore.cluster.state import ClusterState


def pending_pods(state: ClusterState) -> int:
    """Return how many pods wait for a node."""
    return len(state.store.on_node(""))


def unready_pods(state: ClusterState) -> int:
    """Return how many pods are not ready."""
    pods = (one for one in state.store.list("Pod") if isinstance(one, Pod))
    return sum(all(one.type != "Ready" or one.status != "True" for one in pod.status.conditions) for pod in pods)


MEASURES: Mapping[str, Callable[[ClusterState], float]] = {
    "pods that wait for a node": pending_pods,
    "pods that are not ready": unready_pods,
}
