"""Preemption: which pods would have to go so that a pod of higher priority has a place.

Models the dry run of DefaultPreemption: on each node where other pods are what is in the way, all pods of lower
priority are thought away; where the pod fits then, as many as possible come back, those first whose budget would be
broken and then the more important ones. Of the nodes, the one wins whose victims break the fewest budgets, then whose
highest priority is least, then the sum of their priorities, then their number, then whose most important ones started
last.

Not modelled: the limit on candidates in clusters of over 100 nodes, extenders, and the eviction itself.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/plugins/defaultpreemption/default_preemption.go
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import attrs

from kcore.api.core.pod import Pod
from kcore.api.policy.poddisruptionbudget import PodDisruptionBudget
from kcore.placement.fit import request_of
from kcore.placement.podaffinity import readable
from kcore.scheduler.explain import Explanation, Promises
from kcore.scheduler.framework import Code, NodeInfo, PodInfo, Profile, Rejection
from kcore.scheduler.hypothesis import Guest, refusal, with_guests
from kcore.scheduler.schedule_one import fit_error
from kcore.scheduler.snapshot import Snapshot, placed_pod

NAME = "DefaultPreemption"
NEVER = "Never"

NOT_ELIGIBLE = "not eligible due to preemptionPolicy=Never."

_NO_USE = Rejection(NAME, Code.UNSCHEDULABLE_AND_UNRESOLVABLE, ("Preemption is not helpful for scheduling",))
_NOBODY = Rejection(NAME, Code.UNSCHEDULABLE_AND_UNRESOLVABLE, ("No preemption victims found for incoming pod",))

_PRIORITIES = 1 << 31
"""Added to each priority where they are summed, so that one more victim never makes a sum less."""


@attrs.frozen(kw_only=True)
class Candidate:
    """A node, who would have to go there, the most important first, and how many budgets that breaks."""

    node: str
    victims: tuple[Pod, ...]
    violations: int


@attrs.frozen(kw_only=True)
class Preemption:
    """What preemption comes to: the candidates by node and those that are equally good, or the message why none is."""

    eligible: bool = True
    message: str = ""
    candidates: tuple[Candidate, ...] = ()
    best: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Situation:
    """Who asks, of which cluster; `pods_on` returns the pods of a node as they came, `budgets` are all there are."""

    pod: Pod
    info: PodInfo
    snapshot: Snapshot
    profile: Profile
    pods_on: Callable[[str], Iterable[Pod]]
    budgets: Sequence[PodDisruptionBudget] = ()
    promises: Promises = attrs.field(factory=dict)

    def refusal(self, node: NodeInfo, away: Iterable[Pod]) -> Rejection | None:
        """Return why `node` would not do without the pods `away`, with and without those it is promised to."""
        without = with_guests(node, map(guest_of, away), -1)
        guests = self.promises.get(node.node.metadata.name)
        if guests:
            rejection = refusal(self.info, self.snapshot, node, with_guests(without, guests), self.profile)
            if rejection is not None:
                return rejection
        return refusal(self.info, self.snapshot, node, without, self.profile)


def guest_of(pod: Pod) -> Guest:
    """Return what others see of `pod`, and what it asks for."""
    return Guest(placed_pod(pod), request_of(pod))


def priority_of(pod: Pod) -> int:
    """Return the priority of `pod`, 0 where it says none."""
    return pod.spec.priority or 0


def preempt(situation: Situation, explanation: Explanation) -> Preemption:
    """Return what preemption could do for a pod that no node takes, as `explanation` says."""
    if situation.pod.spec.preemption_policy == NEVER:
        return Preemption(eligible=False, message=NOT_ELIGIBLE)
    rejections: list[Rejection] = []
    candidates: list[Candidate] = []
    for verdict in explanation.nodes:
        node = situation.snapshot.node(verdict.node)
        helpful = verdict.rejection is not None and verdict.rejection.code is Code.UNSCHEDULABLE
        found = _candidate(situation, node) if node is not None and helpful else _NO_USE
        if isinstance(found, Candidate):
            candidates.append(found)
        else:
            rejections.append(found)
    if not candidates:
        return Preemption(message=fit_error(Counter(rejections)))
    return Preemption(candidates=tuple(candidates), best=_best(candidates))


def _candidate(situation: Situation, node: NodeInfo) -> Candidate | Rejection:
    """Return who would have to go from `node`, or why nobody's going would help."""
    name = node.node.metadata.name
    lower = [one for one in situation.pods_on(name) if priority_of(one) < priority_of(situation.pod)]
    if not lower:
        return _NOBODY
    rejection = situation.refusal(node, lower)
    if rejection is not None:
        return rejection
    ordered = _ordered(lower)
    violating = _violating(ordered, situation.budgets)
    away = (*violating, *(one for one in ordered if one not in violating))
    for pod in away:
        rest = tuple(one for one in away if one is not pod)
        if situation.refusal(node, rest) is None:
            away = rest
    broken = sum(one in violating for one in away)
    victims = _ordered(away) if 0 < broken < len(away) else away
    return Candidate(node=name, victims=tuple(victims), violations=broken)


def _violating(pods: Sequence[Pod], budgets: Sequence[PodDisruptionBudget]) -> list[Pod]:
    """Return those of `pods`, evicted in this order, whose eviction a budget would not allow."""
    left = [one.status.disruptions_allowed for one in budgets]
    found = []
    for pod in pods:
        broken = False
        for number, budget in enumerate(budgets):
            if _covers(budget, pod):
                left[number] -= 1
                broken = broken or left[number] < 0
        if broken:
            found.append(pod)
    return found


def _covers(budget: PodDisruptionBudget, pod: Pod) -> bool:
    """Tell whether the eviction of `pod` would count against `budget`; pods without labels count against none."""
    meta = pod.metadata
    if not meta.labels or budget.metadata.namespace != meta.namespace:
        return False
    selector = readable(budget.spec.selector)
    return not selector.empty and selector.matches(meta.labels) and meta.name not in budget.status.disrupted_pods


def _ordered(pods: Sequence[Pod]) -> list[Pod]:
    """Return the pods, the most important first; of equal ones those as they came, but the last of those not started.

    Upstream takes "now" for the start of a pod that has none, anew each time it asks, so that the later one is earlier.
    """
    places = {id(pod): place for place, pod in enumerate(pods)}

    def key(pod: Pod) -> tuple[int, float, int]:
        place = places[id(pod)]
        return (*_importance(pod), place if pod.status.start_time is not None else -place)

    return sorted(pods, key=key)


def _importance(pod: Pod) -> tuple[int, float]:
    """Return what orders pods, the most important first: the highest priority, then the longest running."""
    return -priority_of(pod), _started(pod)


def _started(pod: Pod) -> float:
    """Return when `pod` started, seconds since 1970; infinity where it has not."""
    return float("inf") if pod.status.start_time is None else pod.status.start_time


def _best(candidates: Sequence[Candidate]) -> tuple[str, ...]:
    """Return the nodes that are equally good, by name."""
    ranks = {one.node: _rank(one) for one in candidates}
    least = min(ranks.values())
    return tuple(sorted(node for node, rank in ranks.items() if rank == least))


def _rank(candidate: Candidate) -> tuple[int, int, int, int, float]:
    priorities = [priority_of(one) for one in candidate.victims]
    highest = max(priorities, default=0)
    first = min((_started(one) for one in candidate.victims if priority_of(one) == highest), default=0.0)
    total = sum(one + _PRIORITIES for one in priorities)
    return candidate.violations, highest, total, len(priorities), -first
