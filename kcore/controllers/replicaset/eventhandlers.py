"""Which ReplicaSets a change is news for: each change of a ReplicaSet for itself, and that of a pod.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/replicaset/replica_set.go
"""

from __future__ import annotations

from collections.abc import Iterator

from kcore.api.apps.replicaset import ReplicaSet
from kcore.api.selectors.label import Selector, from_label_selector, nothing
from kcore.api.selectors.requirement import SelectorError
from kcore.apiserver.changes import Change
from kcore.apiserver.store import Store
from kcore.client.component import LEADER, Work
from kcore.client.heeding import Heeding
from kcore.reconcile.census import COUNTED
from kcore.reconcile.podhandlers import PodHandler


def watch_replica_set(change: Change, _: Store) -> Iterator[Work]:
    """Yield a look at the ReplicaSet that changed."""
    yield Work(LEADER, change.key)


def selector_of(replica_set: ReplicaSet) -> Selector:
    """Return the selector of a ReplicaSet; one that is no selector selects nothing."""
    try:
        return from_label_selector(replica_set.spec.selector)
    except SelectorError:
        return nothing()


watch_pod = Heeding(PodHandler(ReplicaSet, selector_of), COUNTED, owner="ReplicaSet")
