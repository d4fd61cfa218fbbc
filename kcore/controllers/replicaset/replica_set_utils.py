"""The status of a ReplicaSet: what its pods come to, and how it is written.

Models the counts, the condition ReplicaFailure, and a write that is tried once more on the latest object when it is
refused. A status that says nothing new is not written. The first failure stays in the condition, message and all, until
a sync goes well.

Not modelled: the gate DeploymentReplicaSetTerminatingReplicas, which is on.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/replicaset/replica_set_utils.go
"""

from __future__ import annotations

from collections.abc import Callable

from kcore.api.apps.replicaset import ReplicaSet, ReplicaSetStatus
from kcore.api.evolve import evolve
from kcore.api.kinds import key_of
from kcore.api.meta.condition import Condition
from kcore.api.times import Time
from kcore.apiserver.request import Request, Response, Verb
from kcore.reconcile.census import Counts, total
from kcore.reconcile.podutil import Elapsed, is_available
from kcore.reconcile.program import Program, ask

REPLICA_FAILURE = "ReplicaFailure"
"""The condition that says that pods could not be created or deleted."""

UNCHANGED = Response(code=200)
"""The answer to a status that needs no writing."""


def desired(replica_set: ReplicaSet) -> int:
    """Return how many pods are asked for."""
    replicas = replica_set.spec.replicas
    return 1 if replicas is None else replicas


def calculate_status(
    replica_set: ReplicaSet,
    active: Counts,
    terminating: int,
    problem: str,
    elapsed: Elapsed,
    timestamp: Callable[[], Time],
) -> ReplicaSetStatus:
    """Return the status of `active` pods and so many `terminating` ones; `problem` is why replicas are off, "" if not.

    `timestamp` is asked when a condition is new.
    """
    labels = replica_set.spec.template.metadata.labels.items()
    wait = replica_set.spec.min_ready_seconds
    ready = [(one, number) for one, number in active if one.ready]
    replicas = total(active)
    return evolve(
        replica_set.status,
        replicas=replicas,
        fully_labeled_replicas=sum(number for one, number in active if labels <= one.labels.items()),
        ready_replicas=total(ready),
        available_replicas=sum(number for one, number in ready if is_available(one.since, wait, elapsed)),
        terminating_replicas=terminating,
        conditions=_conditions(replica_set, replicas, problem, timestamp),
    )


def _conditions(
    replica_set: ReplicaSet, active: int, problem: str, timestamp: Callable[[], Time]
) -> tuple[Condition, ...]:
    old = replica_set.status.conditions
    failing = any(one.type == REPLICA_FAILURE for one in old)
    if failing and not problem:
        return tuple(one for one in old if one.type != REPLICA_FAILURE)
    if not problem or failing:
        return old
    failure = Condition(
        type=REPLICA_FAILURE,
        status="True",
        last_transition_time=timestamp(),
        reason="FailedCreate" if active < desired(replica_set) else "FailedDelete",
        message=problem,
    )
    return (*old, failure)


def update_replica_set_status(replica_set: ReplicaSet, status: ReplicaSetStatus) -> Program[Response]:
    """Write `status` unless it says nothing new, a second time if need be; return the last answer."""
    generation = replica_set.metadata.generation
    if status == replica_set.status and generation == status.observed_generation:
        return UNCHANGED
    status = evolve(status, observed_generation=generation)
    answer = yield from ask(_write(replica_set, status))
    if answer.ok:
        return answer
    fresh = yield from ask(Request(verb=Verb.GET, key=key_of(replica_set)))
    if not isinstance(fresh.object, ReplicaSet):
        return fresh
    return (yield from ask(_write(fresh.object, status)))


def _write(replica_set: ReplicaSet, status: ReplicaSetStatus) -> Request:
    body = evolve(replica_set, status=status)
    return Request(verb=Verb.UPDATE, key=key_of(replica_set), subresource="status", body=body)
