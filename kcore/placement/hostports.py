"""Host ports: which ports of a node a pod takes, and with which it can't share one.

Models that a port is taken for one address and protocol, and that the address 0.0.0.0 stands for all of them.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/kube-scheduler/framework/types.go
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from kcore.api.core.container import Container
from kcore.api.core.podspec import PodSpec
from kcore.api.resources import is_sidecar

ANY_ADDRESS = "0.0.0.0"  # noqa: S104 - a word of the API; nothing is bound here
TCP = "TCP"


class HostPort(NamedTuple):
    """A port of a node: address, protocol and number."""

    ip: str
    protocol: str
    port: int


def host_ports(spec: PodSpec) -> tuple[HostPort, ...]:
    """Return the host ports that a pod takes while it runs, each once, sorted."""
    containers: list[Container] = [one for one in spec.init_containers if is_sidecar(one)]
    return tuple(sorted(set(_ports((*containers, *spec.containers)))))


def conflict(wanted: Iterable[HostPort], taken: Iterable[HostPort]) -> bool:
    """Tell whether one of the `wanted` ports is among those that are `taken`."""
    used = tuple(taken)
    return any(_clash(one, other) for one in wanted for other in used)


def _clash(one: HostPort, other: HostPort) -> bool:
    if (one.protocol, one.port) != (other.protocol, other.port):
        return False
    return one.ip == other.ip or ANY_ADDRESS in (one.ip, other.ip)


def _ports(containers: Iterable[Container]) -> Iterator[HostPort]:
    for container in containers:
        for port in container.ports:
            if port.host_port > 0:
                yield HostPort(port.host_ip or ANY_ADDRESS, port.protocol or TCP, port.host_port)
