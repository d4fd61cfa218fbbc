"""Server-side apply as people do it: in order, in somebody's name, and with conflicts told."""

from __future__ import annotations

import pytest
from cluster_models.small import booted, clerk, config_map, done, idler

from kcore.api.json import Json
from kcore.api.object import ObjectKey
from kcore.cluster.target import Target
from kcore.users.act import ANSWERED
from kcore.users.patch import Scale
from kcore.users.server_side_apply import ServerSideApply
from kcore.verify.reader import Reader
from kcore.verify.steps import parse_step

WEB = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "c", "image": "web:v1"}]},
        },
    },
}


@pytest.fixture
def cluster():
    """A cluster whose components do nothing."""
    return booted(clerk(idler))


def apply(model, state, *bodies, **options):
    """The state after an apply, and the code and message of each answer."""
    step = done(model, state, ServerSideApply(objects=tuple(map(Json.of, bodies)), **options))
    notes = [dict(note.fields) for note in step.notes if note.name == ANSWERED]
    return step.state, [(one["code"], one["message"]) for one in notes]


def test_objects_are_applied_in_order(cluster):
    """What is not there is made, what is there is brought where it should be."""
    model, state = cluster
    state, first = apply(model, state, config_map("a", x="1"), config_map("b", x="1"))
    state, second = apply(model, state, config_map("a", y="2"))

    assert [code for code, _ in (*first, *second)] == [201, 201, 200]
    assert dict(state.store.get(ObjectKey("ConfigMap", "default", "a")).data) == {"y": "2"}


def test_an_autoscaler_and_a_person_share_a_workload(cluster):
    """The size that somebody else has taken stays, as long as nobody applies another."""
    model, state = cluster
    state, _ = apply(model, state, WEB)
    web = Target(kind="Deployment", namespace="default", name="web")
    state = done(model, state, Scale(target=web, replicas=5)).state
    sized = {**WEB, "spec": {**WEB["spec"], "replicas": 2}}
    state, again = apply(model, state, WEB)
    state, refused = apply(model, state, sized, manager="ci")
    state, forced = apply(model, state, sized, manager="ci", force=True)

    assert [code for code, _ in (*again, *refused, *forced)] == [200, 409, 200]
    assert refused[0][1].startswith('Apply failed with 1 conflict: conflict with "kubectl" with subresource "scale"')
    assert state.store.get(ObjectKey("Deployment", "default", "web")).spec.replicas == 2


def test_a_scenario_may_apply_on_the_servers_side():
    """With a manager and by force, if it says so."""
    body = config_map("a")
    given = {"serverSideApply": {"objects": [body], "manager": "ci", "force": True}}
    step = parse_step(given, (), Reader(given, (), lambda path: path).locate)

    assert step.event == ServerSideApply(objects=(Json.of(body),), manager="ci", force=True)
