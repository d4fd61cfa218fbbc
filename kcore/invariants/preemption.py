"""What holds of pods that are put beside others, and of those that have to make room for others.

Counted anew from the objects, beside what the scheduler keeps: anti-affinity and skew at the moment of a binding, for
whom a pod was preempted, whether a budget was broken for it, and whether pods come and go in circles.

Pods that were created on a node, without a scheduler, bind themselves to no rule; as neighbours they count.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/plugins
"""

from __future__ import annotations

from collections.abc import Iterator

from kcore.api.core.namespace import Namespace
from kcore.api.core.node import Node
from kcore.api.core.pod import Pod
from kcore.api.core.topologyspreadconstraint import TopologySpreadConstraint
from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.api.object import ApiObject, ObjectKey
from kcore.api.policy.poddisruptionbudget import PodDisruptionBudget
from kcore.apiserver.changes import Change
from kcore.cluster.state import ClusterState
from kcore.invariants.invariant import PROMPT, Invariant, law, question
from kcore.invariants.pods import ended, name
from kcore.invariants.recent import Steps, after, as_of, changes_of, past
from kcore.machine import Culprits, Finding, leads_to
from kcore.placement.nodeaffinity import matches_node_affinity
from kcore.placement.podaffinity import Term, pod_terms, readable
from kcore.placement.taints import untolerated
from kcore.scheduler.whatif import prospect

_PLUGINS = "https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/plugins"
_TARGET = "DisruptionTarget"
_PREEMPTED = "PreemptionByScheduler"
_EVICTED = "EvictionByEvictionAPI"

ROUNDS = 4
"""So many pods of one owner that have to leave one node are going round in circles."""


def preempted_for_nobody_higher(state: ClusterState, change: Change) -> Culprits | None:
    """Return how a pod was preempted though no pod of higher priority was nominated for its node."""
    victim = _told_to_go(change, (_PREEMPTED,))
    if victim is None or _higher_is_nominated(state, change, victim):
        return None
    why = f"preempted on {victim.spec.node_name}, where no pod of a priority above {_priority(victim)} is to go"
    return Culprits(why, str(change.key))


def preempted_against_a_budget(state: ClusterState, change: Change) -> Culprits | None:
    """Return how a pod was preempted though its budget allowed no disruption."""
    victim = _told_to_go(change, (_PREEMPTED,))
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


def bound_beside_whom_it_shuns(state: ClusterState, change: Change) -> Culprits | None:
    """Return how a binding put two pods into one domain of which one refuses the other."""
    pod, node = _bound(state, change)
    if pod is None or node is None:
        return None
    own = pod_terms(pod.spec.affinity, pod.metadata.namespace).anti_affinity
    for other, there in _others(state, change, pod):
        theirs = pod_terms(other.spec.affinity, other.metadata.namespace).anti_affinity
        if _shuns(state, own, other, node, there) or _shuns(state, theirs, pod, node, there):
            return Culprits(f"bound into one domain: {there.metadata.name}", str(change.key), name(other))
    return None


def bound_beyond_max_skew(state: ClusterState, change: Change) -> Culprits | None:
    """Return how a binding filled a domain more than a hard constraint of the pod allows."""
    pod, node = _bound(state, change)
    if pod is None or node is None:
        return None
    hard = [one for one in pod.spec.topology_spread_constraints if one.when_unsatisfiable == "DoNotSchedule"]
    keys = [one.topology_key for one in hard]
    for constraint in hard:
        skew = _skew(state, change, pod, node, constraint, keys)
        if skew > constraint.max_skew:
            return Culprits(f"bound with a skew of {skew} over {constraint.topology_key}", str(change.key))
    return None


def going_round(state: ClusterState, change: Change) -> Culprits | None:
    """Return whose pods leave one node again and again."""
    pod = _told_to_go(change, (_PREEMPTED, _EVICTED))
    owner = None if pod is None else pod.metadata.controller
    if pod is None or owner is None:
        return None
    gone = (_told_to_go(one, (_PREEMPTED, _EVICTED)) for one in past(state) if one.revision <= change.revision)
    like = [one for one in gone if one is not None and one.spec.node_name == pod.spec.node_name]
    rounds = sum(one.metadata.controller is not None and one.metadata.controller.uid == owner.uid for one in like)
    if rounds < ROUNDS:
        return None
    return Culprits(f"{rounds} pods of {owner.name} had to leave {pod.spec.node_name} of late", str(change.key))


