"""LimitRanges at the API server: defaults of containers, and bounds of containers, pods and claims."""

from __future__ import annotations

import pytest


def limit_range(**item):
    spec = {"limits": [item]}
    return {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "limits"}, "spec": spec}


def container(name="c", requests=None, limits=None):
    resources = {"requests": requests or {}, "limits": limits or {}}
    return {"name": name, "image": "app", "resources": resources}


def pod(*containers, **spec):
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p"},
        "spec": {"containers": list(containers) or [container()], **spec},
    }


def claim(storage):
    asked = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": storage}}}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "c"}, "spec": asked}


def shown(amounts):
    return {name: str(amount) for name, amount in amounts.items()}


def test_containers_get_the_defaults_of_their_namespace(server):
    """What a container does not state is filled in, and an annotation tells of it; what it states stays."""
    server.make(limit_range(type="Container", default={"cpu": "1"}, defaultRequest={"cpu": "100m", "memory": "64Mi"}))
    made = server.make(pod(container("a"), container("b", requests={"cpu": "200m"}), initContainers=[container("i")]))
    first, second = (one.resources for one in made.spec.containers)

    assert (shown(first.requests), shown(first.limits)) == ({"cpu": "100m", "memory": "64Mi"}, {"cpu": "1"})
    assert (shown(second.requests), shown(second.limits)) == ({"cpu": "200m", "memory": "64Mi"}, {"cpu": "1"})
    assert made.metadata.annotations["kubernetes.io/limit-ranger"] == (
        "LimitRanger plugin set: cpu, memory request for container a; cpu limit for container a; "
        "memory request for container b; cpu limit for container b; "
        "cpu, memory request for init container i; cpu limit for init container i"
    )


def test_defaults_hold_from_the_next_pod_on(server):
    """Two pods from one body get what the LimitRange says when each is made."""
    body = pod()
    body["metadata"] = {"generateName": "p-"}
    before = server.make(body)
    server.make(limit_range(type="Container", defaultRequest={"cpu": "100m"}))
    after = server.make(body)

    assert shown(before.spec.containers[0].resources.requests) == {}
    assert shown(after.spec.containers[0].resources.requests) == {"cpu": "100m"}


@pytest.mark.parametrize(
    ("item", "body", "why"),
    [
        pytest.param(
            {"type": "Container", "min": {"cpu": "100m"}},
            pod(container(requests={"cpu": "50m"})),
            "minimum cpu usage per Container is 100m, but request is 50m",
            id="a request below the least",
        ),
        pytest.param(
            {"type": "Pod", "min": {"memory": "1Gi"}},
            pod(),
            "minimum memory usage per Pod is 1Gi.  No request is specified",
            id="no request where there is a least",
        ),
        pytest.param(
            {"type": "Pod", "max": {"cpu": "1"}},
            pod(container("a", limits={"cpu": "700m"}), container("b", limits={"cpu": "700m"})),
            "maximum cpu usage per Pod is 1, but limit is 1400m",
            id="limits that add up to more than the most",
        ),
        pytest.param(
            {"type": "Pod", "max": {"cpu": "1"}},
            pod(),
            "maximum cpu usage per Pod is 1.  No limit is specified",
            id="no limit where there is a most",
        ),
        pytest.param(
            {"type": "Container", "maxLimitRequestRatio": {"cpu": "2"}},
            pod(container(requests={"cpu": "100m"}, limits={"cpu": "250m"})),
            "cpu max limit to request ratio per Container is 2, but provided ratio is 2.500000",
            id="a limit too far above the request",
        ),
        pytest.param(
            {"type": "Pod", "maxLimitRequestRatio": {"cpu": "2"}},
            pod(),
            "cpu max limit to request ratio per Pod is 2, but no request is specified or request is 0",
            id="a ratio to nothing",
        ),
        pytest.param(
            {"type": "PersistentVolumeClaim", "min": {"storage": "1Gi"}, "max": {"storage": "5Gi"}},
            claim("6Gi"),
            "maximum storage usage per PersistentVolumeClaim is 5Gi, but request is 6Gi",
            id="a claim above the most",
        ),
        pytest.param(
            {"type": "Pod", "min": {"cpu": "1", "memory": "1Gi"}},
            pod(),
            "[minimum cpu usage per Pod is 1.  No request is specified, "
            "minimum memory usage per Pod is 1Gi.  No request is specified]",
            id="several faults at once",
        ),
    ],
)
def test_what_is_out_of_bounds_is_forbidden(server, item, body, why):
    """The refusal names each bound and what was asked for, and nothing is stored."""
    server.make(limit_range(**item))
    before = server.store
    refusal = server.create(body)

    assert (refusal.code, refusal.status.reason) == (403, "Forbidden")
    assert refusal.status.message.partition(" is forbidden: ")[2] == why
    assert server.store is before


def test_what_is_within_bounds_is_stored(server):
    """A pod at both bounds is created."""
    server.make(limit_range(type="Container", min={"cpu": "100m"}, max={"cpu": "1"}))

    assert server.create(pod(container(requests={"cpu": "100m"}, limits={"cpu": "1"}))).code == 201
