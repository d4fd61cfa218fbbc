"""The pod garbage collector: pods that nobody else will ever end.

Models four kinds: pods of nodes that are gone, after a quarantine of 40 s and a look at the API server; pods being
deleted that were never bound; pods being deleted on a node that is marked out of service and not ready; and ended pods
beyond the threshold, evicted ones and then the oldest first. Each is marked Failed unless it has ended, and deleted
without grace. The collector looks every 20 s, here at the whole multiples of that time: it plans its next look when a
change makes something worth one, so that an idle collector does nothing.

Not modelled: the instants of its looks relative to its start.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/podgc/gc_controller.go
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import attrs

from kcore.api.core.node import Node
from kcore.api.core.pod import Pod
from kcore.api.kinds import key_of
from kcore.api.meta.condition import Condition
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.changes import Change
from kcore.apiserver.request import Options, Request, Verb
from kcore.apiserver.store import Store
from kcore.client.component import LEADER, Component, Work, Write
from kcore.client.heeding import Heeding, News
from kcore.client.instant import Instant, awaited
from kcore.client.turn import Key, Turn
from kcore.client.view import View
from kcore.reconcile.podcondition import disruption_target, patch_status, with_condition
from kcore.reconcile.podutil import is_pod_terminal
from kcore.reconcile.program import Program, ask, play
from kcore.reconcile.together import together

GC_CHECK_PERIOD = 20_000
"""How often (ms) the collector looks."""

QUARANTINE_TIME = 40_000
"""How long (ms) a node has to be missing before its pods go."""

TERMINATED_POD_THRESHOLD = 12_500
"""How many ended pods may stay."""

TERMINATED: Key = ("terminated",)
"""The key of all ended pods together."""

OUT_OF_SERVICE = "node.kubernetes.io/out-of-service"

ALIVE = frozenset({"Pending", "Running", "Unknown"})
"""The phases of pods that have not ended."""


def reconcile(threshold: int, memory: Any, view: View, key: Key) -> Turn:
    """Look at a node that is gone, at a pod being deleted, or at all ended pods, when the time for a look has come."""
    if key == TERMINATED:
        return _at_check(view, _gc_terminated(view, threshold))
    if key[0] == "Node":
        return _gc_orphaned(memory, view, key[2])
    pod = view.get(ObjectKey(*key))
    if not isinstance(pod, Pod) or not is_forsaken(pod, view.get(_node_key(pod))):
        return Turn()
    return _at_check(view, _forced(view, [pod]))


def is_forsaken(pod: Pod, node: ApiObject | None) -> bool:
    """Tell whether `pod` is being deleted where nobody will end it: on no node, or on one that is out of service."""
    if pod.metadata.deletion_timestamp is None:
        return False
    return not pod.spec.node_name or is_out_of_service(node)


def is_out_of_service(node: ApiObject | None) -> bool:
    """Tell whether somebody has marked the node as out of service, and it is not ready."""
    if not isinstance(node, Node):
        return False
    ready = any(one.type == "Ready" and one.status == "True" for one in node.status.conditions)
    return not ready and any(taint.key == OUT_OF_SERVICE for taint in node.spec.taints)


def by_eviction_and_creation(pod: Pod) -> tuple[bool, int, str]:
    """Return what ended pods are sorted by, those that go first in front."""
    evicted = pod.status.phase == "Failed" and pod.status.reason == "Evicted"
    return not evicted, pod.metadata.creation_timestamp or 0, pod.metadata.name


def next_check(now: int) -> int:
    """Return when (ms since 1970) the collector looks next, at `now` or after it."""
    return -(-now // GC_CHECK_PERIOD) * GC_CHECK_PERIOD


def _at_check(view: View, program: Program[bool]) -> Turn:
    """Return the turn that runs `program` if it is time for a look, and again at the next one if that went wrong."""
    now = view.now()
    if next_check(now) > now:
        return Turn(wake_at=next_check(now))
    return play(_again_if_failed(view, program), view.answers)


def _again_if_failed(view: View, program: Program[bool]) -> Program[Turn]:
    well = yield from program
    return Turn(wake_at=None if well else next_check(view.now() + 1))


def _gc_terminated(view: View, threshold: int) -> Program[bool]:
    """Delete the ended pods that are too many."""
    if threshold <= 0 or view.derive("pods counted", _count_pods) <= threshold:
        return True
    ended = [one for one in view.list("Pod") if isinstance(one, Pod) and one.status.phase not in ALIVE]
    many = len(ended) - threshold
    return (yield from _forced(view, sorted(ended, key=by_eviction_and_creation)[:many])) if many > 0 else True


def _gc_orphaned(memory: Instant | None, view: View, name: str) -> Turn:
    """Delete the pods of the node `name` if it is gone; the memory is when its quarantine ends."""
    key = ObjectKey("Node", "", name)
    pods = [one for one in view.on_node(name) if isinstance(one, Pod)]
    if not pods or view.get(key) is not None:
        return Turn()
    now = view.now()
    if memory is None:
        memory = awaited(next_check(now) + QUARANTINE_TIME)
    if now < memory:
        return Turn(memory=memory, wake_at=memory)
    return play(_collect_orphans(view, key, pods), view.answers)


def _collect_orphans(view: View, key: ObjectKey, pods: list[Pod]) -> Program[Turn]:
    """Delete `pods` unless the node at `key` is there after all; what stays is in quarantine again."""
    found = yield from ask(Request(verb=Verb.GET, key=key))
    if found.reason != "NotFound":
        well = found.ok
    else:
        well = yield from _forced(view, pods, "PodGC: node no longer exists")
    if well:
        return Turn()
    until = awaited(next_check(view.now() + 1) + QUARANTINE_TIME)
    return Turn(memory=until, wake_at=until)


def _forced(view: View, pods: list[Pod], disruption: str = "") -> Program[bool]:
    """Mark `pods` failed, for the reason of a `disruption` if that is given, and delete them; tell whether all went."""
    return all((yield from together(_mark_failed_and_delete(view, pod, disruption) for pod in pods)))


def _mark_failed_and_delete(view: View, pod: Pod, disruption: str) -> Program[bool]:
    if not is_pod_terminal(pod):
        condition = disruption_target(pod, "DeletionByPodGC", disruption) if disruption else None
        answer = yield from ask(_failed(view, pod, condition))
        if not answer.ok:
            return answer.reason == "NotFound"
    options = Options(grace_period_seconds=0)
    answer = yield from ask(Request(verb=Verb.DELETE, key=key_of(pod), options=options))
    return answer.ok or answer.reason == "NotFound"


def _failed(view: View, pod: Pod, condition: Condition | None) -> Request:
    """Return the request that makes `pod` a failed one."""
    status = attrs.evolve(pod.status, phase="Failed", observed_generation=pod.metadata.generation)
    if condition is not None:
        status = with_condition(status, condition, view.timestamp())
    return patch_status(pod, status)


def _count_pods(store: Store) -> int:
    """Return how many pods there are, ended or not."""
    found = store.indexes.found
    return sum(len(found(("namespace", "Pod", namespace))) for namespace in found(("namespaces", "Pod")))


def _node_key(pod: Pod) -> ObjectKey:
    return ObjectKey("Node", "", pod.spec.node_name)


def watch_pod(threshold: int, change: Change, store: Store) -> Iterator[Work]:
    """Yield what a changed pod makes worth a look: itself, its missing node, or all ended pods."""
    new = change.new
    if not isinstance(new, Pod):
        return
    old = change.old if isinstance(change.old, Pod) else None
    moved = old is None or old.spec.node_name != new.spec.node_name
    node = store.get(_node_key(new))
    if is_forsaken(new, node) and (old is None or moved or old.metadata.deletion_timestamp is None):
        yield Work(LEADER, change.key)
    if moved and new.spec.node_name and node is None:
        yield Work(LEADER, _node_key(new))
    ended = new.status.phase not in ALIVE and (old is None or old.status.phase in ALIVE)
    if ended and _count_pods(store) > threshold:
        yield Work(LEADER, TERMINATED)


HEEDED = News.NODE | News.DELETION | News.ENDED
"""What may make a pod worth a look."""


def watch_node(change: Change, store: Store) -> Iterator[Work]:
    """Yield a node that is gone and leaves pods behind; the pods being deleted on one that is out of service."""
    if change.new is None and store.on_node(change.key.name):
        yield Work(LEADER, change.key)
    if is_out_of_service(change.new) and not is_out_of_service(change.old):
        for pod in store.on_node(change.key.name):
            if pod.metadata.deletion_timestamp is not None:
                yield Work(LEADER, key_of(pod))


def podgc(terminated_pod_threshold: int = TERMINATED_POD_THRESHOLD) -> Component:
    """Return the collector that lets so many ended pods stay; 0 lets all stay."""
    return Component(
        family="pod-garbage-collector-controller",
        watches={"Pod": Heeding(partial(watch_pod, terminated_pod_threshold), HEEDED), "Node": watch_node},
        reconcile=partial(reconcile, terminated_pod_threshold),
        writes=frozenset({Write(Verb.PATCH, "Pod", "status"), Write(Verb.DELETE, "Pod")}),
    )


PODGC = podgc()
