"""All ways that a small Job may go: whoever takes turns, however late caches are, whichever call goes astray."""

from __future__ import annotations

import attrs
import pytest
from job_bench import FINALIZER, TASK, task

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.apiserver.request import Request, Verb
from kcore.client.component import LEADER, Component, Work, Write
from kcore.client.turn import Call, Turn
from kcore.cluster.fingerprint import Fingerprinter
from kcore.cluster.losses import ASTRAY, RESTART
from kcore.cluster.timing import Timing
from kcore.controllers.job import JOB
from kcore.machine import Outcome, Start, TableSystem, always, explore, sometimes
from kcore.model import Plan, boot, build_model
from kcore.users.apply import Apply


def begun(change, _):
    """A pod that has not ended is to end."""
    if change.new is not None and change.new.status.phase != "Succeeded":
        yield Work(LEADER, change.key)


def end(_, view, key):
    """Let a pod succeed."""
    pod = view.get(ObjectKey(*key))
    if pod is None or pod.status.phase == "Succeeded":
        return Turn()
    body = attrs.evolve(pod, status=attrs.evolve(pod.status, phase="Succeeded"))
    return Turn(requests=(Call(request=Request(verb=Verb.UPDATE, key=key_of(pod), subresource="status", body=body)),))


ENDER = Component(
    family="ender", watches={"Pod": begun}, reconcile=end, writes=frozenset({Write(Verb.UPDATE, "Pod", "status")})
)
"""What stands for scheduler and kubelet, as theirs would be most of the states."""


def small(timing, budget, **spec):
    """The model and the search of a cluster in which somebody has just made a Job whose pods end well."""
    model = build_model((JOB, ENDER))
    plan = Plan(nodes=[], timing=timing, budget=FrozenMap(budget))
    state = model.step(boot(model, plan), Apply(objects=(Json.of(task(**spec)),))).state
    return model, TableSystem(model.table, {Start("a job"): state}, Fingerprinter())


def counted_once(state):
    """Whether each pod that succeeded is tracked, written down or counted, and no more than that."""
    status = state.store.get(TASK).status
    left = status.uncounted_terminated_pods
    written = set(left.succeeded) if left is not None else set()
    pods = [one for one in state.store.list("Pod", "default") if one.status.phase == "Succeeded"]
    tracked = {one.metadata.uid for one in pods if FINALIZER in one.metadata.finalizers}
    return status.succeeded + len(tracked | written) == len(pods)


def over(state):
    return any(one.type == "Complete" for one in state.store.get(TASK).status.conditions)


@pytest.mark.parametrize(
    ("timing", "budget", "spec", "states"),
    [
        pytest.param(Timing.PROMPT, {}, {"completions": 2}, 11, id="prompt: two pods in turn"),
        pytest.param(Timing.INTERLEAVED, {}, {"completions": 2, "parallelism": 2}, 30, id="interleaved: two at once"),
        pytest.param(Timing.LAGGING, {}, {}, 116, id="lagging: one pod"),
        pytest.param(Timing.LOSSY, {ASTRAY: 1}, {}, 1068, id="lossy: one call goes astray"),
        pytest.param(Timing.LOSSY, {RESTART: 1}, {}, 351, id="lossy: one restart"),
    ],
)
def test_a_job_ends_and_counts_each_pod_once_whatever_happens_on_the_way(timing, budget, spec, states):
    """All states are seen, their number is known, and where nothing is due any more the Job is complete."""
    model, system = small(timing, budget, **spec)
    findings = explore(
        system,
        [
            always("each pod is counted once", counted_once),
            always("every run completes the job", lambda state: bool(model.enabled(state)) or over(state)),
            sometimes("the job is complete", over),
        ],
    )

    assert [verdict.outcome for verdict in findings.verdicts[:2]] == [Outcome.HOLDS] * 2
    assert findings.verdicts[2].outcome is not Outcome.VIOLATED
    assert findings.coverage.limit is None
    assert findings.coverage.states == states
    assert findings.coverage.terminal >= 1
