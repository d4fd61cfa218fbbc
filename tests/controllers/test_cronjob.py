"""The CronJob controller: when Jobs are made, which are kept, and what the status says."""

from __future__ import annotations

import pytest
from controller_bench import Bench
from hypothesis import given, settings
from hypothesis import strategies as st

from kcore.api.convert import from_wire, to_wire
from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.api.times import format_time, parse_time
from kcore.apiserver.bootstrap import bootstrap
from kcore.apiserver.request import Options, PatchType, Request, Verb
from kcore.client.view import View
from kcore.cluster.timing import Timing
from kcore.controllers.cronjob import CRONJOB
from kcore.model import NodeSpec, Plan, boot, build_model
from kcore.model.components import COMPONENTS
from kcore.model.settle import advance
from kcore.users.apply import Apply

NOON = parse_time("2026-01-01T12:00:00Z") * 1000
TICK = ObjectKey("CronJob", "default", "tick")
MINUTE = 60_000
CAPACITY = FrozenMap({"cpu": "8", "memory": "8Gi", "pods": "110"})


def tick(schedule="* * * * *", **spec):
    """The CronJob "tick"."""
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "tick", "namespace": "default"},
        "spec": {"schedule": schedule, "jobTemplate": {"spec": {"template": template}}, **spec},
    }


class CronBench(Bench):
    """A CronJob "tick" made 30 s after noon and looked at once."""

    def __init__(self, schedule="* * * * *", **spec):
        super().__init__(CRONJOB)
        self.store = bootstrap(NOON)
        self.now = NOON + 30_000
        obj = from_wire(tick(schedule, **spec))
        assert self.ask(Request(verb=Verb.CREATE, key=TICK, body=obj)).ok
        self.run()

    def patch(self, **spec):
        """Change the spec."""
        options = Options(patch_type=PatchType.MERGE)
        assert self.ask(Request(verb=Verb.PATCH, key=TICK, body=Json.of({"spec": spec}), options=options)).ok
        self.run()

    def go(self, milliseconds):
        """Let time pass and the alarm ring each time that it is due."""
        until = self.now + milliseconds
        while (self.wakes.get(TICK) or until + 1) <= until:
            self.now = max(self.now, self.wakes[TICK])
            self.turn(TICK)
            self.run()
        self.now = until

    def end(self, name, end="Complete"):
        """Let a Job end."""
        key = ObjectKey("Job", "default", name)
        wire = to_wire(self.store.get(key))
        at = format_time(self.now // 1000)
        wire["status"] = {"conditions": [{"type": end, "status": "True", "lastTransitionTime": at}], "startTime": at}
        if end == "Complete":
            wire["status"]["completionTime"] = at
        self.put(from_wire(wire))
        self.run()

    @property
    def jobs(self):
        """The minutes after noon for which there are Jobs."""
        return [int(one.metadata.name.removeprefix("tick-")) - NOON // MINUTE for one in self.store.list("Job")]

    @property
    def active(self):
        """The minutes after noon of the Jobs that the status calls active."""
        status = self.store.get(TICK).status
        return [int(one.name.removeprefix("tick-")) - NOON // MINUTE for one in status.active]

    @property
    def told(self):
        """The reasons of what has been told."""
        return [note.name.removeprefix("cronjob.") for note in self.notes]


def name(minute):
    return f"tick-{NOON // MINUTE + minute}"


# When


def test_a_job_is_made_at_each_time_of_the_schedule():
    """A tenth of a second later, named by the minute, with the time in an annotation."""
    bench = CronBench("*/2 * * * *")
    assert bench.wakes[TICK] == NOON + 2 * MINUTE + 100
    bench.go(4 * MINUTE)

    assert bench.jobs == [2, 4]
    assert bench.active == [2, 4]
    made = bench.store.get(ObjectKey("Job", "default", name(2)))
    assert made.metadata.annotations["batch.kubernetes.io/cronjob-scheduled-timestamp"] == "2026-01-01T12:02:00Z"
    assert made.metadata.controller.name == "tick"
    assert bench.store.get(TICK).status.last_schedule_time == NOON // 1000 + 240


def test_a_schedule_is_on_the_clocks_of_its_zone():
    """And so is the time in the annotation."""
    bench = CronBench("30 17 * * *", timeZone="Asia/Kolkata")
    bench.go(60 * MINUTE)
    assert bench.jobs == []
    bench = CronBench("32 17 * * *", timeZone="Asia/Kolkata")
    bench.go(5 * MINUTE)

    (made,) = bench.store.list("Job")
    assert made.metadata.annotations["batch.kubernetes.io/cronjob-scheduled-timestamp"] == "2026-01-01T17:32:00+05:30"


@pytest.mark.parametrize(
    ("deadline", "jobs"),
    [
        pytest.param(None, [10], id="without a deadline the latest is made up for"),
        pytest.param(200, [10], id="with a deadline that it keeps"),
        pytest.param(10, [], id="but not after the deadline"),
    ],
)
def test_what_was_missed(deadline, jobs):
    """A controller that comes back after ten minutes and a half makes one Job at most."""
    bench = CronBench(**({} if deadline is None else {"startingDeadlineSeconds": deadline}))
    bench.now = NOON + 10 * MINUTE + 30_000
    bench.turn(TICK)

    assert bench.jobs == jobs


def test_too_many_missed_times_are_told_of():
    """The Job for the latest is made all the same."""
    bench = CronBench()
    bench.now = NOON + 100 * MINUTE
    bench.turn(TICK)
    assert "TooManyMissedTimes" not in bench.told

    bench = CronBench()
    bench.now = NOON + 101 * MINUTE
    bench.turn(TICK)
    assert "TooManyMissedTimes" in bench.told
    assert bench.jobs == [101]


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        pytest.param({"suspend": True}, None, id="suspended"),
        pytest.param({"schedule": "0 0 31 2 *"}, "InvalidSchedule", id="a day that does not exist"),
    ],
)
def test_a_cron_job_that_makes_no_jobs(spec, reason):
    """It is not looked at again until it changes."""
    bench = CronBench(**spec)
    bench.go(10 * MINUTE)

    assert bench.jobs == []
    assert bench.wakes[TICK] is None
    assert bench.told[:1] == ([reason] if reason else [])


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        pytest.param({"timeZone": "Nope/Zone"}, "UnknownTimeZone", id="a zone that nobody knows"),
        pytest.param({"schedule": "@reboot"}, "UnparseableSchedule", id="a schedule that can't be read"),
    ],
)
def test_a_cron_job_that_the_api_server_would_refuse(spec, reason):
    """One of an older version is told of and left alone."""
    bench = Bench(CRONJOB)
    wire = tick(**{"schedule": "* * * * *", **spec})
    wire["metadata"] |= {"uid": "u", "creationTimestamp": "2026-01-01T11:00:00Z"}
    bench.now = NOON
    bench.put(from_wire(wire))
    bench.run()

    assert [note.name for note in bench.notes] == [f"cronjob.{reason}"]
    assert bench.writes == []


