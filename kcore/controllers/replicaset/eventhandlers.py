"""Which ReplicaSets a change is news for.

Models the handlers of the controller: each change of a ReplicaSet is for itself; a pod is for its controller, and for
the one before when it changed hands; one that nobody controls is for all ReplicaSets that select it.

Not modelled: the delayed look after a pod has become ready, as a sync asks to be woken when the next pod is available.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/replicaset/replica_set.go
"""

from __future__ import annotations

from collections.abc import Iterator

from kcore.api.apps.replicaset import ReplicaSet
from kcore.api.core.pod import Pod
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.api.selectors.label import Selector, from_label_selector, nothing
from kcore.api.selectors.requirement import SelectorError
from kcore.apiserver.changes import Change
from kcore.apiserver.store import Store
from kcore.client.component import LEADER, Work
from kcore.reconcile.ownership import resolve_controller


def watch_replica_set(change: Change, _: Store) -> Iterator[Work]:
    """Yield a look at the ReplicaSet that changed."""
    yield Work(LEADER, change.key)


def watch_pod(change: Change, store: Store) -> Iterator[Work]:
    """Yield a look at each ReplicaSet that may have to act on the change of a pod."""
    return (Work(LEADER, key) for key in dict.fromkeys(_concerned(change, store)))


def selector_of(replica_set: ReplicaSet) -> Selector:
    """Return the selector of a ReplicaSet; one that is no selector selects nothing."""
    try:
        return from_label_selector(replica_set.spec.selector)
    except SelectorError:
        return nothing()


def _concerned(change: Change, store: Store) -> Iterator[ObjectKey]:
    old, new = change.old, change.new
    if isinstance(old, Pod) and (not isinstance(new, Pod) or old.metadata.controller != new.metadata.controller):
        yield from _controller(old, store)
    if not isinstance(new, Pod):
        return
    if new.metadata.controller is not None:
        yield from _controller(new, store)
    elif new.metadata.deletion_timestamp is None and (not isinstance(old, Pod) or _may_be_adopted_now(old, new)):
        yield from _selecting(new, store)


def _may_be_adopted_now(old: Pod, new: Pod) -> bool:
    return old.metadata.labels != new.metadata.labels or old.metadata.controller != new.metadata.controller


def _controller(pod: Pod, store: Store) -> Iterator[ObjectKey]:
    found = resolve_controller(store, pod, ReplicaSet)
    if found is not None:
        yield key_of(found)


def _selecting(pod: Pod, store: Store) -> Iterator[ObjectKey]:
    """Yield the ReplicaSets that select a pod; an empty selector counts as none here."""
    for found in store.list("ReplicaSet", pod.metadata.namespace):
        selector = selector_of(found) if isinstance(found, ReplicaSet) else nothing()
        if not selector.empty and selector.matches(pod.metadata.labels):
            yield key_of(found)
