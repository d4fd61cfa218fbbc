"""Preemption: which pods would have to go so that a pod of higher priority has a place.

Models the dry run of DefaultPreemption: on each node where other pods are what is in the way, all pods of lower
priority are thought away; where the pod fits then, as many as possible come back, those first whose budget would be
broken and then the more important ones. Of the nodes, the one wins whose victims break the fewest budgets, then whose
highest priority is least, then the sum of their priorities, then their number, then whose most important ones started
last.

In clusters where more than 100 nodes come into question, no more are looked at than give 100 candidates, or a tenth if
that is more, and one of them without a broken budget. A pod whose victims are still going sends nobody else away.

Not modelled: extenders, and the chance by which upstream chooses the node to look at first.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/plugins/defaultpreemption/default_preemption.go
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

import attrs

from kcore.api.core.pod import Pod
from kcore.api.policy.poddisruptionbudget import PodDisruptionBudget
from kcore.placement.podaffinity import readable
from kcore.reconcile.podcondition import DISRUPTION_TARGET, condition_of
from kcore.scheduler.explain import Explanation, explain
from kcore.scheduler.framework import Code, NodeInfo, PodInfo, Profile, Rejection
from kcore.scheduler.hypothesis import Promises, refusal, with_guests
from kcore.scheduler.nominations import guest_of
from kcore.scheduler.schedule_one import fit_error
from kcore.scheduler.snapshot import Snapshot
from kcore.scheduler.waiting import priority_of

NAME = "DefaultPreemption"
NEVER = "Never"

PREEMPTED = "PreemptionByScheduler"
"""The reason in the condition DisruptionTarget of a victim."""

NOT_ELIGIBLE = "not eligible due to preemptionPolicy=Never."
STILL_GOING = "not eligible due to a terminating pod on the nominated node."

LEAST_CANDIDATES = 100
"""How many candidates are enough, unless the percentage below asks for more."""

CANDIDATES_PERCENTAGE = 10
"""How many of the nodes that come into question are enough, in hundredths."""

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
    """Who asks, of which cluster; `pods_on` returns the pods of a node as they came, `budgets` are all there are.

    `rejections` are why the filters let no node through, with the number of nodes; `outranks()` tells whether some pod
    on a node has a lower priority.
    """

    pod: Pod
    info: PodInfo
    snapshot: Snapshot
    profile: Profile
    pods_on: Callable[[str], Iterable[Pod]]
    budgets: Sequence[PodDisruptionBudget] = ()
    promises: Promises = attrs.field(factory=dict)
    rejections: Mapping[Rejection, int] = attrs.field(factory=dict)
    outranks: Callable[[], bool] = bool

    def explain(self) -> Explanation:
        """Return what the filters say of each node."""
        return explain(self.info, self.snapshot, self.profile, self.promises)

    def refusal(self, node: NodeInfo, away: Iterable[Pod]) -> Rejection | None:
        """Return why `node` would not do without the pods `away`, with and without those it is promised to."""
        without = with_guests(node, map(guest_of, away), -1)
        guests = self.promises.get(node.node.metadata.name)
        if guests:
            rejection = refusal(self.info, self.snapshot, node, with_guests(without, guests), self.profile)
            if rejection is not None:
                return rejection
        return refusal(self.info, self.snapshot, node, without, self.profile)


def preempt(
    situation: Situation,
    explanation: Explanation,
    percentage: int = CANDIDATES_PERCENTAGE,
    least: int = LEAST_CANDIDATES,
) -> Preemption:
    """Return what preemption could do for a pod that no node takes, as `explanation` says."""
    said = {one.node: one.rejection for one in explanation.nodes if one.rejection is not None}
    why = _ineligible(situation, said)
    if why:
        return Preemption(eligible=False, message=why)
    helpful = [name for name, rejection in said.items() if rejection.code is Code.UNSCHEDULABLE]
    enough = max(len(helpful) * percentage // 100, least)
    rejections = Counter({_NO_USE: len(said) - len(helpful)})
    candidates: list[Candidate] = []
    for name in helpful:
        node = situation.snapshot.node(name)
        found = _NO_USE if node is None else _candidate(situation, node)
        if isinstance(found, Rejection):
            rejections[found] += 1
            continue
        candidates.append(found)
        if len(candidates) >= enough and any(not one.violations for one in candidates):
            break
    if not candidates:
        return Preemption(message=fit_error(+rejections))
    return Preemption(candidates=tuple(candidates), best=_best(candidates))


def nobody_to_preempt(rejections: Mapping[Rejection, int]) -> Preemption:
    """Return what preemption comes to where no pod has a lower priority than the one that the nodes rejected."""
    found: Counter[Rejection] = Counter()
    for rejection, nodes in rejections.items():
        found[_NOBODY if rejection.code is Code.UNSCHEDULABLE else _NO_USE] += nodes
    return Preemption(message=fit_error(found))


def _ineligible(situation: Situation, rejections: Mapping[str, Rejection]) -> str:
    """Return why the pod may not send others away, "" if it may."""
    pod = situation.pod
    if pod.spec.preemption_policy == NEVER:
        return NOT_ELIGIBLE
    nominated = pod.status.nominated_node_name
    said = rejections.get(nominated)
    if said is None or said.code is Code.UNSCHEDULABLE_AND_UNRESOLVABLE:
        return ""
    going = any(_is_going(one) and priority_of(one) < priority_of(pod) for one in situation.pods_on(nominated))
    return STILL_GOING if going else ""


def _is_going(pod: Pod) -> bool:
    """Tell whether `pod` was preempted and is on its way out."""
    target = condition_of(pod.status, DISRUPTION_TARGET)
    told = target is not None and (target.status, target.reason) == ("True", PREEMPTED)
    return told and pod.metadata.deletion_timestamp is not None


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
