"""A bench for one kubelet: a store, a machine and a clock, without the rest of a cluster.

Models an API server that grants every status write and every deletion, and echoes each change to the kubelet.
"""

from __future__ import annotations

import attrs
import pytest

from kcore.api.convert import from_wire, to_wire
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.api.times import Time
from kcore.apiserver.request import Response, Verb
from kcore.apiserver.status import Status
from kcore.apiserver.store import Store
from kcore.kubelet import KUBELET
from kcore.world.view import MachineView
from kcore.world.world import Behavior, build_world

BEGIN = 1_000_000_000_000

BEHAVIORS = (
    Behavior(image="*:bad", waiting="ImagePullBackOff"),
    Behavior(image="*:crash", exit_code=1, after=400),
    Behavior(image="*:unready", ready=False),
    Behavior(image="*:slow", startup=30_000),
    Behavior(image="*:hangs", hangs_after=60_000),
    Behavior(image="*:exit0", exit_code=0, after=400),
    Behavior(image="*:exit1", exit_code=1, after=400),
)

NODE = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {"name": "n1"},
    "status": {
        "addresses": [{"type": "ExternalIP", "address": "1.2.3.4"}, {"type": "InternalIP", "address": "192.168.0.2"}]
    },
}


def make_pod(name="p", *images, uid="", init=(), node="n1", status=None, metadata=None, **spec):
    """A pod with one container an image, named c0, c1 and so on; init containers are i0 and so on, or given whole."""
    given = [{"name": f"i{at}", "image": one} if isinstance(one, str) else one for at, one in enumerate(init)]
    wire = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "default",
            "uid": uid or f"u-{name}",
            "generation": 1,
            **(metadata or {}),
        },
        "spec": {
            "nodeName": node,
            "restartPolicy": "Always",
            "terminationGracePeriodSeconds": 30,
            "containers": [{"name": f"c{at}", "image": one} for at, one in enumerate(images or ("app:v1",))],
            **spec,
        },
        "status": {"phase": "Pending", "qosClass": "BestEffort", **(status or {})},
    }
    if given:
        wire["spec"]["initContainers"] = given
    return from_wire(wire)


class Bench:
    """One kubelet and its surroundings; times are ms since BEGIN."""

    def __init__(self, *, pod_start=150, pod_stop=150):
        self.store = Store().put(from_wire(NODE))
        self.world = build_world(["n1", "n2"], behaviors=BEHAVIORS, pod_start=pod_start, pod_stop=pod_stop)
        self.now = BEGIN
        self.memory = {}
        self.wakes = {}
        self.queue = []
        self.log = []
        self.turns = 0
        self.refusing = False

    @property
    def clock(self):
        return self.now - BEGIN

    def put(self, pod):
        """Write a pod, as somebody else would."""
        self.store = self.store.put(pod)
        self.add(key_of(pod))

    def delete(self, name="p", grace=30):
        """Mark a pod for deletion, as somebody else would; without grace it is gone."""
        if grace == 0:
            self.remove(name)
            return
        pod = self.pod(name)
        metadata = attrs.evolve(
            pod.metadata, deletion_timestamp=Time(self.now // 1000 + grace), deletion_grace_period_seconds=grace
        )
        self.put(attrs.evolve(pod, metadata=metadata))

    def remove(self, name):
        key = ObjectKey("Pod", "default", name)
        self.store = self.store.remove(key)
        self.add(key)

    def add(self, key):
        if key not in self.queue:
            self.queue.append(key)

    def pod(self, name="p"):
        return self.store.get(ObjectKey("Pod", "default", name))

    def status(self, name="p"):
        """The status as a person sees it."""
        return to_wire(self.pod(name))["status"]

    def containers(self, name="p", kind="containerStatuses"):
        """The state of each container in short: ("running",), ("waiting", reason) or ("terminated", exit code)."""
        return [_short(one["state"]) for one in self.status(name).get(kind, ())]

    def condition(self, kind, name="p"):
        """The status and the reason of a condition."""
        found = next(one for one in self.status(name)["conditions"] if one["type"] == kind)
        return found["status"], found.get("reason", "")

    def sandboxes(self):
        return self.world.sandboxes_on("n1")

    def view(self):
        return MachineView(self.store, self.now, world=self.world, node="n1")

    def turn(self, key):
        """Take one turn and let it have its way; return it."""
        self.turns += 1
        turn = KUBELET.reconcile(self.memory.get(key), self.view(), key)
        vain = False
        for call in turn.requests:
            response = self._answer(call.request)
            vain = vain or not response.ok
            if not response.ok and response.reason not in call.accepts and call.on_failure.value == "stop":
                self.wakes[key] = self.now + 1_000
                return turn
        self.memory[key] = turn.memory
        for action in turn.actions:
            before, self.world = self.world, self.world.act(action, self.now)
            vain = vain or self.world is before
        times = [one for one in (turn.wake_at, turn.retry_at if vain else None) if one is not None]
        self.wakes[key] = min(times, default=None)
        return turn

    def run(self, until):
        """Let time pass up to `until`, in ms since BEGIN."""
        end = BEGIN + until
        while True:
            self._work()
            times = [one for one in (self.world.next_time(), *self.wakes.values()) if one is not None]
            due = min(times, default=end + 1)
            if due > end:
                break
            self.now = max(self.now, due)
            self._ring()
        self.now = end

    def _work(self):
        while self.queue:
            assert self.turns < 2_000, self.log[-20:]
            self.turn(self.queue.pop(0))

    def _ring(self):
        while (due := self.world.next_time()) is not None and due <= self.now:
            self.world, fired = self.world.fire(self.now)
            for node, key in fired:
                assert node == "n1"
                self.add(key)
        for key, wake in self.wakes.items():
            if wake is not None and wake <= self.now:
                self.wakes[key] = None
                self.add(key)

    def _answer(self, request):
        if self.refusing:
            return Response(code=503, status=Status(code=503, reason="ServiceUnavailable", message="nobody answers"))
        current = self.store.get(request.key)
        if current is None:
            return Response(code=404, status=Status(code=404, reason="NotFound", message="gone"))
        self.log.append((self.clock, request))
        if request.verb is Verb.UPDATE:
            assert request.subresource == "status"
            self.put(attrs.evolve(current, status=request.body.status))
            return Response(code=200)
        assert request.verb is Verb.DELETE
        if request.options.uid != current.metadata.uid:
            return Response(code=409, status=Status(code=409, reason="Conflict", message="another uid"))
        if current.metadata.finalizers:
            self.put(attrs.evolve(current, metadata=attrs.evolve(current.metadata, deletion_grace_period_seconds=0)))
        else:
            self.remove(request.key.name)
        return Response(code=200)


def _short(state):
    ((kind, content),) = state.items()
    return {
        "waiting": ("waiting", content.get("reason")),
        "running": ("running",),
        "terminated": ("terminated", content.get("exitCode")),
    }[kind]


@pytest.fixture
def bench():
    """A bench with the recorded cluster's times."""
    return Bench()


@pytest.fixture(scope="session")
def new_bench():
    """What makes benches."""
    return Bench


@pytest.fixture(scope="session")
def pod():
    """What makes pods."""
    return make_pod
