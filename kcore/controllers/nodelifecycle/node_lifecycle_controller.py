"""The node lifecycle controller as a component: what it looks at, when, and as how many keys.

Models three workers. The monitor looks at all nodes every `node_monitor_period`, and between two looks gives nodes up
as fast as the limiters let it; it is one key, woken by its own alarms only. A node that has changed gets the NoSchedule
taints of its conditions and the old names of its labels. A pod that is ready on a node that is not is corrected.

Not modelled: the memory of a node that outlives its object, and the readiness that the monitor saw last, in the place
of which a pod is held against its node as it is.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/nodelifecycle/node_lifecycle_controller.go
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import attrs

from kcore.api.core.node import Node
from kcore.api.core.pod import Pod
from kcore.api.json import Json
from kcore.api.kinds import key_of
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.changes import Change
from kcore.apiserver.request import Options, PatchType, Request, Verb
from kcore.apiserver.store import Store
from kcore.client.component import LEADER, Component, Work, Write
from kcore.client.heeding import Heeding, News
from kcore.client.instant import Instant, awaited
from kcore.client.turn import Key, Turn
from kcore.client.view import View
from kcore.controllers.nodelifecycle.config import DEFAULT, NodeLifecycleConfig
from kcore.controllers.nodelifecycle.health import READY, condition_of
from kcore.controllers.nodelifecycle.memory import Memory
from kcore.controllers.nodelifecycle.monitor import monitor_node_health
from kcore.controllers.nodelifecycle.no_execute import do_no_execute_tainting_pass, next_pass
from kcore.controllers.nodelifecycle.pods import mark_pods_not_ready
from kcore.controllers.nodelifecycle.rate_limited_queue import NODE_EVICTION_PERIOD
from kcore.controllers.nodelifecycle.taints import no_schedule_changes, swap_taints
from kcore.reconcile import backoff
from kcore.reconcile.podutil import is_pod_ready
from kcore.reconcile.program import Program, ask, play

MONITOR: Key = ("monitor",)
"""The key of the monitor."""

LABELS = {"kubernetes.io/os": "beta.kubernetes.io/os", "kubernetes.io/arch": "beta.kubernetes.io/arch"}
"""The labels that have an old name, which is kept in step."""


def reconcile(config: NodeLifecycleConfig, memory: Any, view: View, key: Key) -> Turn:
    """Look at all nodes, at one that has changed, or at one pod."""
    if key == MONITOR:
        return play(watch_over(memory, view, config), view.answers)
    found = view.get(ObjectKey(*key))
    failures = memory or 0
    if isinstance(found, Node):
        return play(_tried(view, failures, keep_node_in_step(found, view)), view.answers)
    if isinstance(found, Pod) and _ready_in_vain(found, view.get(_node_key(found))):
        return play(_tried(view, failures, mark_pods_not_ready((found,), view)), view.answers)
    return Turn()


def watch_over(memory: Memory | None, view: View, config: NodeLifecycleConfig) -> Program[Turn]:
    """Look at the nodes if that is due, else make a pass over the queues; the two never see the same cache."""
    now = view.now()
    if memory is None:
        memory = Memory(begun=Instant(now, every=NODE_EVICTION_PERIOD), next_tick=awaited(now))
    if now >= memory.next_tick:
        memory, notes = yield from monitor_node_health(memory, view, config)
        memory = attrs.evolve(memory, next_tick=awaited(now + config.node_monitor_period))
        return Turn(memory=memory, notes=notes, wake_at=_next(memory, now - 1))
    if (now - memory.begun) % NODE_EVICTION_PERIOD == 0:
        memory = yield from do_no_execute_tainting_pass(memory, view)
    return Turn(memory=memory, wake_at=_next(memory, now))


def _next(memory: Memory, now: int) -> int:
    """Return when after `now` there is something to do."""
    due = next_pass(memory, now)
    return memory.next_tick if due is None else min(due, memory.next_tick)


def keep_node_in_step(node: Node, view: View) -> Program[bool]:
    """Give `node` the taints and labels that follow from the rest of it; return whether that went well."""
    added, removed = no_schedule_changes(node)
    tainted = yield from swap_taints(node, added, removed, view.timestamp())
    labels = {old: node.metadata.labels[new] for new, old in LABELS.items() if new in node.metadata.labels}
    if labels.items() <= node.metadata.labels.items():
        return tainted
    body = Json.of({"metadata": {"labels": labels}})
    options = Options(patch_type=PatchType.STRATEGIC)
    answer = yield from ask(Request(verb=Verb.PATCH, key=key_of(node), body=body, options=options))
    return tainted and answer.ok


def _tried(view: View, failures: int, program: Program[bool]) -> Program[Turn]:
    """Return the turn of a program that comes back after a back-off when it fails; the memory counts its failures."""
    if (yield from program):
        return Turn()
    return Turn(memory=failures + 1, wake_at=view.now() + backoff.delay(failures + 1))


def _ready_in_vain(pod: Pod, node: ApiObject | None) -> bool:
    """Tell whether `pod` is ready on a `node` that says that it is not."""
    if not isinstance(node, Node) or not is_pod_ready(pod):
        return False
    ready = condition_of(node.status, READY)
    return ready is not None and ready.status != "True"


def _node_key(pod: Pod) -> ObjectKey:
    return ObjectKey("Node", "", pod.spec.node_name)


def watch_node(change: Change, _: Store) -> Iterator[Work]:
    """Yield the monitor when there is a node for it, and the node when its taints or labels may be out of step."""
    if change.old is None:
        yield Work(LEADER, MONITOR)
    if isinstance(change.new, Node) and _read(change.new) != _read(change.old):
        yield Work(LEADER, change.key)


def watch_pod(change: Change, store: Store) -> Iterator[Work]:
    """Yield a pod that is first heard of on its node, if it is ready there in vain."""
    new, old = change.new, change.old
    if not isinstance(new, Pod) or not new.spec.node_name:
        return
    if isinstance(old, Pod) and old.spec.node_name == new.spec.node_name:
        return
    if _ready_in_vain(new, store.get(_node_key(new))):
        yield Work(LEADER, change.key)


def watch_lease(_: Change, __: Store) -> Iterator[Work]:
    """Yield nothing: the monitor reads the Leases when it looks."""
    yield from ()


def _read(node: ApiObject | None) -> object:
    """Return what the taints and labels of a node follow from, None for none."""
    if not isinstance(node, Node):
        return None
    conditions = tuple((one.type, one.status) for one in node.status.conditions)
    return node.metadata.labels, node.spec, conditions


def nodelifecycle(config: NodeLifecycleConfig = DEFAULT) -> Component:
    """Return the controller with this configuration."""
    return Component(
        family="node-lifecycle-controller",
        watches={"Node": watch_node, "Pod": Heeding(watch_pod, News.NODE), "Lease": watch_lease},
        reconcile=partial(reconcile, config),
        writes=frozenset(
            {Write(Verb.UPDATE, "Node", "status"), Write(Verb.PATCH, "Node"), Write(Verb.UPDATE, "Pod", "status")}
        ),
    )


NODELIFECYCLE = nodelifecycle()
