"""What people do: which requests an act sends, how its object is found, and what it tells."""

from __future__ import annotations

import pytest
from cluster_models.small import applied, booted, clerk, config_map, data, done, idler, pod

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.object import ObjectKey
from kcore.apiserver.request import PatchType
from kcore.cluster.target import Target
from kcore.machine import Refusal
from kcore.users.act import ANSWERED
from kcore.users.apply import Apply
from kcore.users.delete import Delete, Evict
from kcore.users.patch import Cordon, Label, Patch, Scale, Taint

POD = Target(kind="Pod", namespace="default", name="a")
WEB = Target(kind="Pod", namespace="default", selector="app=web")


def cluster(*bodies, nodes=1):
    """A cluster whose components do nothing, with some objects."""
    model, state = booted(clerk(idler), nodes=nodes)
    return model, applied(model, state, *bodies)


def answers(step):
    """What each request of an act was answered: verb, on and code."""
    return [
        (fields["verb"], fields["on"], fields["code"])
        for fields in (dict(note.fields) for note in step.notes if note.name == ANSWERED)
    ]


def test_apply_creates_objects_in_order_and_tells_of_each():
    """One that is refused does not keep the next from being created."""
    model, state = cluster(pod("a"))
    step = done(model, state, Apply(objects=tuple(map(Json.of, (pod("a"), config_map(), pod("b"))))))

    assert answers(step) == [("create", "Pod/a", 409), ("create", "ConfigMap/c", 201), ("create", "Pod/b", 201)]
    assert [found.metadata.name for found in step.state.store.list("Pod")] == ["a", "b"]


def test_objects_go_to_the_namespace_that_they_name_or_else_to_that_of_the_act():
    """A cluster-wide kind goes to none."""
    model, state = cluster()
    elsewhere = config_map("x")
    elsewhere["metadata"]["namespace"] = "kube-system"
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}}
    bodies = tuple(map(Json.of, (elsewhere, config_map("y"), namespace)))
    store = done(model, state, Apply(objects=bodies, namespace="kube-public")).state.store

    assert store.get(ObjectKey("ConfigMap", "kube-system", "x")) is not None
    assert store.get(ObjectKey("ConfigMap", "kube-public", "y")) is not None
    assert store.get(ObjectKey("Namespace", "", "n")) is not None


@pytest.mark.parametrize(
    ("event", "answer"),
    [
        pytest.param(
            Patch(target=POD, patch=Json.of({"metadata": {"labels": {"x": "y"}}})), ("patch", "Pod/a", 200), id="patch"
        ),
        pytest.param(
            Patch(
                target=POD,
                patch=Json.of({"spec": {"containers": [{"name": "c", "image": "app:v2"}]}}),
                type=PatchType.STRATEGIC,
            ),
            ("patch", "Pod/a", 200),
            id="strategic patch",
        ),
        pytest.param(Label(target=POD, labels=FrozenMap({"x": "y"})), ("patch", "Pod/a", 200), id="label"),
        pytest.param(Cordon(node="n1"), ("patch", "Node/n1", 200), id="cordon"),
        pytest.param(
            Taint(node="n1", taints=(Json.of({"key": "k", "effect": "NoSchedule"}),)),
            ("patch", "Node/n1", 200),
            id="taint",
        ),
        pytest.param(Delete(target=POD), ("delete", "Pod/a", 200), id="delete"),
        pytest.param(Evict(target=POD), ("create", "Pod/a/eviction", 201), id="evict"),
        pytest.param(
            Scale(target=Target(kind="Pod", namespace="default", name="a"), replicas=2),
            ("patch", "Pod/a/scale", 404),
            id="scaling what does not scale",
        ),
        pytest.param(Cordon(node="n9"), ("patch", "Node/n9", 404), id="a node that is not there"),
    ],
)
def test_an_act_sends_one_request_and_tells_the_answer(event, answer):
    """A refusal of the API server is an answer like any other."""
    model, state = cluster(pod("a"))

    assert answers(done(model, state, event)) == [answer]


def test_a_label_that_is_none_is_taken_away():
    """The others stay."""
    model, state = cluster(pod("a"))
    state = done(model, state, Label(target=POD, labels=FrozenMap({"app": None, "x": "y"}))).state

    assert dict(state.store.list("Pod")[0].metadata.labels) == {"x": "y"}


def test_a_node_is_cordoned_and_uncordoned():
    """Unschedulable, and again not."""
    model, state = cluster()
    cordoned = done(model, state, Cordon(node="n1")).state
    again = done(model, cordoned, Cordon(node="n1", unschedulable=False)).state

    assert [one.store.list("Node")[0].spec.unschedulable for one in (cordoned, again)] == [True, False]


@pytest.mark.parametrize(
    ("index", "name"),
    [
        pytest.param(0, "a", id="the first"),
        pytest.param(1, "b", id="the second"),
        pytest.param(-1, "c", id="the last"),
        pytest.param(3, None, id="beyond the last"),
        pytest.param(-4, None, id="before the first"),
    ],
)
def test_a_selector_and_index_find_the_object_by_age_then_name(index, name):
    """Where there is none, the act is refused and nothing is sent."""
    model, state = cluster(pod("c"), pod("a"), pod("b"))
    target = Target(kind="Pod", namespace="default", selector="app=web", index=index)
    step = model.step(state, Delete(target=target))

    if name is None:
        assert isinstance(step, Refusal)
        assert "no object matches" in str(step)
    else:
        assert answers(step) == [("delete", f"Pod/{name}", 200)]


def test_an_eviction_of_several_chooses_them_before_the_first_goes():
    """Two of three, from the index on; what is not there is left out."""
    model, state = cluster(pod("a"), pod("b"), pod("c"))
    two = done(model, state, Evict(target=WEB, count=2))
    many = done(model, state, Evict(target=WEB, count=9))

    assert [on for _, on, _ in answers(two)] == ["Pod/a/eviction", "Pod/b/eviction"]
    assert len(answers(many)) == 3


def test_an_act_offers_no_choices():
    """What people may do is part of a question, not of the cluster."""
    model, state = cluster(config_map())

    assert all(not rule.choices(state) for rule in model.table.rules if rule.name.startswith("users."))


def test_a_target_is_told_by_name_or_by_selector_and_index():
    """As a story tells it."""
    assert str(POD) == "Pod/a"
    assert str(WEB) == "Pod[app=web]#0"


def test_a_merge_patch_of_data_takes_away_what_is_null():
    """JSON merge patch, as in RFC 7386."""
    model, state = cluster(config_map(a="1", b="2"))
    target = Target(kind="ConfigMap", namespace="default", name="c")
    state = done(model, state, Patch(target=target, patch=Json.of({"data": {"a": None, "c": "3"}}))).state

    assert data(state) == {"b": "2", "c": "3"}
