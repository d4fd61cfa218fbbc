"""The strategies: what they draw is accepted by the API server, fits together, and shrinks to what is simplest."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from kcore.api.convert import from_wire, to_wire
from kcore.api.json import Json
from kcore.api.quantity import Quantity
from kcore.api.selectors.label import from_label_selector
from kcore.api.selectors.names import label_key_problems, label_value_problems
from kcore.model import Plan, boot, build_model
from kcore.testing import strategies
from kcore.users.apply import Apply

MODEL = build_model()
EMPTY = boot(MODEL, Plan(nodes=()))

OBJECTS = {
    "nodes": strategies.nodes(),
    "pods": strategies.pods(),
    "deployments": strategies.deployments(),
    "replicasets": strategies.replicasets(),
    "statefulsets": strategies.statefulsets(),
    "daemonsets": strategies.daemonsets(),
    "services": strategies.services(),
    "budgets": strategies.budgets(),
}
WORKLOADS = ("deployments", "replicasets", "statefulsets", "daemonsets")

SOME = settings(
    max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


SHRUNK = settings(database=None, phases=[Phase.generate, Phase.shrink])


def answer(obj):
    """What the API server answers to the creation of an object: code and message."""
    notes = MODEL.step(EMPTY, Apply(objects=(Json.of(to_wire(obj)),))).notes
    fields = dict(notes[0].fields)
    return fields["code"], fields["message"]


@pytest.mark.parametrize("name", sorted(OBJECTS))
def test_the_api_server_accepts_what_is_drawn(name):
    """Each object is created as it is, under strict validation, and is what its text says."""

    @SOME
    @given(OBJECTS[name])
    def accepted(obj):
        assert answer(obj) == (201, "")
        assert from_wire(to_wire(obj)) == obj

    accepted()


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_workload_selects_the_pods_of_its_template(name):
    """By value, by requirement, or by both."""

    @SOME
    @given(OBJECTS[name])
    def selects(workload):
        assert from_label_selector(workload.spec.selector).matches(workload.spec.template.metadata.labels)

    selects()


@pytest.mark.parametrize("name", sorted(OBJECTS))
def test_an_object_shrinks_to_the_smallest_one(name):
    """A name of one letter, and nothing that need not be there."""
    smallest = find(OBJECTS[name], lambda _: True, settings=SHRUNK)
    wire = to_wire(smallest)

    assert wire["metadata"]["name"] == "a"
    template = wire["spec"].get("template", wire)
    assert template["spec"].get("containers", []) in (
        [],
        [{"name": "a", "image": "app:v1", "resources": {}}],
    )
    assert wire["spec"].get("replicas", 1) == 1


@SOME
@given(strategies.labels(min_size=1))
def test_labels_have_good_keys_and_values(labels):
    """As the API server has it."""
    assert [problem for key in labels for problem in label_key_problems(key)] == []
    assert [problem for value in labels.values() for problem in label_value_problems(value)] == []


@SOME
@given(strategies.quantities())
def test_quantities_read_as_they_are_written(quantity):
    """In every way to write one."""
    assert Quantity.parse(str(quantity)).cmp(quantity) == 0


@SOME
@given(st.data())
def test_names_may_be_given(data):
    """Where objects are drawn that have to be unique among others."""
    for strategy in (
        strategies.nodes,
        strategies.pods,
        strategies.services,
        strategies.budgets,
        strategies.deployments,
    ):
        assert data.draw(strategy(st.just("mine"))).metadata.name == "mine"


@settings(SOME, max_examples=15)
@given(strategies.clusters())
def test_a_cluster_boots_with_its_objects(cluster):
    """Every object is there, and every node is ready."""
    state = cluster.boot(MODEL)

    assert len(state.store.list("Node")) == len(cluster.plan.nodes) > 0
    for one in cluster.objects:
        wire = one.value
        assert any(found.metadata.name == wire["metadata"]["name"] for found in state.store.list(wire["kind"]))


def test_a_cluster_shrinks_to_one_node_with_one_deployment():
    """Of one replica."""
    smallest = find(strategies.clusters(), lambda _: True, settings=SHRUNK)
    wires = [one.value for one in smallest.objects]

    assert [node.name for node in smallest.plan.nodes] == ["n1"]
    assert [(wire["kind"], wire["spec"]["replicas"]) for wire in wires] == [("Deployment", 1)]


def test_every_strategy_is_documented():
    """A public strategy says what it draws."""
    assert [name for name in strategies.__all__ if not getattr(strategies, name).__doc__] == []
