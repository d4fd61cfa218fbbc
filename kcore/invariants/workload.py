"""What is asked of all workloads: that their pods are back once nothing fails any more.

Upstream: https://kubernetes.io/docs/concepts/workloads/
"""

from __future__ import annotations

from collections.abc import Iterator

from kcore.api.apps.daemonset import DaemonSet
from kcore.api.apps.deployment import Deployment
from kcore.api.apps.replicaset import ReplicaSet
from kcore.api.apps.statefulset import StatefulSet
from kcore.api.object import ApiObject
from kcore.apiserver.store import Store
from kcore.cluster.state import ClusterState
from kcore.invariants.invariant import Invariant, question
from kcore.invariants.pods import active, controls, going, name, pods_of, ready
from kcore.machine import Culprits, Finding, leads_to

KINDS = ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet")


def all_workloads_available(state: ClusterState) -> Finding:
    """Tell whether each workload that nobody controls has as many ready pods as it wants."""
    for kind in KINDS:
        for one in state.store.list(kind):
            if going(one) or one.metadata.controller is not None:
                continue
            wanted, there = _wanted(one), sum(_ready(state.store, one))
            if there < wanted:
                return Culprits(f"{there} of {wanted} pods are ready", name(one))
    return True


def _wanted(one: ApiObject) -> int:
    if isinstance(one, DaemonSet):
        return one.status.desired_number_scheduled
    if isinstance(one, Deployment | ReplicaSet | StatefulSet):
        return 1 if one.spec.replicas is None else one.spec.replicas
    return 0


def _ready(store: Store, workload: ApiObject) -> Iterator[bool]:
    """Yield for each pod that a workload controls, or one of its ReplicaSets, whether it is active and ready."""
    for pod in pods_of(store, workload):
        yield active(pod) and ready(pod)
    if isinstance(workload, Deployment):
        for one in store.owned_by(workload.metadata.uid):
            if isinstance(one, ReplicaSet) and controls(workload, one):
                yield from _ready(store, one)


def _missing_and_calm(state: ClusterState) -> Finding:
    """Tell whether pods are missing, and no fault may happen any more."""
    return not any(state.budget.values()) and all_workloads_available(state) is not True


INVARIANTS: tuple[Invariant, ...] = (
    question(
        "all-workloads-available",
        "Once faults stop, every workload has its pods back.",
        leads_to("all-workloads-available", _missing_and_calm, all_workloads_available),
        _missing_and_calm,
        assumes=("faults and acts of people stop", "there is room for the pods on the nodes that are left"),
        upstream="https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/",
    ),
)
