"""Situation: all that a sync of a DaemonSet decides on, read once.

Models what a sync reads of its cache: the DaemonSet, the nodes with what each should run, the pods that it may count
by the node that they are on or meant for, and the hash of its latest template. Pods that have come to their end and are
being deleted count for nothing but for the history. Pods without a node to be on are left alone.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/daemon/daemon_controller.go
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import attrs

from kcore.api.apps.daemonset import DaemonSet
from kcore.api.core.node import Node
from kcore.api.core.pod import Pod
from kcore.api.intstr import scaled_value
from kcore.controllers.daemonset.eligibility import NEITHER, Eligibility, node_should_run_daemon_pod
from kcore.controllers.daemonset.template import is_updated, target_node
from kcore.reconcile.podutil import Elapsed, is_pod_available, is_pod_terminal

ROLLING_UPDATE = "RollingUpdate"

OnNodes: TypeAlias = Mapping[str, tuple[Pod, ...]]
"""Pods by the name of the node that they are on or meant for, the nodes sorted by name."""


@attrs.frozen(kw_only=True)
class Situation:
    """A DaemonSet, the hash and the generation of its template, what each node should run, and how to tell the time."""

    daemon_set: DaemonSet
    revision_hash: str
    nodes: Mapping[str, Eligibility]
    elapsed: Elapsed
    generation: int | None = None

    def eligibility(self, node: str) -> Eligibility:
        """Return what the node should run: nothing if there is none of that name."""
        return self.nodes.get(node, NEITHER)

    @property
    def wanted(self) -> int:
        """How many nodes should run a pod."""
        return sum(one.should_run for one in self.nodes.values())

    def available(self, pod: Pod) -> bool:
        """Tell whether `pod` has been ready long enough."""
        return is_pod_available(pod, self.daemon_set.spec.min_ready_seconds, self.elapsed)

    def updated(self, pod: Pod) -> bool:
        """Tell whether `pod` is of the latest template."""
        return is_updated(pod, self.revision_hash, self.generation)


def eligibilities(daemon_set: DaemonSet, nodes: Iterable[Node]) -> dict[str, Eligibility]:
    """Return for each of `nodes`, by name, whether it should run a pod."""
    spec = daemon_set.spec.template.spec
    return {node.metadata.name: node_should_run_daemon_pod(node, spec) for node in nodes}


def by_node(pods: Iterable[Pod]) -> OnNodes:
    """Return the pods by node, without those at their end that are being deleted."""
    found: dict[str, tuple[Pod, ...]] = {}
    for pod in pods:
        if is_pod_terminal(pod) and pod.metadata.deletion_timestamp is not None:
            continue
        node = target_node(pod)
        if node is not None:
            found[node] = (*found.get(node, ()), pod)
    return dict(sorted(found.items()))


def by_age(pods: Iterable[Pod]) -> list[Pod]:
    """Return pods that are on their node before those that are only meant for it, and the oldest first."""
    return sorted(pods, key=_age)


def max_unavailable(daemon_set: DaemonSet, nodes: int) -> int:
    """Return on how many of `nodes` an update may leave nothing available; IntOrStringError for what is no number."""
    rolling = daemon_set.spec.update_strategy.rolling_update
    if daemon_set.spec.update_strategy.type != ROLLING_UPDATE or rolling is None:
        return 0
    return scaled_value(rolling.max_unavailable, nodes, round_up=True)


def max_surge(daemon_set: DaemonSet, nodes: int) -> int:
    """Return on how many of `nodes` an update may add a second pod; IntOrStringError for what is no number."""
    rolling = daemon_set.spec.update_strategy.rolling_update
    if daemon_set.spec.update_strategy.type != ROLLING_UPDATE or rolling is None or rolling.max_surge is None:
        return 0
    return scaled_value(rolling.max_surge, nodes, round_up=True)


def _age(pod: Pod) -> tuple[bool, int, str]:
    created = pod.metadata.creation_timestamp
    return not pod.spec.node_name, -1 if created is None else created, pod.metadata.name
