"""InterPodAffinity: pods near some pods and far from others, in a node, a zone or any other topology.

Models both directions: what the pod demands and wishes of the pods that are there, and what these refuse and wish of
it. The first pod of a group that wants its own kind near goes anywhere. A demand of a placed pod that the new one meets
counts as a wish, of weight 1 by default. A profile may leave the wishes of placed pods out of account for those that
have none of their own.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/plugins/interpodaffinity/plugin.go
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple, TypeAlias

import attrs

from kcore.api.frozenmap import FrozenMap
from kcore.api.memo import Memo
from kcore.placement.podaffinity import PodTerms, Term
from kcore.scheduler.framework import (
    MAX_NODE_SCORE,
    Cluster,
    Code,
    CountingPlugin,
    Happening,
    NodeInfo,
    PlacedPod,
    PodInfo,
    Rejection,
)
from kcore.scheduler.topology import is_single_node

NAME = "InterPodAffinity"

HARD_POD_AFFINITY_WEIGHT = 1
"""What it is worth to be where a placed pod demands pods like this one."""

_UNMATCHED = Rejection(NAME, Code.UNSCHEDULABLE_AND_UNRESOLVABLE, ("node(s) didn't match pod affinity rules",))
_SHUNNED = Rejection(NAME, Code.UNSCHEDULABLE, ("node(s) didn't match pod anti-affinity rules",))
_REFUSED = Rejection(NAME, Code.UNSCHEDULABLE, ("node(s) didn't satisfy existing pods anti-affinity rules",))


class Part(enum.Enum):
    """What is counted: pods that the pod wants near, that it shuns, that refuse it; and what a place is worth."""

    WANTED = "wanted"
    SHUNNED = "shunned"
    REFUSING = "refusing"
    WORTH = "worth"

    __hash__ = object.__hash__  # a member is equal to itself alone, and counted under with each pod


class Pair(NamedTuple):
    """A bucket: what is counted, in which domain of which topology."""

    part: Part
    key: str
    value: str


class Domain(NamedTuple):
    """What is seen of a node in a topology: the domain that it is in."""

    key: str
    value: str


class Lone(NamedTuple):
    """What is seen of a node in a topology where it is a domain of its own: what is counted on it, by part."""

    key: str
    amounts: tuple[tuple[Part, int], ...]


Place: TypeAlias = tuple[Domain | Lone, ...]
"""What is seen of a node, for each topology that matters and that it is in."""


@attrs.frozen(kw_only=True, cache_hash=True)
class Question:
    """What matters of the pod to be placed, and how much a demand of a placed pod that it meets counts."""

    namespace: str
    namespace_labels: FrozenMap[str]
    labels: FrozenMap[str]
    terms: PodTerms
    hard_weight: int = HARD_POD_AFFINITY_WEIGHT

    def met_by(self, term: Term) -> bool:
        """Tell whether the pod itself is one that `term` means."""
        return term.matches(self.namespace, self.namespace_labels, self.labels)


class Counts(NamedTuple):
    """What is counted now. `keys` are the topologies that matter, sorted, and whether their domains are single nodes.

    `parts` are what there is anything to count of; `first` says that the pod is the first of its group.
    """

    question: Question
    sums: Mapping[Any, int]
    keys: tuple[tuple[str, bool], ...]
    parts: frozenset[Part]
    first: bool


class Joint(NamedTuple):
    """What the pods of a node add: to which part in which topology, how much together, and how many of them do."""

    what: tuple[Part, str]
    amount: int
    pods: int


class Effect(NamedTuple):
    """What one placed pod adds: to which part, in which topology, how much."""

    part: Part
    key: str
    amount: int


def _pre_filter(hard_weight: int, pod: PodInfo, cluster: Cluster) -> Counts | None:
    question = _question(pod, hard_weight)
    topologies: Mapping[Any, int] = cluster.tally(_topologies, question)
    keys = _own_keys(question)
    if not topologies and not keys:
        return None
    sums = cluster.tally(_contribution, question)
    parts = frozenset([part for part, _ in topologies])
    known = tuple([(key, is_single_node(cluster, key)) for key in sorted(keys.union([key for _, key in topologies]))])
    first = Part.WANTED not in parts and all(map(question.met_by, question.terms.affinity))
    return Counts(question, sums, known, parts, first)


@lru_cache(maxsize=1024)
def _own_keys(question: Question) -> frozenset[str]:
    """Return the topologies of the pod's own terms."""
    terms = question.terms
    wishes = (one.term for one in (*terms.preferred, *terms.avoided))
    return frozenset(one.topology_key for one in (*terms.affinity, *terms.anti_affinity, *wishes))


