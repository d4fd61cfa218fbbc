"""The ReplicaSet controller in a cluster: never more pods than asked for, however late its cache is."""

from __future__ import annotations

import random

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.object import ObjectKey
from kcore.cluster.target import Target
from kcore.cluster.timing import Timing
from kcore.controllers.replicaset import REPLICASET
from kcore.model import NodeSpec, Plan, boot, build_model, settle
from kcore.model.components import COMPONENTS
from kcore.reconcile.podutil import is_pod_active
from kcore.users.apply import Apply
from kcore.users.delete import Delete
from kcore.users.patch import Label, Scale

OTHERS = tuple(one for one in COMPONENTS if one.family in {"garbage-collector-controller", "scheduler", "kubelet"})
WEB = ObjectKey("ReplicaSet", "default", "web")
TARGET = Target(kind="ReplicaSet", namespace="default", name="web")
CAPACITY = FrozenMap({"cpu": "8", "memory": "8Gi", "pods": "110"})
FORGETFUL = attrs.evolve(
    REPLICASET, reconcile=lambda _, view, key: attrs.evolve(REPLICASET.reconcile(None, view, key), memory=None)
)
"""A mutant: a controller that awaits nothing."""


def web(replicas):
    spec = {
        "replicas": replicas,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "c", "image": "i"}]},
        },
    }
    return Json.of({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "web"}, "spec": spec})


def cluster(timing=Timing.PROMPT, controller=REPLICASET):
    model = build_model((*OTHERS, controller))
    plan = Plan(nodes=[NodeSpec(name=f"n{at}", capacity=CAPACITY) for at in range(2)], timing=timing)
    return model, boot(model, plan)


def pods(state):
    return [one for one in state.store.list("Pod", "default") if is_pod_active(one)]


def walk(model, state, chance, steps=400):
    """Yield the states of a random walk until nothing moves, or the clock is all that does."""
    for _ in range(steps):
        events = [event for rule in model.moves for event in rule.candidates(state)]
        if not events:
            return
        state = model.step(state, chance.choice(events)).state
        yield state


def applied(model, state, replicas=4):
    """Return the state after somebody has made a ReplicaSet and then touched it: two pieces of news to hear of."""
    state = model.step(state, Apply(objects=(web(replicas),))).state
    return model.step(state, Label(target=TARGET, labels=FrozenMap({"touched": "yes"}))).state


def most_pods(model, state, chance):
    """Return the most pods of a random walk, and its end."""
    most = 0
    for reached in walk(model, state, chance):
        state = reached
        most = max(most, len(pods(state)))
    return most, state


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False))
def test_there_are_never_more_pods_than_asked_for(chance):
    """A cache that lags behind the controller's own writes does not make it create twice."""
    model, state = cluster(Timing.LAGGING)

    most, state = most_pods(model, applied(model, state), chance)

    assert most <= 4
    assert len(pods(settle(model, state).state)) == 4


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False))
def test_a_scale_down_never_deletes_more_than_asked_for(chance):
    """A deleted pod that still looks alive does not make the controller delete another."""
    model, state = cluster(Timing.LAGGING)
    state = settle(model, model.step(state, Apply(objects=(web(4),))).state).state
    state = model.step(state, Scale(target=TARGET, replicas=2)).state
    state = model.step(state, Label(target=TARGET, labels=FrozenMap({"touched": "yes"}))).state

    for reached in walk(model, state, chance):
        state = reached
        assert len(pods(state)) >= 2
    assert len(pods(settle(model, state).state)) == 2


def test_a_controller_that_awaits_nothing_creates_too_many():
    """The law above is not empty: a mutant without expectations breaks it on some of the same walks."""
    model, state = cluster(Timing.LAGGING, FORGETFUL)
    begun = applied(model, state)

    walks = [random.Random(seed) for seed in range(20)]  # noqa: S311 - seeded, and no secret

    assert max(most_pods(model, begun, chance)[0] for chance in walks) > 4


@pytest.mark.parametrize("replicas", [0, 1, 7], ids=["no pods", "one pod", "more pods than nodes"])
def test_a_replica_set_settles_at_what_is_asked_for(replicas):
    """All pods run, are counted, and nothing is remembered."""
    model, state = cluster()
    state = settle(model, model.step(state, Apply(objects=(web(replicas),))).state).state

    status = state.store.get(WEB).status
    assert (len(pods(state)), status.replicas, status.ready_replicas, status.available_replicas) == (replicas,) * 4
    assert status.terminating_replicas == 0
    assert all(not dict(one.memory) for name, one in state.processes.items() if name.family == REPLICASET.family)


def test_a_pod_that_is_deleted_is_replaced_at_once():
    """The new one is there while the old one still stops."""
    model, state = cluster()
    state = settle(model, model.step(state, Apply(objects=(web(2),))).state).state
    gone = pods(state)[0]
    state = model.step(state, Delete(target=Target(kind="Pod", namespace="default", name=gone.metadata.name))).state

    state = settle(model, state).state

    assert len(pods(state)) == 2
    assert gone.metadata.name not in {one.metadata.name for one in pods(state)}


def test_a_settled_replica_set_costs_no_more_turns():
    """The controller acts on its own result only until it has counted it."""
    model, state = cluster()
    state = settle(model, model.step(state, Apply(objects=(web(3),))).state).state
    before = state.store.revision

    state = settle(model, state, quiet=60_000, limit=120_000).state

    leases = {change.key.kind for change in state.store.changes_since(before)}
    assert leases <= {"Lease", "Node"}
