"""Node selectors and required node affinity."""

from __future__ import annotations

import pytest

from kcore.api.core.affinity import Affinity, NodeAffinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm
from kcore.api.core.node import Node
from kcore.api.core.pod import Pod
from kcore.api.core.podspec import PodSpec
from kcore.api.frozenmap import FrozenMap
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.placement.nodeaffinity import matches_node_affinity

NODE = Node(metadata=ObjectMeta(name="n1", labels=FrozenMap({"zone": "a", "gen": "6", "disk": "ssd"})))


def expression(key, operator, *values):
    return NodeSelectorRequirement(key=key, operator=operator, values=values)


def term(*expressions, fields=()):
    return NodeSelectorTerm(match_expressions=expressions, match_fields=tuple(fields))


def pod(*terms, labels=()):
    selector = NodeSelector(node_selector_terms=terms)
    affinity = NodeAffinity(required_during_scheduling_ignored_during_execution=selector if terms else None)
    return Pod(spec=PodSpec(node_selector=FrozenMap(labels), affinity=Affinity(node_affinity=affinity)))


@pytest.mark.parametrize(
    ("asks", "may"),
    [
        pytest.param(Pod(), True, id="a pod that asks for nothing may go anywhere"),
        pytest.param(pod(labels={"zone": "a", "disk": "ssd"}), True, id="all labels of the node selector"),
        pytest.param(pod(labels={"zone": "a", "disk": "hdd"}), False, id="not only some labels"),
        pytest.param(pod(term(expression("zone", "In", "a", "b"))), True, id="In one of the values"),
        pytest.param(pod(term(expression("zone", "NotIn", "a"))), False, id="NotIn the values"),
        pytest.param(pod(term(expression("rack", "NotIn", "a"))), True, id="NotIn holds without the label"),
        pytest.param(pod(term(expression("rack", "DoesNotExist"))), True, id="DoesNotExist"),
        pytest.param(pod(term(expression("zone", "Exists"), expression("rack", "Exists"))), False, id="all of a term"),
        pytest.param(pod(term(expression("rack", "Exists")), term(expression("zone", "Exists"))), True, id="any term"),
        pytest.param(pod(term(expression("gen", "Gt", "5"))), True, id="Gt compares numbers"),
        pytest.param(pod(term(expression("gen", "Lt", "10"))), True, id="Lt compares numbers, not texts"),
        pytest.param(pod(term(expression("zone", "Gt", "5"))), False, id="Gt of a text that is no number"),
        pytest.param(pod(term()), False, id="an empty term matches nothing"),
        pytest.param(pod(term(expression("zone", "Near", "a"))), False, id="an unknown operator matches nothing"),
        pytest.param(pod(term(fields=[expression("metadata.name", "In", "n1")])), True, id="the name as a field, In"),
        pytest.param(
            pod(term(fields=[expression("metadata.name", "NotIn", "n1")])), False, id="the name as a field, NotIn"
        ),
        pytest.param(pod(term(fields=[expression("spec.zone", "In", "a")])), False, id="no other field is known"),
        pytest.param(
            pod(term(expression("zone", "In", "a")), labels={"zone": "b"}), False, id="selector and affinity both"
        ),
    ],
)
def test_a_pod_goes_where_it_asks_to(asks, may):
    """The node selector and one term of the required affinity must match the node."""
    assert matches_node_affinity(asks.spec.node_selector, asks.spec.affinity, NODE) is may
