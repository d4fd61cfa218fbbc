"""Whether pods go round in circles: sent away from a node to come back to it, or sent away again and again.

A circle takes no less than two who disagree: two pods that make room for each other, a descheduler that evicts what the
scheduler puts back, an autoscaler that drains a node for which pods wait again. Who evicted a pod is not asked; whether
it would be put on the same node again is thought through with the filters and scores of the scheduler.

Upstream: https://kubernetes.io/docs/concepts/scheduling-eviction/
"""

from __future__ import annotations

from kcore.api.core.pod import Pod
from kcore.apiserver.changes import Change
from kcore.apiserver.hindsight import store_before
from kcore.cluster.state import ClusterState
from kcore.invariants.disrupted import EVICTED, PREEMPTED, told_to_go
from kcore.invariants.invariant import Invariant, question
from kcore.invariants.recent import Steps, changes_of
from kcore.machine import Culprits, Finding
from kcore.scheduler.configuration import profiles_of
from kcore.scheduler.whatif import prospect

ROUNDS = 4
"""So many pods of one owner that have to leave one node are going round in circles."""

LONG = 8_192
"""How many changes a circle may take: the rounds of a descheduler are minutes apart."""

_DOCS = "https://kubernetes.io/docs/concepts/scheduling-eviction/"


def going_round(state: ClusterState, change: Change) -> Culprits | None:
    """Return whose pods leave one node again and again."""
    pod = told_to_go(change, PREEMPTED, EVICTED)
    owner = None if pod is None else pod.metadata.controller
    if pod is None or owner is None:
        return None
    log = state.store.log
    rounds = sum(_is_round(one, pod) for one in log[-LONG:] if one.revision <= change.revision)
    if rounds < ROUNDS:
        return None
    return Culprits(f"{rounds} pods of {owner.name} had to leave {pod.spec.node_name} of late", str(change.key))


def _is_round(change: Change, pod: Pod) -> bool:
    """Tell whether a change told a pod to go that has the owner of `pod` and was on its node."""
    other = told_to_go(change, PREEMPTED, EVICTED)
    if other is None or other.spec.node_name != pod.spec.node_name or other.metadata.controller is None:
        return False
    return pod.metadata.controller is not None and other.metadata.controller.uid == pod.metadata.controller.uid


def evicted_to_come_back(state: ClusterState, change: Change) -> Culprits | None:
    """Return how a pod was evicted from a node on which the one that takes its place would be put again."""
    pod = told_to_go(change, EVICTED)
    if pod is None or pod.metadata.controller is None:
        return None
    then = store_before(state.store, change.revision)
    found = None if then is None else prospect(then, pod, profiles_of(state.config.scheduler))
    best = () if found is None or found.message else found.explanation.best
    if pod.spec.node_name not in best[:1]:
        return None
    return Culprits(f"evicted from {pod.spec.node_name}, where the next one would be put again", str(change.key))


def _left(state: ClusterState) -> Finding:
    return any(told_to_go(change, PREEMPTED, EVICTED) is not None for change in changes_of(state, "Pod"))


def _evicted(state: ClusterState) -> Finding:
    return any(told_to_go(change, EVICTED) is not None for change in changes_of(state, "Pod"))


INVARIANTS: tuple[Invariant, ...] = (
    question(
        "no-ping-pong",
        "Pods of one owner do not have to leave one node again and again.",
        Steps(going_round, LONG),
        _left,
        assumes=(
            "people and deschedulers evict within reason",
            "it is asked of a run: a search that sees all states takes those of a circle for the same",
        ),
        upstream=_DOCS,
    ),
    question(
        "evicted-pods-go-elsewhere",
        "A pod is not evicted from a node on which the one that takes its place would be put again.",
        Steps(evicted_to_come_back),
        _evicted,
        assumes=("nothing else changes until the next one is placed",),
        upstream=_DOCS,
    ),
)
