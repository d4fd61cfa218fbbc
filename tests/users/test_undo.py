"""Undoing a rollout: the template of an earlier revision comes back, and with it its ReplicaSet."""

from __future__ import annotations

import pytest
from cluster_models.small import CAPACITY, applied, done, pod
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.object import ObjectKey
from kcore.apiserver.patch.merge import merge_patch
from kcore.apiserver.request import PatchType
from kcore.cluster.target import Target
from kcore.machine import Refusal
from kcore.model import NodeSpec, Plan, boot, build_model, settle
from kcore.users.act import ANSWERED
from kcore.users.patch import Label, Patch
from kcore.users.rollout import RolloutPause, SetImage
from kcore.users.undo import RolloutUndo, difference

WEB = Target(kind="Deployment", namespace="default", name="web")
DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"terminationGracePeriodSeconds": 1, "containers": [{"name": "c", "image": "app:v1"}]},
        },
    },
}


class Run:
    """A Deployment on a cluster of one node, rolled out from image to image."""

    def __init__(self, *images):
        self.model = build_model()
        state = boot(self.model, Plan(nodes=[NodeSpec(name="n1", capacity=CAPACITY)]))
        self.state = settle(self.model, applied(self.model, state, DEPLOYMENT)).state
        for image in images:
            self.do(SetImage(target=WEB, image=image))

    def do(self, event):
        """What a person does, and what follows from it."""
        step = done(self.model, self.state, event)
        self.state = settle(self.model, step.state).state
        return [dict(note.fields)["code"] for note in step.notes if note.name == ANSWERED]

    def refusal(self, **options):
        """Why an undo is refused."""
        refusal = self.model.step(self.state, RolloutUndo(target=WEB, **options))
        assert isinstance(refusal, Refusal)
        return str(refusal)

    @property
    def deployment(self):
        """The Deployment as it is."""
        return self.state.store.get(ObjectKey("Deployment", "default", "web"))

    @property
    def images(self):
        """The images of the pods."""
        return {one.spec.containers[0].image for one in self.state.store.list("Pod")}

    @property
    def replica_sets(self):
        """The image and the revision of each ReplicaSet, by name."""
        return {
            one.metadata.name: (
                one.spec.template.spec.containers[0].image,
                one.metadata.annotations["deployment.kubernetes.io/revision"],
            )
            for one in self.state.store.list("ReplicaSet")
        }


def test_an_undo_restores_the_image_and_uses_the_old_replicaset_again():
    """It becomes the newest revision, and there is no third ReplicaSet."""
    run = Run("app:v2")
    before = run.replica_sets
    assert run.images == {"app:v2"}

    assert run.do(RolloutUndo(target=WEB)) == [200]
    assert run.images == {"app:v1"}
    assert run.replica_sets.keys() == before.keys()
    assert sorted(run.replica_sets.values()) == [("app:v1", "3"), ("app:v2", "2")]
    assert "pod-template-hash" not in run.deployment.spec.template.metadata.labels


def test_an_undo_of_an_undo_goes_forth_again():
    """The one before the newest is the one that was undone."""
    run = Run("app:v2")
    run.do(RolloutUndo(target=WEB))
    run.do(RolloutUndo(target=WEB))

    assert run.images == {"app:v2"}


def test_an_undo_goes_to_the_revision_that_is_named():
    """However far back."""
    run = Run("app:v2", "app:v3")
    run.do(RolloutUndo(target=WEB, to_revision=1))

    assert run.images == {"app:v1"}


def test_an_undo_takes_away_what_the_template_gained():
    """Fields, labels and containers that the earlier one did not have."""
    run = Run()
    more = {"spec": {"containers": [{"name": "d", "image": "app:d"}], "nodeSelector": {"kubernetes.io/hostname": "n1"}}}
    template = {"metadata": {"labels": {"tier": "x"}, "annotations": {"a": "b"}}, **more}
    patch = Json.of({"spec": {"template": template}})
    before = run.deployment.spec.template
    run.do(Patch(target=WEB, patch=patch, type=PatchType.STRATEGIC))
    assert len(run.deployment.spec.template.spec.containers) == 2

    run.do(RolloutUndo(target=WEB))
    assert run.deployment.spec.template == before


def test_an_undo_restores_the_annotations_too():
    """Those that are not the controller's own."""
    run = Run()
    run.do(Patch(target=WEB, patch=Json.of({"metadata": {"annotations": {"kubernetes.io/change-cause": "one"}}})))
    run.do(Patch(target=WEB, patch=Json.of({"metadata": {"annotations": {"kubernetes.io/change-cause": "two"}}})))
    run.do(SetImage(target=WEB, image="app:v2"))
    run.do(Patch(target=WEB, patch=Json.of({"metadata": {"annotations": {"kubernetes.io/change-cause": "three"}}})))
    run.do(RolloutUndo(target=WEB))

    assert run.deployment.metadata.annotations["kubernetes.io/change-cause"] == "two"


def test_other_labels_of_the_deployment_stay():
    """An undo is about the template."""
    run = Run("app:v2")
    run.do(Label(target=WEB, labels=FrozenMap({"x": "y"})))
    run.do(RolloutUndo(target=WEB))

    assert run.deployment.metadata.labels == {"x": "y"}


def test_without_an_earlier_revision_there_is_nothing_to_undo():
    """A revision that never was is no better."""
    run = Run()

    assert "no rollout history found" in run.refusal()
    assert "unable to find the specified revision 7" in run.refusal(to_revision=7)
    assert "unable to find the specified revision -1" in run.refusal(to_revision=-1)


def test_the_template_that_is_there_is_not_restored():
    """The undo is skipped."""
    assert "already matches revision 2" in Run("app:v2").refusal(to_revision=2)


def test_a_paused_deployment_is_not_undone():
    """It has to be resumed first."""
    run = Run("app:v2")
    run.do(RolloutPause(target=WEB))

    assert "resume it first" in run.refusal()


@pytest.mark.parametrize(
    ("target", "why"),
    [
        pytest.param(Target(kind="Pod", namespace="default", name="p"), "no rollback is known", id="a pod"),
        pytest.param(
            Target(kind="Deployment", namespace="default", selector="a=b"), "no object matches", id="nothing matches"
        ),
    ],
)
def test_only_deployments_are_undone(target, why):
    """The refusal says so."""
    run = Run()
    state = applied(run.model, run.state, pod("p"))

    assert why in str(run.model.step(state, RolloutUndo(target=target)))


def test_a_deployment_that_is_not_there_is_answered_with_404():
    """By the API server."""
    assert Run().do(RolloutUndo(target=Target(kind="Deployment", namespace="default", name="x"))) == [404]


LEAVES = st.integers() | st.text(max_size=2) | st.lists(st.integers(), max_size=2)
OBJECTS = st.recursive(
    st.dictionaries(st.sampled_from("abc"), LEAVES, max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abc"), LEAVES | inner, max_size=3),
    max_leaves=6,
)


@given(OBJECTS, OBJECTS)
def test_the_difference_of_two_objects_makes_the_one_of_the_other(before, after):
    """As a merge patch; of equal objects it is empty."""
    assert merge_patch(before, difference(before, after)) == after
    assert difference(after, after) == {}
