"""Node selectors and required node affinity: whether a node is one that the pod asks for.

Models the node selector (all labels), and the required terms of node affinity (one must match) with their expressions
over labels and over the field metadata.name. A term that can't be read, or says nothing, matches no node.

Also models preferred terms, whose weights add up where they match.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go
"""

from __future__ import annotations

from functools import lru_cache

from kcore.api.core.affinity import (
    Affinity,
    NodeSelector,
    NodeSelectorRequirement,
    NodeSelectorTerm,
    PreferredSchedulingTerm,
)
from kcore.api.core.node import Node
from kcore.api.frozenmap import FrozenMap
from kcore.api.selectors.requirement import Operator, Requirement, SelectorError, requirement

NAME_FIELD = "metadata.name"


def required(affinity: Affinity | None) -> NodeSelector | None:
    """Return the required terms of a pod's node affinity, None when it has none."""
    of_node = affinity.node_affinity if affinity else None
    return of_node.required_during_scheduling_ignored_during_execution if of_node else None


def preferred(affinity: Affinity | None) -> tuple[PreferredSchedulingTerm, ...]:
    """Return the preferred terms of a pod's node affinity."""
    of_node = affinity.node_affinity if affinity else None
    return of_node.preferred_during_scheduling_ignored_during_execution if of_node else ()


def named_nodes(affinity: Affinity | None) -> frozenset[str] | None:
    """Return the only nodes that the required terms allow by name, None when they do not all name nodes."""
    selector = required(affinity)
    if selector is None or not selector.node_selector_terms:
        return None
    names: frozenset[str] = frozenset()
    for term in selector.node_selector_terms:
        asked = [frozenset(one.values) for one in term.match_fields if (one.key, one.operator) == (NAME_FIELD, "In")]
        if not asked:
            return None
        names |= frozenset.intersection(*asked)
    return names


def preference(affinity: Affinity | None, node: Node) -> int:
    """Return the sum of the weights of the preferred terms that match `node`."""
    return sum(one.weight for one in preferred(affinity) if one.weight and matches_term(one.preference, node))


def matches_node_affinity(node_selector: FrozenMap[str], affinity: Affinity | None, node: Node) -> bool:
    """Tell whether `node` meets a pod's node selector and its required node affinity."""
    labels = node.metadata.labels
    if any(labels.get(key) != value for key, value in node_selector.items()):
        return False
    selector = required(affinity)
    return selector is None or matches_node_selector(selector, node)


def matches_node_selector(selector: NodeSelector, node: Node) -> bool:
    """Tell whether one of the selector's terms matches `node`."""
    return any(matches_term(term, node) for term in selector.node_selector_terms)


def matches_term(term: NodeSelectorTerm, node: Node) -> bool:
    """Tell whether all that `term` says is true of `node`; an empty term matches nothing."""
    if not term.match_expressions and not term.match_fields:
        return False
    expressions = _requirements(term.match_expressions)
    if expressions is None or not all(one.matches(node.metadata.labels) for one in expressions):
        return False
    return all(_matches_field(one, node) for one in term.match_fields)


@lru_cache(maxsize=4096)
def _requirements(expressions: tuple[NodeSelectorRequirement, ...]) -> tuple[Requirement, ...] | None:
    """Return the expressions as label requirements, None when one of them is not valid."""
    try:
        return tuple(requirement(one.key, _OPERATORS[one.operator], one.values) for one in expressions)
    except (KeyError, SelectorError):
        return None


def _matches_field(field: NodeSelectorRequirement, node: Node) -> bool:
    """Tell whether a requirement on a field holds: only metadata.name is known, In or NotIn one name."""
    if field.key != NAME_FIELD or len(field.values) != 1 or field.operator not in ("In", "NotIn"):
        return False
    return (node.metadata.name == field.values[0]) == (field.operator == "In")


_OPERATORS = {
    "In": Operator.IN,
    "NotIn": Operator.NOT_IN,
    "Exists": Operator.EXISTS,
    "DoesNotExist": Operator.DOES_NOT_EXIST,
    "Gt": Operator.GREATER_THAN,
    "Lt": Operator.LESS_THAN,
}
"""The operators of node selectors, as those of labels."""