def fitting_pods_are_bound(state: ClusterState) -> Finding:
    """Tell whether no pod waits that has a node."""
    for pod in state.store.on_node(""):
        if isinstance(pod, Pod) and _waits(pod):
            found = prospect(state.store, pod)
            if found is not None and not found.message:
                return Culprits(f"it waits, and {found.explanation.best[0]} would do", name(pod))
    return True


def _waits(pod: Pod) -> bool:
    return not ended(pod) and not pod.spec.scheduling_gates and pod.metadata.deletion_timestamp is None


def _told_to_go(change: Change, reasons: tuple[str, ...]) -> Pod | None:
    """Return the pod that a change tells to go for one of `reasons`, None if it does not."""
    old, new = change.old, change.new
    if not isinstance(old, Pod) or not isinstance(new, Pod) or _is_target(old, reasons) or not _is_target(new, reasons):
        return None
    return new


def _is_target(pod: Pod, reasons: tuple[str, ...]) -> bool:
    return any((one.type, one.status) == (_TARGET, "True") and one.reason in reasons for one in pod.status.conditions)


def _higher_is_nominated(state: ClusterState, change: Change, victim: Pod) -> bool:
    node = victim.spec.node_name
    return any(
        found.status.nominated_node_name == node and _priority(found) > _priority(victim)
        for found in _pods_at(state, change)
    )


def _pods_at(state: ClusterState, change: Change) -> Iterator[Pod]:
    """Yield the pods as they were right after a change."""
    later = {one.key: one.old for one in after(state, change) if one.key.kind == "Pod"}
    for found in state.store.list("Pod"):
        if isinstance(found, Pod) and ObjectKey("Pod", found.metadata.namespace, found.metadata.name) not in later:
            yield found
    yield from (found for found in later.values() if isinstance(found, Pod))


def _priority(pod: Pod) -> int:
    return pod.spec.priority or 0


def _covers(budget: PodDisruptionBudget, pod: Pod) -> bool:
    selector = readable(budget.spec.selector)
    return not selector.empty and selector.matches(pod.metadata.labels)


def _bound(state: ClusterState, change: Change) -> tuple[Pod | None, Node | None]:
    """Return the pod that a change bound, and its node as it was then."""
    old, new = change.old, change.new
    if not isinstance(old, Pod) or not isinstance(new, Pod) or not new.spec.node_name or old.spec.node_name:
        return None, None
    node = as_of(state, ObjectKey("Node", "", new.spec.node_name), change)
    return new, node if isinstance(node, Node) else None


def _others(state: ClusterState, change: Change, pod: Pod) -> Iterator[tuple[Pod, Node]]:
    """Yield the other pods that had a node right after a change, with their nodes."""
    for other in _pods_at(state, change):
        if other.metadata.uid != pod.metadata.uid and other.spec.node_name and not ended(other):
            there = state.store.get(ObjectKey("Node", "", other.spec.node_name))
            if isinstance(there, Node):
                yield other, there


def _shuns(state: ClusterState, terms: tuple[Term, ...], other: Pod, node: Node, there: Node) -> bool:
    """Tell whether one of `terms` means `other`, and the two nodes are in one domain of it."""
    meta = other.metadata
    labels = _namespace_labels(state, meta.namespace)
    return any(
        _domain(node, one.topology_key) is not None
        and _domain(node, one.topology_key) == _domain(there, one.topology_key)
        and one.matches(meta.namespace, labels, meta.labels)
        for one in terms
    )


def _namespace_labels(state: ClusterState, namespace: str) -> FrozenMap[str]:
    found: ApiObject | None = state.store.get(ObjectKey("Namespace", "", namespace))
    return found.metadata.labels if isinstance(found, Namespace) else EMPTY


def _domain(node: Node, key: str) -> str | None:
    return node.metadata.labels.get(key)


def _skew(
    state: ClusterState, change: Change, pod: Pod, node: Node, given: TopologySpreadConstraint, keys: list[str]
) -> int:
    """Return how many matching pods the domain of `pod` has more than the emptiest one, which had them before it."""
    nodes = [one for one in state.store.list("Node") if isinstance(one, Node) and _counts(one, pod, given, keys)]
    domains = dict.fromkeys((_domain(one, given.topology_key) for one in nodes), 0)
    names = {one.metadata.name: _domain(one, given.topology_key) for one in nodes}
    for other, there in _others(state, change, pod):
        if there.metadata.name in names and _is_like(pod, other, given):
            domains[names[there.metadata.name]] += 1
    least = 0 if len(domains) < (given.min_domains or 1) else min(domains.values(), default=0)
    return domains.get(_domain(node, given.topology_key), 0) + int(_is_like(pod, pod, given)) - least


