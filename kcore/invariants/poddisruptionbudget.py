"""What holds of PodDisruptionBudgets: they count rightly, no eviction goes unpaid, and enough pods stay healthy.

The counts are said here anew. What is expected is the number of the pods where the budget names a number that has to
stay, and else what their controllers want.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/disruption/disruption.go
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kcore.api.core.pod import Pod
from kcore.api.kinds import key_kind, key_of, kind_of
from kcore.api.object import ApiObject, ObjectKey
from kcore.api.policy.poddisruptionbudget import PodDisruptionBudget
from kcore.api.selectors.label import from_label_selector
from kcore.apiserver.changes import Change
from kcore.apiserver.store import Store
from kcore.cluster.clock import idle
from kcore.cluster.state import ClusterState
from kcore.invariants.invariant import Invariant, law, question
from kcore.invariants.pods import going, name, ready
from kcore.invariants.recent import Steps, before, past, recent
from kcore.invariants.settled import WhenSettled
from kcore.machine import Culprits, Finding

FAMILY = "disruption-controller"
EVICTED = "EvictionByEvictionAPI"
_CONTROLLER = "https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/disruption/disruption.go"
_EVICTION = "https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/registry/core/pod/storage/eviction.go"


def miscounted(state: ClusterState, budget: PodDisruptionBudget) -> Culprits | None:
    """Return how a budget does not count its healthy pods, or what may go of them."""
    status, pods = budget.status, _pods(state.store, budget)
    needed = _needed(state.store, budget, pods)
    if needed is not None and not any(one.reason == "SyncFailed" for one in status.conditions):
        healthy = sum(_healthy(pod) and pod.metadata.name not in status.disrupted_pods for pod in pods)
        counts = {
            "currentHealthy": (status.current_healthy, healthy),
            "desiredHealthy": (status.desired_healthy, needed),
            "disruptionsAllowed": (status.disruptions_allowed, max(healthy - needed, 0) if pods else 0),
        }
        for field, (said, so) in counts.items():
            if said != so:
                return Culprits(f"its {field} is {said}, and should be {so}", name(budget), *map(name, pods))
    return None


def eviction_unpaid(state: ClusterState, change: Change) -> Culprits | None:
    """Return how a healthy pod was evicted under a budget, and nothing was taken from that budget just before."""
    pod = change.old
    if not isinstance(pod, Pod) or not _healthy(pod) or not _was_evicted(pod, change.new):
        return None
    last = before(state, change)
    for budget in _budgets(state, pod, change.revision) if last is not None else ():
        if not _pays(last, budget, pod):
            return Culprits("it was evicted, and nothing was taken from its budget", name(pod), name(budget))
    return None


def enough_stay_healthy(state: ClusterState) -> Finding:
    """Tell whether of the pods of no budget fewer are healthy than it demands while one leaves that was evicted."""
    for budget in _all(state):
        pods = _pods(state.store, budget)
        leaving = [pod for pod in pods if going(pod) and _marked(pod)]
        needed = _needed(state.store, budget, pods) if leaving else None
        healthy = sum(map(_healthy, pods))
        if needed is not None and healthy < needed:
            return Culprits(f"{healthy} pods are healthy where {needed} have to be", name(budget), *map(name, leaving))
    return True


def _all(state: ClusterState) -> Iterator[PodDisruptionBudget]:
    return _budgets_there(state.store)


def _budgets_there(store: Store) -> Iterator[PodDisruptionBudget]:
    return (one for one in store.list("PodDisruptionBudget") if isinstance(one, PodDisruptionBudget))


def _pods(store: Store, budget: PodDisruptionBudget) -> list[Pod]:
    found = store.select("Pod", budget.metadata.namespace, from_label_selector(budget.spec.selector))
    return [pod for pod in found if isinstance(pod, Pod)]


def _healthy(pod: Pod) -> bool:
    return ready(pod) and not going(pod)


def _needed(store: Store, budget: PodDisruptionBudget, pods: Sequence[Pod]) -> int | None:
    """Return how many pods have to be healthy; None where that can't be said."""
    least, most = budget.spec.min_available, budget.spec.max_unavailable
    if most is None and isinstance(least, int):
        return least
    expected = _expected(store, pods)
    if expected is None:
        return None
    if most is None:
        return 0 if least is None else _share(least, expected)
    return max(expected - _share(most, expected), 0)


