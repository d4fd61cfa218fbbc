"""Pods on one node whose taints change, and when each is evicted.

Input: `pods` on the node n, `steps` (`t` in seconds, and the new `taints` of the node or `addPod`) and the `horizon`.
Says in which second each pod is evicted (`evictedAtSecond`) and which are not (`notEvicted`).

What is planned for a time happens before the step of that time.
"""

from __future__ import annotations

from typing import Any

import attrs

from kcore.api.convert import structure
from kcore.api.core.node import Node, NodeSpec
from kcore.api.core.pod import Pod
from kcore.api.core.taint import Taint
from kcore.api.kinds import key_of
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.changes import Change
from kcore.apiserver.request import Request, Response, Verb
from kcore.apiserver.store import Store
from kcore.client.turn import Key
from kcore.client.view import View
from kcore.controllers.tainteviction.taint_eviction import TAINTEVICTION

NODE = "n"


@attrs.define
class Player:
    """A cluster whose pods go at once when they are deleted; `plans` hold what is remembered and the alarm by pod."""

    store: Store
    plans: dict[Key, tuple[Any, int]] = attrs.Factory(dict)
    evicted: dict[str, int] = attrs.Factory(dict)

    def put(self, obj: ApiObject, now: int) -> None:
        """Write `obj` at `now` (ms) and let the controller see it."""
        old = self.store.get(key_of(obj))
        self.store = self.store.put(obj)
        change = Change(revision=self.store.revision, key=key_of(obj), old=old, new=obj)
        for work in TAINTEVICTION.watches[change.key.kind](change, self.store):
            self.turn(work.key, now)

    def ring_until(self, until: int) -> None:
        """Let the alarms go off that are set for `until` (ms) or earlier."""
        while due := min(((at, key) for key, (_, at) in self.plans.items() if at <= until), default=None):
            self.turn(due[1], due[0])

    def turn(self, key: Key, now: int) -> None:
        """Let the controller look at the pod at `key`."""
        memory, _ = self.plans.pop(key, (None, 0))
        answers: tuple[Response, ...] = ()
        while (turn := TAINTEVICTION.reconcile(memory, View(self.store, now, answers), key)).more:
            answers += tuple(self._answer(call.request, now) for call in turn.requests)
        if turn.wake_at is not None:
            self.plans[key] = (turn.memory, turn.wake_at)

    def _answer(self, request: Request, now: int) -> Response:
        if request.verb is Verb.DELETE:
            self.evicted[request.key.name] = now // 1000
            self.store = self.store.remove(request.key)
            return Response(code=200)
        return Response(code=200, object=self.store.get(request.key))


def predict(case: dict[str, Any]) -> dict[str, Any]:
    """Return what the real controller would do about `case`."""
    pods = [structure(Pod, one) for one in case["pods"]]
    player = Player(Store.of([Node(metadata=ObjectMeta(name=NODE)), *pods]))
    names = [pod.metadata.name for pod in pods]
    for step in case["steps"]:
        player.ring_until(step["t"] * 1000)
        if "addPod" in step:
            pod = structure(Pod, step["addPod"])
            names.append(pod.metadata.name)
            player.put(pod, step["t"] * 1000)
        else:
            player.put(_tainted(player.store, step["taints"]), step["t"] * 1000)
    player.ring_until(case["horizon"] * 1000)
    left = sorted(name for name in names if name not in player.evicted)
    return {"evictedAtSecond": player.evicted, "notEvicted": left}


def _tainted(store: Store, taints: list[dict[str, Any]]) -> Node:
    """Return the node with these taints."""
    found = store.get(ObjectKey("Node", "", NODE))
    node = found if isinstance(found, Node) else Node(metadata=ObjectMeta(name=NODE))
    return attrs.evolve(node, spec=NodeSpec(taints=tuple(structure(Taint, one) for one in taints)))
