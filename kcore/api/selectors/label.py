"""Label selectors: an AND of requirements, with one canonical text.

Models the selector that `labels.Parse` and `LabelSelectorAsSelector` return, "everything" and "nothing".

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apimachinery/pkg/labels/selector.go
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from kcore.api.convert import structure
from kcore.api.frozenmap import FrozenMap
from kcore.api.meta.labelselector import LabelSelector, LabelSelectorRequirement
from kcore.api.selectors.parser import parse_requirements
from kcore.api.selectors.requirement import Operator, Requirement, SelectorError, requirement


@attrs.frozen(kw_only=True, cache_hash=True)
class Selector:
    """Requirements sorted by key, all of which must be met; `matches_nothing` for the selector that selects nothing."""

    requirements: tuple[Requirement, ...] = ()
    matches_nothing: bool = False

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Tell whether `labels` meet every requirement."""
        return not self.matches_nothing and all(one.matches(labels) for one in self.requirements)

    @property
    def empty(self) -> bool:
        """Whether this restricts nothing."""
        return not self.requirements and not self.matches_nothing

    @property
    def canonical(self) -> str:
        """The text that parses to this selector; "" also for `nothing()`, as upstream."""
        return ",".join(map(str, self.requirements))

    def equalities(self) -> tuple[tuple[str, str], ...]:
        """Return the labels, as (key, value), that whatever matches must have: what an index can answer."""
        return tuple(
            (one.key, one.values[0]) for one in self.requirements if one.operator in _EXACT and len(one.values) == 1
        )

    def __str__(self) -> str:
        return self.canonical


def everything() -> Selector:
    """Return the selector that every set of labels matches."""
    return _EVERYTHING


def nothing() -> Selector:
    """Return the selector that no set of labels matches."""
    return _NOTHING


def parse(text: str) -> Selector:
    """Return the selector that `text` writes, as in `kubectl get -l`; SelectorError with the real message."""
    return _selector(parse_requirements(text))


def from_set(labels: Mapping[str, str]) -> Selector:
    """Return the selector of exactly these labels, as a Service has it, unchecked; no labels select everything."""
    return _of_set(_frozen(labels))


@functools.lru_cache(maxsize=4096)
def _of_set(labels: FrozenMap[str]) -> Selector:
    return _selector(Requirement(key=key, operator=Operator.EQUALS, values=(value,)) for key, value in labels.items())


def from_label_selector(selector: LabelSelector | Mapping[str, Any] | None) -> Selector:
    """Return the selector that an object's LabelSelector, typed or as JSON, stands for; SelectorError when it can't be.

    An absent one (None) selects nothing, an empty one everything.
    """
    if selector is None:
        return _NOTHING
    typed = selector if isinstance(selector, LabelSelector) else structure(LabelSelector, dict(selector))
    return _of_parts(_frozen(typed.match_labels), typed.match_expressions)


@functools.lru_cache(maxsize=4096)
def _of_parts(labels: FrozenMap[str], expressions: tuple[LabelSelectorRequirement, ...]) -> Selector:
    requirements = [requirement(key, Operator.EQUALS, (value,)) for key, value in labels.items()]
    for expression in expressions:
        if expression.operator not in _OPERATORS:
            raise SelectorError(f'"{expression.operator}" is not a valid label selector operator')
        requirements.append(requirement(expression.key, _OPERATORS[expression.operator], expression.values))
    return _selector(requirements)


def _frozen(labels: Mapping[str, str]) -> FrozenMap[str]:
    return labels if isinstance(labels, FrozenMap) else FrozenMap(labels)


def _selector(requirements: Iterable[Requirement]) -> Selector:
    return Selector(requirements=tuple(sorted(requirements, key=lambda one: one.key)))


_EVERYTHING = Selector()
_NOTHING = Selector(matches_nothing=True)
_EXACT = frozenset({Operator.IN, Operator.EQUALS, Operator.DOUBLE_EQUALS})

_OPERATORS = {
    "In": Operator.IN,
    "NotIn": Operator.NOT_IN,
    "Exists": Operator.EXISTS,
    "DoesNotExist": Operator.DOES_NOT_EXIST,
}
"""The operators that a LabelSelector may name."""
