"""A machine is lost at any moment of a workload's way, each in turn: the laws hold, and it is whole again.

The cluster is whole, with heartbeats and short patience. Its way is the one of a prompt run, from the first event to
the last; before each of its events, and after the last, each machine in use is lost, and the cluster left alone.

DaemonSets are not among them: their pods stay on the lost machine, as they tolerate what it is tainted with.
"""

from __future__ import annotations

import pytest
from invariant_models.searches import ROOM, deployment
from invariant_models.sets import stateful_set
from invariant_models.workloads import ENDS, WEB_ROLLOUT, job, replica_set, unfinished

from kcore.api.json import Json
from kcore.cluster.config import ClusterConfig
from kcore.cluster.events import TimePassed
from kcore.cluster.timing import Timing
from kcore.faults.machine_lost import MachineLost
from kcore.invariants.table import laws_under
from kcore.model import NodeSpec, Plan, advance, boot, build_model, components_of, settle
from kcore.users.apply import Apply

CONFIG = ClusterConfig(node_monitor_grace_period=6_000, node_monitor_period=1_000, default_toleration_seconds=5)
NODES = ("n1", "n2", "n3")
AFTER = 90_000
LAWS = [one.property for one in laws_under(Timing.PROMPT)]
MODEL = build_model(components_of(CONFIG))


def done(state, event):
    """What an event makes of a state."""
    step = MODEL.step(state, event)
    assert hasattr(step, "state"), step
    return step.state


def way(objects, acts):
    """The states of a prompt run, from the objects' making, and the acts once they have settled, to rest."""
    nodes = [NodeSpec(name=name, capacity=ROOM) for name in NODES]
    state = boot(MODEL, Plan(nodes=nodes, config=CONFIG, behaviors=(ENDS,)))
    state = done(settle(MODEL, state).state, Apply(objects=tuple(map(Json.of, objects))))
    for act in (*acts, None):
        end = settle(MODEL, state).state.now
        yield state
        while state.now < end:
            event = MODEL.next_move(state)
            state = done(state, event)
            if not isinstance(event, TimePassed):
                yield state
        state = state if act is None else done(state, act)


def in_use(state):
    """The machines on which something runs or is to run."""
    return sorted({pod.spec.node_name for pod in state.store.list("Pod") if pod.spec.node_name})


def broken(state):
    """The laws that a state breaks, with the culprits."""
    return {one.name: str(culprits) for one in LAWS if (culprits := one.broken(state)) is not None}


@pytest.mark.parametrize(
    ("objects", "acts", "moments"),
    [
        pytest.param((replica_set(2),), (), 31, id="ReplicaSet"),
        pytest.param((deployment(2),), tuple(WEB_ROLLOUT.values()), 190, id="Deployment, through a rollout"),
        pytest.param((stateful_set(2),), (), 33, id="StatefulSet whose pods are given no time to stop"),
        pytest.param((job(),), (), 26, id="Job whose pods are given no time to stop"),
    ],
)
def test_a_workload_is_whole_again_whenever_a_machine_is_lost(objects, acts, moments):
    """Whenever it happens, what ran there runs elsewhere, or is not wanted any more."""
    seen = 0
    for state in way(objects, acts):
        for node in in_use(state):
            lost = done(state, MachineLost(node))
            after = advance(MODEL, lost, lost.now + AFTER)
            seen += 1

            assert broken(lost) == broken(after) == {}, node
            assert unfinished(after) == "", node
    assert seen == moments
