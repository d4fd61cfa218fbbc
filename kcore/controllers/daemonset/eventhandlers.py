"""Which DaemonSets a change is news for.

Models the handlers of the controller: each change of a DaemonSet is for itself; a pod or a revision is for its
controller, and for the one before when it changed hands; one that nobody controls is for all DaemonSets that select it.
A node is looked at when it is new, or its labels or taints change: it is news for a DaemonSet that it should run and
does not, that it runs and should not, or that counts pods in wrong places. That a node is gone is no news.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/daemon/daemon_controller.go
"""

from __future__ import annotations

from collections.abc import Iterator

from kcore.api.apps.daemonset import DaemonSet
from kcore.api.core.node import Node
from kcore.api.kinds import key_of
from kcore.api.object import ApiObject, ObjectKey
from kcore.api.selectors.label import from_label_selector
from kcore.api.selectors.requirement import SelectorError
from kcore.apiserver.changes import Change
from kcore.apiserver.store import Store
from kcore.client.component import LEADER, Work
from kcore.controllers.daemonset.eligibility import node_should_run_daemon_pod
from kcore.reconcile.ownership import is_controlled_by, is_of_others, resolve_controller


def watch_daemon_set(change: Change, _: Store) -> Iterator[Work]:
    """Yield a look at the DaemonSet that changed."""
    yield Work(LEADER, change.key)


def watch_owned(change: Change, store: Store) -> Iterator[Work]:
    """Yield a look at each DaemonSet that may have to act on the change of a pod or a revision."""
    if is_of_others(change, "DaemonSet"):
        return iter(())
    return (Work(LEADER, key) for key in dict.fromkeys(_concerned(change, store)))


def watch_node(change: Change, store: Store) -> Iterator[Work]:
    """Yield a look at each DaemonSet that may have to act on a new node, or on new labels or taints of one."""
    old, new = change.old, change.new
    if not isinstance(new, Node):
        return
    if isinstance(old, Node) and old.metadata.labels == new.metadata.labels and old.spec.taints == new.spec.taints:
        return
    pods = store.on_node(new.metadata.name)
    for found in store.list("DaemonSet", None):
        if isinstance(found, DaemonSet) and _news(new, found, pods):
            yield Work(LEADER, key_of(found))


def _news(node: Node, daemon_set: DaemonSet, pods: tuple[ApiObject, ...]) -> bool:
    """Tell whether `node`, on which `pods` are, changes anything for `daemon_set`."""
    should_run, should_continue = node_should_run_daemon_pod(node, daemon_set.spec.template.spec)
    if not any(is_controlled_by(pod, daemon_set) for pod in pods):
        return should_run
    return not should_continue or daemon_set.status.number_misscheduled > 0


def _concerned(change: Change, store: Store) -> Iterator[ObjectKey]:
    old, new = change.old, change.new
    if old is not None and (new is None or old.metadata.controller != new.metadata.controller):
        yield from _controller(old, store)
    if new is None:
        return
    if new.metadata.controller is not None:
        yield from _controller(new, store)
    elif new.metadata.deletion_timestamp is None and (old is None or _may_be_adopted_now(old, new)):
        yield from _selecting(new, store)


def _may_be_adopted_now(old: ApiObject, new: ApiObject) -> bool:
    return old.metadata.labels != new.metadata.labels or old.metadata.controller != new.metadata.controller


def _controller(obj: ApiObject, store: Store) -> Iterator[ObjectKey]:
    found = resolve_controller(store, obj, DaemonSet)
    if found is not None:
        yield key_of(found)


def _selecting(obj: ApiObject, store: Store) -> Iterator[ObjectKey]:
    """Yield the DaemonSets that select an orphan; an empty selector counts as none here."""
    for found in store.list("DaemonSet", obj.metadata.namespace):
        if isinstance(found, DaemonSet) and _selects(found, obj):
            yield key_of(found)


def _selects(daemon_set: DaemonSet, obj: ApiObject) -> bool:
    try:
        selector = from_label_selector(daemon_set.spec.selector)
    except SelectorError:
        return False
    return not selector.empty and selector.matches(obj.metadata.labels)
