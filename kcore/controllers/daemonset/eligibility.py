"""Eligibility: whether a node should run a pod of a DaemonSet, and whether one that runs there may stay.

Models the node name, node selector, required node affinity and taints. A taint NoSchedule keeps a new pod away but not
one that is there; one with NoExecute drives it away too. What a node has to give is the scheduler's affair.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/daemon/daemon_controller.go
"""

from __future__ import annotations

from typing import NamedTuple

from kcore.api.core.node import Node
from kcore.api.core.podspec import PodSpec
from kcore.controllers.daemonset.template import with_tolerations
from kcore.placement.nodeaffinity import matches_node_affinity
from kcore.placement.taints import NO_EXECUTE, untolerated

_NO_EXECUTE = frozenset({NO_EXECUTE})


class Eligibility(NamedTuple):
    """Whether a pod should be on a node, and whether one that is there may stay."""

    should_run: bool
    should_continue: bool


NEITHER = Eligibility(should_run=False, should_continue=False)


def node_should_run_daemon_pod(node: Node, spec: PodSpec) -> Eligibility:
    """Return whether `node` should run a pod made from a template with `spec`."""
    if spec.node_name not in ("", node.metadata.name):
        return NEITHER
    if not matches_node_affinity(spec.node_selector, spec.affinity, node):
        return NEITHER
    tolerations = with_tolerations(spec).tolerations
    if untolerated(node.spec.taints, tolerations) is not None:
        stays = untolerated(node.spec.taints, tolerations, _NO_EXECUTE) is None
        return Eligibility(should_run=False, should_continue=stays)
    return Eligibility(should_run=True, should_continue=True)
