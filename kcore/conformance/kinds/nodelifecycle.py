"""Nodes that die, come back and change, and what the node lifecycle controller makes of it over time.

Input: `nodes` (name, zone, neverReported), `events` (`t` in seconds, node, and die, revive, notReady, ready,
memoryPressure, memoryOK, cordon or uncordon) and the `horizon`. Says the `changes` of Ready and of the taints of each
node, and when NoExecute taints came up in each zone.

Every 5 s the events of that time happen, every 10 s each live node renews its Lease, then the controller looks at the
nodes, at their NoSchedule taints, and 50 times, 100 ms apart, at its queues.

The real controller queues the nodes that it finds lost in one look in any order. Where nodes compete for their zone's
tokens, the case is played in several orders: what is said of the changes is one of them, and nothing is said of taint
times that depend on the order. An order is one of names, as the model takes nodes by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import attrs

from kcore.api.coordination.lease import Lease, LeaseSpec
from kcore.api.core.node import Node, NodeStatus
from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.api.meta.condition import Condition
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.api.object import ObjectKey
from kcore.api.times import MicroTime, Time, parse_time
from kcore.apiserver.handle import Context, handle
from kcore.apiserver.store import Store
from kcore.client.instant import Instant
from kcore.client.view import View
from kcore.controllers.nodelifecycle.config import DEFAULT
from kcore.controllers.nodelifecycle.health import READY, condition_of
from kcore.controllers.nodelifecycle.memory import Memory
from kcore.controllers.nodelifecycle.monitor import LEASES, monitor_node_health
from kcore.controllers.nodelifecycle.no_execute import do_no_execute_tainting_pass, next_pass
from kcore.controllers.nodelifecycle.node_lifecycle_controller import keep_node_in_step
from kcore.placement.taints import NO_EXECUTE
from kcore.reconcile.program import Program

START = parse_time("2000-01-01T00:00:00Z")
TICK = 5
RENEWAL = 10
ZONE = "topology.kubernetes.io/zone"


@attrs.define
class Recorder:
    """A cluster at `now` (ms since 1970), and the changes of its nodes so far; `alive` nodes renew their Leases.

    `contested` tells whether nodes of one zone have waited for its tokens together.
    """

    store: Store
    alive: set[str]
    memory: Memory
    now: int = START * 1000
    shown: dict[str, tuple[str, list[str]]] = attrs.Factory(dict)
    changes: list[dict[str, Any]] = attrs.Factory(list)
    taint_times: dict[str, list[int]] = attrs.Factory(dict)
    contested: bool = False

    @property
    def second(self) -> int:
        """How many seconds have passed."""
        return self.now // 1000 - START

    @property
    def nodes(self) -> list[Node]:
        """The nodes as they are, by name."""
        return [one for one in self.store.list("Node") if isinstance(one, Node)]

    def run(self, program: Callable[[View], Program[Any]]) -> Any:
        """Return what `program` returns, whose calls are answered as they are made, and record what changed."""
        before, running = self.store, program(View(self.store, self.now))
        try:
            calls = next(running)
            while True:
                answers = []
                for call in calls:
                    outcome = handle(self.store, call.request, Context(now=self.now))
                    self.store = outcome.store
                    answers.append(outcome.response)
                calls = running.send(tuple(answers))
        except StopIteration as end:
            if self.store is not before:
                self.record()
            return end.value

    def record(self) -> None:
        """Take down which nodes have changed."""
        for node in self.nodes:
            name, ready = node.metadata.name, condition_of(node.status, READY)
            taints = sorted(f"{one.key}:{one.effect}" for one in node.spec.taints)
            new = (f"{ready.status}/{ready.reason}" if ready else "", taints)
            old = self.shown.get(name, ("", []))
            if self.shown.get(name) != new:
                self.shown[name] = new
                self.changes.append({"t": self.second, "node": name, "ready": new[0], "taints": taints})
            if _no_execute(taints) and not _no_execute(old[1]):
                self.taint_times.setdefault(node.metadata.labels.get(ZONE, ""), []).append(self.second)


def predict(case: dict[str, Any]) -> dict[str, Any]:
    """Return what the real controller would do about `case`."""
    names = [node["name"] for node in case["nodes"]]
    first = _played(case, names)
    said = {"changes": first.changes}
    turned = names[len(names) // 2 :] + names[: len(names) // 2]
    orders = [names[::-1], turned, turned[::-1]] if first.contested else []
    if any(_played(case, order).taint_times != first.taint_times for order in orders):
        return said
    return {**said, "noExecuteTaintTimesByZone": first.taint_times}


def _played(case: dict[str, Any], order: list[str]) -> Recorder:
    """Return what becomes of `case` when its nodes, in the order given, bear the names of `order`."""
    alias = dict(zip((node["name"] for node in case["nodes"]), order, strict=True))
    recorder = _recorder([{**node, "name": alias[node["name"]]} for node in case["nodes"]])
    while recorder.second <= case["horizon"]:
        for event in case["events"]:
            if event["t"] == recorder.second:
                _happen(recorder, event["event"], alias[event["node"]])
        recorder.record()
        if recorder.second % RENEWAL == 0:
            _renew(recorder)
        _tick(recorder)
    return recorder


def _recorder(nodes: list[dict[str, Any]]) -> Recorder:
    made = [_node(one) for one in nodes]
    alive = {one["name"] for one in nodes if not one["neverReported"]}
    begun = Instant(START * 1000)
    return Recorder(Store.of(made), alive, Memory(begun=begun, next_tick=begun))


def _tick(recorder: Recorder) -> None:
    """Let five seconds pass in the controller."""
    monitored = recorder.run(lambda view: monitor_node_health(recorder.memory, view, DEFAULT))
    recorder.memory = monitored[0]
    recorder.contested |= any(len(zone.queue.waiting) > 1 for zone in recorder.memory.zones.values())
    for node in recorder.nodes:
        recorder.run(partial(keep_node_in_step, node))
    until = recorder.now + TICK * 1000
    at: int | None = recorder.now
    while at is not None and at < until:
        recorder.now = at
        recorder.memory = recorder.run(lambda view: do_no_execute_tainting_pass(recorder.memory, view))
        at = next_pass(recorder.memory, at)
    recorder.now = until


def _renew(recorder: Recorder) -> None:
    spec = LeaseSpec(renew_time=MicroTime(recorder.now * 1000))
    for name in sorted(recorder.alive):
        recorder.store = recorder.store.put(Lease(metadata=ObjectMeta(name=name, namespace=LEASES), spec=spec))


def _happen(recorder: Recorder, kind: str, name: str) -> None:
    """Let one event happen to the node `name`."""
    node = recorder.store.get(ObjectKey("Node", "", name))
    if not isinstance(node, Node):
        return
    if kind == "die":
        recorder.alive.discard(name)
    elif kind in ("cordon", "uncordon"):
        spec = attrs.evolve(node.spec, unschedulable=kind == "cordon")
        recorder.store = recorder.store.put(attrs.evolve(node, spec=spec))
    else:
        if kind == "revive":
            recorder.alive.add(name)
        status = _posted(node.status, *POSTED[kind], Time(recorder.now // 1000))
        recorder.store = recorder.store.put(attrs.evolve(node, status=status))


def _posted(status: NodeStatus, kind: str, value: str, now: Time) -> NodeStatus:
    """Return the status in which the condition `kind` has been posted as `value`."""
    new = Condition(type=kind, status=value, last_heartbeat_time=now, last_transition_time=now)
    rest = tuple(one for one in status.conditions if one.type != kind)
    return attrs.evolve(status, conditions=(*rest, new))


def _node(given: dict[str, Any]) -> Node:
    labels: FrozenMap[str] = FrozenMap({ZONE: given["zone"]}) if given["zone"] else EMPTY
    metadata = ObjectMeta(name=given["name"], labels=labels, creation_timestamp=START)
    status = NodeStatus() if given["neverReported"] else _posted(NodeStatus(), READY, "True", START)
    return Node(metadata=metadata, status=status)


def _no_execute(taints: list[str]) -> bool:
    return any(one.endswith(f":{NO_EXECUTE}") for one in taints)


POSTED: Mapping[str, tuple[str, str]] = {
    "revive": (READY, "True"),
    "ready": (READY, "True"),
    "notReady": (READY, "False"),
    "memoryPressure": ("MemoryPressure", "True"),
    "memoryOK": ("MemoryPressure", "False"),
}
"""The condition that an event makes a node post."""