@lru_cache(maxsize=1024)
def _question(pod: PodInfo, hard_weight: int = HARD_POD_AFFINITY_WEIGHT) -> Question:
    return Question(
        namespace=pod.namespace,
        namespace_labels=pod.namespace_labels,
        labels=pod.labels,
        terms=pod.terms,
        hard_weight=hard_weight,
    )


def _contribution(question: Question, node: NodeInfo) -> tuple[tuple[Pair, int], ...]:
    """Return what the pods of a node add to the domains of the node."""
    effects = _TOGETHER(question, node.load.pods) if node.load.pods else ()
    if not effects:
        return ()
    labels = node.node.metadata.labels
    return tuple([(Pair(part, key, labels[key]), amount) for (part, key), amount, _ in effects if key in labels])


def _topologies(question: Question, node: NodeInfo) -> tuple[tuple[tuple[Part, str], int], ...]:
    """Return how many pods of a node add anything to a part in a topology, whatever the sum comes to."""
    effects = _TOGETHER(question, node.load.pods) if node.load.pods else ()
    if not effects:
        return ()
    labels = node.node.metadata.labels
    return tuple([(what, count) for what, _, count in effects if what[1] in labels])


def _together(question: Question, pods: tuple[tuple[PlacedPod, int], ...]) -> tuple[Joint, ...]:
    """Return what the pods of a node add, whatever topologies the node is in."""
    amounts: dict[tuple[Part, str], tuple[int, int]] = {}
    for placed, count in pods:
        for part, key, amount in _effects(question, placed):
            total, number = amounts.get((part, key), (0, 0))
            amounts[part, key] = total + count * amount, number + count
    joint = [Joint(what, total, number) for what, (total, number) in amounts.items()]
    return tuple(sorted(joint, key=lambda one: (one.what[0].value, one.what[1])))


_TOGETHER = Memo(_together)
"""Nodes with alike pods share them."""


@lru_cache(maxsize=65536)
def _effects(question: Question, placed: PlacedPod) -> tuple[Effect, ...]:
    """Return what one placed pod adds for the pod that asks."""
    return (*_demands(question, placed), *_wishes(question, placed))


def _demands(question: Question, placed: PlacedPod) -> Iterator[Effect]:
    own, theirs = question.terms, placed.terms
    if own.affinity and all(_means(term, placed) for term in own.affinity):
        yield from (Effect(Part.WANTED, term.topology_key, 1) for term in own.affinity)
    yield from (Effect(Part.SHUNNED, term.topology_key, 1) for term in own.anti_affinity if _means(term, placed))
    yield from (Effect(Part.REFUSING, term.topology_key, 1) for term in theirs.anti_affinity if question.met_by(term))


def _wishes(question: Question, placed: PlacedPod) -> Iterator[Effect]:
    own, theirs = question.terms, placed.terms
    yield from (Effect(Part.WORTH, term.topology_key, weight) for weight, term in own.preferred if _means(term, placed))
    yield from (Effect(Part.WORTH, term.topology_key, -weight) for weight, term in own.avoided if _means(term, placed))
    for term in theirs.affinity if question.hard_weight else ():
        if question.met_by(term):
            yield Effect(Part.WORTH, term.topology_key, question.hard_weight)
    for sign, wishes in ((1, theirs.preferred), (-1, theirs.avoided)):
        for weight, term in wishes:
            if question.met_by(term):
                yield Effect(Part.WORTH, term.topology_key, sign * weight)


def _means(term: Term, placed: PlacedPod) -> bool:
    """Tell whether a term of the pod to be placed, which names its namespaces, means a placed pod."""
    return term.matches(placed.namespace, FrozenMap(), placed.labels)


def _keys(_: PodInfo, counts: Counts) -> tuple[Question, tuple[tuple[str, bool], ...]]:
    return counts.question, counts.keys