def _expected(store: Store, pods: Sequence[Pod]) -> int | None:
    """Return how many pods the controllers of `pods` want together; None where one can't be found."""
    wanted: dict[str, int] = {}
    for pod in pods:
        owner: ApiObject = pod
        while owner.metadata.controller is not None:
            reference = owner.metadata.controller
            kind = kind_of(reference.api_version, reference.kind)
            key = None if kind is None else ObjectKey(key_kind(kind), pod.metadata.namespace, reference.name)
            found = None if key is None else store.get(key)
            if found is None or found.metadata.uid != reference.uid:
                return None
            owner = found
        replicas = getattr(getattr(owner, "spec", None), "replicas", None)
        if replicas is None:
            return None
        wanted[owner.metadata.uid] = replicas
    return sum(wanted.values())


def _share(value: int | str, total: int) -> int:
    """Return a number, or a percentage of a total rounded up."""
    return value if isinstance(value, int) else -(-int(value.removesuffix("%")) * total // 100)


def _was_evicted(old: Pod, new: ApiObject | None) -> bool:
    return isinstance(new, Pod) and new.metadata.uid == old.metadata.uid and _marked(new) and not _marked(old)


def _marked(pod: Pod) -> bool:
    return any(one.type == "DisruptionTarget" and one.reason == EVICTED for one in pod.status.conditions)


def _budgets(state: ClusterState, pod: Pod, revision: int) -> Iterator[PodDisruptionBudget]:
    """Yield the budgets of a pod that were there before `revision`."""
    young = {change.key for change in past(state) if change.old is None and change.revision >= revision}
    for budget in _all(state):
        same = budget.metadata.namespace == pod.metadata.namespace and key_of(budget) not in young
        if same and from_label_selector(budget.spec.selector).matches(pod.metadata.labels):
            yield budget


def _pays(change: Change | None, budget: PodDisruptionBudget, pod: Pod) -> bool:
    """Tell whether a change takes one disruption from the budget, for the pod."""
    if change is None or change.key != key_of(budget):
        return False
    old, new = change.old, change.new
    if not isinstance(old, PodDisruptionBudget) or not isinstance(new, PodDisruptionBudget):
        return False
    left = new.status.disruptions_allowed
    return 0 <= left == old.status.disruptions_allowed - 1 and pod.metadata.name in new.status.disrupted_pods


def _some_counted(state: ClusterState) -> Finding:
    return idle(state) and any(one.status.disruptions_allowed > 0 for one in _all(state))


def _evicted(state: ClusterState) -> Finding:
    return any(isinstance(one.old, Pod) and _was_evicted(one.old, one.new) for one in recent(state)) and any(
        _all(state)
    )


INVARIANTS: tuple[Invariant, ...] = (
    law(
        "budget-counts-when-settled",
        "The status of a budget whose controller is through with it counts its healthy pods and those that may go.",
        WhenSettled(FAMILY, _budgets_there, miscounted),
        _some_counted,
        upstream=_CONTROLLER,
    ),
    law(
        "evictions-are-paid",
        "Each eviction of a healthy pod takes one from its budget, which never goes below nothing.",
        Steps(eviction_unpaid),
        _evicted,
        upstream=_EVICTION,
    ),
    question(
        "budgets-keep-enough-healthy",
        "While evicted pods leave, as many pods stay healthy as their budget demands.",
        enough_stay_healthy,
        _evicted,
        assumes=("nothing but evictions takes pods away, and none stops being ready",),
        upstream="https://kubernetes.io/docs/concepts/workloads/pods/disruptions/",
    ),
)
