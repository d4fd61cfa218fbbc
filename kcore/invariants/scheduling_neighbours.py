"""What holds of the pods that are put beside others, counted anew from the objects at the moment of a binding.

Anti-affinity both ways, the neighbours that a pod demands, and the skew of its hard constraints.

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
from kcore.apiserver.changes import Change
from kcore.cluster.state import ClusterState
from kcore.invariants.invariant import PROMPT, Invariant, law
from kcore.invariants.pods import ended, name
from kcore.invariants.recent import Steps, as_of, changes_of, pods_at
from kcore.machine import Culprits, Finding
from kcore.placement.nodeaffinity import matches_node_affinity
from kcore.placement.podaffinity import Term, pod_terms, readable
from kcore.placement.taints import untolerated

_PLUGINS = "https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/plugins"


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


def bound_away_from_whom_it_needs(state: ClusterState, change: Change) -> Culprits | None:
    """Return how a binding put a pod into a domain without those that it demands, and it is not the first of them.

    Whom it demands are pods that all its terms mean.
    """
    pod, node = _bound(state, change)
    terms = pod_terms(pod.spec.affinity, pod.metadata.namespace).affinity if pod is not None else ()
    if pod is None or node is None or not terms:
        return None
    absent = [one.topology_key for one in terms if _domain(node, one.topology_key) is None]
    if absent:
        return Culprits(f"bound to {node.metadata.name}, which has no label {absent[0]}", str(change.key))
    wanted = [there for other, there in _others(state, change, pod) if _meant_by_all(state, terms, other)]
    for term in terms:
        if not any(_domain(there, term.topology_key) == _domain(node, term.topology_key) for there in wanted):
            counted = any(_domain(there, one.topology_key) is not None for there in wanted for one in terms)
            if counted or not _meant_by_all(state, terms, pod):
                domain = f"{term.topology_key} {_domain(node, term.topology_key)}"
                return Culprits(f"bound into {domain}, where nobody is whom it demands", str(change.key))
    return None


def _meant_by_all(state: ClusterState, terms: tuple[Term, ...], other: Pod) -> bool:
    meta = other.metadata
    labels = _namespace_labels(state, meta.namespace)
    return all(one.matches(meta.namespace, labels, meta.labels) for one in terms)


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


def _bound(state: ClusterState, change: Change) -> tuple[Pod | None, Node | None]:
    """Return the pod that a change bound, and its node as it was then."""
    old, new = change.old, change.new
    if not isinstance(old, Pod) or not isinstance(new, Pod) or not new.spec.node_name or old.spec.node_name:
        return None, None
    node = as_of(state, ObjectKey("Node", "", new.spec.node_name), change)
    return new, node if isinstance(node, Node) else None


def _others(state: ClusterState, change: Change, pod: Pod) -> Iterator[tuple[Pod, Node]]:
    """Yield the other pods that had a node right after a change, with their nodes."""
    for other in pods_at(state, change):
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


def _bound_pods(state: ClusterState) -> Iterator[Pod]:
    for change in changes_of(state, "Pod"):
        if isinstance(change.new, Pod) and change.new.spec.node_name:
            yield change.new


def _shunning_bound(state: ClusterState) -> Finding:
    return any(pod_terms(one.spec.affinity, one.metadata.namespace).anti_affinity for one in _bound_pods(state))


def _demanding_bound(state: ClusterState) -> Finding:
    return any(pod_terms(one.spec.affinity, one.metadata.namespace).affinity for one in _bound_pods(state))


def _spread_bound(state: ClusterState) -> Finding:
    return any(
        given.when_unsatisfiable == "DoNotSchedule"
        for one in _bound_pods(state)
        for given in one.spec.topology_spread_constraints
    )


_CACHE = "the scheduler has heard of all that is on the nodes: else it places a pod beside those it knows"

INVARIANTS: tuple[Invariant, ...] = (
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
        "affinity-holds-at-binding",
        "A pod is bound into a domain of each pod that it demands, unless it is the first of those that it demands.",
        Steps(bound_away_from_whom_it_needs),
        _demanding_bound,
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
)
