"""The standing questions: planted weaknesses are found, each with its story, and what is mended passes."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
import yaml

from kcore.cluster.target import Target
from kcore.machine import Outcome
from kcore.manifests import load, load_objects
from kcore.model import build_model, components_of
from kcore.users.rollout import SetImage
from kcore.verify.disturbances import BEHAVIORS
from kcore.verify.invent import invent_origin
from kcore.verify.trials import Trial, follow
from kcore.verify.zero import check_manifests

EXAMPLES = Path(__file__).parents[2] / "examples"


@cache
def shop(name):
    """The report on an example."""
    return check_manifests(load([str(EXAMPLES / name)]))


def failed(report):
    return {(answer.rule, answer.about) for answer in report.answers if answer.failed}


def workload(kind="Deployment", replicas=2, strategy=None, **pod):
    container = {"name": "web", "image": "web:v1", "readinessProbe": {"tcpSocket": {"port": 80}}}
    container.update(pod.pop("container", {}))
    spec = {
        "replicas": replicas,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container], **pod}},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": "web"},
        "spec": {**spec, **({"strategy": strategy} if strategy else {})},
    }


SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web"},
    "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
}


def asked(*objects, nodes=2):
    """The answers by question and object."""
    report = check_manifests(load_objects(list(objects)), nodes)
    return {(answer.rule, answer.about): answer for answer in report.answers}


DATABASE = "Service/default/db"


@pytest.mark.parametrize(
    ("rows", "mend"),
    [
        pytest.param(
            {("drain-ends", f"Node/n{number}") for number in (1, 2, 3)},
            "PodDisruptionBudget/default/shop",
            id="a budget that lets nothing go",
        ),
        pytest.param(
            {(f"endpoint-{what}", DATABASE) for what in ("node", "zone", "drain", "rollout", "bad-rollout")},
            "replicas: 2 or more for StatefulSet/default/db",
            id="one replica",
        ),
        pytest.param({("endpoint-unnoticed", "Service/default/shop")}, "readinessProbe", id="no readiness probe"),
    ],
)
def test_a_planted_weakness_of_the_shop_is_found_with_its_story_and_its_mend(rows, mend):
    """Each row that fails tells how, and what would mend it."""
    found = {(answer.rule, answer.about): answer for answer in shop("shop.yaml").answers}

    for row in rows:
        assert found[row].outcome is Outcome.VIOLATED
        assert found[row].story
        assert found[row].trace is not None
        assert any(mend in one for one in found[row].mends)


def test_nothing_else_of_the_shop_is_found():
    """Three weaknesses were planted."""
    assert {rule for rule, _ in failed(shop("shop.yaml"))} == {
        "drain-ends",
        "endpoint-node",
        "endpoint-zone",
        "endpoint-drain",
        "endpoint-rollout",
        "endpoint-bad-rollout",
        "endpoint-unnoticed",
    }


def test_the_mended_shop_passes_all_questions():
    """Each was asked, and each holds."""
    report = shop("shop-mended.yaml")

    assert failed(report) == set()
    assert {answer.outcome for answer in report.answers if answer.rule != "endpoint-unnoticed"} == {Outcome.HOLDS}


def test_the_mended_shop_is_the_shop_with_three_mends():
    """The twins differ in nothing else."""
    weak, mended = (
        list(yaml.safe_load_all((EXAMPLES / f"{name}.yaml").read_text())) for name in ("shop", "shop-mended")
    )
    weak_by_name = {(one["kind"], one["metadata"]["name"]): one for one in weak}
    differing = [key for one in mended if weak_by_name.get(key := (one["kind"], one["metadata"]["name"])) != one]

    assert sorted(differing) == [
        ("Deployment", "shop"),
        ("PodDisruptionBudget", "db"),
        ("PodDisruptionBudget", "shop"),
        ("StatefulSet", "db"),
    ]


def test_a_deployment_that_recreates_loses_its_service_in_a_rollout():
    """The mend is another strategy."""
    answer = asked(SERVICE, workload(strategy={"type": "Recreate"}))["endpoint-rollout", "Service/default/web"]

    assert answer.outcome is Outcome.VIOLATED
    assert any("RollingUpdate" in one for one in answer.mends)


def test_a_service_that_selects_nothing_has_nothing_to_keep():
    """The other questions about it are not asked."""
    found = asked(SERVICE)

    assert found["served", "Service/default/web"].outcome is Outcome.VIOLATED
    assert found["endpoint-node", "Service/default/web"].outcome is None


def test_a_pod_that_fits_nowhere_is_told():
    """With what the scheduler says, and what would make room."""
    huge = workload(container={"resources": {"requests": {"cpu": "1"}}}, nodeSelector={"disk": "ssd"})
    answer = asked(SERVICE, huge)["schedulable", "Deployment/default/web"]

    assert answer.outcome is Outcome.VIOLATED
    assert "didn't match Pod's node affinity/selector" in answer.why
    assert answer.mends


@pytest.mark.parametrize(
    ("data", "outcome"),
    [
        pytest.param(None, Outcome.VIOLATED, id="there is no such ConfigMap"),
        pytest.param({"other": "x"}, Outcome.VIOLATED, id="it has no such entry"),
        pytest.param({"key": "x"}, Outcome.HOLDS, id="it has the entry"),
    ],
)
def test_references_to_config_maps_resolve_or_do_not(data, outcome):
    """By name and by entry."""
    env = [{"name": "X", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "key"}}}]
    given = [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": data}] if data else []

    answer = asked(*given, workload(container={"env": env}))["references", "Deployment/default/web"]

    assert answer.outcome is outcome


def test_a_pod_without_a_controller_keeps_a_drain_from_starting():
    """As kubectl says without --force."""
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "alone"},
        "spec": {"containers": [{"name": "c", "image": "i:1"}]},
    }
    found = asked(pod, nodes=1)["drain-ends", "Node/n1"]

    assert found.outcome is Outcome.VIOLATED
    assert "declare no controller" in found.why
    assert any("a controller for Pod/default/alone" in one for one in found.mends)


@pytest.mark.parametrize(
    ("lasts", "rests"), [pytest.param(100, False, id="too short"), pytest.param(60_000, True, id="long enough")]
)
def test_a_run_says_whether_it_came_to_rest(lasts, rests):
    """What is still moving when its time is up is not said to hold."""
    origin = invent_origin(load_objects([SERVICE, workload()]), 2, BEHAVIORS)
    model = build_model(components_of(origin.plan.config))
    base = origin.boot(model)
    target = Target(kind="Deployment", namespace="default", name="web")
    trial = Trial(name="a rollout", events=(SetImage(target=target, image="web:v2"),), lasts=lasts)

    assert follow(model, base, trial, ()).rests is rests


@pytest.mark.parametrize(
    ("replicas", "outcome"),
    [
        pytest.param(2, Outcome.HOLDS, id="two pods on two nodes"),
        pytest.param(1, Outcome.VIOLATED, id="the node of the only pod is lost"),
    ],
)
def test_an_ingress_is_followed_through_losses(replicas, outcome):
    """Each path of it leads to a pod that answers, or a run shows when one does not."""
    spread = {"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "DoNotSchedule"}
    chosen = {"labelSelector": {"matchLabels": {"app": "web"}}}
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    ingress = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "shop"},
        "spec": {
            "rules": [
                {"host": "shop.example", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
            ]
        },
    }
    pods = workload(replicas=replicas, topologySpreadConstraints=[{**spread, **chosen}])
    answers = asked(SERVICE, pods, ingress)
    answer = answers["paths", "Ingress/default/shop"]

    assert answers["routed", "Ingress/default/shop"].outcome is Outcome.HOLDS
    assert answer.outcome is outcome
    assert bool(answer.story) is (outcome is Outcome.VIOLATED)
    assert not [rule for rule, _ in answers if rule == "unmodelled"]
