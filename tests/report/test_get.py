"""`kubectl get`: columns, widths, statuses, ages."""

from __future__ import annotations

import pytest

from kcore.api.times import parse_time
from kcore.report.columns import age, human_duration, pod_status
from kcore.report.get import get_all

NOW = parse_time("2000-01-01T00:01:00Z")


def pod(name, **status):
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "creationTimestamp": "2000-01-01T00:00:00Z"},
        "spec": {"nodeName": "n1", "containers": [{"name": "c", "image": "app"}]},
        "status": status,
    }


def test_pods_are_shown_as_kubectl_shows_them():
    """Ready containers, status, restarts, age, address and node, in columns as wide as they need."""
    running = pod(
        "web-0",
        phase="Running",
        podIP="10.244.0.2",
        containerStatuses=[{"ready": True, "restartCount": 2, "state": {"running": {}}}],
    )

    lines = list(get_all({"Pod": [running, pod("a-much-longer-name", phase="Pending")]}, NOW))

    assert lines == [
        "pods:",
        "NAME                 READY   STATUS    RESTARTS   AGE   IP           NODE",
        "web-0                1/1     Running   2          60s   10.244.0.2   n1",
        "a-much-longer-name   0/1     Pending   0          60s   <none>       n1",
    ]


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        pytest.param({"phase": "Running"}, "Running", id="the phase"),
        pytest.param(
            {"phase": "Pending", "containerStatuses": [{"state": {"waiting": {"reason": "ImagePullBackOff"}}}]},
            "ImagePullBackOff",
            id="the reason for which a container waits",
        ),
        pytest.param(
            {"phase": "Failed", "containerStatuses": [{"state": {"terminated": {"exitCode": 3}}}]},
            "ExitCode:3",
            id="the exit code of a container that ended without a reason",
        ),
        pytest.param({"phase": "Failed", "reason": "Evicted"}, "Evicted", id="the reason of the pod"),
    ],
)
def test_the_status_of_a_pod_is_the_most_telling_word(status, shown):
    """A reason wins over the phase."""
    assert pod_status(pod("p", **status)) == shown


def test_a_pod_that_is_being_deleted_is_terminating():
    """Whatever else it is."""
    wire = pod("p", phase="Running")
    wire["metadata"]["deletionTimestamp"] = "2000-01-01T00:00:30Z"

    assert pod_status(wire) == "Terminating"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (119, "119s"),
        (120, "2m"),
        (185, "3m5s"),
        (3600, "60m"),
        (10_800, "3h"),
        (20_000, "5h33m"),
        (86_400, "24h"),
        (200_000, "2d7h"),
        (900_000, "10d"),
    ],
    ids=str,
)
def test_ages_are_told_in_the_two_most_telling_units(seconds, text):
    """Two minutes or less in seconds, then minutes, hours, days."""
    assert human_duration(seconds) == text


def test_an_object_without_a_creation_time_has_an_unknown_age():
    """Nothing is invented."""
    assert age({"metadata": {"name": "x"}}, NOW) == "<unknown>"


def test_what_comes_and_goes_by_itself_is_not_shown():
    """Leases and events are left out; a cluster of nothing else prints nothing."""
    mine = {"metadata": {"name": "shop"}}

    assert list(get_all({"Lease": [mine], "Event": [mine]}, NOW)) == []
    assert list(get_all({"Lease": [mine], "Namespace": [mine]}, NOW)) == [
        "namespaces:",
        "NAME   AGE",
        "shop   <unknown>",
    ]


def test_namespaces_are_told_apart_where_there_are_several():
    """One namespace needs no column, two do."""
    other = pod("api", phase="Running")
    other["metadata"]["namespace"] = "shop"

    lines = list(get_all({"Pod": [pod("web", phase="Running"), other]}, NOW))

    assert lines[1].startswith("NAMESPACE   NAME")
    assert lines[3].startswith("shop        api")
