"""The conditions of the standing questions, each about one object: does it answer, is it drained, is it rolled out.

An Ingress answers when each of its paths leads to a pod that does.

Two worlds: a Service answers when an endpoint that its EndpointSlices offer is a pod whose containers run and are ready
on a machine that is on. A pod of an image that does not work (`BROKEN`) is never one that answers, whatever its
readiness says: that is what a missing probe costs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from kcore.api.apps.daemonset import DaemonSet
from kcore.api.apps.deployment import Deployment
from kcore.api.apps.statefulset import StatefulSet
from kcore.api.core.pod import Pod
from kcore.api.discovery.endpointslice import Endpoint, EndpointSlice
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.api.policy.poddisruptionbudget import PodDisruptionBudget
from kcore.api.selectors.label import from_label_selector, from_set
from kcore.cluster.state import ClusterState
from kcore.invariants.pods import going, pods_of
from kcore.machine import Culprits, Finding
from kcore.users.drain_filters import Overrides, sort_pods
from kcore.verify.ingresses import routed_now
from kcore.world.container import Container
from kcore.world.sandbox import uid_of

Predicate: TypeAlias = Callable[[ClusterState], Finding]

SERVICE_NAME = "kubernetes.io/service-name"

STUCK_IMAGE = "kcore.invalid/never-ready:v2"
"""An image whose containers never become ready."""

BROKEN = "kcore.invalid/broken:v2"
"""An image whose containers start and do not work; nobody notices where nobody probes."""

DRAINING = Overrides(ignore_daemonsets=True, delete_emptydir_data=True)
"""How the standing questions drain: `--ignore-daemonsets --delete-emptydir-data`."""


def key(about: str) -> ObjectKey:
    """Return the key of an object that is named "Service/default/web", or "Node/n1"."""
    kind, _, rest = about.partition("/")
    namespace, _, name = rest.rpartition("/")
    return ObjectKey(kind, namespace, name)


def answering(state: ClusterState, service: ObjectKey) -> tuple[ObjectKey, ...]:
    """Return the pods that answer for a Service: offered as endpoints, running, ready and of an image that works."""
    offered = list(_endpoints(state, service))
    ready = [one for one in offered if one.conditions.ready is not False]
    last_resort = [one for one in offered if one.conditions.serving and one.conditions.terminating]
    pods = (_pod(one, service.namespace) for one in ready or last_resort)
    return tuple(sorted(pod for pod in pods if pod is not None and works(state, pod)))


def works(state: ClusterState, pod: ObjectKey) -> bool:
    """Tell whether the containers of a pod run, are ready and work, on a machine that is on."""
    found = state.store.get(pod)
    if not isinstance(found, Pod):
        return False
    machine = state.world.machines.get(found.spec.node_name)
    if machine is None or not machine.powered:
        return False
    sandboxes = state.world.sandboxes_of(found.spec.node_name, pod)
    return any(
        one.id.pod_uid == uid_of(found)
        and all(each.has_process and each.ready and each.image != BROKEN for each in _lasting(one.containers, found))
        for one in sandboxes
    )


def _lasting(containers: tuple[Container, ...], pod: Pod) -> list[Container]:
    """Return the containers that are not init containers."""
    names = {one.name for one in pod.spec.containers}
    return [one for one in containers if one.name in names]


def _endpoints(state: ClusterState, service: ObjectKey) -> Iterator[Endpoint]:
    labels = from_set({SERVICE_NAME: service.name})
    for one in state.store.select("EndpointSlice", service.namespace, labels):
        if isinstance(one, EndpointSlice):
            yield from one.endpoints


def _pod(endpoint: Endpoint, namespace: str) -> ObjectKey | None:
    target = endpoint.target_ref
    return ObjectKey("Pod", namespace, target.name) if target and target.kind == "Pod" else None


def _answers(about: str) -> Predicate:
    service = key(about)

    def answers(state: ClusterState) -> Finding:
        return bool(answering(state, service)) or Culprits("no endpoint answers", about)

    return answers


def _one_runs_at_most(about: str) -> Predicate:
    owner = key(about)

    def one_runs_at_most(state: ClusterState) -> Finding:
        running: dict[ObjectKey, set[str]] = {}
        for sandbox in state.world.sandboxes.values():
            pod = sandbox.pod
            if sandbox.running and pod.namespace == owner.namespace and _ordinal_of(pod.name, owner.name):
                running.setdefault(pod, set()).add(f"{sandbox.id.node}/{sandbox.id.pod_uid}")
        twice = sorted(pod for pod, places in running.items() if len(places) > 1)
        if not twice:
            return True
        nodes = sorted(place.partition("/")[0] for place in running[twice[0]])
        return Culprits(f"it runs twice, on {' and '.join(nodes)}", str(twice[0]))

    return one_runs_at_most


def _ordinal_of(pod: str, owner: str) -> bool:
    base, _, ordinal = pod.rpartition("-")
    return base == owner and ordinal.isdigit()


def _drained(about: str) -> Predicate:
    node = key(about).name

    def drained(state: ClusterState) -> Finding:
        doomed, problems = sort_pods(state.store, node, DRAINING)
        if problems:
            return Culprits("; ".join(problems), about)
        spent = [str(key_of(one)) for one in _spent_budgets(state, [pod.key for pod in doomed])]
        why = "a budget allows no eviction" if spent else "pods are not evicted"
        return not doomed or Culprits(why, *spent, *(str(pod.key) for pod in doomed))

    return drained


def _spent_budgets(state: ClusterState, pods: Sequence[ObjectKey]) -> Iterator[PodDisruptionBudget]:
    """Yield the budgets over any of the pods that allow no disruption."""
    found = [state.store.get(pod) for pod in pods]
    for budget in state.store.list("PodDisruptionBudget"):
        if not isinstance(budget, PodDisruptionBudget) or budget.spec.selector is None:
            continue
        selector, namespace = from_label_selector(budget.spec.selector), budget.metadata.namespace
        over = [p for p in found if p and p.metadata.namespace == namespace and selector.matches(p.metadata.labels)]
        if over and budget.status.disruptions_allowed == 0:
            yield budget


def _rolled_out(about: str) -> Predicate:
    workload = key(about)

    def rolled_out(state: ClusterState) -> Finding:
        found = state.store.get(workload)
        why = rollout_problem(found) if isinstance(found, Deployment | StatefulSet | DaemonSet) else "it is gone"
        return Culprits(why, about) if why else True

    return rolled_out


def rollout_problem(workload: Deployment | StatefulSet | DaemonSet) -> str:
    """Return what a rollout still waits for, "" when it is through, as `kubectl rollout status` judges it."""
    status, wanted = workload.status, 1
    if (status.observed_generation or 0) < (workload.metadata.generation or 0):
        return "the controller has not seen the change yet"
    if isinstance(workload, DaemonSet):
        wanted = workload.status.desired_number_scheduled
        done = min(workload.status.updated_number_scheduled, workload.status.number_available or 0)
        return "" if done >= wanted else f"{done} of {wanted} pods are new and available"
    wanted = 1 if workload.spec.replicas is None else workload.spec.replicas
    if isinstance(workload, Deployment):
        new, available = workload.status.updated_replicas or 0, workload.status.available_replicas or 0
        if (workload.status.replicas or 0) > new:
            return f"{(workload.status.replicas or 0) - new} old pods are there still"
    else:
        new, available = workload.status.updated_replicas or 0, workload.status.ready_replicas or 0
    done = min(new, available)
    return "" if done >= wanted else f"{done} of {wanted} pods are new and available"


def _scheduled(about: str) -> Predicate:
    owner = key(about)

    def scheduled(state: ClusterState) -> Finding:
        for pod in pods_under(state, owner):
            if not pod.spec.node_name and not going(pod):
                why = next((one.message for one in pod.status.conditions if one.type == "PodScheduled"), "")
                return Culprits(why or "it is not scheduled", str(key_of(pod)))
        return True

    return scheduled


def pods_under(state: ClusterState, owner: ObjectKey) -> Iterator[Pod]:
    """Yield the pods of a workload, those of a Deployment by way of its ReplicaSets; a pod stands for itself."""
    found = state.store.get(owner)
    if isinstance(found, Pod):
        yield found
    elif found is not None:
        yield from pods_of(state.store, found)
        for between in state.store.owned_by(found.metadata.uid):
            if not isinstance(between, Pod):
                yield from pods_of(state.store, between)


def _routed(about: str) -> Predicate:
    ingress = key(about)

    def routed(state: ClusterState) -> Finding:
        found = state.store.get(ingress)
        return Culprits("it is gone", about) if found is None else routed_now(state, found)

    return routed


CONDITIONS: Mapping[str, Callable[[str], Predicate]] = {
    "answers": _answers,
    "one-runs-at-most": _one_runs_at_most,
    "drained": _drained,
    "rolled-out": _rolled_out,
    "scheduled": _scheduled,
    "routed": _routed,
}
"""The conditions by name, each a function of the object that it is about."""
