"""The DaemonSet controller in a cluster: one pod on each fit node, however late its cache is."""

from __future__ import annotations

import random
from collections import Counter

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kcore.api.core.taint import Taint
from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.object import ObjectKey
from kcore.cluster.target import Target
from kcore.cluster.timing import Timing
from kcore.controllers.daemonset import DAEMONSET
from kcore.controllers.daemonset.template import target_node
from kcore.model import NodeSpec, Plan, boot, build_model, settle
from kcore.model.components import COMPONENTS
from kcore.reconcile.podutil import is_pod_active
from kcore.users.apply import Apply
from kcore.users.patch import Label, Patch

OTHERS = tuple(one for one in COMPONENTS if one.family in {"garbage-collector-controller", "scheduler", "kubelet"})
CAPACITY = FrozenMap({"cpu": "8", "memory": "8Gi", "pods": "110"})
REVISION = "ControllerRevision"
TARGET = Target(kind="DaemonSet", namespace="default", name="agent")
NEW_IMAGE = Json.of({"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "i:v2"}]}}}})
AGENT = ObjectKey("DaemonSet", "default", "agent")
FORGETFUL = attrs.evolve(
    DAEMONSET, reconcile=lambda _, view, key: attrs.evolve(DAEMONSET.reconcile(None, view, key), memory=None)
)
"""A mutant: a controller that awaits nothing."""


def agent(image="i:v1", **strategy):
    template = {"metadata": {"labels": {"app": "agent"}}, "spec": {"containers": [{"name": "c", "image": image}]}}
    spec = {"selector": {"matchLabels": {"app": "agent"}}, "template": template}
    if strategy:
        spec["updateStrategy"] = {"type": "RollingUpdate", "rollingUpdate": strategy}
    return Json.of({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "agent"}, "spec": spec})


def cluster(timing=Timing.PROMPT, controller=DAEMONSET, nodes=3):
    model = build_model((*OTHERS, controller))
    plan = Plan(nodes=[NodeSpec(name=f"n{at}", capacity=CAPACITY) for at in range(nodes)], timing=timing)
    return model, boot(model, plan)


def apply(model, state, *objects):
    return model.step(state, Apply(objects=objects)).state


def on_nodes(state):
    """Return how many pods that count are on or meant for each node."""
    pods = [one for one in state.store.list("Pod", "default") if is_pod_active(one)]
    return Counter(target_node(one) for one in pods)


def walk(model, state, chance, steps=300):
    """Yield the states of a random walk until nothing moves, or the clock is all that does."""
    for _ in range(steps):
        events = [event for rule in model.moves for event in rule.candidates(state)]
        if not events:
            return
        state = model.step(state, chance.choice(events)).state
        yield state


def begun(timing, controller=DAEMONSET):
    """Return a cluster after somebody has made a DaemonSet and then touched it: two pieces of news to hear of."""
    model, state = cluster(timing, controller)
    state = apply(model, state, agent())
    return model, model.step(state, Label(target=TARGET, labels=FrozenMap({"touched": "yes"}))).state


def most_pods(model, state, chance):
    """Return the most pods on one node in a random walk, and its end."""
    most = 0
    for reached in walk(model, state, chance):
        state = reached
        most = max(most, *on_nodes(state).values(), 0)
    return most, state


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False))
def test_no_node_ever_has_two_pods(chance):
    """A cache that lags behind the controller's own writes does not make it create twice; in the end each has one."""
    model, state = begun(Timing.LAGGING)

    most, state = most_pods(model, state, chance)
    state = settle(model, state).state

    assert most <= 1
    assert on_nodes(state) == {"n0": 1, "n1": 1, "n2": 1}
    assert {pod.spec.node_name for pod in state.store.list("Pod", "default")} == {"n0", "n1", "n2"}


def test_a_controller_that_awaits_nothing_creates_too_many():
    """The law above is not empty: a mutant without expectations breaks it on some walks."""
    model, state = begun(Timing.LAGGING, FORGETFUL)
    walks = [random.Random(seed) for seed in range(10)]  # noqa: S311 - seeded, and no secret

    assert max(most_pods(model, state, chance)[0] for chance in walks) > 1


@pytest.mark.parametrize(
    ("strategy", "least", "most"),
    [
        pytest.param({"maxUnavailable": 1, "maxSurge": 0}, 2, 1, id="without surge one node at a time has none"),
        pytest.param({"maxUnavailable": 0, "maxSurge": 1}, 3, 2, id="with surge every node keeps one"),
    ],
)
@settings(max_examples=8, deadline=None)
@given(chance=st.randoms(use_true_random=False))
def test_an_update_keeps_its_promise_at_every_moment(strategy, least, most, chance):
    """And ends with the latest template everywhere."""
    model, state = cluster()
    state = settle(model, apply(model, state, agent(**strategy))).state
    state = model.step(state, Patch(target=TARGET, patch=NEW_IMAGE)).state

    reached = list(walk(model, state, chance))
    settled = settle(model, reached[-1], watcher=lambda _, step: reached.append(step.state))

    state = settled.state
    moments = {tuple(sorted(on_nodes(one).values())) for one in reached}
    assert min(map(len, moments)) == least
    assert max(map(max, moments)) == most
    assert on_nodes(state) == {"n0": 1, "n1": 1, "n2": 1}
    assert {pod.spec.containers[0].image for pod in state.store.list("Pod", "default")} == {"i:v2"}


def test_a_settled_daemon_set_costs_no_more_turns():
    """The controller acts on its own result only until it has counted it, and remembers nothing then."""
    model, state = cluster()
    state = settle(model, apply(model, state, agent())).state
    before = state.store.list("Pod", "default"), state.store.get(AGENT), state.store.list(REVISION)

    state = settle(model, state, quiet=60_000, limit=120_000).state

    assert before == (state.store.list("Pod", "default"), state.store.get(AGENT), state.store.list(REVISION))
    assert state.store.get(AGENT).status.number_available == 3
    assert all(not dict(one.memory) for name, one in state.processes.items() if name.family == DAEMONSET.family)


def test_a_pod_is_placed_on_its_node_through_the_taints_it_tolerates():
    """A cordoned node gets its pod; one with a taint of somebody's own does not."""
    model, state = cluster()
    nodes = {node.metadata.name: node for node in state.store.list("Node")}
    taints = {
        "n0": Taint(key="node.kubernetes.io/unschedulable", effect="NoSchedule"),
        "n1": Taint(key="k", effect="NoSchedule"),
    }
    for name, taint in taints.items():
        node = nodes[name]
        changed = attrs.evolve(node, spec=attrs.evolve(node.spec, taints=(taint,), unschedulable=name == "n0"))
        state = attrs.evolve(state, store=state.store.put(changed))

    state = settle(model, apply(model, state, agent())).state

    assert on_nodes(state) == {"n0": 1, "n2": 1}
    assert {pod.spec.node_name for pod in state.store.list("Pod", "default")} == {"n0", "n2"}
