"""Wrong controllers of Jobs and CronJobs, and the laws that catch each."""

from __future__ import annotations

import pytest

from kcore.api.evolve import evolve
from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.controllers.cronjob import sync
from kcore.controllers.job import manage, tracking_utils
from kcore.invariants.table import INVARIANTS
from kcore.model import NodeSpec, Plan, boot, build_model
from kcore.users.apply import Apply
from kcore.world.behavior import Behavior

MODEL = build_model()
ROOM = FrozenMap({"cpu": "4", "memory": "8Gi", "pods": "110"})
MINUTES = 200_000


def wire(kind, name, spec):
    return Json.of({"apiVersion": "batch/v1", "kind": kind, "metadata": {"name": name}, "spec": spec})


def task(image, **spec):
    pod = {"restartPolicy": "Never", "containers": [{"name": "c", "image": image}]}
    return {"template": {"spec": pod}, **spec}


def states():
    """Every state of some minutes of a Job that ends, one that does not, and a CronJob whose Jobs never end."""
    short = wire("Job", "short", task("app:exit0", completions=2, parallelism=1))
    long = wire("Job", "long", task("app:v1", completions=3, parallelism=2, completionMode="Indexed"))
    cron = {"schedule": "* * * * *", "concurrencyPolicy": "Forbid", "jobTemplate": {"spec": task("app:v1")}}
    ends = Behavior(image="*:exit0", exit_code=0, after=400)
    plan = Plan(nodes=[NodeSpec(name="n1", capacity=ROOM)], behaviors=(ends,))
    state = MODEL.step(boot(MODEL, plan), Apply(objects=(short, long, wire("CronJob", "tick", cron)))).state
    until = state.now + MINUTES
    while state.now < until:
        yield state
        state = MODEL.step(state, MODEL.next_move(state)).state


@pytest.fixture(scope="module")
def sound():
    """The states of sound controllers."""
    return list(states())


def broken(name):
    """Whether the law is broken in one of the states."""
    return any(INVARIANTS[name].property.holds(state) is not True for state in states())


def one_more(session):
    return len(session.active) + 1


def the_first_again(over, taken, count, most):
    return [0] * count


def both_ends(conditions, wanted):
    return (*conditions, wanted, evolve(wanted, type="Failed"))


MUTANTS = [
    pytest.param("job-within-parallelism", manage, "want_active", one_more, id="one pod more with each look"),
    pytest.param("job-index-runs-once", manage, "first_pending", the_first_again, id="one index for all pods"),
    pytest.param("job-ends-for-good", tracking_utils, "ensure", both_ends, id="a Job ends both ways"),
    pytest.param("forbidden-jobs-never-overlap", sync, "FORBID", "Never", id="a policy that is not looked at"),
]


@pytest.mark.parametrize(("name", "module", "part", "wrong"), MUTANTS)
def test_a_wrong_controller_is_caught_by_its_law(name, module, part, wrong, monkeypatch, sound):
    """It breaks the law that sound controllers keep, in states in which the law says something."""
    assert all(INVARIANTS[name].property.holds(state) is True for state in sound)
    assert any(INVARIANTS[name].witness.met(state) for state in sound)

    monkeypatch.setattr(module, part, wrong)

    assert broken(name)
