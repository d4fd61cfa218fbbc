"""The last pod: how a pod came or went last, and what its controller was then.

Models laws about one step: the latest change of a pod is judged, as all other pods are still what they were after it;
the controller is taken as it was then, since a turn also writes what it says of itself.
"""

from __future__ import annotations

from kcore.api.core.pod import Pod
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.changes import Change
from kcore.cluster.state import ClusterState
from kcore.invariants.pods import controls, going
from kcore.invariants.recent import recent


def made(state: ClusterState) -> tuple[Change, Pod] | None:
    """Return the pod that was made by the latest change of a pod; None when that was something else."""
    change = _latest(state)
    if change is None or change.old is not None or not isinstance(change.new, Pod):
        return None
    return change, change.new


def taken(state: ClusterState) -> tuple[Change, Pod] | None:
    """Return the pod, as it was, that the latest change of a pod marked or deleted; None when that did neither.

    The end of a pod goes back to its mark, if no other pod has changed in between.
    """
    changes = (change for change in reversed(recent(state)) if change.key.kind == "Pod")
    last = next(changes, None)
    if last is None or not isinstance(last.old, Pod) or (last.new is not None and not going(last.new)):
        return None
    before = next(changes, None) if going(last.old) else last
    if before is None or before.key != last.key or not isinstance(before.old, Pod) or going(before.old):
        return None
    return None if before.new is not None and not going(before.new) else (before, before.old)


def controller_then(state: ClusterState, kind: str, change: Change, pod: Pod) -> ApiObject | None:
    """Return the controller of `pod`, of this kind, as it was after `change`; None when it was being deleted."""
    for reference in pod.metadata.owner_references:
        if reference.controller and reference.kind == kind:
            found = _as_of(state, ObjectKey(kind, pod.metadata.namespace, reference.name), change)
            if found is not None and controls(found, pod) and not going(found):
                return found
    return None


def _latest(state: ClusterState) -> Change | None:
    return next((change for change in reversed(recent(state)) if change.key.kind == "Pod"), None)


def _as_of(state: ClusterState, key: ObjectKey, change: Change) -> ApiObject | None:
    """Return the object at `key` as it was after one of the latest changes."""
    found = state.store.get(key)
    for later in reversed(recent(state)):
        if later.revision <= change.revision:
            break
        if later.key == key:
            found = later.old
    return found
