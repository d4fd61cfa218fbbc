"""Event handlers: which pods the scheduler looks at after a change.

Models that a new pod waits to be placed, and that what makes room, or may make a node fit, wakes the pods that found no
place. What can't help wakes nobody: a heartbeat, a status that the scheduler wrote itself.

Not modelled yet: which plugin a change can please (queueing hints), the back-off of pods that were woken, the order by
priority, and the flush of pods that waited for five minutes.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/eventhandlers.go
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from kcore.api.core.node import Node
from kcore.api.core.pod import Pod
from kcore.api.kinds import key_of
from kcore.api.object import ApiObject
from kcore.apiserver.changes import Change
from kcore.apiserver.store import Store
from kcore.client.component import LEADER, Work
from kcore.placement.fit import request_of
from kcore.scheduler.profile import DEFAULT_PROFILE
from kcore.scheduler.snapshot import ENDED, is_placed


def is_pending(found: ApiObject | None) -> bool:
    """Tell whether `found` is a pod that this scheduler is to place: not gated, not being deleted, not ended."""
    return (
        isinstance(found, Pod)
        and not found.spec.node_name
        and found.spec.scheduler_name in ("", DEFAULT_PROFILE.scheduler_name)
        and not found.spec.scheduling_gates
        and found.metadata.deletion_timestamp is None
        and found.status.phase not in ENDED
    )


def pod_changed(change: Change, store: Store) -> Iterator[Work]:
    """Yield the pod if it is to be placed and has changed for the scheduler; all that wait if it made room."""
    if is_pending(change.new):
        if not is_pending(change.old) or _differs(change.old, change.new):
            yield Work(LEADER, change.key)
    elif _made_room(change.old, change.new):
        yield from _waiting(store)


def node_changed(change: Change, store: Store) -> Iterator[Work]:
    """Yield all that wait, if the node is new or differs in what the plugins read."""
    if isinstance(change.new, Node) and _read(change.new) != _read(change.old):
        yield from _waiting(store)


def _differs(old: ApiObject | None, new: ApiObject | None) -> bool:
    """Tell whether a waiting pod differs in more than its status."""
    if not isinstance(old, Pod) or not isinstance(new, Pod):
        return True
    if old.spec != new.spec:
        return True
    version = old.metadata.resource_version
    return old.metadata != attrs.evolve(new.metadata, resource_version=version)


def _made_room(old: ApiObject | None, new: ApiObject | None) -> bool:
    """Tell whether a pod on a node is gone, has ended or asks for less."""
    if not isinstance(old, Pod) or not is_placed(old):
        return False
    if not isinstance(new, Pod) or not is_placed(new):
        return True
    if old.spec is new.spec and old.status.resources is new.status.resources:
        return False
    before, after = request_of(old).amounts, request_of(new).amounts
    return any(after.get(name, 0) < amount for name, amount in before.items())


def _read(node: ApiObject | None) -> object:
    """Return what the plugins read of a node, None for none."""
    if not isinstance(node, Node):
        return None
    return node.metadata.labels, node.spec, node.status.allocatable


def _waiting(store: Store) -> Iterator[Work]:
    """Yield all pods that wait for a place."""
    for found in store.on_node(""):
        if is_pending(found):
            yield Work(LEADER, key_of(found))
