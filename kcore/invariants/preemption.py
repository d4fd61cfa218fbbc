"""What holds of pods that wait for a place, and of those that have to make room for them.

For whom a pod was preempted, whether a budget was broken for it though another node would have done, and whether a pod
waits that has a node. Who could have gone instead is thought through anew,
with the filters of the scheduler, on the objects as they were when it decided.

Not modelled: clusters with more nodes on which preemption would help than the scheduler looks at.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/plugins
"""

from __future__ import annotations

from collections.abc import Iterator

from kcore.api.core.pod import Pod
from kcore.api.evolve import evolve
from kcore.api.kinds import key_of
from kcore.api.policy.poddisruptionbudget import PodDisruptionBudget
from kcore.apiserver.changes import Change
from kcore.apiserver.hindsight import store_before
from kcore.apiserver.store import Store
from kcore.cluster.state import ClusterState
from kcore.invariants.disrupted import PREEMPTED, told_to_go
from kcore.invariants.invariant import PROMPT, Invariant, law, question
from kcore.invariants.pods import ended, going, name
from kcore.invariants.recent import Steps, changes_of, past, pods_at
from kcore.invariants.settled import WhenSettled
from kcore.machine import Culprits, Finding, leads_to
from kcore.placement.podaffinity import readable
from kcore.scheduler.configuration import profiles_of
from kcore.scheduler.profile import Profiles
from kcore.scheduler.whatif import prospect

_PLUGINS = "https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/plugins"


def preempted_for_nobody_higher(state: ClusterState, change: Change) -> Culprits | None:
    """Return how a pod was preempted though no pod of higher priority was nominated for its node."""
    victim = told_to_go(change, PREEMPTED)
    if victim is None or _higher_is_nominated(state, change, victim):
        return None
    why = f"preempted on {victim.spec.node_name}, where no pod of a priority above {_priority(victim)} is to go"
    return Culprits(why, str(change.key))


def preempted_against_a_budget(state: ClusterState, change: Change) -> Culprits | None:
    """Return how a pod was preempted though its budget allowed no disruption."""
    victim = told_to_go(change, PREEMPTED)
    if victim is None:
        return None
    for budget in state.store.list("PodDisruptionBudget", victim.metadata.namespace):
        if (
            isinstance(budget, PodDisruptionBudget)
            and _covers(budget, victim)
            and not budget.status.disruptions_allowed
        ):
            return Culprits("preempted though its budget allows no disruption", str(change.key), name(budget))
    return None


def broke_a_budget_in_vain(state: ClusterState, change: Change) -> Culprits | None:
    """Return how preemption broke a budget though on some node the pods that were free to go would have been enough."""
    victim = told_to_go(change, PREEMPTED)
    made = None if victim is None else _nomination(state, change, victim)
    then = None if made is None else store_before(state.store, made.revision)
    if victim is None or made is None or then is None or not isinstance(made.new, Pod):
        return None
    away = [victim, *_preempted_between(state, made, change, victim.spec.node_name)]
    broken = [one for one in _budgets(then) if sum(_covers(one, pod) for pod in away) > one.status.disruptions_allowed]
    better = _served_without(then, made.new, state) if broken else ""
    return Culprits(f"its budget is broken, and {better} would do without", str(change.key)) if better else None


def _nomination(state: ClusterState, change: Change, victim: Pod) -> Change | None:
    """Return the change that nominated the pod for which `victim` has to go."""
    for one in reversed(past(state)):
        if one.revision < change.revision and isinstance(one.new, Pod) and _priority(one.new) > _priority(victim):
            before = one.old.status.nominated_node_name if isinstance(one.old, Pod) else ""
            if before != one.new.status.nominated_node_name == victim.spec.node_name:
                return one
    return None


def _preempted_between(state: ClusterState, first: Change, last: Change, node: str) -> Iterator[Pod]:
    """Yield the pods of `node` that were told to make room between two changes."""
    for change in past(state):
        if first.revision < change.revision < last.revision:
            found = told_to_go(change, PREEMPTED)
            if found is not None and found.spec.node_name == node:
                yield found


def _served_without(store: Store, pod: Pod, state: ClusterState) -> str:
    """Return a node that has room for `pod` once those of its lower pods are gone that no budget keeps; "": none."""
    profiles = profiles_of(state.config.scheduler)
    asking = evolve(pod, status=evolve(pod.status, nominated_node_name=""))
    for node in store.list("Node"):
        there = store.on_node(node.metadata.name)
        lower = [one for one in there if isinstance(one, Pod) and not ended(one) and _priority(one) < _priority(pod)]
        free = _free(lower, _budgets(store))
        if free and all(_fits(store, profiles, asking, node.metadata.name, one) for one in (lower, free)):
            return node.metadata.name
    return ""


