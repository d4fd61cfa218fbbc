"""SchedulingGates: a pod with gates is not looked at before the last of them is taken away.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/plugins/schedulinggates/scheduling_gates.go
"""

from __future__ import annotations

from kcore.api.core.pod import Pod
from kcore.scheduler.framework import LifecyclePlugin

NAME = "SchedulingGates"


def _pre_enqueue(pod: Pod) -> str:
    if not pod.spec.scheduling_gates:
        return ""
    return f"waiting for scheduling gates: [{' '.join(one.name for one in pod.spec.scheduling_gates)}]"


SCHEDULING_GATES = LifecyclePlugin(name=NAME, pre_enqueue=_pre_enqueue)