def test_a_new_schedule_is_looked_at_when_it_is_due():
    """What it would have missed is not made up for at once."""
    bench = CronBench("0 * * * *")
    bench.go(10 * MINUTE)
    bench.patch(schedule="*/5 * * * *")
    assert bench.jobs == []
    assert bench.wakes[TICK] == NOON + 15 * MINUTE + 100
    bench.go(5 * MINUTE)

    assert bench.jobs == [15]


# Concurrency


@pytest.mark.parametrize(
    ("policy", "jobs"),
    [
        pytest.param("Allow", [1, 2, 3], id="side by side"),
        pytest.param("Forbid", [1], id="one waits for the other"),
        pytest.param("Replace", [3], id="one takes the place of the other"),
    ],
)
def test_a_job_that_still_runs_at_the_next_time(policy, jobs):
    """As the policy says."""
    bench = CronBench(concurrencyPolicy=policy)
    bench.go(3 * MINUTE)

    assert bench.jobs == jobs
    assert bench.active == jobs


def test_a_forbidden_job_is_made_as_soon_as_the_one_before_has_ended():
    """For the latest time that was missed."""
    bench = CronBench(concurrencyPolicy="Forbid")
    bench.go(3 * MINUTE)
    bench.end(name(1))

    assert bench.active == [3]
    assert bench.store.get(TICK).status.last_successful_time == bench.now // 1000


def test_no_job_is_made_twice_for_one_time():
    """Neither by another look nor by a controller whose cache is behind."""
    bench = CronBench()
    before = bench.store
    bench.go(MINUTE)
    bench.turn(TICK)
    bench.turn(TICK, before)

    assert bench.jobs == [1]
    assert bench.active == [1]


def test_a_job_that_was_made_before_a_crash_is_found_again():
    """Its name is the lock: the status is made up for."""
    bench = CronBench()
    bench.go(MINUTE)
    wire = to_wire(bench.store.get(TICK))
    wire["status"] = {}
    bench.put(from_wire(wire))
    bench.run()

    assert (bench.jobs, bench.active) == ([1], [1])
    assert "UnexpectedJob" in bench.told


