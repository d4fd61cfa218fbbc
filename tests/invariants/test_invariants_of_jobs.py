"""Laws about Jobs and CronJobs, on states made by hand and in clusters that run."""

from __future__ import annotations

import pytest
from invariant_models.judging import blamed, witnessed
from invariant_models.states import cluster, forgotten, pod

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.cluster.timing import Timing
from kcore.invariants.table import INVARIANTS
from kcore.model import NodeSpec, Plan, boot, build_model
from kcore.users.apply import Apply

INDEX = "batch.kubernetes.io/job-completion-index"
OWNER = {"apiVersion": "batch/v1", "kind": "Job", "name": "task", "uid": "task", "controller": True}
GOING = {"deletionTimestamp": "2000-01-01T00:00:30Z", "deletionGracePeriodSeconds": 30}
CAPACITY = FrozenMap({"cpu": "8", "memory": "8Gi", "pods": "110"})


def job(parallelism=1, *, name="task", owner=None, ends=(), **spec):
    """A Job that has ended so."""
    owners = {"ownerReferences": [owner]} if owner else {}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": "default", "uid": name, **owners},
        "spec": {"parallelism": parallelism, **spec},
        "status": {"conditions": [{"type": end, "status": "True"} for end in ends]},
    }


def worker(name, index=None, **more):
    """A pod of the Job."""
    notes = {} if index is None else {"annotations": {INDEX: str(index)}}
    return pod(name, owner=OWNER, **notes, **more)


def tick(policy="Forbid"):
    """A CronJob."""
    metadata = {"name": "tick", "namespace": "default", "uid": "tick"}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": metadata,
        "spec": {"schedule": "* * * * *", "concurrencyPolicy": policy},
    }


TICK = {"apiVersion": "batch/v1", "kind": "CronJob", "name": "tick", "uid": "tick", "controller": True}
ONE, TWO = job(name="tick-1", owner=TICK), job(name="tick-2", owner=TICK)
ENDED = job(name="tick-1", owner=TICK, ends=("Complete",))
FAILED_POLICY = {"podReplacementPolicy": "Failed"}

ROWS = [
    pytest.param("job-within-parallelism", cluster(job(1), worker("p"), worker("q", **GOING)), (), id="one is leaving"),
    pytest.param(
        "job-within-parallelism",
        cluster(job(1), worker("p"), worker("q")),
        ("Job/task", "Pod/p", "Pod/q"),
        id="one too many",
    ),
    pytest.param(
        "job-within-parallelism", cluster(job(2), worker("p"), worker("q"), job(1)), (), id="two might run before"
    ),
    pytest.param(
        "job-within-parallelism",
        forgotten(cluster(job(2), worker("p"), worker("q"), job(1))),
        ("Job/task", "Pod/p", "Pod/q"),
        id="two might run, as nobody can tell",
    ),
    pytest.param("job-index-runs-once", cluster(job(2), worker("p", 0), worker("q", 1)), (), id="two indexes"),
    pytest.param(
        "job-index-runs-once",
        cluster(job(2), worker("p", 0), worker("q", 0)),
        ("Job/task", "Pod/p", "Pod/q"),
        id="one index twice",
    ),
    pytest.param(
        "job-index-runs-once",
        cluster(job(2), worker("p", 0), worker("q", 0, **GOING)),
        (),
        id="one index again, as the first pod is leaving",
    ),
    pytest.param(
        "job-index-runs-once",
        cluster(job(2, **FAILED_POLICY), worker("p", 0), worker("q", 0, **GOING)),
        ("Job/task", "Pod/p", "Pod/q"),
        id="one index again before the first pod has left",
    ),
    pytest.param("job-ends-for-good", cluster(job(), job(ends=("Complete",))), (), id="it ended"),
    pytest.param("job-ends-for-good", cluster(job(ends=("Failed",)), job()), ("Job/task",), id="it had ended"),
    pytest.param(
        "job-ends-for-good", cluster(job(ends=("Complete", "Failed"))), ("Job/task",), id="it ended both ways"
    ),
    pytest.param("forbidden-jobs-never-overlap", cluster(tick(), ENDED, TWO), (), id="one after the other"),
    pytest.param(
        "forbidden-jobs-never-overlap",
        cluster(tick(), ONE, TWO),
        ("CronJob/tick", "Job/tick-1", "Job/tick-2"),
        id="side by side",
    ),
    pytest.param("forbidden-jobs-never-overlap", cluster(tick("Allow"), ONE, TWO), (), id="as is allowed"),
    pytest.param(
        "forbidden-jobs-never-overlap", cluster(tick("Allow"), ONE, TWO, tick()), (), id="as was allowed before"
    ),
]


@pytest.mark.parametrize(("name", "state", "culprits"), ROWS)
def test_an_invariant_of_jobs_blames_who_breaks_it(name, state, culprits):
    """Nobody where it holds, and else the objects, in order."""
    assert blamed(name, state) == culprits


@pytest.mark.parametrize(
    ("name", "state"),
    [
        pytest.param("job-within-parallelism", cluster(job(1), worker("p")), id="a full Job"),
        pytest.param("job-index-runs-once", cluster(job(1), worker("p", 0)), id="a pod with an index"),
        pytest.param("job-ends-for-good", cluster(job(ends=("Failed",))), id="a Job that has ended"),
        pytest.param("forbidden-jobs-never-overlap", cluster(tick(), ONE), id="a Job that runs"),
    ],
)
def test_an_invariant_of_jobs_is_put_to_the_test(name, state):
    """The witness tells the states in which it says something."""
    assert witnessed(name, state)
    assert not witnessed(name, cluster())


def busy(timing):
    """A cluster in which an Indexed Job and a CronJob have just been made."""
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}
    indexed = {"completions": 3, "completionMode": "Indexed", "template": template}
    made = {**job(2, **indexed), "metadata": {"name": "task"}, "status": {}}
    each = {"schedule": "* * * * *", "concurrencyPolicy": "Forbid", "jobTemplate": {"spec": {"template": template}}}
    cron = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "tick"}, "spec": each}
    model = build_model()
    state = boot(model, Plan(nodes=[NodeSpec(name="n1", capacity=CAPACITY)], timing=timing))
    return model, model.step(state, Apply(objects=(Json.of(made), Json.of(cron)))).state


@pytest.mark.parametrize("timing", [Timing.PROMPT, Timing.INTERLEAVED], ids=["prompt", "interleaved"])
def test_the_laws_of_jobs_hold_while_a_cluster_runs(timing):
    """For the minutes after both were made, whoever takes turns."""
    names = ("job-within-parallelism", "job-index-runs-once", "job-ends-for-good", "forbidden-jobs-never-overlap")
    model, state = busy(timing)
    seen = set()
    for at in range(600):
        events = [event for rule in model.moves for event in rule.candidates(state)]
        if not events:
            break
        state = model.step(state, events[at * 7 % len(events)]).state
        seen |= {name for name in names if INVARIANTS[name].witness.met(state)}
        assert {name: blamed(name, state) for name in names} == dict.fromkeys(names, ())
    assert seen >= {"job-within-parallelism", "job-index-runs-once"}
