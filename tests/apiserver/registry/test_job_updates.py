"""What an update of a Job or CronJob may change."""

from __future__ import annotations

import copy

import pytest

from kcore.apiserver.registry import strategy_of

CONTAINER = {"name": "c", "image": "i:1"}
AFFINITY = {"podAffinity": {"x": 1}, "nodeAffinity": {"x": 1}}
TEMPLATE = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [CONTAINER], "affinity": AFFINITY}}
SPEC = {"completions": 3, "parallelism": 3, "completionMode": "Indexed", "template": TEMPLATE}
META = {"name": "a", "namespace": "default", "uid": "1", "resourceVersion": "1"}


def changed(path, value):
    """The spec with one field changed."""
    spec = copy.deepcopy(SPEC)
    *parents, last = path.split(".")
    part = spec
    for name in parents:
        part = part[int(name) if name.isdigit() else name]
    part[last] = value
    return spec


def errors(new, *, suspend=False, **status):
    """The fields that the change is refused for."""
    old = {"metadata": META, "spec": {**SPEC, "suspend": suspend}, "status": status}
    new = {"metadata": META, "spec": {**new, "suspend": suspend}, "status": status}
    return [error.path for error in strategy_of("Job").validate_update(new, old)]


@pytest.mark.parametrize(
    ("new", "refused"),
    [
        pytest.param(changed("parallelism", 9), [], id="the parallelism may change"),
        pytest.param({**SPEC, "completions": 5, "parallelism": 5}, [], id="an Indexed Job may grow in step"),
        pytest.param(changed("completions", 5), ["spec.completions"], id="but not out of step"),
        pytest.param(changed("completionMode", "NonIndexed"), ["spec.completionMode"], id="the mode stays"),
        pytest.param(changed("template.spec.nodeSelector", {"a": "b"}), ["spec.template"], id="the template stays"),
    ],
)
def test_a_running_job_may_change(new, refused):
    """How many pods it runs, and not which."""
    assert errors(new, startTime="2000-01-01T00:00:00Z") == refused


@pytest.mark.parametrize(
    ("path", "value", "refused"),
    [
        pytest.param("template.spec.nodeSelector", {"a": "b"}, [], id="the nodes"),
        pytest.param("template.spec.tolerations", [{"operator": "Exists"}], [], id="tolerations"),
        pytest.param("template.spec.affinity.nodeAffinity", {}, [], id="the affinity to nodes"),
        pytest.param("template.spec.affinity.podAffinity", {}, ["spec.template"], id="not the affinity to pods"),
        pytest.param("template.spec.containers.0.resources", {"requests": {"cpu": "1"}}, [], id="what they ask for"),
        pytest.param("template.spec.containers.0.image", "i:2", ["spec.template"], id="not what they run"),
        pytest.param("template.metadata.labels", {"a": "c"}, [], id="labels"),
    ],
)
def test_a_suspended_job_without_pods_may_be_placed_anew(path, value, refused):
    """Where its pods run and what they ask for, until it has begun or as long as a pod is active."""
    assert errors(changed(path, value), suspend=True) == refused
    assert errors(changed(path, value), suspend=True, active=1) == ["spec.template"]
    assert errors(changed(path, value)) == ["spec.template"]


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        pytest.param("Europe/Berlin", [], id="a zone"),
        pytest.param("Nope/Zone", ["unknown time zone Nope/Zone"], id="one that nobody knows"),
        pytest.param("", ["timeZone must be nil or non-empty string"], id="an empty name"),
    ],
)
def test_a_cron_job_is_in_a_zone_of_the_database(zone, said):
    """By its name there."""
    pod = {"metadata": {}, "spec": {"restartPolicy": "Never", "containers": [CONTAINER]}}
    spec = {"schedule": "* * * * *", "timeZone": zone, "jobTemplate": {"spec": {"template": pod}}}
    wire = {"metadata": META, "spec": spec}
    strategy_of("CronJob").default(wire)

    assert [error.detail for error in strategy_of("CronJob").validate(wire) if error.path == "spec.timeZone"] == said
