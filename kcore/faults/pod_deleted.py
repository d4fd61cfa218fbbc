"""Somebody or something deletes a pod: gracefully, or by force.

Models `kubectl delete pod` with the pod's own grace period, and with none, as a thing that happens to a cluster: the
budgets bound how often. A pod that is deleted by force is gone from the API at once, whatever its machine runs.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from kcore.api.core.pod import Pod
from kcore.apiserver.request import Options, Request, Verb
from kcore.client.component import Components
from kcore.cluster.asking import ask
from kcore.cluster.fault import Fault
from kcore.cluster.state import ClusterState
from kcore.cluster.target import Target
from kcore.machine import Refusal

RULE = "faults.delete_pod"
FORCE_RULE = "faults.force_delete_pod"
BUDGET = "podDelete"
FORCE_BUDGET = "podForceDelete"


@attrs.frozen
class PodDeleted:
    """The pod is deleted with its grace period."""

    pod: Target


@attrs.frozen
class PodForceDeleted:
    """The pod is deleted without a grace period."""

    pod: Target


def _there(state: ClusterState, target: Target) -> bool:
    key = target.resolve(state)
    return key is not None and state.store.get(key) is not None


def _refused(state: ClusterState, event: PodDeleted) -> Refusal | None:
    return None if _there(state, event.pod) else Refusal(RULE, "there is no such pod", pod=str(event.pod))


def _force_refused(state: ClusterState, event: PodForceDeleted) -> Refusal | None:
    return None if _there(state, event.pod) else Refusal(FORCE_RULE, "there is no such pod", pod=str(event.pod))


def _delete(state: ClusterState, components: Components, event: PodDeleted) -> ClusterState:
    return _asked(state, components, event.pod, None)


def _force_delete(state: ClusterState, components: Components, event: PodForceDeleted) -> ClusterState:
    return _asked(state, components, event.pod, 0)


def _asked(state: ClusterState, components: Components, target: Target, grace: int | None) -> ClusterState:
    key = target.resolve(state)
    if key is None:
        return state
    options = Options(grace_period_seconds=grace)
    return ask(state, components, Request(verb=Verb.DELETE, key=key, options=options)).state


def _pods(state: ClusterState, *, leaving: bool) -> list[Target]:
    """Return the pods that are there, those on their way out only if `leaving`."""
    pods = (one for one in state.store.list("Pod") if isinstance(one, Pod))
    return [
        Target(kind="Pod", namespace=pod.metadata.namespace, name=pod.metadata.name)
        for pod in pods
        if leaving or pod.metadata.deletion_timestamp is None
    ]


def _staying(state: ClusterState) -> Sequence[PodDeleted]:
    return [PodDeleted(target) for target in _pods(state, leaving=False)]


def _all(state: ClusterState) -> Sequence[PodForceDeleted]:
    return [PodForceDeleted(target) for target in _pods(state, leaving=True)]


FAULTS = (
    Fault(rule=RULE, event=PodDeleted, budget=BUDGET, refused=_refused, effect=_delete, candidates=_staying),
    Fault(
        rule=FORCE_RULE,
        event=PodForceDeleted,
        budget=FORCE_BUDGET,
        refused=_force_refused,
        effect=_force_delete,
        candidates=_all,
    ),
)
