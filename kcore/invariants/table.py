"""The table of all invariants.

Siblings do not depend on each other; what they share is how pods are seen, what is settled, and the latest changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from kcore.cluster.timing import Timing
from kcore.errors import MisuseError
from kcore.invariants import (
    configuration,
    cronjob,
    daemonset,
    deployment,
    disk,
    drain,
    endpointslice,
    eviction,
    horizontalpodautoscaler,
    job,
    names,
    network,
    networkpolicy,
    ownership,
    persistentvolumeclaim,
    pod,
    poddisruptionbudget,
    preemption,
    replicaset,
    scheduling,
    scheduling_circles,
    scheduling_neighbours,
    service,
    statefulset,
    store,
    termination,
    workload,
)
from kcore.invariants.invariant import Form, Invariant

_ALL: tuple[Invariant, ...] = (
    *store.INVARIANTS,
    *ownership.INVARIANTS,
    *pod.INVARIANTS,
    *scheduling.INVARIANTS,
    *scheduling_neighbours.INVARIANTS,
    *preemption.INVARIANTS,
    *scheduling_circles.INVARIANTS,
    *replicaset.INVARIANTS,
    *deployment.INVARIANTS,
    *statefulset.INVARIANTS,
    *daemonset.INVARIANTS,
    *horizontalpodautoscaler.INVARIANTS,
    *endpointslice.INVARIANTS,
    *service.INVARIANTS,
    *network.INVARIANTS,
    *networkpolicy.INVARIANTS,
    *names.INVARIANTS,
    *poddisruptionbudget.INVARIANTS,
    *workload.INVARIANTS,
    *drain.INVARIANTS,
    *persistentvolumeclaim.INVARIANTS,
    *disk.INVARIANTS,
    *configuration.INVARIANTS,
    *eviction.INVARIANTS,
    *termination.INVARIANTS,
    *job.INVARIANTS,
    *cronjob.INVARIANTS,
)


def by_name(invariants: tuple[Invariant, ...]) -> Mapping[str, Invariant]:
    """Return the invariants by name; MisuseError where two bear one name."""
    table: dict[str, Invariant] = {}
    for each in invariants:
        if each.name in table:
            raise MisuseError(f"invariant {each.name}: this name is given twice")
        table[each.name] = each
    return MappingProxyType(table)


def laws_under(timing: Timing) -> tuple[Invariant, ...]:
    """Return the laws that hold under a timing, in the order of the table."""
    return tuple(each for each in INVARIANTS.values() if timing in each.timings)


INVARIANTS: Mapping[str, Invariant] = by_name(_ALL)
LAWS: tuple[Invariant, ...] = tuple(each for each in _ALL if each.form is Form.LAW)
QUESTIONS: tuple[Invariant, ...] = tuple(each for each in _ALL if each.form is Form.QUESTION)
