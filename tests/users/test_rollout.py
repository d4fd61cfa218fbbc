"""Rollouts by hand: a new image, a restart, a pause and its end, and what each refuses."""

from __future__ import annotations

import pytest
from cluster_models.small import CAPACITY, applied, booted, clerk, done, idler, pod

from kcore.api.object import ObjectKey
from kcore.cluster.target import Target
from kcore.machine import Refusal
from kcore.model import NodeSpec, Plan, boot, build_model, settle
from kcore.users.act import ANSWERED
from kcore.users.patch import Cordon
from kcore.users.rollout import RESTARTED_AT, RolloutPause, RolloutRestart, RolloutResume, SetImage
from kcore.users.taint import AddTaint, RemoveTaint

NAMES = {"Deployment": "web", "StatefulSet": "db", "DaemonSet": "agent"}


def target(kind="Deployment", name=""):
    """A workload by name."""
    return Target(kind=kind, namespace="default", name=name or NAMES[kind])


def workload(kind="Deployment", containers=("c",), init=(), **spec):
    """A workload of some containers, all of one image."""
    labels = {"app": NAMES[kind]}
    template = {"containers": [{"name": name, "image": "app:v1"} for name in containers]}
    if init:
        template["initContainers"] = [{"name": name, "image": "app:v1"} for name in init]
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": NAMES[kind]},
        "spec": {
            **({"serviceName": "db"} if kind == "StatefulSet" else {}),
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": template},
            **spec,
        },
    }


def cluster(*bodies):
    """A cluster whose components do nothing, with some objects."""
    model, state = booted(clerk(idler), nodes=1)
    return model, applied(model, state, *bodies)


def template(state, kind="Deployment"):
    """The template of the workload of a kind."""
    return state.store.get(ObjectKey(kind, "default", NAMES[kind])).spec.template


def images(state, kind="Deployment"):
    """The image of each container, by name, those that run first included."""
    spec = template(state, kind).spec
    return {one.name: one.image for one in (*spec.init_containers, *spec.containers)}


def codes(step):
    """What each request was answered."""
    return [dict(note.fields)["code"] for note in step.notes if note.name == ANSWERED]


@pytest.mark.parametrize("kind", sorted(NAMES))
def test_an_image_is_set_in_every_kind_of_workload(kind):
    """Only the container that is named gets it."""
    model, state = cluster(workload(kind, containers=("c", "d")))
    step = done(model, state, SetImage(target=target(kind), image="app:v2", container="d"))

    assert codes(step) == [200]
    assert images(step.state, kind) == {"c": "app:v1", "d": "app:v2"}


@pytest.mark.parametrize(
    ("container", "changed"),
    [
        pytest.param("*", {"i", "c", "d"}, id="a star means all"),
        pytest.param("i", {"i"}, id="one that runs first"),
    ],
)
def test_containers_are_meant_by_name_or_by_a_star(container, changed):
    """Containers that run before the others too."""
    model, state = cluster(workload(containers=("c", "d"), init=("i",)))
    state = done(model, state, SetImage(target=target(), image="app:v2", container=container)).state

    assert {name for name, image in images(state).items() if image == "app:v2"} == changed


def test_the_only_container_need_not_be_named():
    """Where there are several, it has to be."""
    one, two = cluster(workload()), cluster(workload(containers=("c", "d")))
    event = SetImage(target=target(), image="app:v2")

    assert images(done(*one, event).state) == {"c": "app:v2"}
    assert "several containers" in str(two[0].step(two[1], event))


def test_the_image_that_is_there_is_not_set_again():
    """Nothing is sent."""
    model, state = cluster(workload())
    step = done(model, state, SetImage(target=target(), image="app:v1"))

    assert (step.state, step.notes) == (state, ())


@pytest.mark.parametrize("kind", sorted(NAMES))
def test_a_restart_writes_its_time_into_the_template(kind):
    """In whole seconds; a second restart in the same second is refused."""
    model, state = cluster(workload(kind))
    event = RolloutRestart(target=target(kind))
    step = done(model, state, event)

    assert codes(step) == [200]
    assert template(step.state, kind).metadata.annotations[RESTARTED_AT] == "2000-01-01T00:00:00Z"
    assert "within the past second" in str(model.step(step.state, event))


