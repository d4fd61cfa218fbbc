"""Pods as the invariants see them: said anew, so that a controller that sees them wrongly is found out.

Models ended, going, active and ready pods, and whose they are.
"""

from __future__ import annotations

from collections.abc import Iterator

from kcore.api.core.pod import Pod
from kcore.api.kinds import key_of
from kcore.api.object import ApiObject
from kcore.apiserver.store import Store

ENDED = frozenset({"Succeeded", "Failed"})
"""The phases that are never left."""


def ended(pod: Pod) -> bool:
    """Tell whether the pod has come to its end."""
    return pod.status.phase in ENDED


def going(obj: ApiObject) -> bool:
    """Tell whether the object is marked for deletion."""
    return obj.metadata.deletion_timestamp is not None


def active(pod: Pod) -> bool:
    """Tell whether the pod counts as a replica."""
    return not ended(pod) and not going(pod)


def ready(pod: Pod) -> bool:
    """Tell whether the pod says that it is ready."""
    return any(one.type == "Ready" and one.status == "True" for one in pod.status.conditions)


def ready_for(pod: Pod, seconds: int, now: int) -> bool:
    """Tell whether the pod has been ready for so many seconds at the time `now` (ms since 1970)."""
    since = [one.last_transition_time for one in pod.status.conditions if one.type == "Ready" and one.status == "True"]
    return bool(since) and (seconds == 0 or (since[0] is not None and (since[0] + seconds) * 1000 <= now))


def controls(owner: ApiObject, obj: ApiObject) -> bool:
    """Tell whether `owner` is the controller of `obj`, by uid."""
    return any(one.controller and one.uid == owner.metadata.uid for one in obj.metadata.owner_references)


def pods_of(store: Store, owner: ApiObject) -> Iterator[Pod]:
    """Yield the pods that `owner` controls, sorted by name."""
    for found in store.owned_by(owner.metadata.uid):
        if isinstance(found, Pod) and controls(owner, found):
            yield found


def name(obj: ApiObject) -> str:
    """Return "Pod/web-0", as culprits are named."""
    return str(key_of(obj))
