"""The Job controller in a cluster: never more pods than may run, none counted twice, and what a look costs."""

from __future__ import annotations

import pytest
from controller_bench import START
from hypothesis import given, settings
from hypothesis import strategies as st
from job_bench import FINALIZER, INDEX, TASK, task

from kcore.api.convert import from_wire
from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.apiserver.store import Store
from kcore.client.view import View
from kcore.cluster.target import Target
from kcore.cluster.timing import Timing
from kcore.controllers.job import JOB
from kcore.model import NodeSpec, Plan, boot, build_model, settle
from kcore.model.components import COMPONENTS
from kcore.reconcile.podutil import is_pod_active
from kcore.users.apply import Apply
from kcore.users.delete import Delete

OTHERS = tuple(one for one in COMPONENTS if one.family in {"garbage-collector-controller", "scheduler", "kubelet"})
CAPACITY = FrozenMap({"cpu": "8", "memory": "8Gi", "pods": "110"})
NO_LOSS = [Timing.PROMPT, Timing.INTERLEAVED, Timing.LAGGING]
SPECS = [
    pytest.param({"completions": 4, "parallelism": 2}, id="completions"),
    pytest.param({"completions": 3, "parallelism": 2, "completionMode": "Indexed"}, id="indexes"),
    pytest.param({"completions": 2, "parallelism": 3, "podReplacementPolicy": "Failed"}, id="replaced when ended"),
]


def cluster(timing=Timing.PROMPT, **spec):
    """A cluster of two nodes in which somebody has just made a Job whose containers end well."""
    model = build_model((*OTHERS, JOB))
    plan = Plan(nodes=[NodeSpec(name=f"n{at}", capacity=CAPACITY) for at in range(2)], timing=timing)
    wire = task(**spec)
    return model, model.step(boot(model, plan), Apply(objects=(Json.of(wire),))).state


def pods(state):
    return [one for one in state.store.list("Pod", "default") if is_pod_active(one)]


def walk(model, state, chance, steps=250):
    """Yield the states of a random walk until nothing moves."""
    for _ in range(steps):
        events = [event for rule in model.moves for event in rule.candidates(state)]
        if not events:
            return
        state = model.step(state, chance.choice(events)).state
        yield state


@pytest.mark.parametrize("spec", SPECS)
@given(chance=st.randoms(use_true_random=False), timing=st.sampled_from(NO_LOSS))
@settings(max_examples=8, deadline=None)
def test_there_are_never_more_pods_than_may_run(spec, chance, timing):
    """However late the cache is, whichever pod is deleted; and no index runs twice."""
    model, state = cluster(timing, **spec)
    for at, reached in enumerate(walk(model, state, chance)):
        active = pods(reached)
        assert len(active) <= spec["parallelism"]
        taken = [one.metadata.annotations[INDEX] for one in active if INDEX in one.metadata.annotations]
        assert len(set(taken)) == len(taken)
        if at == 60 and active:
            break


@given(chance=st.randoms(use_true_random=False), timing=st.sampled_from(Timing))
@settings(max_examples=10, deadline=None)
def test_a_job_gets_over_the_loss_of_pods_and_answers(chance, timing):
    """In the end, the back-off over, as many pods run as are asked for, and the status says so."""
    model, state = cluster(timing, completions=3, parallelism=3)
    for reached in walk(model, state, chance, 80):
        state = reached
    for pod in pods(state)[:1]:
        target = Target(kind="Pod", namespace="default", name=pod.metadata.name)
        state = model.step(state, Delete(target=target)).state
    for reached in walk(model, state, chance, 80):
        state = reached
    state = settle(model, state, quiet=30_000).state

    status = state.store.get(TASK).status
    assert (len(pods(state)), status.active, status.ready) == (3, 3, 3)


def test_a_job_that_has_settled_is_left_alone():
    """Another look at the cluster writes nothing."""
    model, state = cluster(completions=2, parallelism=2)
    settled = settle(model, state).state

    assert settle(model, settled).state.store == settled.store


def test_a_job_that_is_deleted_takes_its_pods_along():
    """The finalizers of its pods do not hold them, as nobody counts them any more."""
    model, state = cluster(completions=2, parallelism=2)
    state = settle(model, state).state
    target = Target(kind="Job", namespace="default", name="task")
    state = settle(model, model.step(state, Delete(target=target, propagation_policy="Background")).state).state

    assert state.store.list("Job") == ()
    assert state.store.list("Pod", "default") == ()


# What a look costs


def owned(name):
    """A Job and three pods of it that have succeeded."""
    selector = {"matchLabels": {"job-name": name}}
    wire = task(parallelism=3, completions=3, backoffLimit=6, selector=selector)
    wire["metadata"] |= {"name": name, "uid": name}
    reference = {"apiVersion": "batch/v1", "kind": "Job", "name": name, "uid": name, "controller": True}
    yield from_wire(wire)
    for at in range(3):
        metadata = {"name": f"{name}-{at}", "namespace": "default", "uid": f"{name}-{at}", "finalizers": [FINALIZER]}
        metadata |= {"labels": selector["matchLabels"], "ownerReferences": [reference]}
        yield from_wire({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "status": {"phase": "Succeeded"}})


def looked(count):
    """Return what a look at one of so many Jobs of three pods each reads, and how many objects it was shown."""
    store = Store.of(one for at in range(count) for one in owned(f"task-{at}"))
    reads = []
    turn = JOB.reconcile(None, View(store, START, (), reads), TASK._replace(name=f"task-{count // 2}"))
    assert turn.requests
    return len(reads), sum(len(answer) for _, answer in reads if isinstance(answer, tuple))


def test_a_look_at_one_job_costs_what_it_owns():
    """As much among 1,000 Jobs as among 10."""
    few, many = looked(10), looked(1000)

    assert few == many
    assert many[1] <= 3 * 3
