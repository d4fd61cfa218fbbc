"""Host ports are taken for an address and a protocol."""

from __future__ import annotations

import pytest

from kcore.api.convert import from_wire
from kcore.placement.hostports import ANY_ADDRESS, HostPort, conflict, host_ports


def test_a_pod_takes_the_host_ports_of_what_runs():
    """Containers and sidecars count; init containers are gone by then, and ports without a host port are no matter."""

    def container(name, port, **more):
        return {"name": name, "ports": [{"containerPort": 1, "hostPort": port}], **more}

    spec = {
        "containers": [container("a", 80), container("b", 0), container("c", 80)],
        "initContainers": [container("side", 90, restartPolicy="Always"), container("init", 70)],
    }
    found = from_wire({"apiVersion": "v1", "kind": "Pod", "spec": spec})

    assert host_ports(found.spec) == (HostPort(ANY_ADDRESS, "TCP", 80), HostPort(ANY_ADDRESS, "TCP", 90))


@pytest.mark.parametrize(
    ("wanted", "taken", "clash"),
    [
        pytest.param(("10.0.0.1", "TCP", 80), ("10.0.0.1", "TCP", 80), True, id="the same port"),
        pytest.param(("10.0.0.1", "TCP", 80), ("10.0.0.2", "TCP", 80), False, id="another address"),
        pytest.param((ANY_ADDRESS, "TCP", 80), ("10.0.0.2", "TCP", 80), True, id="all addresses want it"),
        pytest.param(("10.0.0.1", "TCP", 80), (ANY_ADDRESS, "TCP", 80), True, id="all addresses have it"),
        pytest.param((ANY_ADDRESS, "UDP", 80), (ANY_ADDRESS, "TCP", 80), False, id="another protocol"),
        pytest.param((ANY_ADDRESS, "TCP", 81), (ANY_ADDRESS, "TCP", 80), False, id="another number"),
    ],
)
def test_two_pods_do_not_share_a_port(wanted, taken, clash):
    """The address 0.0.0.0 stands for all."""
    assert conflict([HostPort(*wanted)], [HostPort(*taken)]) == clash
