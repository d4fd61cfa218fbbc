"""Disrupted pods: who is told to go, for which reason, as the log tells it.

Shared by what holds of preemption and of evictions.
"""

from __future__ import annotations

from kcore.api.core.pod import Pod
from kcore.apiserver.changes import Change

PREEMPTED = "PreemptionByScheduler"
EVICTED = "EvictionByEvictionAPI"

_TARGET = "DisruptionTarget"


def told_to_go(change: Change, *reasons: str) -> Pod | None:
    """Return the pod that a change tells to go for one of `reasons`, None if it does not."""
    old, new = change.old, change.new
    if (
        not isinstance(old, Pod)
        or not isinstance(new, Pod)
        or _is_target(old, *reasons)
        or not _is_target(new, *reasons)
    ):
        return None
    return new


def _is_target(pod: Pod, *reasons: str) -> bool:
    return any((one.type, one.status) == (_TARGET, "True") and one.reason in reasons for one in pod.status.conditions)
