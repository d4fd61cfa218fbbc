"""The Job controller at work: sync after sync against an API server, its pods ending as they are told to."""

from __future__ import annotations

import pytest
from controller_bench import START
from job_bench import FINALIZER, INDEX, TASK, JobBench

from kcore.api.convert import from_wire, to_wire
from kcore.api.kinds import key_of
from kcore.apiserver.request import Request, Verb
from kcore.controllers.job import JOB
from kcore.controllers.job.backoff_utils import MAX_POD_FAILURE_BACKOFF

COMPLETE = ["SuccessCriteriaMet=True/CompletionsReached", "Complete=True/CompletionsReached"]


def failed(reason):
    return [f"FailureTarget=True/{reason}", f"Failed=True/{reason}"]


def indexes(bench):
    return [one.metadata.annotations[INDEX] for one in bench.active]


# Completions and parallelism


def test_a_job_runs_as_many_pods_at_once_as_its_parallelism():
    """And no more than are missing to its completions."""
    bench = JobBench(completions=3, parallelism=2)
    seen = [len(bench.active)]
    while bench.active:
        bench.end(bench.active[0])
        seen.append(len(bench.active))

    assert seen == [2, 2, 1, 0]
    assert bench.conditions == COMPLETE
    assert bench.status == {"succeeded": 3, "terminating": 0, "uncountedTerminatedPods": {}, "ready": 0}


def test_a_job_without_completions_ends_with_its_pods_once_one_has_succeeded():
    """After the first success no pod is made any more, and those that run may end as they like."""
    bench = JobBench(parallelism=3)
    bench.patch(spec={"parallelism": 3})
    first, second, third = bench.active
    bench.end(first)
    assert len(bench.active) == 2
    bench.end(second, "Failed")
    bench.end(third)

    assert bench.conditions == COMPLETE
    assert (bench.status["succeeded"], bench.status["failed"]) == (2, 1)


