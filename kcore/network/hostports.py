"""Host ports: which pod of a node answers at an address of the node itself.

Models pods in their node's network, which listen at the ports that they declare, and host ports, of which what is sent
to them is handed on to the container behind. A Service that has the port as its node port comes before both.

Not modelled: ports that a container in its node's network listens at and does not declare.

Upstream: https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/network-plugins/#support-hostport
"""

from __future__ import annotations

from collections.abc import Iterator

from kcore.api.core.container import ContainerPort
from kcore.api.core.pod import Pod
from kcore.network.backends import Backend
from kcore.network.network import Network

ANY = ("", "0.0.0.0")  # noqa: S104 - what a manifest says, nothing is bound here


def at_host_port(network: Network, node: str, address: str, port: int, protocol: str) -> Backend | None:
    """Return who answers at a port of `address`, which is one of a node, None if no pod has it."""
    for sandbox in network.world.sandboxes_on(node):
        pod = None if sandbox.stopped else network.pod_of(sandbox)
        for each in () if pod is None else _ports(pod, protocol):
            if sandbox.address == "" and each.container_port == port:
                return Backend(address=address, port=port, node=node, pod=sandbox.pod)
            if sandbox.address and each.host_port == port and each.host_ip in (*ANY, address):
                return Backend(address=sandbox.address, port=each.container_port, node=node, pod=sandbox.pod)
    return None


def _ports(pod: Pod, protocol: str) -> Iterator[ContainerPort]:
    """Yield the ports that a pod declares for a protocol."""
    for container in (*pod.spec.init_containers, *pod.spec.containers):
        yield from (one for one in container.ports if (one.protocol or "TCP") == protocol)
