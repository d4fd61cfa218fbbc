"""Drainability: which pods keep the cluster autoscaler from a node.

Models that it leaves alone what nobody makes anew, what keeps data on the node, pods of the system without a budget,
pods that ask for it, and pods whose budgets do not allow that all of them go; and that a pod may say that it is safe.

Upstream: https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/simulator/drainability/rules/rules.go
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from kcore.api.core.pod import Pod
from kcore.api.core.volume import Volume
from kcore.api.policy.poddisruptionbudget import PodDisruptionBudget
from kcore.apiserver.store import Store
from kcore.placement.podaffinity import readable

SAFE_TO_EVICT = "cluster-autoscaler.kubernetes.io/safe-to-evict"
SYSTEM = "kube-system"


@attrs.frozen(kw_only=True)
class Skips:
    """Whether nodes are left alone for pods with local storage, and for pods of the system without a budget."""

    local_storage: bool = True
    system_pods: bool = True


def drainable(store: Store, pods: Sequence[Pod], skips: Skips) -> bool:
    """Tell whether the autoscaler would send all of `pods`, which are those of one node, away."""
    budgets = [one for one in store.list("PodDisruptionBudget") if isinstance(one, PodDisruptionBudget)]
    return not any(_stays(pod, budgets, skips) for pod in pods) and all(_allows(one, pods) for one in budgets)


def _stays(pod: Pod, budgets: Sequence[PodDisruptionBudget], skips: Skips) -> bool:
    safe = pod.metadata.annotations.get(SAFE_TO_EVICT)
    if safe == "true":
        return False
    system = skips.system_pods and pod.metadata.namespace == SYSTEM and not any(_covers(one, pod) for one in budgets)
    local = skips.local_storage and any(map(_is_local, pod.spec.volumes))
    return pod.metadata.controller is None or system or local or safe == "false"


def _allows(budget: PodDisruptionBudget, pods: Sequence[Pod]) -> bool:
    """Tell whether a budget allows that all those of `pods` go which it covers."""
    covered = sum(_covers(budget, pod) for pod in pods)
    return covered <= budget.status.disruptions_allowed


def _covers(budget: PodDisruptionBudget, pod: Pod) -> bool:
    if budget.metadata.namespace != pod.metadata.namespace:
        return False
    return readable(budget.spec.selector).matches(pod.metadata.labels)


def _is_local(volume: Volume) -> bool:
    """Tell whether a volume keeps data on its node; one in memory is not meant to last."""
    if volume.empty_dir is not None:
        return volume.empty_dir.medium != "Memory"
    return volume.host_path is not None