def test_a_paused_deployment_is_paused_once_and_resumed_once():
    """The other way round is refused, and a restart too."""
    model, state = cluster(workload())
    pause, resume = RolloutPause(target=target()), RolloutResume(target=target())
    paused = done(model, state, pause).state
    resumed = done(model, paused, resume).state

    found = [one.store.get(ObjectKey("Deployment", "default", "web")).spec.paused for one in (paused, resumed)]
    assert found == [True, False]
    assert "already paused" in str(model.step(paused, pause))
    assert "not paused" in str(model.step(resumed, resume))
    assert "paused" in str(model.step(paused, RolloutRestart(target=target())))


@pytest.mark.parametrize(
    ("event", "why"),
    [
        pytest.param(
            SetImage(target=target(), image="a", container="x"), "unable to find the container", id="no such container"
        ),
        pytest.param(SetImage(target=target("Pod", "p"), image="a"), "no template", id="an image of a pod"),
        pytest.param(RolloutRestart(target=target("Pod", "p")), "not supported", id="a restart of a pod"),
        pytest.param(RolloutPause(target=target("DaemonSet")), "not supported", id="a pause of a DaemonSet"),
        pytest.param(RolloutResume(target=target("StatefulSet")), "not supported", id="the end of a StatefulSet's"),
        pytest.param(
            SetImage(target=Target(kind="Deployment", namespace="default", selector="a=b"), image="a"),
            "no object matches",
            id="nothing matches",
        ),
    ],
)
def test_what_can_t_be_done_is_refused(event, why):
    """In words that say what is wrong."""
    model, state = cluster(workload(), workload("DaemonSet"), workload("StatefulSet"), pod("p"))
    refusal = model.step(state, event)

    assert isinstance(refusal, Refusal)
    assert why in str(refusal)


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(SetImage(target=target(name="x"), image="a"), id="an image"),
        pytest.param(RolloutRestart(target=target(name="x")), id="a restart"),
        pytest.param(RolloutPause(target=target(name="x")), id="a pause"),
        pytest.param(AddTaint(node="n9", key="k", effect="NoSchedule"), id="a taint"),
        pytest.param(RemoveTaint(node="n9", key="k"), id="a taint less"),
    ],
)
def test_what_is_not_there_is_answered_with_404(event):
    """By the API server, as it is asked for the object first."""
    assert codes(done(*cluster(), event)) == [404]


def test_images_restarts_and_pauses_roll_out():
    """A pause holds a new image back; a restart replaces the pods and not the image."""
    model = build_model()
    state = boot(model, Plan(nodes=[NodeSpec(name="n1", capacity=CAPACITY)]))
    state = settle(model, applied(model, state, workload(replicas=2))).state

    def after(*events):
        now = state
        for event in events:
            now = settle(model, done(model, now, event).state).state
        pods = now.store.list("Pod")
        return sorted(one.spec.containers[0].image for one in pods), {one.metadata.name for one in pods}

    image, pause = SetImage(target=target(), image="app:v2"), RolloutPause(target=target())
    images, before = after()
    assert images == ["app:v1"] * 2
    assert after(pause, image) == (images, before)
    assert after(pause, image, RolloutResume(target=target()))[0] == ["app:v2"] * 2
    restarted = after(RolloutRestart(target=target()))
    assert restarted[0] == images
    assert restarted[1].isdisjoint(before)


def test_taints_are_added_and_removed_one_by_one():
    """The others stay, that of a cordon too."""
    model, state = cluster()
    state = done(model, state, Cordon(node="n1")).state
    before = taints(state)
    for effect in ("NoSchedule", "NoExecute"):
        state = done(model, state, AddTaint(node="n1", key="k", value="v", effect=effect)).state
    assert taints(state) == before | {("k", "v", "NoSchedule"), ("k", "v", "NoExecute")}

    one = done(model, state, RemoveTaint(node="n1", key="k", effect="NoExecute")).state
    assert taints(one) == before | {("k", "v", "NoSchedule")}
    assert taints(done(model, state, RemoveTaint(node="n1", key="k")).state) == before


def taints(state):
    """The taints of the only node."""
    return {(one.key, one.value, one.effect) for one in state.store.list("Node")[0].spec.taints}


def test_a_taint_is_added_once_and_removed_once():
    """Even with another value."""
    model, state = cluster()
    tainted = done(model, state, AddTaint(node="n1", key="k", effect="NoSchedule")).state

    assert "of this key and effect" in str(
        model.step(tainted, AddTaint(node="n1", key="k", value="v", effect="NoSchedule"))
    )
    assert "not found" in str(model.step(tainted, RemoveTaint(node="n1", key="k", effect="NoExecute")))
