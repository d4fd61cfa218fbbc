"""The TTL-after-finished controller: Jobs that ended are deleted when their time is up."""

from __future__ import annotations

import pytest
from controller_bench import START, Bench

from kcore.api.convert import from_wire
from kcore.api.object import ObjectKey
from kcore.apiserver.bootstrap import bootstrap
from kcore.controllers.ttlafterfinished import TTL_AFTER_FINISHED

TASK = ObjectKey("Job", "default", "task")


def job(ttl=60, end="Complete", at="2000-01-01T00:00:00Z", uid="one", **metadata):
    """A Job that ended at a time with an end, "" for none."""
    conditions = [{"type": end, "status": "True", **({"lastTransitionTime": at} if at else {})}] if end else []
    return from_wire(
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": "task", "namespace": "default", "uid": uid, **metadata},
            "spec": {"ttlSecondsAfterFinished": ttl},
            "status": {"conditions": conditions},
        }
    )


def bench(*objects):
    """A bench whose controller has heard of the objects."""
    found = Bench(TTL_AFTER_FINISHED)
    found.store = bootstrap(START)
    found.put(*objects)
    found.run()
    return found


@pytest.mark.parametrize("end", ["Complete", "Failed"])
def test_a_job_is_deleted_when_its_time_is_up(end):
    """In the foreground, so that its pods go first."""
    found = bench(job(60, end))
    assert found.wait(TASK) == 60_000

    gone = found.store.get(TASK)
    assert gone is None or gone.metadata.finalizers == ("foregroundDeletion",)
    assert found.writes == [("delete", 200)]


def test_a_job_without_time_to_live_after_its_end_goes_at_once():
    """A time of zero."""
    assert bench(job(0)).writes == [("delete", 200)]


@pytest.mark.parametrize(
    "kept",
    [
        pytest.param(job(0, end=""), id="one that has not ended"),
        pytest.param(job(None), id="one that may stay for ever"),
        pytest.param(job(0, at=""), id="one that does not say when it ended"),
        pytest.param(job(0, deletionTimestamp="2000-01-01T00:00:00Z"), id="one that goes already"),
    ],
)
def test_a_job_that_stays(kept):
    """Nothing is written, and nobody is woken."""
    found = bench(kept)

    assert (found.writes, found.wakes.get(TASK)) == ([], None)


def test_a_job_that_was_given_more_time_stays():
    """The API server is asked first: the cache may be behind."""
    found = bench(job(60))
    seen = found.store
    found.put(job(90))
    found.now += 60_000

    assert found.turn(TASK, seen) == 1
    assert found.writes == []
    assert found.wakes[TASK] == START + 90_000


def test_another_job_of_the_name_is_not_taken_for_the_one_that_ended():
    """A new one that has not ended stays."""
    found = bench(job(60))
    seen = found.store
    found.put(job(60, end="", uid="two"))
    found.now += 60_000
    found.turn(TASK, seen)

    assert found.writes == []


def test_a_job_that_is_gone_by_then_is_no_error():
    """Somebody else was quicker."""
    found = bench(job(60))
    seen = found.store
    found.remove(TASK)
    found.now += 60_000
    found.turn(TASK, seen)

    assert (found.writes, found.wakes[TASK]) == ([], None)
