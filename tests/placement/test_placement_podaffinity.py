"""Which pods a term of pod affinity means."""

from __future__ import annotations

import pytest

from kcore.api.convert import from_wire
from kcore.api.frozenmap import FrozenMap
from kcore.placement.podaffinity import NO_TERMS, pod_terms

WEB = FrozenMap({"app": "web"})
TEAM = FrozenMap({"team": "a"})


def terms(**more):
    """The terms of a pod in namespace "own" that wants pods with the label app=web on its host."""
    term = {"topologyKey": "host", "labelSelector": {"matchLabels": {"app": "web"}}, **more}
    affinity = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    found = from_wire({"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [], "affinity": affinity}})
    return pod_terms(found.spec.affinity, "own")


@pytest.mark.parametrize(
    ("more", "own", "other"),
    [
        pytest.param({}, True, False, id="the pod's own namespace where none is said"),
        pytest.param({"namespaces": ["other"]}, False, True, id="those that are named"),
        pytest.param({"namespaceSelector": {}}, True, True, id="all of them"),
        pytest.param({"namespaceSelector": {"matchLabels": {"team": "a"}}}, False, True, id="those with a label"),
        pytest.param(
            {"namespaces": ["own"], "namespaceSelector": {"matchLabels": {"team": "a"}}}, True, True, id="both"
        ),
    ],
)
def test_a_term_holds_in_its_namespaces(more, own, other):
    """Resolved or not, the answer is the same."""
    plain = terms(**more)
    resolved = plain.resolved({"own": FrozenMap(), "other": TEAM})
    for (term,) in (plain.affinity, resolved.affinity):
        assert term.matches("own", FrozenMap(), WEB) is own
        assert term.matches("other", TEAM, WEB) is other
        assert not term.matches("own", FrozenMap(), FrozenMap())


def test_a_term_without_a_selector_or_with_a_broken_one_means_nobody():
    """An absent selector selects nothing."""
    broken = {"matchExpressions": [{"key": "a", "operator": "Near"}]}
    for selector in (None, broken):
        (term,) = terms(labelSelector=selector).affinity

        assert not term.matches("own", FrozenMap(), WEB)


def test_a_pod_without_affinity_has_no_terms():
    """Nor has one that only wants nodes."""
    assert pod_terms(None, "own") == NO_TERMS
