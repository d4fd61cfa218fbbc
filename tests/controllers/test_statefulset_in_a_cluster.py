"""The StatefulSet controller in a cluster: identities, whatever is lost and however late its cache is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.object import ObjectKey
from kcore.cluster.target import Target
from kcore.cluster.timing import Timing
from kcore.controllers.statefulset import STATEFULSET
from kcore.controllers.statefulset.stateful_set_utils import is_running_and_ready, is_terminating, ordinal_of
from kcore.model import NodeSpec, Plan, boot, build_model, settle
from kcore.model.components import COMPONENTS
from kcore.users.apply import Apply
from kcore.users.delete import Delete
from kcore.users.patch import Patch, Scale

OTHERS = tuple(one for one in COMPONENTS if one.family in {"garbage-collector-controller", "scheduler", "kubelet"})
DB = ObjectKey("StatefulSet", "default", "db")
TARGET = Target(kind="StatefulSet", namespace="default", name="db")
CAPACITY = FrozenMap({"cpu": "8", "memory": "8Gi", "pods": "110"})


def db(replicas, policy="OrderedReady", image="db:1", partition=0):
    template = {"metadata": {"labels": {"app": "db"}}, "spec": {"containers": [{"name": "c", "image": image}]}}
    spec = {
        "replicas": replicas,
        "serviceName": "db",
        "podManagementPolicy": policy,
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": partition}},
        "selector": {"matchLabels": {"app": "db"}},
        "template": template,
    }
    return Json.of({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db"}, "spec": spec})


def cluster(timing=Timing.PROMPT):
    model = build_model((*OTHERS, STATEFULSET))
    plan = Plan(nodes=[NodeSpec(name=f"n{at}", capacity=CAPACITY) for at in range(2)], timing=timing)
    return model, boot(model, plan)


def names(state):
    return [one.metadata.name for one in state.store.list("Pod", "default")]


def walk(model, state, chance, steps):
    """Return the states of a random walk, the first one too, until nothing moves or the steps are done."""
    states = [state]
    for _ in range(steps):
        events = [event for rule in model.moves for event in rule.candidates(states[-1])]
        if not events:
            break
        states.append(model.step(states[-1], chance.choice(events)).state)
    return states


@pytest.mark.parametrize("policy", ["OrderedReady", "Parallel"])
@pytest.mark.parametrize("timing", [Timing.PROMPT, Timing.LAGGING])
def test_a_set_comes_up_and_goes_to_another_size(policy, timing):
    """The pods are those of the ordinals asked for, on nodes and ready."""
    model, state = cluster(timing)
    state = settle(model, model.step(state, Apply(objects=(db(3, policy),))).state).state
    assert names(state) == ["db-0", "db-1", "db-2"]
    assert state.store.get(DB).status.ready_replicas == 3

    state = settle(model, model.step(state, Scale(target=TARGET, replicas=1)).state).state
    assert names(state) == ["db-0"]
    assert state.store.get(DB).status.replicas == 1


def test_a_settled_set_is_left_alone():
    """Another look at it writes nothing."""
    model, state = cluster()
    settled = settle(model, model.step(state, Apply(objects=(db(2),))).state).state

    assert settle(model, settled).state.store == settled.store


SIZES = st.lists(st.integers(0, 4), min_size=1, max_size=4)


@given(st.randoms(use_true_random=False), SIZES, st.sampled_from([Timing.PROMPT, Timing.INTERLEAVED]))
@settings(max_examples=25, deadline=None)
def test_ordinals_have_no_gap_while_nothing_is_lost(chance, sizes, timing):
    """Pods appear and disappear in order: those there are, are the first ones."""
    model, state = cluster(timing)
    state = model.step(state, Apply(objects=(db(2),))).state
    for size in sizes:
        state = model.step(state, Scale(target=TARGET, replicas=size)).state
        states = walk(model, state, chance, 60)
        state = states[-1]
        for one in states:
            ordinals = sorted(ordinal_of(pod) for pod in one.store.list("Pod", "default"))
            assert ordinals == list(range(len(ordinals)))


@given(st.randoms(use_true_random=False), SIZES)
@settings(max_examples=25, deadline=None)
def test_a_late_cache_may_leave_a_gap_but_not_for_long(chance, sizes):
    """A set that is scaled up again may take a pod that has just gone for one that is there; in the end all are."""
    model, state = cluster(Timing.LAGGING)
    state = model.step(state, Apply(objects=(db(2),))).state
    for size in sizes:
        state = model.step(state, Scale(target=TARGET, replicas=size)).state
        state = walk(model, state, chance, 60)[-1]

    assert names(settle(model, state).state) == [f"db-{ordinal}" for ordinal in range(sizes[-1])]


@given(st.randoms(use_true_random=False), st.sampled_from(["OrderedReady", "Parallel"]), st.sampled_from(Timing))
@settings(max_examples=25, deadline=None)
def test_a_set_gets_over_the_loss_of_pods(chance, policy, timing):
    """Whichever pods are deleted at whatever moment, and requests lost, each comes back under its name."""
    model, state = cluster(timing)
    state = model.step(state, Apply(objects=(db(3, policy),))).state
    for _ in range(chance.randint(1, 4)):
        state = walk(model, state, chance, 40)[-1]
        if names(state):
            victim = Target(kind="Pod", namespace="default", name=chance.choice(names(state)))
            state = model.step(state, Delete(target=victim, grace_period_seconds=chance.choice([0, 30]))).state

    state = settle(model, state).state
    assert names(state) == ["db-0", "db-1", "db-2"]
    assert state.store.get(DB).status.ready_replicas == 3


@given(st.randoms(use_true_random=False), st.sampled_from(Timing), st.integers(0, 3))
@settings(max_examples=20, deadline=None)
def test_a_rollout_keeps_to_its_partition_and_takes_one_pod_at_a_time(chance, timing, partition):
    """Pods below the partition stay of the old image, and all others but one are always there to serve."""
    model, state = cluster(timing)
    state = settle(model, model.step(state, Apply(objects=(db(3, partition=partition),))).state).state
    state = model.step(state, Patch(target=TARGET, patch=db(3, image="db:2", partition=partition))).state
    for one in walk(model, state, chance, 150):
        pods = one.store.list("Pod", "default")
        assert all(pod.spec.containers[0].image == "db:1" for pod in pods if ordinal_of(pod) < partition)
        assert sum(is_running_and_ready(pod) and not is_terminating(pod) for pod in pods) >= 2

    state = settle(model, state).state
    images = [pod.spec.containers[0].image for pod in state.store.list("Pod", "default")]
    assert images == ["db:1"] * partition + ["db:2"] * (3 - partition)
