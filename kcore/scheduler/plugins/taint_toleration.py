"""TaintToleration: a node's NoSchedule and NoExecute taints keep off the pods that do not tolerate them.

Models the filter, and the score: the fewer PreferNoSchedule taints a pod does not tolerate, the better.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/plugins/tainttoleration/taint_toleration.go
"""

from __future__ import annotations

from kcore.placement.taints import intolerable, untolerated
from kcore.scheduler.framework import Code, NodeInfo, Plugin, PodInfo, Reads, Rejection, reversed_normalize

NAME = "TaintToleration"

_REJECTION = Rejection(NAME, Code.UNSCHEDULABLE_AND_UNRESOLVABLE, ("node(s) had untolerated taint(s)",))


def _filter(pod: PodInfo, node: NodeInfo) -> Rejection | None:
    taints = node.node.spec.taints
    return _REJECTION if taints and untolerated(taints, pod.tolerations) else None


def _score(pod: PodInfo, node: NodeInfo) -> int:
    taints = node.node.spec.taints
    return intolerable(taints, pod.tolerations) if taints else 0


TAINT_TOLERATION = Plugin(name=NAME, reads=Reads.NODE, filter=_filter, score=_score, normalize=reversed_normalize)
