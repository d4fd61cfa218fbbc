"""Autoscalers, Jobs of CronJobs and objects of custom kinds that people make by hand."""

from __future__ import annotations

import pytest
from cluster_models.small import applied, booted, clerk, done, idler, pod

from kcore.api.convert import to_wire
from kcore.api.json import Json
from kcore.api.object import ObjectKey
from kcore.cluster.target import Target
from kcore.controllers.cronjob import CRONJOB
from kcore.controllers.job import JOB
from kcore.machine import Refusal
from kcore.model import NodeSpec, Plan, boot, build_model, settle
from kcore.model.components import COMPONENTS
from kcore.users.act import ANSWERED
from kcore.users.apply import Apply
from kcore.users.autoscale import Autoscale
from kcore.users.create_job import CreateJob
from kcore.users.delete import Delete

WEB = Target(kind="Deployment", namespace="default", name="web")
TEMPLATE = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "app:v1"}]}}
DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": TEMPLATE},
}
CRON = {
    "apiVersion": "batch/v1",
    "kind": "CronJob",
    "metadata": {"name": "tick"},
    "spec": {
        "schedule": "0 0 1 1 *",
        "jobTemplate": {
            "metadata": {"labels": {"of": "tick"}, "annotations": {"note": "kept"}},
            "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "app"}]}}},
        },
    },
}


def crd(scope):
    """The definition of cakes."""
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}
    names = {"plural": "cakes", "kind": "Cake", "singular": "cake"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "cakes.example.com"},
        "spec": {"group": "example.com", "scope": scope, "names": names, "versions": [version]},
    }


def cluster(*bodies):
    """A cluster whose components do nothing, with some objects."""
    model, state = booted(clerk(idler), nodes=1)
    return model, applied(model, state, *bodies)


def answers(step):
    """What each request of an act was answered: verb, on and code."""
    told = (dict(note.fields) for note in step.notes if note.name == ANSWERED)
    return [(fields["verb"], fields["on"], fields["code"]) for fields in told]