def _counts(node: Node, pod: Pod, given: TopologySpreadConstraint, keys: list[str]) -> bool:
    """Tell whether the pods of `node` count for a constraint of `pod`."""
    if any(key not in node.metadata.labels for key in keys):
        return False
    if (given.node_affinity_policy or "Honor") == "Honor" and not matches_node_affinity(
        pod.spec.node_selector, pod.spec.affinity, node
    ):
        return False
    return given.node_taints_policy != "Honor" or untolerated(node.spec.taints, pod.spec.tolerations) is None


def _is_like(pod: Pod, other: Pod, given: TopologySpreadConstraint) -> bool:
    """Tell whether `other` is one of the pods over which a constraint of `pod` spreads."""
    mine, theirs = pod.metadata, other.metadata
    if theirs.namespace != mine.namespace or theirs.deletion_timestamp is not None:
        return False
    own = all(theirs.labels.get(key) == mine.labels[key] for key in given.match_label_keys if key in mine.labels)
    return own and readable(given.label_selector).matches(theirs.labels)


def _preempted(state: ClusterState) -> Finding:
    return any(_told_to_go(change, (_PREEMPTED,)) is not None for change in changes_of(state, "Pod"))


def _left(state: ClusterState) -> Finding:
    return any(_told_to_go(change, (_PREEMPTED, _EVICTED)) is not None for change in changes_of(state, "Pod"))


def _bound_pods(state: ClusterState) -> Iterator[Pod]:
    for change in changes_of(state, "Pod"):
        if isinstance(change.new, Pod) and change.new.spec.node_name:
            yield change.new


def _shunning_bound(state: ClusterState) -> Finding:
    return any(pod_terms(one.spec.affinity, one.metadata.namespace).anti_affinity for one in _bound_pods(state))


def _spread_bound(state: ClusterState) -> Finding:
    return any(
        given.when_unsatisfiable == "DoNotSchedule"
        for one in _bound_pods(state)
        for given in one.spec.topology_spread_constraints
    )


def _some_fitting_pod_waits(state: ClusterState) -> Finding:
    return fitting_pods_are_bound(state) is not True


_CACHE = "the scheduler has heard of all that is on the nodes: else it places a pod beside those it knows"

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
    law(
        "anti-affinity-holds-at-binding",
        "A pod is bound into no domain with one that it refuses, nor with one that refuses it.",
        Steps(bound_beside_whom_it_shuns),
        _shunning_bound,
        assumes=(_CACHE,),
        timings=PROMPT,
        upstream=f"{_PLUGINS}/interpodaffinity/filtering.go",
    ),
    law(
        "skew-within-limits-at-binding",
        "A pod is bound so that no domain of its hard constraints is fuller than the emptiest by more than maxSkew.",
        Steps(bound_beyond_max_skew),
        _spread_bound,
        assumes=(_CACHE,),
        timings=PROMPT,
        upstream=f"{_PLUGINS}/podtopologyspread/filtering.go",
    ),
    question(
        "preemption-spares-budgets",
        "No pod is preempted whose budget allows no disruption.",
        Steps(preempted_against_a_budget),
        _preempted,
        assumes=("some node serves without: where none does, preemption breaks budgets",),
        upstream="https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/",
    ),
    question(
        "a-pod-that-fits-is-bound",
        "A pod for which there is a node is bound in the end.",
        leads_to("a-pod-that-fits-is-bound", _some_fitting_pod_waits, fitting_pods_are_bound),
        _some_fitting_pod_waits,
        assumes=("a scheduler of the pod's runs",),
        upstream="https://kubernetes.io/docs/concepts/scheduling-eviction/kube-scheduler/",
    ),
    question(
        "no-ping-pong",
        "Pods of one owner do not have to leave one node again and again.",
        Steps(going_round),
        _left,
        assumes=("people and deschedulers evict within reason",),
        upstream="https://kubernetes.io/docs/concepts/scheduling-eviction/",
    ),
)