def test_a_job_says_when_it_began_and_when_it_was_complete():
    """In whole seconds, when the controller looked: a second after the news of the pod."""
    bench = JobBench()
    bench.now = START + 5000
    bench.end(bench.active[0])

    status = bench.job.status
    assert (status.start_time, status.completion_time) == (START // 1000, START // 1000 + 6)


@pytest.mark.parametrize(
    ("parallelism", "active"),
    [pytest.param(1, 1, id="fewer"), pytest.param(4, 4, id="more"), pytest.param(0, 0, id="none")],
)
def test_the_parallelism_may_change(parallelism, active):
    """Pods that are too many are neither successes nor failures."""
    bench = JobBench(completions=10, parallelism=3)
    bench.patch(spec={"parallelism": parallelism})
    bench.run()

    assert len(bench.active) == active
    assert bench.status.get("failed", 0) == 0


# Indexes


def test_an_indexed_job_has_a_pod_for_each_index():
    """Those that succeeded are written down as intervals."""
    bench = JobBench(completions=4, parallelism=3, completionMode="Indexed")
    assert indexes(bench) == ["0", "1", "2"]
    assert bench.active[0].spec.hostname == "task-0"

    bench.end(bench.active[1])
    assert indexes(bench) == ["0", "2", "3"]
    for pod in bench.active:
        bench.end(pod)

    assert bench.status["completedIndexes"] == "0-3"
    assert bench.conditions == COMPLETE


def test_an_index_that_failed_is_made_again_after_the_back_off():
    """Ten seconds after its pod ended."""
    bench = JobBench(completions=2, parallelism=2, completionMode="Indexed")
    ended = bench.end(bench.active[0], "Failed")
    assert indexes(bench) == ["1"]
    assert bench.wakes[TASK] == ended + 10_000
    bench.wait_for_alarm()
    assert indexes(bench) == ["0", "1"]


def test_indexes_may_fail_by_themselves():
    """With a limit per index the others go on, and in the end the Job has failed."""
    bench = JobBench(completions=2, parallelism=2, completionMode="Indexed", backoffLimitPerIndex=1)
    bench.end(bench.active[0], "Failed")
    bench.go(10_000)
    assert bench.active[0].metadata.annotations["batch.kubernetes.io/job-index-failure-count"] == "1"
    bench.end(bench.active[0], "Failed")
    assert bench.status["failedIndexes"] == "0"
    assert indexes(bench) == ["1"]
    bench.end(bench.active[0])

    assert bench.conditions == failed("FailedIndexes")


def test_a_failed_pod_stays_until_its_index_is_made_again():
    """Its finalizer holds it, so that the count of failures is not lost."""
    bench = JobBench(completions=2, parallelism=2, completionMode="Indexed", backoffLimitPerIndex=1)
    pod = bench.active[0]
    bench.end(pod, "Failed")
    assert FINALIZER in bench.store.get(key_of(pod)).metadata.finalizers
    bench.go(10_000)

    assert FINALIZER not in bench.store.get(key_of(pod)).metadata.finalizers
    assert bench.status["failed"] == 1


def test_too_many_failed_indexes_end_the_job():
    """The pods that still run are deleted."""
    spec = {"completions": 3, "parallelism": 3, "completionMode": "Indexed"}
    bench = JobBench(**spec, backoffLimitPerIndex=0, maxFailedIndexes=1)
    bench.end(bench.active[0], "Failed")
    bench.end(bench.active[0], "Failed")
    bench.run()

    assert bench.active == []
    assert bench.conditions[0] == "FailureTarget=True/MaxFailedIndexesExceeded"


def test_a_success_policy_ends_a_job_early():
    """The pods that are left are deleted and count neither way."""
    rules = [{"succeededIndexes": "0", "succeededCount": 1}]
    bench = JobBench(completions=3, parallelism=3, completionMode="Indexed", successPolicy={"rules": rules})
    bench.end(bench.active[0])
    gone(bench)

    assert bench.conditions == ["SuccessCriteriaMet=True/SuccessPolicy", "Complete=True/SuccessPolicy"]
    assert (bench.status["succeeded"], bench.status.get("failed", 0)) == (1, 0)


def gone(bench):
    """Let pods that are being deleted end."""
    for pod in bench.pods:
        if pod.metadata.deletion_timestamp is not None and bench.store.get(key_of(pod)):
            bench.end(pod, "Failed")


# Failures


def test_a_job_fails_when_its_pods_have_failed_too_often():
    """One time more than the limit."""
    bench = JobBench(backoffLimit=1)
    bench.end(bench.active[0], "Failed")
    bench.go(10_000)
    bench.end(bench.active[0], "Failed")

    assert bench.status["failed"] == 2
    assert bench.conditions == failed("BackoffLimitExceeded")


def test_the_back_off_doubles_and_a_success_ends_it():
    """Ten seconds, twenty, forty; none after a pod has succeeded."""
    bench = JobBench(completions=3, backoffLimit=9)
    waits = []
    for _ in range(3):
        ended = bench.end(bench.active[0], "Failed")
        waits.append(bench.wakes[TASK] - ended)
        bench.wait_for_alarm()
    bench.now += 1000
    bench.end(bench.active[0])

    assert waits == [10_000, 20_000, 40_000]
    assert len(bench.active) == 1


def test_the_longest_back_off_is_ten_minutes():
    """After the seventh failure."""
    bench = JobBench(backoffLimit=20)
    for _ in range(8):
        ended = bench.end(bench.active[0], "Failed")
        wait = bench.wakes[TASK] - ended
        bench.wait_for_alarm()

    assert wait == MAX_POD_FAILURE_BACKOFF


def test_restarts_in_place_count_towards_the_limit():
    """Where the containers are restarted and the pods never fail."""
    bench = JobBench(restartPolicy="OnFailure", backoffLimit=2)
    pod = bench.active[0]
    wire = to_wire(pod)
    wire["status"] = {"phase": "Running", "containerStatuses": [{"name": "c", "restartCount": 2}]}
    bench.put(from_wire(wire))
    bench.run()

    assert bench.active == []
    assert bench.conditions[0] == "FailureTarget=True/BackoffLimitExceeded"


def test_a_job_that_runs_for_too_long_fails():
    """It is looked at again when its time is up."""
    bench = JobBench(activeDeadlineSeconds=30)
    assert bench.wakes[TASK] == START + 30_000
    bench.wait_for_alarm()
    gone(bench)

    assert bench.conditions == failed("DeadlineExceeded")
    assert bench.status["failed"] == 1


POLICY = {
    "rules": [
        {"action": "FailJob", "onExitCodes": {"operator": "In", "values": [42]}},
        {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
    ]
}
DISRUPTED = [{"type": "DisruptionTarget", "status": "True"}]


def test_a_policy_fails_the_whole_job():
    """At once, and it says which pod and which rule it was."""
    bench = JobBench(completions=2, parallelism=2, podFailurePolicy=POLICY)
    pod = bench.active[0]
    bench.end(pod, "Failed", exit_code=42)
    gone(bench)

    assert bench.conditions == failed("PodFailurePolicy")
    assert f"pod default/{pod.metadata.name} failed with exit code 42" in bench.job.status.conditions[0].message


def test_a_policy_ignores_a_disruption():
    """The pod is made again and not counted."""
    bench = JobBench(backoffLimit=0, podFailurePolicy=POLICY)
    bench.end(bench.active[0], "Failed", exit_code=137, conditions=DISRUPTED)
    bench.go(10_000)

    assert len(bench.active) == 1
    assert bench.status.get("failed", 0) == 0
    assert bench.conditions == []


# Replacement


@pytest.mark.parametrize(
    ("policy", "active"), [pytest.param("TerminatingOrFailed", 1, id="at once"), pytest.param("Failed", 0, id="later")]
)
def test_a_pod_that_is_being_deleted_is_replaced(policy, active):
    """At once, or under the policy Failed only when it has ended."""
    bench = JobBench(podReplacementPolicy=policy)
    pod = running(bench, bench.active[0])
    bench.ask(Request(verb=Verb.DELETE, key=key_of(pod)))
    bench.run()
    bench.go(10_000)
    assert len(bench.active) == active
    assert bench.status["terminating"] == 1

    gone(bench)
    bench.go(20_000)
    assert len(bench.active) == 1
    assert bench.status["failed"] == 1


def running(bench, pod):
    """Let a pod run on a node, so that it takes its time to go."""
    wire = to_wire(bench.store.get(key_of(pod)))
    wire["spec"]["nodeName"] = "n1"
    wire["status"] = {"phase": "Running"}
    bench.put(from_wire(wire))
    bench.run()
    return bench.store.get(key_of(pod))


# Suspension


def test_a_suspended_job_has_no_pods_and_no_start():
    """It says so, and starts anew when it is resumed."""
    bench = JobBench(suspend=True, completions=2, parallelism=2)
    assert (bench.pods, bench.conditions) == ((), ["Suspended=True/JobSuspended"])
    assert bench.job.status.start_time is None

    bench.now = START + 60_000
    bench.patch(spec={"suspend": False})
    bench.run()
    assert len(bench.active) == 2
    assert bench.conditions == ["Suspended=False/JobResumed"]
    assert bench.job.status.start_time == START // 1000 + 60

    bench.patch(spec={"suspend": True})
    bench.run()
    assert (bench.active, bench.job.status.active) == ([], 0)
    assert bench.status.get("failed", 0) == 0


# Ownership


def test_a_job_tracks_the_pods_that_it_adopts_and_not_those_that_it_releases():
    """By owner and finalizer together."""
    bench = JobBench(completions=2, parallelism=1)
    first = bench.active[0]
    labels = dict(first.metadata.labels)
    bench.patch(key_of(first), metadata={"labels": dict.fromkeys(labels)})
    bench.run()
    released = bench.store.get(key_of(first))
    assert (released.metadata.owner_references, released.metadata.finalizers) == ((), ())

    bench.patch(key_of(first), metadata={"labels": labels})
    bench.run()
    adopted = bench.store.get(key_of(first))
    assert (adopted.metadata.controller.name, adopted.metadata.finalizers) == ("task", (FINALIZER,))
    assert len(bench.active) == 1


def test_pods_of_a_job_that_is_gone_lose_their_finalizer():
    """Nobody else would let them go."""
    bench = JobBench()
    pod = bench.active[0]
    bench.remove(TASK)
    bench.run()

    assert bench.store.get(key_of(pod)).metadata.finalizers == ()


def test_a_job_of_another_controller_is_left_alone():
    """It has no pods, and no status."""
    bench = JobBench(managedBy="example.com/mine")

    assert (bench.pods, bench.writes) == ((), [])


# When it is looked at


def test_news_of_pods_is_looked_at_together_after_a_second():
    """What ends meanwhile counts too: a success policy is met by all that have succeeded by then."""
    rules = [{"succeededCount": 1}]
    bench = JobBench(completions=3, parallelism=3, completionMode="Indexed", successPolicy={"rules": rules})
    first, second, _ = bench.active
    bench.put(succeeded(first))
    bench.turn(TASK)
    assert bench.wakes[TASK] == bench.now + 1000
    bench.now += 600
    bench.put(succeeded(second))
    bench.turn(TASK)
    assert bench.wakes[TASK] == bench.now + 400
    assert bench.conditions == []
    bench.run()

    assert bench.status["completedIndexes"] == "0,1"


def succeeded(pod):
    return from_wire({**to_wire(pod), "status": {"phase": "Succeeded"}})


def test_a_change_of_the_spec_is_looked_at_at_once():
    """It waits for no pods."""
    bench = JobBench(completions=4)
    now = bench.now
    bench.patch(spec={"parallelism": 3})
    bench.turn(TASK)

    assert (len(bench.active), bench.now) == (3, now)


# Refusals


def test_a_write_of_an_old_status_is_refused_and_made_up_for():
    """No pod is made twice or counted twice."""
    bench = JobBench(completions=2, parallelism=2)
    pods = bench.active
    stale = bench.store
    bench.patch(metadata={"labels": {"touched": "yes"}})
    bench.turn(TASK, stale)
    bench.end(pods[0])
    bench.end(pods[1])

    assert len(bench.pods) == 2
    assert bench.conditions == COMPLETE


def test_a_cache_that_is_behind_makes_no_pod_twice():
    """A sync waits until it shows what was written before."""
    bench = JobBench(suspend=True)
    bench.patch(spec={"suspend": False})
    seen = bench.store
    bench.turn(TASK)
    assert len(bench.active) == 1

    assert bench.turn(TASK, seen) == 0
    assert len(bench.active) == 1


def test_a_job_that_has_ended_is_left_alone():
    """Nothing is written, and nothing remembered."""
    bench = JobBench()
    bench.end(bench.active[0])
    written = len(bench.writes)

    assert (bench.turn(TASK), len(bench.writes)) == (0, written)
    assert bench.memory[TASK] is None


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({}, id="one pod"),
        pytest.param({"completions": 5, "parallelism": 2}, id="some"),
        pytest.param({"completions": 3, "parallelism": 2, "completionMode": "Indexed"}, id="indexes"),
        pytest.param({"suspend": True}, id="suspended"),
    ],
)
def test_a_second_look_writes_nothing(spec):
    """A sync on its own result has nothing left to do, whatever its controller remembers."""
    bench = JobBench(**spec)
    store = bench.store
    bench.memory[TASK] = None

    assert bench.turn(TASK) == 0
    assert bench.store is store


def test_the_controller_says_what_it_writes():
    """Pods, and the status of Jobs."""
    kinds = {(one.verb, one.kind, one.subresource) for one in JOB.writes}

    assert kinds == {
        (Verb.CREATE, "Pod", ""),
        (Verb.PATCH, "Pod", ""),
        (Verb.DELETE, "Pod", ""),
        (Verb.UPDATE, "Job", "status"),
    }
