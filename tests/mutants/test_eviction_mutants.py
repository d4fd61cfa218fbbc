"""Wrong kubelets that evict whom they should spare, and the laws that catch them."""

from __future__ import annotations

import pytest

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.faults.memory_pressure import MemoryTaken
from kcore.invariants.table import INVARIANTS
from kcore.kubelet import eviction
from kcore.machine import Refusal
from kcore.model import NodeSpec, Plan, advance, boot, build_model, settle
from kcore.users.apply import Apply
from kcore.world.world import Behavior

MODEL = build_model()
MI = 1 << 20
ROOM = FrozenMap({"cpu": "4", "memory": "1Gi", "pods": "110"})
USERS = (Behavior(image="large:*", memory=400 * MI), Behavior(image="small:*", memory=100 * MI))
CRITICAL, SPARED = "critical-pods-are-not-evicted", "evictions-spare-those-within-their-requests"


def pod(name, image, request, **spec):
    container = {"name": "c", "image": image, "resources": {"requests": {"memory": request}}}
    meta = {"name": name, "namespace": "kube-system" if spec else "default"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {"containers": [container], **spec}}


SYSTEM = {"priorityClassName": "system-node-critical"}
PODS = {
    CRITICAL: (pod("dns", "large:v1", "64Mi", **SYSTEM), pod("web", "small:v1", "128Mi")),
    SPARED: (pod("booked", "large:v1", "512Mi"), pod("web", "small:v1", "64Mi")),
}


def states(objects):
    """All states of the minute after the memory of the node is taken."""
    state = boot(MODEL, Plan(nodes=[NodeSpec(name="n1", capacity=ROOM)], behaviors=USERS))
    step = MODEL.step(state, Apply(objects=tuple(map(Json.of, objects))))
    state = settle(MODEL, step.state).state
    step = MODEL.step(state, MemoryTaken("n1"))
    assert not isinstance(step, Refusal), step
    seen = []
    advance(MODEL, step.state, state.now + 60_000, watcher=lambda _, made: seen.append(made.state))
    return seen


@pytest.mark.parametrize("law", [CRITICAL, SPARED])
def test_the_real_kubelet_keeps_the_law(law):
    """And somebody is evicted, so that it says something."""
    seen = states(PODS[law])

    assert {INVARIANTS[law].property.holds(one) for one in seen} == {True}
    assert any(INVARIANTS[law].witness.met(one) for one in seen)


def test_a_kubelet_that_evicts_whoever_uses_most_is_caught(monkeypatch):
    """It ends the one that keeps within its requests."""
    monkeypatch.setattr(
        eviction, "ranked", lambda pods, _, usage: sorted(pods, key=lambda one: -dict(used(usage))[one.metadata.uid])
    )

    assert any(INVARIANTS[SPARED].property.holds(one) is not True for one in states(PODS[SPARED]))


def used(usage):
    return [(one.uid, one.total) for one in usage.pods]


def test_a_kubelet_that_takes_nobody_for_critical_is_caught(monkeypatch):
    """It ends what the system needs."""
    monkeypatch.setattr(eviction, "is_critical", lambda _: False)

    assert any(INVARIANTS[CRITICAL].property.holds(one) is not True for one in states(PODS[CRITICAL]))


@pytest.mark.parametrize(
    ("question", "objects", "holds"),
    [
        pytest.param("no-pod-is-evicted", PODS[SPARED], False, id="a pod is evicted"),
        pytest.param("no-container-runs-out-of-memory", PODS[SPARED], True, id="nothing is beyond its limit"),
    ],
)
def test_what_is_asked_of_a_node_that_runs_out(question, objects, holds):
    """Real Kubernetes answers either way."""
    seen = states(objects)

    assert (INVARIANTS[question].property.holds(seen[-1]) is True) is holds
    assert any(INVARIANTS[question].witness.met(one) for one in seen)
