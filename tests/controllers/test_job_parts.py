"""The parts of the Job controller: intervals, policies, back-off, indexes and which pods go first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.batch.job import Job, PodFailurePolicy, SuccessPolicy
from kcore.api.convert import structure
from kcore.api.core.pod import Pod
from kcore.client.instant import Instant
from kcore.controllers.job import intervals
from kcore.controllers.job.backoff_utils import BackoffRecord, after, api_backoff, finished_time, held_until
from kcore.controllers.job.indexed_job_utils import first_pending, generate_name, latest_failed, template_with_index
from kcore.controllers.job.manage import active_pods_for_removal
from kcore.controllers.job.pod_failure_policy import match_pod_failure_policy
from kcore.controllers.job.success_policy import match_success_policy

EPOCH = 946_684_800
INDEX = "batch.kubernetes.io/job-completion-index"
FAILURES = "batch.kubernetes.io/job-index-failure-count"


def clock(second):
    """The text of a second of the first minute of 2000."""
    return f"2000-01-01T00:00:{second:02}Z"


def pod(name="p", index=None, failures=None, finished=None, exit_code=1, phase="Failed", **status):
    """A pod that ended in the second `finished`, unless that is None."""
    annotations = {INDEX: index, FAILURES: failures}
    metadata = {"name": name, "namespace": "default", "uid": name, "finalizers": ["batch.kubernetes.io/job-tracking"]}
    metadata["annotations"] = {key: str(value) for key, value in annotations.items() if value is not None}
    ended = {} if finished is None else {"finishedAt": clock(finished)}
    container = {"name": "c", "state": {"terminated": {"exitCode": exit_code, **ended}}}
    return structure(
        Pod, {"metadata": metadata, "status": {"phase": phase, "containerStatuses": [container], **status}}
    )


def job(**spec):
    """A Job of this spec."""
    return structure(Job, {"metadata": {"name": "j", "namespace": "default", "uid": "j"}, "spec": spec})


def elapsed(now):
    """What View.elapsed says at `now`, in seconds of 2000."""
    return lambda since, duration: (EPOCH + now) * 1000 - since >= duration


# Intervals


@pytest.mark.parametrize(
    ("text", "completions", "read"),
    [
        pytest.param("", 10, "", id="nothing"),
        pytest.param("0,2-4,6,7", 10, "0,2-4,6,7", id="as it is written"),
        pytest.param("1,2,3", 10, "1-3", id="neighbours are joined"),
        pytest.param("1-5", 3, "1,2", id="cut off at the completions"),
        pytest.param("5,1", 5, "", id="nothing more after what is beyond the completions"),
        pytest.param("x,1,2-y,4", 10, "1,4", id="what can't be read is passed over"),
    ],
)
def test_indexes_are_read_and_written(text, completions, read):
    """As the status of a Job has them."""
    assert intervals.text_of(intervals.parse(text, completions)) == read


SETS = st.frozensets(st.integers(0, 40))


@given(SETS, SETS)
def test_intervals_are_sets_of_indexes(one, other):
    """They say of each index whether it is among them, and how many there are; what is written can be read."""
    mine, theirs = intervals.with_indexes((), one), intervals.with_indexes((), other)
    both = intervals.merge(mine, theirs)

    assert {index for index in range(50) if intervals.has(both, index)} == one | other
    assert intervals.total(both) == len(one | other)
    assert intervals.overlap(mine, theirs) == len(one & other)
    assert intervals.parse(intervals.text_of(both), 50) == both


@given(SETS, SETS, SETS, st.integers(0, 10), st.integers(0, 45))
def test_pending_indexes_are_the_first_that_are_free(succeeded, failed, active, count, most):
    """None that is over, none that runs, none too many."""
    over = (intervals.with_indexes((), succeeded), intervals.with_indexes((), failed))
    free = [index for index in range(most) if index not in succeeded | failed | active]

    assert first_pending(over, active, count, most) == free[:count]


# Policies

DISRUPTED = [{"type": "DisruptionTarget", "status": "True"}]


def rule(action, *values, operator="In", container=None):
    """A rule on exit codes."""
    codes = {"operator": operator, "values": list(values)}
    return {"action": action, "onExitCodes": codes if container is None else {**codes, "containerName": container}}


CONDITION = {"onPodConditions": DISRUPTED}


@pytest.mark.parametrize(
    ("rules", "action", "counts"),
    [
        pytest.param([], "", True, id="no rule: it counts"),
        pytest.param([rule("Ignore", 1)], "Ignore", False, id="an exit code that is ignored"),
        pytest.param([rule("Ignore", 2), rule("FailIndex", 1)], "FailIndex", True, id="the first that matches"),
        pytest.param([rule("Count", 1), rule("FailJob", 1)], "Count", True, id="and no later one"),
        pytest.param([rule("FailJob", 2, operator="NotIn")], "FailJob", True, id="any other exit code"),
        pytest.param([rule("FailJob", 1, container="d")], "", True, id="of another container"),
        pytest.param([{"action": "Ignore", **CONDITION}], "Ignore", False, id="a condition"),
        pytest.param([{"action": "Retire", **CONDITION}, rule("Count", 1)], "Count", True, id="no known action"),
    ],
)
def test_a_failed_pod_leads_to(rules, action, counts):
    """What the first rule says that matches."""
    match = match_pod_failure_policy(
        structure(PodFailurePolicy, {"rules": rules}), pod(exit_code=1, conditions=DISRUPTED)
    )

    assert (match.action, match.counts) == (action, counts)


def test_a_job_that_a_policy_fails_says_why():
    """The pod, its container or condition, and the rule."""
    policy = {"rules": [rule("FailJob", 3), {"action": "FailJob", **CONDITION}]}
    codes = match_pod_failure_policy(structure(PodFailurePolicy, policy), pod(exit_code=3))
    condition = match_pod_failure_policy(structure(PodFailurePolicy, policy), pod(conditions=DISRUPTED))

    assert codes.message == "Container c for pod default/p failed with exit code 3 matching FailJob rule at index 0"
    assert condition.message == "Pod default/p has condition DisruptionTarget matching FailJob rule at index 1"


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        pytest.param([{"succeededIndexes": "0-2"}], "Matched rules at index 0", id="all of some indexes"),
        pytest.param([{"succeededIndexes": "0-3"}], "", id="not all of them"),
        pytest.param(
            [{"succeededIndexes": "0-9", "succeededCount": 3}], "Matched rules at index 0", id="enough of them"
        ),
        pytest.param([{"succeededCount": 5}, {"succeededCount": 4}], "Matched rules at index 1", id="enough of all"),
        pytest.param([{"succeededIndexes": "x"}], "", id="indexes that can't be read"),
    ],
)
def test_a_success_policy_is_met(rules, message):
    """By the indexes 0 to 2 and 5."""
    succeeded = intervals.parse("0-2,5", 10)

    assert match_success_policy(structure(SuccessPolicy, {"rules": rules}), 10, succeeded) == message


# Back-off


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [
        pytest.param(1, 10, id="the first"),
        pytest.param(2, 20, id="the second"),
        pytest.param(6, 320, id="the sixth"),
        pytest.param(7, 600, id="the seventh and all after it"),
    ],
)
def test_pods_are_held_back_after_failures(failures, seconds):
    """Twice as long with each, ten minutes at most."""
    record = BackoffRecord(failures=failures, last_failure=Instant(EPOCH * 1000))

    assert held_until(record, elapsed(seconds - 1)) == (EPOCH + seconds) * 1000
    assert held_until(record, elapsed(seconds)) is None


@pytest.mark.parametrize(
    ("succeeded", "failed", "failures", "last"),
    [
        pytest.param([], [], 2, 5, id="nothing new"),
        pytest.param([], [7, 9], 4, 9, id="failures add up"),
        pytest.param([8], [], 0, None, id="a success ends them"),
        pytest.param([8], [7, 9], 1, 9, id="those after the last success count"),
        pytest.param([9], [9], 0, None, id="but not at the same time"),
        pytest.param([], [10] * 9, 7, 10, id="more than seven make no difference"),
    ],
)
def test_failures_are_counted_since_the_last_success(succeeded, failed, failures, last):
    """By the times at which the pods ended; two had failed before, the last in the fifth second."""
    before = BackoffRecord(failures=2, last_failure=Instant((EPOCH + 5) * 1000))
    record = after(before, [pod(finished=at) for at in succeeded], [pod(finished=at) for at in failed])

    assert (record.failures, record.last_failure) == (failures, None if last is None else (EPOCH + last) * 1000)


def test_a_sync_that_failed_comes_back_after_a_second_and_then_later():
    """A minute at most."""
    assert [api_backoff(failures) for failures in (1, 2, 6, 7, 99)] == [1000, 2000, 32000, 60000, 60000]


NOT_READY = [{"type": "Ready", "status": "False", "lastTransitionTime": clock(4)}]


@pytest.mark.parametrize(
    ("content", "second"),
    [
        pytest.param({"finished": 3, "conditions": NOT_READY}, 3, id="when its containers ended"),
        pytest.param({"conditions": NOT_READY}, 4, id="when it ceased to be ready"),
    ],
)
def test_a_pod_ended_at(content, second):
    """As well as one can tell."""
    assert finished_time(pod(**content)) == EPOCH + second


# Indexes


def test_a_pod_with_an_index_tells_it_in_four_places():
    """Annotation, label, environment and hostname; and how often the index failed."""
    owner = job(completions=3, completionMode="Indexed", backoffLimitPerIndex=2, template={"spec": CONTAINER})
    template = template_with_index(owner, 1, {1: pod(index=1, failures=1)})

    assert dict(template.metadata.annotations) == {INDEX: "1", FAILURES: "2"}
    assert template.metadata.labels[INDEX] == "1"
    assert template.spec.hostname == "j-1"
    assert [one.name for one in template.spec.containers[0].env] == ["A", "JOB_COMPLETION_INDEX"]


CONTAINER = {"containers": [{"name": "c", "env": [{"name": "A"}]}]}


def test_a_long_name_is_cut_before_the_index():
    """So that five letters more are a name."""
    owner = structure(Job, {"metadata": {"name": "a" * 60}})

    assert generate_name(owner, 12) == "a" * 54 + "-12-"


def test_the_last_failed_pod_of_an_index_waits_for_its_replacement():
    """Unless the index is over, or runs again."""
    owner = job(completions=5, completionMode="Indexed")
    failed = [
        pod("a", 0, 0, finished=1),
        pod("b", 0, 1, finished=2),
        pod("c", 1, finished=1),
        pod("d", 2, finished=1),
        pod("e", 9, finished=1),
    ]
    latest = latest_failed(owner, failed, intervals.parse("1", 5), {2})

    assert {index: one.metadata.name for index, one in latest.items()} == {0: "b"}


# Which pods go first

READY = [{"type": "Ready", "status": "True", "lastTransitionTime": clock(1)}]


def running(name, index=None, ready=False, node="n1"):
    found = pod(name, index, phase="Running", conditions=READY if ready else [])
    return structure(Pod, {"metadata": to_meta(found), "spec": {"nodeName": node}, "status": to_status(found)})


def to_meta(found):
    return {"name": found.metadata.name, "annotations": dict(found.metadata.annotations)}


def to_status(found):
    return {
        "phase": found.status.phase,
        "conditions": [{"type": one.type, "status": one.status} for one in found.status.conditions],
    }


@pytest.mark.parametrize(
    ("spec", "pods", "at_least", "gone"),
    [
        pytest.param({}, [running("a", ready=True), running("b")], 1, ["b"], id="one that is not ready"),
        pytest.param({}, [running("a"), running("b", node="")], 1, ["b"], id="one that is on no node"),
        pytest.param({}, [running("a"), running("b")], 0, [], id="none if there are not too many"),
        pytest.param(
            {"completionMode": "Indexed", "completions": 2},
            [running("a", 0, ready=True), running("b", 0), running("c", 1), running("d"), running("e", 2)],
            0,
            ["b", "d", "e"],
            id="those without an index of their own",
        ),
    ],
)
def test_pods_go_first(spec, pods, at_least, gone):
    """Those that are the least far, and those whose index is another's or not asked for."""
    assert sorted(one.metadata.name for one in active_pods_for_removal(job(**spec), pods, at_least)) == gone
