"""Ranking: which active pods of a controller go first when there are too many.

Models the comparison of upstream, in this order: not yet on a node; earlier phase; not ready; cheaper by annotation;
more related pods on its node; ready for a shorter time; more restarts, of sidecars last; younger. Times are compared by
the logarithm of the age, and within one such bucket by uid, which is upstream's way to choose at random. As equal times
are told apart by what comes next and unequal ones of a bucket by uid, the comparison can run in a circle; then, as
upstream, the order in which the pods come plays a part.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/controller_utils.go
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterable

import attrs

from kcore.api.core.pod import Pod
from kcore.api.resources import is_sidecar
from kcore.api.times import Time
from kcore.reconcile.podutil import is_pod_active, is_pod_ready, ready_since

DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
"""The annotation that says how dear a pod is, an integer of 32 bits."""

_PHASES = {"Pending": 0, "Unknown": 1, "Running": 2}
_COST = re.compile(r"-[0-9]+|0|[1-9][0-9]*", re.ASCII)
_COST_LIMIT = 2**31


@attrs.frozen(kw_only=True)
class Ranked:
    """A pod with what its rank depends on.

    `colocated` counts related pods on its node, `restarts` are the most of a regular container and of a sidecar; times
    are seconds since 1970.
    """

    pod: Pod
    unassigned: bool
    phase: int
    ready: bool
    cost: int
    colocated: int
    since: Time | None
    restarts: tuple[int, int]
    created: Time | None


def ranked(pods: Iterable[Pod], related: Iterable[Pod], now: int) -> tuple[Pod, ...]:
    """Return the active `pods`, first to go first; `related` are the pods to spread from, `now` is ms since 1970."""
    on_node = Counter(pod.spec.node_name for pod in related if is_pod_active(pod))
    facts = (_facts(pod, on_node[pod.spec.node_name]) for pod in pods)
    order = functools.cmp_to_key(functools.partial(compare, now=now))
    return tuple(one.pod for one in sorted(facts, key=order))


def compare(one: Ranked, other: Ranked, now: int) -> int:
    """Return less than 0 when `one` goes before `other`, more when after, 0 when upstream does not care."""
    rules = (
        other.unassigned - one.unassigned,
        one.phase - other.phase,
        one.ready - other.ready,
        one.cost - other.cost,
        other.colocated - one.colocated,
    )
    for difference in rules:
        if difference:
            return difference
    if one.ready and one.since != other.since:
        return _compare_ages(one, other, one.since, other.since, now)
    if one.restarts != other.restarts:
        return -1 if one.restarts > other.restarts else 1
    return _compare_ages(one, other, one.created, other.created, now)


def deletion_cost(pod: Pod) -> int:
    """Return what the annotation says; 0 without one, and for one that is no integer of 32 bits."""
    text = pod.metadata.annotations.get(DELETION_COST, "")
    cost = int(text) if _COST.fullmatch(text) else 0
    return cost if -_COST_LIMIT <= cost < _COST_LIMIT else 0


def _facts(pod: Pod, colocated: int) -> Ranked:
    return Ranked(
        pod=pod,
        unassigned=not pod.spec.node_name,
        phase=_PHASES.get(pod.status.phase, 0),
        ready=is_pod_ready(pod),
        cost=deletion_cost(pod),
        colocated=colocated,
        since=ready_since(pod),
        restarts=_max_container_restarts(pod),
        created=pod.metadata.creation_timestamp,
    )


def _max_container_restarts(pod: Pod) -> tuple[int, int]:
    """Return the most restarts of a regular container, and of a sidecar."""
    sidecars = {one.name for one in pod.spec.init_containers if is_sidecar(one)}
    regular = (one.restart_count for one in pod.status.container_statuses)
    beside = (one.restart_count for one in pod.status.init_container_statuses if one.name in sidecars)
    return max(regular, default=0), max(beside, default=0)


def _compare_ages(one: Ranked, other: Ranked, since: Time | None, than: Time | None, now: int) -> int:
    """Compare by how long ago `since` and `than` are: none at all goes first, then the shorter by its logarithm."""
    if since == than:
        return 0
    if since is None or than is None:
        return -1 if since is None else 1
    difference = _bucket(now - since * 1000) - _bucket(now - than * 1000)
    return difference or (-1 if one.pod.metadata.uid < other.pod.metadata.uid else 1)


def _bucket(age: int) -> int:
    """Return the whole part of the logarithm (base 2) of an age in ms, taken in nanoseconds; -1 for none."""
    return (age * 1_000_000).bit_length() - 1 if age > 0 else -1
