"""What pods ask for against what a node may give."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.convert import from_wire
from kcore.api.frozenmap import FrozenMap
from kcore.api.quantity import Quantity
from kcore.placement.fit import Usage, amounts_of, request_of, shortages

EMPTY_NODE = amounts_of(
    FrozenMap({"cpu": Quantity.parse("2"), "memory": Quantity.parse("1Gi"), "pods": Quantity.parse("3")})
)


def pod(*requests, status=None, **spec):
    containers = [{"name": f"c{number}", "resources": {"requests": one}} for number, one in enumerate(requests)]
    return from_wire(
        {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": containers, **spec}, "status": status or {}}
    )


def reasons(asking, usage=Usage(), allocatable=EMPTY_NODE):  # noqa: B008 - a value
    return [(one.reason, one.hopeless) for one in shortages(request_of(asking), usage, allocatable)]


def test_amounts_are_counted_in_their_units():
    """Millicores for cpu, whole units rounded up for the rest, and no zeros."""
    given = {"cpu": "1500m", "memory": "1Ki", "example.com/gpu": "2", "ephemeral-storage": "0"}
    amounts = amounts_of(FrozenMap({name: Quantity.parse(text) for name, text in given.items()}))

    assert amounts == {"cpu": 1500, "memory": 1024, "example.com/gpu": 2}


@pytest.mark.parametrize(
    ("asking", "lacks"),
    [
        pytest.param(pod({"cpu": "2", "memory": "1Gi"}), [], id="all there is"),
        pytest.param(pod({}), [], id="nothing at all"),
        pytest.param(pod({"cpu": "1500m"}, {"cpu": "501m"}), [("Insufficient cpu", True)], id="containers add up"),
        pytest.param(pod({"example.com/gpu": "1"}), [("Insufficient example.com/gpu", True)], id="what it never has"),
        pytest.param(
            pod({"cpu": "3", "memory": "2Gi"}),
            [("Insufficient cpu", True), ("Insufficient memory", True)],
            id="all reasons are told",
        ),
    ],
)
def test_an_empty_node_lacks_what_it_never_had(asking, lacks):
    """What is more than the node may ever give is hopeless."""
    assert reasons(asking) == lacks


def test_a_used_node_may_have_room_later():
    """What would fit an empty node is not hopeless, and the number of pods counts too."""
    usage = Usage()
    for _ in range(3):
        usage = usage.plus(request_of(pod({"cpu": "600m"})))

    assert reasons(pod({"cpu": "500m"}), usage) == [("Too many pods", False), ("Insufficient cpu", False)]


def test_a_node_that_does_not_say_takes_no_pods():
    """Without allocatable pods there is room for none."""
    assert reasons(pod({}), allocatable=FrozenMap({"cpu": 2000})) == [("Too many pods", False)]


def test_what_asks_for_nothing_counts_for_something_where_nodes_are_compared():
    """Each container counts 100 millicores and 200 MiB at least, but takes up nothing."""
    request = request_of(pod({}, {"cpu": "1"}))

    assert request.amounts == {"cpu": 1000}
    assert (request.nonzero_cpu, request.nonzero_memory) == (1100, 2 * 200 * 1024 * 1024)


def test_what_the_kubelet_set_counts_too():
    """A container that was given more than it asks for takes up what it was given."""
    status = {
        "containerStatuses": [
            {"name": "c0", "resources": {"requests": {"cpu": "2"}}, "allocatedResources": {"cpu": "2"}}
        ]
    }

    assert request_of(pod({"cpu": "1"}, status=status)).amounts == {"cpu": 2000}


@given(st.lists(st.integers(0, 4000), min_size=2, max_size=8), st.randoms(use_true_random=False))
def test_usage_is_the_sum_of_who_is_there(cpus, chance):
    """In whatever order pods come and go, the usage is that of those who stayed."""
    requests = [request_of(pod({"cpu": f"{cpu}m"})) for cpu in cpus]
    chance.shuffle(requests)
    stay, leave = requests[::2], requests[1::2]
    usage = Usage()
    for one in requests:
        usage = usage.plus(one)
    for one in leave:
        usage = usage.plus(one, -1)

    assert usage.pods == len(stay)
    assert usage.amounts.get("cpu", 0) == sum(one.amounts.get("cpu", 0) for one in stay)
    assert usage.nonzero_cpu == sum(one.nonzero_cpu for one in stay)