@pytest.mark.parametrize(
    ("given", "bounds", "aims"),
    [
        pytest.param({"most": 5}, (1, 5), [("cpu", "Utilization", 80)], id="without a metric the server sets one"),
        pytest.param({"most": 5, "least": 2, "cpu": "60%"}, (2, 5), [("cpu", "Utilization", 60)], id="percent"),
        pytest.param({"most": 5, "cpu": "500"}, (1, 5), [("cpu", "AverageValue", "500m")], id="millicores"),
        pytest.param(
            {"most": 5, "cpu": "1500m", "memory": "200"},
            (1, 5),
            [("cpu", "AverageValue", "1500m"), ("memory", "AverageValue", "200Mi")],
            id="two metrics",
        ),
    ],
)
def test_an_autoscaler_is_made_for_a_workload(given, bounds, aims):
    """Of its name, with the bounds and the metrics that are asked for."""
    model, state = cluster(DEPLOYMENT)
    step = done(model, state, Autoscale(target=WEB, **given))
    spec = to_wire(step.state.store.get(ObjectKey("HorizontalPodAutoscaler", "default", "web")))["spec"]
    found = [(one["resource"]["name"], *one["resource"]["target"].values()) for one in spec["metrics"]]

    assert answers(step) == [("create", "HorizontalPodAutoscaler/web", 201)]
    assert spec["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    assert (spec["minReplicas"], spec["maxReplicas"]) == bounds
    assert [set(one) for one in found] == [set(one) for one in aims]


@pytest.mark.parametrize(
    ("event", "why"),
    [
        pytest.param(Autoscale(target=WEB, most=0), "fewer than one", id="none at most"),
        pytest.param(Autoscale(target=WEB, most=2, least=3), "than the least", id="the bounds are the wrong way round"),
        pytest.param(Autoscale(target=WEB, most=2, cpu="-1%"), "invalid percentage", id="less than nothing"),
        pytest.param(Autoscale(target=WEB, most=2, memory="much"), "invalid resource memory", id="no quantity"),
        pytest.param(
            Autoscale(target=Target(kind="Pod", namespace="default", name="a"), most=2),
            "cannot be autoscaled",
            id="what has no size",
        ),
        pytest.param(
            Autoscale(target=Target(kind="Pod", namespace="default", selector="app=none"), most=2),
            "no object matches",
            id="nothing is selected",
        ),
    ],
)
def test_what_kubectl_does_not_autoscale_is_refused(event, why):
    """Nothing is sent."""
    model, state = cluster(DEPLOYMENT, pod("a"))
    step = model.step(state, event)

    assert isinstance(step, Refusal)
    assert why in str(step)


def test_a_workload_that_is_not_there_is_asked_for():
    """The API server says so, and there is no autoscaler."""
    model, state = cluster()

    assert answers(done(model, state, Autoscale(target=WEB, most=3))) == [("get", "Deployment/web", 404)]


def test_a_job_is_made_of_the_template_of_a_cronjob():
    """Which owns and controls it; it says that it was made by hand."""
    model, state = cluster(CRON)
    step = done(model, state, CreateJob(name="now", cron_job="tick"))
    job = step.state.store.get(ObjectKey("Job", "default", "now"))
    owner = job.metadata.controller

    assert answers(step) == [("create", "Job/now", 201)]
    assert dict(job.metadata.annotations) == {"cronjob.kubernetes.io/instantiate": "manual", "note": "kept"}
    assert job.metadata.labels["of"] == "tick"
    assert (owner.kind, owner.name, owner.block_owner_deletion) == ("CronJob", "tick", None)
    assert job.spec.template.spec.containers[0].image == "app"


def test_a_cronjob_that_is_not_there_is_asked_for():
    """The API server says so, and there is no Job."""
    model, state = cluster()

    assert answers(done(model, state, CreateJob(name="now", cron_job="tick"))) == [("get", "CronJob/tick", 404)]


def test_a_job_that_was_made_by_hand_is_no_business_of_the_schedule():
    """Its controller counts it neither as active nor as missed, and its pods go with it."""
    others = [one for one in COMPONENTS if one.family in {"scheduler", "kubelet", "garbage-collector-controller"}]
    model = build_model((JOB, CRONJOB, *others))
    node = NodeSpec(name="n1", capacity={"cpu": "4", "memory": "8Gi", "pods": "110"})
    state = model.step(boot(model, Plan(nodes=[node])), Apply(objects=(Json.of(CRON),))).state
    state = settle(model, model.step(state, CreateJob(name="now", cron_job="tick")).state).state

    assert len(state.store.list("Pod")) == 1
    assert state.store.get(ObjectKey("CronJob", "default", "tick")).status.active == ()

    target = Target(kind="CronJob", namespace="default", name="tick")
    state = settle(model, model.step(state, Delete(target=target, propagation_policy="Background")).state).state
    assert state.store.list("Job") == ()


@pytest.mark.parametrize(
    ("policy", "left"),
    [
        pytest.param("Background", [], id="background: all goes, the workload first"),
        pytest.param("Foreground", [], id="foreground: all goes, the workload last"),
        pytest.param("Orphan", ["Pod", "ReplicaSet"], id="orphan: what it owns stays"),
    ],
)
def test_a_deletion_cascades_as_it_is_told(policy, left):
    """`kubectl delete --cascade=background|foreground|orphan`."""
    model = build_model()
    node = NodeSpec(name="n1", capacity={"cpu": "4", "memory": "8Gi", "pods": "110"})
    state = model.step(boot(model, Plan(nodes=[node])), Apply(objects=(Json.of(DEPLOYMENT),))).state
    state = settle(model, state).state
    state = settle(model, model.step(state, Delete(target=WEB, propagation_policy=policy)).state, quiet=40_000).state

    assert state.store.list("Deployment") == ()
    assert [kind for kind in ("Pod", "ReplicaSet") if state.store.list(kind)] == left


@pytest.mark.parametrize(
    ("scope", "namespace"),
    [pytest.param("Namespaced", "default", id="in a namespace"), pytest.param("Cluster", "", id="in none")],
)
def test_an_object_of_a_custom_kind_is_made_beside_its_definition(scope, namespace):
    """In one go, as of one file."""
    cake = {"apiVersion": "example.com/v1", "kind": "Cake", "metadata": {"name": "c"}}
    model, state = cluster()
    step = done(model, state, Apply(objects=(Json.of(crd(scope)), Json.of(cake))))

    assert [code for *_, code in answers(step)] == [201, 201]
    assert step.state.store.get(ObjectKey("Cake.example.com", namespace, "c")) is not None


def test_an_object_of_a_kind_that_nobody_defined_is_not_served():
    """404, as the server has no such resource."""
    model, state = cluster()
    cake = {"apiVersion": "example.com/v1", "kind": "Cake", "metadata": {"name": "c"}}

    assert [code for *_, code in answers(done(model, state, Apply(objects=(Json.of(cake),))))] == [404]
