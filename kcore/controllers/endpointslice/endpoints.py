"""Endpoints: what a pod is behind a Service: its addresses, its conditions, where it runs, and its ports.

Models ready, serving and terminating with `publishNotReadyAddresses`, one family of addresses at a time, hostname,
node, zone, target, and target ports by number or by the name of a container's or sidecar's port. A pod that has come to
its end or has no address is none.

Not modelled: an address that is none, which the API server would not have taken. Ports are kept sorted by name, where
upstream sorts them by a hash.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/endpointslice/utils.go
"""

from __future__ import annotations

import functools
import ipaddress
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from kcore.api.core.container import Container
from kcore.api.core.pod import Pod
from kcore.api.core.references import ObjectReference
from kcore.api.core.service import Service, ServicePort
from kcore.api.discovery.endpointslice import Endpoint, EndpointConditions, EndpointPort
from kcore.api.resources import is_sidecar
from kcore.reconcile.podutil import is_pod_ready, is_pod_terminal

IPV4 = "IPv4"
IPV6 = "IPv6"

NO_ADDRESS = "None"
"""The cluster IP of a headless Service."""

Ports: TypeAlias = tuple[EndpointPort, ...]


def should_pod_be_in_endpoints(pod: Pod) -> bool:
    """Tell whether `pod` has an address and has not come to its end."""
    return not is_pod_terminal(pod) and bool(pod.status.pod_ip or pod.status.pod_ips)


def address_types(service: Service) -> tuple[str, ...]:
    """Return the families that `service` has; without any on record, that of its cluster IP, or both if headless."""
    known = tuple(family for family in (IPV4, IPV6) if family in service.spec.ip_families)
    if known:
        return known
    if is_headless(service):
        return (IPV4, IPV6)
    return (IPV6,) if ":" in service.spec.cluster_ip else (IPV4,)


def is_headless(service: Service) -> bool:
    """Tell whether `service` has no address of its own."""
    return service.spec.cluster_ip in ("", NO_ADDRESS)


def pod_to_endpoint(
    pod: Pod, zone: str, service: Service, address_type: str, held: Endpoint | None = None
) -> Endpoint | None:
    """Return the endpoint that `pod`, on a node in `zone` (or ""), is behind `service`; None without an address.

    It has no hints. If `held`, one of its slices, says the same, that is the one returned, which saves making it.
    """
    addresses = _addresses(pod, address_type)
    if not addresses:
        return None
    metadata, node_name = pod.metadata, pod.spec.node_name or None
    serving, terminating = is_pod_ready(pod), metadata.deletion_timestamp is not None
    ready = service.spec.publish_not_ready_addresses or (serving and not terminating)
    conditions = _CONDITIONS[ready, serving, terminating]
    hostname = pod.spec.hostname if _has_hostname(pod, service) else None
    if (
        held is not None
        and held.conditions == conditions
        and (held.addresses, held.hostname, held.node_name, held.zone) == (addresses, hostname, node_name, zone or None)
        and held.hints is None
        and not held.extra
        and held.target_ref is not None
        and held.target_ref.uid == metadata.uid
    ):
        return held
    return Endpoint(
        addresses=addresses,
        conditions=conditions,
        hostname=hostname,
        target_ref=ObjectReference(kind="Pod", namespace=metadata.namespace, name=metadata.name, uid=metadata.uid),
        node_name=node_name,
        zone=zone or None,
    )


def same_endpoint(one: Endpoint, other: Endpoint) -> bool:
    """Tell whether two endpoints are one: the addresses, the hostname, and the target's name are the same."""
    if one is other:
        return True
    mine, theirs = one.target_ref, other.target_ref
    return (
        sorted(one.addresses) == sorted(other.addresses)
        and (one.hostname or "") == (other.hostname or "")
        and mine is not None
        and theirs is not None
        and (mine.namespace, mine.name) == (theirs.namespace, theirs.name)
    )


def same_beyond_identity(one: Endpoint, other: Endpoint) -> bool:
    """Tell whether two versions of one endpoint are alike in all that a controller looks at; hints are not."""
    return one is other or (
        one.conditions == other.conditions
        and one.node_name == other.node_name
        and one.zone == other.zone
        and one.target_ref == other.target_ref
    )


def ports_finder(service: Service) -> Callable[[Pod], Ports]:
    """Return the function that says which ports of `service` a pod has; only targets by name depend on the pod."""
    if any(isinstance(port.target_port, str) for port in service.spec.ports):
        return lambda pod: endpoint_ports(service, pod)
    ports = endpoint_ports(service, _NO_POD)
    return lambda _: ports


def endpoint_ports(service: Service, pod: Pod) -> Ports:
    """Return the ports of `service` as `pod` has them; those that it does not have are left out."""
    found = ((port, find_port(pod, port)) for port in service.spec.ports)
    return in_order(
        EndpointPort(name=port.name, protocol=port.protocol, port=number, app_protocol=port.app_protocol)
        for port, number in found
        if number is not None
    )


def in_order(ports: Iterable[EndpointPort]) -> Ports:
    """Return `ports` in their one order: by name, protocol and number."""
    return tuple(sorted(ports, key=lambda one: (one.name or "", one.protocol or "", one.port or 0)))


def find_port(pod: Pod, port: ServicePort) -> int | None:
    """Return the number of the target of `port` in `pod`, None when no container has a port of that name."""
    target = port.target_port
    if isinstance(target, int):
        return target
    found = (
        one.container_port
        for container in _containers(pod)
        for one in container.ports
        if one.name == target and one.protocol == port.protocol
    )
    return next(found, None)


def _containers(pod: Pod) -> Iterator[Container]:
    yield from pod.spec.containers
    yield from (container for container in pod.spec.init_containers if is_sidecar(container))


def _has_hostname(pod: Pod, service: Service) -> bool:
    spec = pod.spec
    named = bool(spec.hostname) and spec.subdomain == service.metadata.name
    return named and pod.metadata.namespace == service.metadata.namespace


def _addresses(pod: Pod, address_type: str) -> tuple[str, ...]:
    """Return the addresses of one family, spelt as the API spells them and sorted."""
    spelt = [_spelt(one.ip) for one in pod.status.pod_ips]
    return tuple(sorted([text for text in spelt if text and (IPV6 if ":" in text else IPV4) == address_type]))


@functools.lru_cache(maxsize=4096)
def _spelt(text: str) -> str:
    """Return the canonical text of an address, "" for what is none; zeros may lead the numbers of an IPv4 address."""
    if ":" not in text:
        text = ".".join(part.lstrip("0") or "0" for part in text.split("."))
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


_NO_POD = Pod()

_CONDITIONS = {
    case: EndpointConditions(ready=case[0], serving=case[1], terminating=case[2])
    for case in itertools.product((False, True), repeat=3)
}
"""The conditions of an endpoint by what they say: ready, serving, terminating."""
