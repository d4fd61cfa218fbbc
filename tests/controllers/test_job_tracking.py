"""Tracking by finalizers: each pod that ends is counted once, wherever its controller crashes or an answer is lost.

All ways are searched in which the syncs of a Job can be cut short between two of its writes, or told of the failure of
a write that was granted, until nothing moves any more.
"""

from __future__ import annotations

import attrs
import pytest
from controller_bench import START
from job_bench import FINALIZER, TASK, JobBench

from kcore.api.convert import from_wire, to_wire
from kcore.api.kinds import key_of
from kcore.apiserver.handle import Context, handle
from kcore.apiserver.request import Response
from kcore.apiserver.status import Status
from kcore.client.instant import awaited
from kcore.client.view import View
from kcore.controllers.job import JOB

LOST = Response(code=504, status=Status(code=504, reason="Timeout", message="lost"))
LATER = START + 3_600_000


def ended(*phases, **spec):
    """A store with a Job whose pods have ended so, unseen by its controller."""
    bench = JobBench(parallelism=len(phases), **spec)
    for pod, phase in zip(bench.active, phases, strict=True):
        wire = to_wire(pod)
        wire["status"] = {"phase": phase}
        bench.store = bench.store.put(from_wire(wire))
    return bench.store


def attempts(store, memory):
    """Yield what one sync may come to: (store, memory), after any call a crash, or the loss of it or its answer."""
    waiting = [(store, ())]
    while waiting:
        reached, answers = waiting.pop()
        turn = JOB.reconcile(due(memory), View(store, LATER, answers), TASK)
        begun = [(reached, ())]
        for call in turn.requests:
            ways = [way for at, given in begun for way in fates(at, given, call.request)]
            yield from ((at, None) for at, _ in ways)
            begun = ways
        if turn.more:
            waiting += [(at, (*answers, *given)) for at, given in begun]
        else:
            yield reached, turn.memory


def due(memory):
    """The memory of a controller that has waited for its second."""
    return memory and attrs.evolve(memory, due=awaited(START))


def fates(store, given, request):
    """Yield what a call may come to: granted, granted and not heard of, not arrived."""
    outcome = handle(store, request, Context(now=LATER))
    yield outcome.store, (*given, outcome.response)
    yield outcome.store, (*given, LOST)
    yield store, (*given, LOST)


def content(store):
    """What of the Job and its pods can make a difference."""
    job = store.get(TASK).status
    left = job.uncounted_terminated_pods
    pods = tuple((one.metadata.name, FINALIZER in one.metadata.finalizers) for one in store.list("Pod", "default"))
    uids = None if left is None else (left.succeeded, left.failed)
    counts = (job.succeeded, job.failed, job.completed_indexes, job.active, job.terminating)
    return pods, uids, counts, tuple(one.type for one in job.conditions)


def explored(store):
    """Return all stores that can be reached."""
    seen, waiting = {}, [(store, None)]
    while waiting:
        reached, memory = waiting.pop()
        key = (content(reached), memory is not None and memory.removals, memory is not None and memory.backoff)
        if key not in seen:
            seen[key] = reached
            waiting += attempts(reached, memory)
    return list({content(one): one for one in seen.values()}.values())


def accounted(store, phase):
    """How many pods that ended so are counted, and how many are not counted but tracked or written down."""
    status = store.get(TASK).status
    left = status.uncounted_terminated_pods
    written = set() if left is None else set(left.succeeded if phase == "Succeeded" else left.failed)
    pods = [one for one in store.list("Pod", "default") if one.status.phase == phase]
    tracked = {one.metadata.uid for one in pods if FINALIZER in one.metadata.finalizers}
    return (status.succeeded if phase == "Succeeded" else status.failed), len(tracked | written)


CASES = [
    pytest.param({"completions": 3}, ("Succeeded",) * 3, id="successes"),
    pytest.param({"backoffLimit": 2, "completions": 9}, ("Failed",) * 3, id="failures"),
    pytest.param({}, ("Succeeded", "Failed", "Succeeded"), id="both"),
]


@pytest.mark.parametrize(("spec", "phases"), CASES)
def test_each_pod_is_counted_once_whatever_is_cut_short(spec, phases):
    """In each state a pod is tracked, written down or counted; where nothing moves any more, each is counted."""
    found = explored(ended(*phases, **spec))

    for store in found:
        for phase in ("Succeeded", "Failed"):
            counted, uncounted = accounted(store, phase)
            assert counted + uncounted == phases.count(phase)
    over = [one for one in found if one.get(TASK).status.conditions[-1:] and settled(one)]
    assert over
    assert all(accounted(one, "Succeeded") == (phases.count("Succeeded"), 0) for one in over)
    assert all(accounted(one, "Failed") == (phases.count("Failed"), 0) for one in over)


def settled(store):
    """Whether the Job has ended."""
    return store.get(TASK).status.conditions[-1].type in ("Complete", "Failed")


def test_an_index_is_completed_once_whatever_is_cut_short():
    """By its index and not by the uid of its pod."""
    found = explored(ended("Succeeded", "Succeeded", completions=2, completionMode="Indexed"))

    assert {one.get(TASK).status.succeeded for one in found} == {0, 2}
    assert all(one.get(TASK).status.completed_indexes == "0,1" for one in found if settled_or_not(one))


def settled_or_not(store):
    """Whether anything has succeeded by the status."""
    return store.get(TASK).status.succeeded > 0


@pytest.mark.parametrize(("spec", "phases"), CASES)
def test_from_every_state_the_job_ends(spec, phases):
    """Once nothing is cut short any more, within a few syncs."""
    for store in explored(ended(*phases, **spec)):
        reached, memory = store, None
        for _ in range(4):
            *_, (reached, memory) = uncut(reached, memory)
        assert settled(reached)
        assert key_of(reached.get(TASK)) == TASK


def uncut(store, memory):
    """Yield what one sync comes to if all goes well."""
    answers, reached = (), store
    while True:
        turn = JOB.reconcile(due(memory), View(store, LATER, answers), TASK)
        for call in turn.requests:
            outcome = handle(reached, call.request, Context(now=LATER))
            reached, answers = outcome.store, (*answers, outcome.response)
        if not turn.more:
            yield reached, turn.memory
            return


def test_a_controller_that_counts_without_writing_down_first_is_found_out():
    """The search is not empty: there are states in which some pods are counted and others are not."""
    found = explored(ended("Succeeded", "Succeeded", completions=2))

    assert {accounted(one, "Succeeded") for one in found} >= {(0, 2), (2, 0)}
    assert any(one.get(TASK).status.uncounted_terminated_pods.succeeded for one in found)