def _place(_: PodInfo, asked: tuple[Question, tuple[tuple[str, bool], ...]], node: NodeInfo) -> Place:
    labels = node.node.metadata.labels
    question, keys = asked
    return tuple(
        [
            Lone(key, _here(question, key, node)) if single else Domain(key, labels[key])
            for key, single in keys
            if key in labels
        ]
    )


def _here(question: Question, key: str, node: NodeInfo) -> tuple[tuple[Part, int], ...]:
    """Return what the pods of a node come to in one topology, by part."""
    if not node.load.pods:
        return ()
    together = _TOGETHER(question, node.load.pods)
    return tuple([(part, amount) for (part, at), amount, _ in together if at == key and amount])


def _amount(counts: Counts, part: Part, place: Domain | Lone) -> int:
    """Return what is counted of `part` in the domain of a node."""
    if isinstance(place, Domain):
        return counts.sums.get(Pair(part, place.key, place.value), 0)
    for counted, amount in place.amounts:
        if counted is part:
            return amount
    return 0


def _filters(pod: PodInfo, counts: Counts) -> bool:
    terms = counts.question.terms
    return bool(terms.affinity or terms.anti_affinity or Part.REFUSING in counts.parts)


def _filter(pod: PodInfo, counts: Counts, place: Place) -> Rejection | None:
    terms, domains = counts.question.terms, {one.key: one for one in place}
    if terms.affinity and not _has_all(counts, domains):
        return _UNMATCHED
    if Part.SHUNNED in counts.parts:
        shunned = (domains[term.topology_key] for term in terms.anti_affinity if term.topology_key in domains)
        if any(_amount(counts, Part.SHUNNED, one) for one in shunned):
            return _SHUNNED
    if Part.REFUSING in counts.parts and any(_amount(counts, Part.REFUSING, one) for one in place):
        return _REFUSED
    return None


def _has_all(counts: Counts, domains: Mapping[str, Domain | Lone]) -> bool:
    """Tell whether the pods that are wanted are there, or the pod is the first of them all."""
    terms = counts.question.terms.affinity
    if any(term.topology_key not in domains for term in terms):
        return False
    return counts.first or all(_amount(counts, Part.WANTED, domains[term.topology_key]) for term in terms)


def _pre_score(pod: PodInfo, counts: Counts, _: Mapping[Any, int]) -> Counts | None:
    return counts if Part.WORTH in counts.parts else None


def _pre_score_own(pod: PodInfo, counts: Counts, places: Mapping[Any, int]) -> Counts | None:
    own = counts.question.terms
    return _pre_score(pod, counts, places) if own.preferred or own.avoided else None


def _score(pod: PodInfo, counts: Counts, place: Place) -> int:
    return sum(_amount(counts, Part.WORTH, one) for one in place)


def _normalize(_: Counts, __: Sequence[Any], scores: Sequence[int]) -> Sequence[int]:
    """Return 0 for the least of the scores, 100 for the highest and the rest between."""
    least, most = min(scores), max(scores)
    return [int(MAX_NODE_SCORE * ((one - least) / (most - least))) if most > least else 0 for one in scores]


def _hint(pod: PodInfo, happening: Happening) -> bool:
    """Tell whether a pod that is wanted came, or one that was shunned or refused this one is gone."""
    question, came, gone = _question(pod), happening.came, happening.gone
    if came is not None and any(_means(term, came) for term in question.terms.affinity):
        return True
    if gone is None:
        return False
    shunned = any(_means(term, gone) for term in question.terms.anti_affinity)
    return shunned or any(map(question.met_by, gone.terms.anti_affinity))


def inter_pod_affinity(
    hard_weight: int = HARD_POD_AFFINITY_WEIGHT, *, ignore_preferred_terms_of_existing_pods: bool = False
) -> CountingPlugin:
    """Return the plugin for which a demand of a placed pod that the new one meets counts `hard_weight`."""
    return CountingPlugin(
        name=NAME,
        pre_filter=partial(_pre_filter, hard_weight),
        keys=_keys,
        place=_place,
        filters=_filters,
        filter=_filter,
        pre_score=_pre_score_own if ignore_preferred_terms_of_existing_pods else _pre_score,
        score=_score,
        normalize=_normalize,
        hint=_hint,
    )


INTER_POD_AFFINITY = inter_pod_affinity()