def _free(pods: list[Pod], budgets: list[PodDisruptionBudget]) -> list[Pod]:
    """Return those of `pods` that may go, if they go one after the other, the most important first."""
    left = [one.status.disruptions_allowed for one in budgets]
    free = []
    for pod in sorted(pods, key=lambda one: (-_priority(one), one.status.start_time or 0)):
        covering = [number for number, one in enumerate(budgets) if _covers(one, pod)]
        left = [count - (number in covering) for number, count in enumerate(left)]
        if all(left[number] >= 0 for number in covering):
            free.append(pod)
    return free


def _fits(store: Store, profiles: Profiles, pod: Pod, node: str, away: list[Pod]) -> bool:
    """Tell whether `pod` may go to `node` without the pods that are `away`."""
    for one in away:
        store = store.remove(key_of(one))
    found = prospect(store, pod, profiles)
    said = () if found is None else found.explanation.nodes
    return any(one.node == node and one.rejection is None for one in said)


def _budgets(store: Store) -> list[PodDisruptionBudget]:
    return [one for one in store.list("PodDisruptionBudget") if isinstance(one, PodDisruptionBudget)]


def fitting_pods_are_bound(state: ClusterState) -> Finding:
    """Tell whether no pod waits that has a node."""
    return next((found for pod in _waiting(state.store) if (found := _waits_in_vain(state, pod))), True)


def _waits_in_vain(state: ClusterState, pod: Pod) -> Culprits | None:
    """Return which node would do for a pod that waits."""
    found = prospect(state.store, pod, profiles_of(state.config.scheduler))
    if found is None or found.message:
        return None
    return Culprits(f"it waits, and {found.explanation.best[0]} would do", name(pod))


def _waiting(store: Store) -> Iterator[Pod]:
    """Yield the pods that wait for a node."""
    for pod in store.on_node(""):
        if isinstance(pod, Pod) and not ended(pod) and not pod.spec.scheduling_gates and not going(pod):
            yield pod


def _higher_is_nominated(state: ClusterState, change: Change, victim: Pod) -> bool:
    node = victim.spec.node_name
    return any(
        found.status.nominated_node_name == node and _priority(found) > _priority(victim)
        for found in pods_at(state, change)
    )


def _priority(pod: Pod) -> int:
    return pod.spec.priority or 0


def _covers(budget: PodDisruptionBudget, pod: Pod) -> bool:
    selector = readable(budget.spec.selector)
    same = budget.metadata.namespace == pod.metadata.namespace
    return same and not selector.empty and selector.matches(pod.metadata.labels)


def _preempted(state: ClusterState) -> Finding:
    return any(told_to_go(change, PREEMPTED) is not None for change in changes_of(state, "Pod"))


def _some_pod_waits(state: ClusterState) -> Finding:
    return any(True for _ in _waiting(state.store))


def _some_fitting_pod_waits(state: ClusterState) -> Finding:
    return fitting_pods_are_bound(state) is not True


INVARIANTS: tuple[Invariant, ...] = (
    law(
        "preempted-for-a-higher-one",
        "A pod is preempted only on a node for which a pod of higher priority is nominated.",
        Steps(preempted_for_nobody_higher),
        _preempted,
        assumes=("the nomination is not taken back meanwhile",),
        timings=PROMPT,
        upstream=f"{_PLUGINS}/defaultpreemption/default_preemption.go",
    ),
    question(
        "preemption-spares-budgets",
        "No pod is preempted whose budget allows no disruption.",
        Steps(preempted_against_a_budget),
        _preempted,
        assumes=("some node serves without: where none does, preemption breaks budgets",),
        upstream="https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/",
    ),
    law(
        "budgets-break-only-if-nothing-else-serves",
        "Preemption breaks a budget only where on no node those would be enough that no budget keeps.",
        Steps(broke_a_budget_in_vain),
        _preempted,
        assumes=("the scheduler has heard of the budgets as they are",),
        timings=PROMPT,
        upstream=f"{_PLUGINS}/defaultpreemption/default_preemption.go",
    ),
    law(
        "fitting-pods-are-bound-when-settled",
        "Where the scheduler has nothing to do, no pod waits for which there is a node.",
        WhenSettled("scheduler", _waiting, _waits_in_vain),
        _some_pod_waits,
        assumes=("no plugin has the pod wait with its node promised to it",),
        timings=PROMPT,
        upstream="https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/eventhandlers.go",
    ),
    question(
        "a-pod-that-fits-is-bound",
        "A pod for which there is a node is bound in the end.",
        leads_to("a-pod-that-fits-is-bound", _some_fitting_pod_waits, fitting_pods_are_bound),
        _some_fitting_pod_waits,
        assumes=("a scheduler of the pod's runs",),
        upstream="https://kubernetes.io/docs/concepts/scheduling-eviction/kube-scheduler/",
    ),
)
