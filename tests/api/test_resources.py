"""What pods ask for, and their quality of service class."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.core.container import Container
from kcore.api.core.containerstatus import ContainerStatus
from kcore.api.core.pod import Pod
from kcore.api.core.podspec import PodSpec
from kcore.api.core.podstatus import PodStatus
from kcore.api.core.resourcerequirements import ResourceRequirements
from kcore.api.frozenmap import FrozenMap
from kcore.api.meta.condition import Condition
from kcore.api.qos import compute_pod_qos, pod_qos
from kcore.api.quantity import Quantity
from kcore.api.resources import PodResourcesOptions, pod_limits, pod_requests

SIDECAR = "Always"


def amounts(**by_name):
    """A resource list from texts."""
    return FrozenMap({name: Quantity.parse(text) for name, text in by_name.items()})


def container(name="c", *, restart=None, limits=None, **requests):
    """A container that asks for something."""
    resources = ResourceRequirements(requests=amounts(**requests), limits=amounts(**(limits or {})))
    return Container(name=name, restart_policy=restart, resources=resources)


def pod(*containers, inits=(), status=PodStatus(), **spec):  # noqa: B008 - statuses are immutable
    """A pod of these containers."""
    return Pod(spec=PodSpec(containers=containers, init_containers=tuple(inits), **spec), status=status)


def texts(found):
    """A resource list as texts."""
    return {name: amount.canonical for name, amount in found.items()}


@pytest.mark.parametrize(
    ("given_pod", "expected"),
    [
        pytest.param(pod(), {}, id="nothing"),
        pytest.param(
            pod(container(cpu="100m"), container(cpu="1", memory="1Gi")), {"cpu": "1100m", "memory": "1Gi"}, id="sum"
        ),
        pytest.param(
            pod(container(cpu="1"), inits=[container(cpu="2")]), {"cpu": "2"}, id="an init container that is larger"
        ),
        pytest.param(
            pod(container(cpu="3"), inits=[container(cpu="2")]), {"cpu": "3"}, id="an init container that is smaller"
        ),
        pytest.param(
            pod(container(cpu="1"), inits=[container(cpu="1", restart=SIDECAR), container(cpu="3")]),
            {"cpu": "4"},
            id="an init container beside the sidecar started before it",
        ),
        pytest.param(
            pod(container(cpu="1"), inits=[container(cpu="3"), container(cpu="1", restart=SIDECAR)]),
            {"cpu": "3"},
            id="an init container is over before the sidecar behind it starts",
        ),
        pytest.param(
            pod(container(cpu="1"), overhead=amounts(cpu="100m", memory="10Mi")),
            {"cpu": "1100m", "memory": "10Mi"},
            id="overhead",
        ),
        pytest.param(
            pod(container(cpu="1", gpu="1"), resources=ResourceRequirements(requests=amounts(cpu="500m", gpu="9"))),
            {"cpu": "500m", "gpu": "1"},
            id="the pod's own request for what a pod may ask for",
        ),
    ],
)
def test_a_pod_asks_for_the_most_that_runs_at_once(given_pod, expected):
    """Containers and sidecars add up, init containers come one at a time."""
    assert texts(pod_requests(given_pod)) == expected


def test_options_leave_parts_out_and_fill_gaps():
    """Overhead, the pod's own resources, the containers; and what a container asks for that doesn't say."""
    given_pod = pod(
        container(cpu="1"),
        overhead=amounts(cpu="1"),
        resources=ResourceRequirements(requests=amounts(cpu="4", memory="0")),
    )

    def asked(**options):
        return texts(pod_requests(given_pod, PodResourcesOptions(**options)))

    assert asked() == {"cpu": "5", "memory": "0"}
    assert asked(exclude_overhead=True) == {"cpu": "4", "memory": "0"}
    assert asked(skip_pod_level_resources=True) == {"cpu": "2"}
    assert asked(skip_container_level_resources=True, exclude_overhead=True) == {"cpu": "4", "memory": "0"}
    filled = {"skip_pod_level_resources": True, "non_missing_container_requests": amounts(cpu="9", memory="200Mi")}
    assert asked(**filled) == {"cpu": "2", "memory": "200Mi"}


def test_overhead_comes_on_top_of_limits_that_are_not_zero():
    """A pod without a limit does not get one by its overhead."""
    limits = {"cpu": "1", "memory": "0"}

    assert texts(pod_limits(pod(container(limits=limits), overhead=amounts(cpu="1", memory="1", gpu="1")))) == {
        "cpu": "2",
        "memory": "0",
    }
    own = ResourceRequirements(limits=amounts(cpu="3"))
    assert texts(pod_limits(pod(container(limits=limits), resources=own))) == {"cpu": "3", "memory": "0"}


RESIZING = PodStatus(
    container_statuses=(
        ContainerStatus(
            name="c",
            allocated_resources=amounts(cpu="3", memory="1Gi"),
            resources=ResourceRequirements(requests=amounts(cpu="2"), limits=amounts(cpu="5")),
        ),
    ),
    resources=ResourceRequirements(requests=amounts(cpu="6"), limits=amounts(cpu="8")),
    allocated_resources=amounts(cpu="7"),
)
REFUSED = attrs.evolve(RESIZING, conditions=(Condition(type="PodResizePending", status="True", reason="Infeasible"),))
WITH_STATUS = PodResourcesOptions(use_status_resources=True, pod_level_resize=True)


def test_while_a_resize_is_under_way_the_most_of_all_counts():
    """What is asked for, what is set and what is allocated; not what was refused."""
    resized = pod(container(cpu="9", limits={"cpu": "10"}), status=RESIZING)
    refused = attrs.evolve(resized, status=REFUSED)

    assert texts(pod_requests(resized)) == {"cpu": "9"}
    assert texts(pod_requests(resized, WITH_STATUS)) == {"cpu": "9", "memory": "1Gi"}
    assert texts(pod_requests(refused, WITH_STATUS)) == {"cpu": "3", "memory": "1Gi"}
    assert texts(pod_limits(refused, WITH_STATUS)) == {"cpu": "5"}


def test_the_same_holds_for_the_resources_of_the_pod_as_a_whole():
    """Of the resources that the pod asks for."""
    own = ResourceRequirements(requests=amounts(cpu="1"), limits=amounts(cpu="20"))
    resized = pod(container(), status=RESIZING, resources=own)
    refused = attrs.evolve(resized, status=REFUSED)
    only_containers = PodResourcesOptions(use_status_resources=True)

    assert texts(pod_requests(resized, WITH_STATUS)) == {"cpu": "7", "memory": "1Gi"}
    assert texts(pod_limits(resized, WITH_STATUS)) == {"cpu": "20"}
    assert texts(pod_limits(refused, WITH_STATUS)) == {"cpu": "8"}
    assert texts(pod_requests(resized, only_containers)) == {"cpu": "1", "memory": "1Gi"}


def test_the_status_of_an_init_container_that_is_over_does_not_count():
    """Of init containers only sidecars are still there to be resized."""
    status = PodStatus(
        init_container_statuses=tuple(
            ContainerStatus(name=name, resources=ResourceRequirements(requests=amounts(cpu="5"))) for name in ("i", "s")
        )
    )

    assert texts(pod_requests(pod(inits=[container("i", cpu="1")], status=status), WITH_STATUS)) == {"cpu": "1"}
    assert texts(pod_requests(pod(inits=[container("s", cpu="1", restart=SIDECAR)], status=status), WITH_STATUS)) == {
        "cpu": "5"
    }


cores = st.integers(0, 8).map(str)
containers = st.lists(st.builds(lambda cpu: container(cpu=cpu), cpu=cores), max_size=3)
inits = st.lists(
    st.builds(lambda cpu, restart: container(cpu=cpu, restart=restart), cores, st.sampled_from([None, SIDECAR]))
)


@given(containers, inits)
def test_a_pod_asks_for_as_much_as_its_stages_and_no_more(regular, initial):
    """The containers that stay always fit, and some stage needs all that is asked for."""
    cpus = [one.resources.requests["cpu"].value for one in initial]
    sidecars = [one.restart_policy == SIDECAR for one in initial]
    before = [sum(cpu for cpu, stays in zip(cpus[:i], sidecars, strict=False) if stays) for i in range(len(cpus))]
    running = sum(one.resources.requests["cpu"].value for one in regular)
    running += sum(cpu for cpu, stays in zip(cpus, sidecars, strict=True) if stays)
    stages = [running, *(cpu + earlier for cpu, earlier in zip(cpus, before, strict=True))]

    found = pod_requests(pod(*regular, inits=initial))

    assert (found["cpu"].value if "cpu" in found else 0) == max(stages)


BOTH = {"cpu": "1", "memory": "1Gi"}
SAME = {**BOTH, "limits": BOTH}


@pytest.mark.parametrize(
    ("given_pod", "expected"),
    [
        pytest.param(pod(container()), "BestEffort", id="nothing asked for"),
        pytest.param(pod(container(cpu="0", gpu="1")), "BestEffort", id="nothing that counts"),
        pytest.param(pod(container(cpu="1")), "Burstable", id="a request"),
        pytest.param(pod(container(limits={"cpu": "1"})), "Burstable", id="a limit"),
        pytest.param(pod(container(**SAME)), "Guaranteed", id="limits and the same requests"),
        pytest.param(pod(container(**SAME), container()), "Burstable", id="one container without"),
        pytest.param(pod(container(**SAME), inits=[container()]), "Burstable", id="an init container without"),
        pytest.param(pod(container(cpu="1", memory="1Mi", limits=BOTH)), "Burstable", id="a request below the limit"),
        pytest.param(pod(container(limits=BOTH)), "Burstable", id="limits without requests, before defaulting"),
        pytest.param(
            pod(container(cpu="1000m", memory="1024Mi", limits=BOTH)),
            "Guaranteed",
            id="the same amount, written otherwise",
        ),
        pytest.param(
            pod(container(**SAME), resources=ResourceRequirements()), "BestEffort", id="the pod's own resources, empty"
        ),
        pytest.param(
            pod(container(), resources=ResourceRequirements(requests=amounts(**BOTH), limits=amounts(**BOTH))),
            "Guaranteed",
            id="the pod's own resources, the same",
        ),
    ],
)
def test_a_pod_has_a_quality_of_service_class(given_pod, expected):
    """By its cpu and memory alone."""
    assert compute_pod_qos(given_pod) == pod_qos(given_pod) == expected


def test_the_class_in_the_status_stands():
    """A resize does not change it."""
    assert pod_qos(pod(container(cpu="1"), status=PodStatus(qos_class="BestEffort"))) == "BestEffort"
