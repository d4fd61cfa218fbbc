"""Pod handlers: for which controllers a change of a pod is news.

Models what the workload controllers of upstream have in common: a pod is news for its controller, and for the one
before when it changed hands; one that nobody controls is news for all that select it, when it is new or its labels are.

Not modelled: the delayed look after a pod has become ready, as a sync asks to be woken when the next pod is available.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/replicaset/replica_set.go
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

import attrs

from kcore.api.core.pod import Pod
from kcore.api.kinds import class_kind, key_kind, key_of
from kcore.api.object import ApiObject, ObjectKey
from kcore.api.selectors.label import Selector
from kcore.apiserver.changes import Change
from kcore.apiserver.store import Store
from kcore.client.component import LEADER, Work
from kcore.reconcile.ownership import is_of_others, resolve_controller

T = TypeVar("T", bound=ApiObject)


@attrs.frozen
class PodHandler(Generic[T]):
    """The handler of pods for the controllers of class `cls`, which select with `selector_of`: a Watch.

    An empty selector counts as none.
    """

    cls: type[T]
    selector_of: Callable[[T], Selector]

    def __call__(self, change: Change, store: Store) -> Iterator[Work]:
        """Yield a look at each controller that may have to act on the change of a pod."""
        if is_of_others(change, class_kind(self.cls).kind):
            return iter(())
        return (Work(LEADER, key) for key in dict.fromkeys(self._concerned(change, store)))

    def _concerned(self, change: Change, store: Store) -> Iterator[ObjectKey]:
        old, new = change.old, change.new
        if isinstance(old, Pod) and (not isinstance(new, Pod) or old.metadata.controller != new.metadata.controller):
            yield from self._controller(old, store)
        if not isinstance(new, Pod):
            return
        if new.metadata.controller is not None:
            yield from self._controller(new, store)
        elif new.metadata.deletion_timestamp is None and (not isinstance(old, Pod) or _may_be_adopted_now(old, new)):
            yield from self._selecting(new, store)

    def _controller(self, pod: Pod, store: Store) -> Iterator[ObjectKey]:
        found = resolve_controller(store, pod, self.cls)
        if found is not None:
            yield key_of(found)

    def _selecting(self, pod: Pod, store: Store) -> Iterator[ObjectKey]:
        for found in store.list(key_kind(class_kind(self.cls)), pod.metadata.namespace):
            selector = self.selector_of(found) if isinstance(found, self.cls) else None
            if selector is not None and not selector.empty and selector.matches(pod.metadata.labels):
                yield key_of(found)


def _may_be_adopted_now(old: Pod, new: Pod) -> bool:
    return old.metadata.labels != new.metadata.labels or old.metadata.controller != new.metadata.controller