# History and status


def test_so_many_jobs_are_kept():
    """Three that succeeded and one that failed, the latest, unless it says otherwise."""
    bench = CronBench(successfulJobsHistoryLimit=2)
    for minute in range(1, 7):
        bench.go(MINUTE)
        bench.end(name(minute), "Complete" if minute % 2 else "Failed")

    assert bench.jobs == [3, 5, 6]
    assert bench.active == []


def test_a_job_that_is_gone_is_no_longer_active():
    """The API server is asked first."""
    bench = CronBench(concurrencyPolicy="Forbid")
    bench.go(MINUTE)
    bench.remove(ObjectKey("Job", "default", name(1)))
    bench.run()

    assert bench.active == []
    assert "MissingJob" in bench.told


def test_a_cron_job_that_is_being_deleted_makes_no_jobs():
    """Only its status is kept."""
    bench = CronBench()
    wire = to_wire(bench.store.get(TICK))
    wire["metadata"] |= {"deletionTimestamp": "2026-01-01T12:00:40Z", "finalizers": ["a/b"]}
    bench.put(from_wire(wire))
    bench.run()
    bench.go(5 * MINUTE)

    assert bench.jobs == []


def test_a_second_look_writes_nothing():
    """A sync on its own result has nothing left to do."""
    bench = CronBench()
    bench.go(MINUTE)

    assert bench.turn(TICK) == 0


STEPS = st.lists(st.tuples(st.integers(1, 200), st.sampled_from(["", "Complete", "Failed"])), min_size=3, max_size=12)


@given(STEPS, st.sampled_from(["Forbid", "Replace"]))
@settings(max_examples=25, deadline=None)
def test_jobs_never_overlap_where_that_is_forbidden(steps, policy):
    """However long they run; and each time has one Job at most."""
    bench = CronBench(concurrencyPolicy=policy)
    for seconds, end in steps:
        bench.go(seconds * 1000)
        running = [one for one in bench.store.list("Job") if not one.status.conditions]
        assert len(running) <= 1
        if end and running:
            bench.end(running[0].metadata.name, end)
        assert len(set(bench.jobs)) == len(bench.jobs)


def test_a_look_at_one_cron_job_costs_what_it_owns():
    """As much among 1,000 as among 10."""

    def looked(count):
        bench = Bench(CRONJOB)
        objects = []
        for at in range(count):
            wire = tick()
            wire["metadata"] |= {"name": f"tick-{at}", "uid": f"u{at}", "creationTimestamp": "2026-01-01T12:00:00Z"}
            reference = {"apiVersion": "batch/v1", "kind": "CronJob", "name": f"tick-{at}", "uid": f"u{at}"}
            meta = {"name": f"job-{at}", "namespace": "default", "ownerReferences": [{**reference, "controller": True}]}
            objects += [from_wire(wire), from_wire({"apiVersion": "batch/v1", "kind": "Job", "metadata": meta})]
        store = bench.store
        for one in objects:
            store = store.put(one)
        reads = []
        CRONJOB.reconcile(None, View(store, NOON, (), reads), key_of(objects[0]))
        return len(reads), sum(len(answer) for _, answer in reads if isinstance(answer, tuple))

    assert looked(10) == looked(1000)
    assert looked(10)[1] == 1


@pytest.mark.parametrize("timing", [Timing.PROMPT, Timing.LAGGING], ids=["prompt", "lagging"])
def test_a_cron_job_in_a_cluster(timing):
    """Its Jobs make pods, and the oldest go with theirs."""
    families = {"garbage-collector-controller", "scheduler", "kubelet", "job-controller", "cronjob-controller"}
    model = build_model(tuple(one for one in COMPONENTS if one.family in families))
    state = boot(model, Plan(nodes=[NodeSpec(name="n1", capacity=CAPACITY)], timing=timing))
    state = model.step(state, Apply(objects=(Json.of(tick(concurrencyPolicy="Replace")),))).state
    state = advance(model, state, state.now + 5 * MINUTE)

    (job,) = state.store.list("Job")
    assert [one.uid for one in state.store.get(TICK).status.active] == [job.metadata.uid]
    left = [one for one in state.store.list("Pod", "default") if one.metadata.deletion_timestamp is None]
    assert [one.metadata.controller.name for one in left] == [job.metadata.name]
