"""Wrong orders of ending, and the laws that catch them."""

from __future__ import annotations

import pytest

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.cluster.config import ClusterConfig
from kcore.cluster.target import Target
from kcore.faults.node_shutdown import NodeShutDown
from kcore.invariants.table import INVARIANTS
from kcore.kubelet import kubelet
from kcore.machine import Refusal
from kcore.model import NodeSpec, Plan, advance, boot, build_model, components_of, settle
from kcore.users.apply import Apply
from kcore.users.delete import Delete
from kcore.world import ending

CONFIG = ClusterConfig(pod_stop=1500, shutdown_grace_period=30_000, shutdown_grace_period_critical_pods=10_000)
MODEL = build_model(components_of(CONFIG))
ROOM = FrozenMap({"cpu": "4", "memory": "8Gi", "pods": "110"})
SIDECARS, PRIORITIES = "sidecars-outlast-the-others", "pods-of-higher-priority-end-later"


def pod(name, namespace="default", **spec):
    given = {"containers": [{"name": "c", "image": "app:v1"}], **spec}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace}, "spec": given}


SERVED = pod("web", initContainers=[{"name": "proxy", "image": "proxy:v1", "restartPolicy": "Always"}])
CRITICAL = pod("dns", "kube-system", priorityClassName="system-node-critical")
CASES = {
    SIDECARS: ((SERVED,), Delete(target=Target(kind="Pod", namespace="default", name="web"))),
    PRIORITIES: ((pod("web"), CRITICAL), NodeShutDown("n1")),
}


def states(law):
    """All states of the minute after the act that puts the law to the test."""
    objects, event = CASES[law]
    state = boot(MODEL, Plan(nodes=[NodeSpec(name="n1", capacity=ROOM)], config=CONFIG))
    state = settle(MODEL, MODEL.step(state, Apply(objects=tuple(map(Json.of, objects)))).state).state
    step = MODEL.step(state, event)
    assert not isinstance(step, Refusal), step
    seen = []
    advance(MODEL, step.state, state.now + 60_000, watcher=lambda _, made: seen.append(made.state))
    return seen


def broken(law):
    return any(INVARIANTS[law].property.holds(one) is not True for one in states(law))


@pytest.mark.parametrize("law", CASES)
def test_the_real_one_keeps_the_law(law):
    """And is put to the test."""
    seen = states(law)

    assert {INVARIANTS[law].property.holds(one) for one in seen} == {True}
    assert any(INVARIANTS[law].witness.met(one) for one in seen)


def test_a_runtime_that_stops_sidecars_first_is_caught(monkeypatch):
    """What they serve still runs."""

    def sidecars_first(containers, stop, now, takes, within):
        return tuple(stop(one) if one.sidecar else ending.stop(one, None, now, 2 * takes, within) for one in containers)

    monkeypatch.setattr(ending, "stopped_in_order", sidecars_first)

    assert broken(SIDECARS)


def test_a_kubelet_that_ends_all_pods_at_once_is_caught(monkeypatch):
    """The critical ones too."""
    monkeypatch.setattr(kubelet_module(), "is_due", lambda *_: True)

    assert broken(PRIORITIES)


def kubelet_module():
    """The module, whose name is that of what makes the component."""
    return __import__(kubelet.__module__, fromlist=["is_due"])
