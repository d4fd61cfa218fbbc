"""Pod affinity terms: which pods count as the neighbours that a pod wants or shuns.

Models the label selector with the namespaces in which it holds: those that are named, those whose labels match, or the
pod's own where neither is said. A term that can't be read matches no pod.

`matchLabelKeys` and `mismatchLabelKeys` are merged into the selector by the API server when a pod is made; who places
pods reads the selector alone, as upstream does.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/kube-scheduler/framework/types.go
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import attrs

from kcore.api.core.affinity import Affinity, PodAffinityTerm, WeightedPodAffinityTerm
from kcore.api.frozenmap import FrozenMap
from kcore.api.meta.labelselector import LabelSelector
from kcore.api.selectors.label import Selector, from_label_selector, nothing
from kcore.api.selectors.requirement import SelectorError


@attrs.frozen(kw_only=True, cache_hash=True)
class Term:
    """Pods whose labels match `selector`, in one of the `namespaces` or in one that `namespace_selector` matches."""

    topology_key: str
    selector: Selector
    namespaces: tuple[str, ...]
    namespace_selector: Selector

    def matches(self, namespace: str, namespace_labels: FrozenMap[str], labels: FrozenMap[str]) -> bool:
        """Tell whether a pod with `labels` in `namespace`, which has `namespace_labels`, is meant."""
        if namespace not in self.namespaces and not self.namespace_selector.matches(namespace_labels):
            return False
        return self.selector.matches(labels)


class Weighted(NamedTuple):
    """A wish: how much it counts, 1 to 100, and for which pods."""

    weight: int
    term: Term


@attrs.frozen(kw_only=True, cache_hash=True)
class PodTerms:
    """All that a pod demands and wishes of its neighbours."""

    affinity: tuple[Term, ...] = ()
    anti_affinity: tuple[Term, ...] = ()
    preferred: tuple[Weighted, ...] = ()
    avoided: tuple[Weighted, ...] = ()

    def resolved(self, namespaces: Mapping[str, FrozenMap[str]]) -> PodTerms:
        """Return the terms with the names of those `namespaces` (labels by name) that their selectors match now."""
        return PodTerms(
            affinity=tuple(_resolved(one, namespaces) for one in self.affinity),
            anti_affinity=tuple(_resolved(one, namespaces) for one in self.anti_affinity),
            preferred=tuple(Weighted(one.weight, _resolved(one.term, namespaces)) for one in self.preferred),
            avoided=tuple(Weighted(one.weight, _resolved(one.term, namespaces)) for one in self.avoided),
        )


NO_TERMS = PodTerms()


@lru_cache(maxsize=4096)
def pod_terms(affinity: Affinity | None, namespace: str) -> PodTerms:
    """Return the terms of a pod with `affinity` in `namespace`."""
    liked = affinity.pod_affinity if affinity else None
    shunned = affinity.pod_anti_affinity if affinity else None
    if liked is None and shunned is None:
        return NO_TERMS
    return PodTerms(
        affinity=_terms(liked.required_during_scheduling_ignored_during_execution, namespace) if liked else (),
        anti_affinity=_terms(shunned.required_during_scheduling_ignored_during_execution, namespace) if shunned else (),
        preferred=_weighted(liked.preferred_during_scheduling_ignored_during_execution, namespace) if liked else (),
        avoided=_weighted(shunned.preferred_during_scheduling_ignored_during_execution, namespace) if shunned else (),
    )


def _terms(terms: tuple[PodAffinityTerm, ...], namespace: str) -> tuple[Term, ...]:
    return tuple(_term(one, namespace) for one in terms)


def _weighted(terms: tuple[WeightedPodAffinityTerm, ...], namespace: str) -> tuple[Weighted, ...]:
    return tuple(Weighted(one.weight, _term(one.pod_affinity_term, namespace)) for one in terms)


def _term(term: PodAffinityTerm, namespace: str) -> Term:
    own = not term.namespaces and term.namespace_selector is None
    return Term(
        topology_key=term.topology_key,
        selector=readable(term.label_selector),
        namespaces=(namespace,) if own else term.namespaces,
        namespace_selector=readable(term.namespace_selector),
    )


def readable(selector: LabelSelector | None) -> Selector:
    """Return the selector, or the one that selects nothing where it can't be read."""
    try:
        return from_label_selector(selector)
    except SelectorError:
        return nothing()


def _resolved(term: Term, namespaces: Mapping[str, FrozenMap[str]]) -> Term:
    if term.namespace_selector.matches_nothing or term.namespace_selector.empty:
        return term
    found = (name for name, labels in namespaces.items() if term.namespace_selector.matches(labels))
    names = tuple(sorted({*term.namespaces, *found}))
    return attrs.evolve(term, namespaces=names, namespace_selector=nothing())
