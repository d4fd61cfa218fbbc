"""Placed: the nodes with their pods as the descheduler sees them, and which pods it may touch.

Models the default evictor: pods that a controller makes anew, that are no DaemonSet's and no mirrors of static pods,
that have no local storage and no priority of the system. Pods on their way out count as gone.

Upstream: https://github.com/kubernetes-sigs/descheduler/blob/master/pkg/framework/plugins/defaultevictor/defaultevictor.go
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from kcore.api.core.node import Node
from kcore.api.core.pod import Pod
from kcore.client.view import View
from kcore.placement.nodeaffinity import matches_node_affinity
from kcore.placement.taints import untolerated

MIRROR = "kubernetes.io/config.mirror"
SYSTEM_PRIORITY = 2_000_000_000
ENDED = ("Succeeded", "Failed")


@attrs.frozen(kw_only=True)
class Placed:
    """The nodes by name, and the pods that stay on each, the least important and then the youngest first."""

    nodes: tuple[Node, ...]
    pods: Mapping[str, tuple[Pod, ...]]

    def without(self, pods: tuple[Pod, ...]) -> Placed:
        """Return the same without pods that are to go."""
        gone = {one.metadata.uid for one in pods}
        left = {name: tuple(one for one in there if one.metadata.uid not in gone) for name, there in self.pods.items()}
        return attrs.evolve(self, pods=left)

    def targets(self, pod: Pod) -> tuple[Node, ...]:
        """Return the nodes that `pod` may go to, were there room."""
        return tuple(one for one in self.nodes if takes(one, pod))


def placed(view: View) -> Placed:
    """Return what there is now."""
    nodes = tuple(one for one in view.list("Node") if isinstance(one, Node))
    return Placed(nodes=nodes, pods={one.metadata.name: _pods(view, one.metadata.name) for one in nodes})


def _pods(view: View, node: str) -> tuple[Pod, ...]:
    stay = (
        one
        for one in view.on_node(node)
        if isinstance(one, Pod) and one.status.phase not in ENDED and one.metadata.deletion_timestamp is None
    )
    return tuple(sorted(stay, key=_importance))


def _importance(pod: Pod) -> tuple[int, float, str, str]:
    started = pod.status.start_time
    meta = pod.metadata
    return pod.spec.priority or 0, -float(started or 0), meta.namespace, meta.name


def is_evictable(pod: Pod) -> bool:
    """Tell whether the descheduler may evict `pod`."""
    owner = pod.metadata.controller
    if owner is None or owner.kind == "DaemonSet" or MIRROR in pod.metadata.annotations:
        return False
    local = any(one.empty_dir is not None or one.host_path is not None for one in pod.spec.volumes)
    return not local and (pod.spec.priority or 0) < SYSTEM_PRIORITY


def takes(node: Node, pod: Pod) -> bool:
    """Tell whether `pod` may go to `node`, were there room."""
    if node.spec.unschedulable or untolerated(node.spec.taints, pod.spec.tolerations) is not None:
        return False
    return matches_node_affinity(pod.spec.node_selector, pod.spec.affinity, node)
