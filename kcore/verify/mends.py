"""Mends: what would mend a row of the standing questions, from what the manifests say.

Models the usual advice, and only where the cluster lacks it: more replicas, a spread over nodes or zones, a budget, a
rollout that takes nothing away before it adds, a probe, room. A mend is a proposal: apply it and ask again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from kcore.api.apps.deployment import Deployment
from kcore.api.core.pod import Pod
from kcore.api.intstr import scaled_value
from kcore.api.kinds import key_of
from kcore.api.object import ApiObject, ObjectKey
from kcore.api.policy.poddisruptionbudget import PodDisruptionBudget
from kcore.api.selectors.label import from_label_selector
from kcore.cluster.state import ClusterState
from kcore.verify.conditions import key
from kcore.verify.disturbances import name_of, selected
from kcore.verify.standing import Row

HOST = "kubernetes.io/hostname"
ZONE = "topology.kubernetes.io/zone"


def mends(state: ClusterState, row: Row) -> tuple[str, ...]:
    """Return what would mend a row that is violated, in words."""
    advise = _ADVICE.get(row.question)
    return () if advise is None or not row.violated else tuple(dict.fromkeys(advise(state, row)))


def owners(state: ClusterState, pods: tuple[Pod, ...]) -> Iterator[ApiObject]:
    """Yield the workloads at the top of the pods' owners, each once."""
    seen: set[ObjectKey] = set()
    for pod in pods:
        top: ApiObject = pod
        while (above := _controller(state, top)) is not None:
            top = above
        if key_of(top) not in seen:
            seen.add(key_of(top))
            yield top


def _controller(state: ClusterState, owned: ApiObject) -> ApiObject | None:
    controller = owned.metadata.controller
    if controller is None:
        return None
    return state.store.get(ObjectKey(controller.kind, owned.metadata.namespace, controller.name))


def _few(state: ClusterState, row: Row) -> Iterator[str]:
    """Yield more replicas for each workload that has one."""
    for owner in owners(state, selected(state, key(row.about))):
        replicas = getattr(getattr(owner, "spec", None), "replicas", None)
        if isinstance(owner, Pod):
            yield f"a Deployment instead of {name_of(key_of(owner))}, with replicas: 2"
        elif replicas is not None and replicas < 2:
            yield f"replicas: 2 or more for {name_of(key_of(owner))} (it has {replicas})"


def _loss(topology: str) -> Callable[[ClusterState, Row], Iterator[str]]:
    def advise(state: ClusterState, row: Row) -> Iterator[str]:
        for owner in owners(state, selected(state, key(row.about))):
            yield from _few(state, row)
            yield f"topologySpreadConstraints over {topology} in {name_of(key_of(owner))}"

    return advise


def _drain(state: ClusterState, row: Row) -> Iterator[str]:
    pods = selected(state, key(row.about))
    yield from _few(state, row)
    if pods and not any(True for _ in _budgets(state, pods[0])):
        yield f"a PodDisruptionBudget with maxUnavailable: 1 over the pods of {row.about}"
    yield f"topologySpreadConstraints over {HOST}"


def _budgets(state: ClusterState, pod: Pod) -> Iterator[PodDisruptionBudget]:
    for found in state.store.list("PodDisruptionBudget", pod.metadata.namespace):
        if isinstance(found, PodDisruptionBudget) and _covers(found, pod):
            yield found


def _covers(budget: PodDisruptionBudget, pod: Pod) -> bool:
    selector = budget.spec.selector
    return selector is not None and from_label_selector(selector).matches(pod.metadata.labels)


def _rollout(state: ClusterState, row: Row) -> Iterator[str]:
    yield from _few(state, row)
    for owner in owners(state, selected(state, key(row.about))):
        name = name_of(key_of(owner))
        if isinstance(owner, Deployment):
            yield from _strategy(owner, name)


def _strategy(owner: Deployment, name: str) -> Iterator[str]:
    if owner.spec.strategy.type == "Recreate":
        yield f"strategy: RollingUpdate with maxUnavailable: 0 for {name} (it recreates)"
        return
    rolling = owner.spec.strategy.rolling_update
    given = rolling.max_unavailable if rolling else None
    if given is not None and scaled_value(given, owner.spec.replicas or 0, round_up=False) > 0:
        yield f"maxUnavailable: 0 for {name} (it is {given})"


def _unnoticed(state: ClusterState, row: Row) -> Iterator[str]:
    for owner in owners(state, selected(state, key(row.about))):
        yield f"a readinessProbe in {name_of(key_of(owner))}: without one every container that starts counts as ready"


def _drain_ends(state: ClusterState, row: Row) -> Iterator[str]:
    node = key(row.about).name
    for pod in state.store.on_node(node):
        if not isinstance(pod, Pod):
            continue
        if pod.metadata.controller is None:
            yield f"a controller for {name_of(key_of(pod))}: a drain does not end what nobody starts again"
        for budget in _budgets(state, pod):
            if budget.status.disruptions_allowed == 0:
                name = name_of(key_of(budget))
                yield f"maxUnavailable: 1 in {name}, or more replicas: it allows no disruption"


def _unscheduled(_: ClusterState, row: Row) -> Iterator[str]:
    for words, mend in _ROOM.items():
        if words in row.why:
            yield mend


def _rollout_ends(state: ClusterState, row: Row) -> Iterator[str]:
    found = state.store.get(key(row.about))
    if isinstance(found, Deployment) and found.spec.strategy.type != "Recreate":
        yield "maxSurge: 0 and maxUnavailable: 1, if there is no room for a pod more"
    yield from _unscheduled(state, row)


_ROOM: Mapping[str, str] = {
    "free ports": "no hostPort, or as many nodes as pods (--nodes)",
    "Insufficient": "smaller requests, or more nodes (--nodes)",
    "topology spread": "whenUnsatisfiable: ScheduleAnyway, or nodes in more zones",
    "anti-affinity": "preferred instead of required anti-affinity, or more nodes (--nodes)",
    "node affinity": "labels on the nodes that the affinity or nodeSelector asks for",
    "untolerated taint": "a toleration",
    "PersistentVolume": "a StorageClass that provisions, or volumes that fit",
}

_ADVICE: Mapping[str, Callable[[ClusterState, Row], Iterator[str]]] = {
    "endpoint-node": _loss(HOST),
    "endpoint-zone": _loss(ZONE),
    "endpoint-drain": _drain,
    "endpoint-rollout": _rollout,
    "endpoint-bad-rollout": _rollout,
    "endpoint-unnoticed": _unnoticed,
    "drain-ends": _drain_ends,
    "rollout-ends": _rollout_ends,
    "schedulable": _unscheduled,
    "references": lambda _, row: [f"the object or entry that is missing: {row.why}"].__iter__(),
}
