"""The reconciler: from a Service, its pods and its slices to the writes that are to be made.

Models one group of slices for each family of addresses and each set of ports, the placeholder of a Service without
endpoints, slices of a Service of the same name that is gone, and the deletion that becomes an update when a slice is to
be created at the same time. A pod on a node that is not there is left out and reported, unless unready pods are wanted.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/endpointslice/reconciler.go
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

import attrs

from kcore.api.core.node import Node
from kcore.api.core.pod import Pod
from kcore.api.core.service import Service
from kcore.api.discovery.endpointslice import Endpoint, EndpointSlice
from kcore.api.evolve import evolve
from kcore.api.memo import Memo
from kcore.controllers.endpointslice.endpoints import (
    Ports,
    address_types,
    in_order,
    pod_to_endpoint,
    ports_finder,
    should_pod_be_in_endpoints,
)
from kcore.controllers.endpointslice.hints import with_hints
from kcore.controllers.endpointslice.packing import Writes, pack
from kcore.controllers.endpointslice.slices import new_endpoint_slice, owned_by

NodeOf: TypeAlias = Callable[[str], Node | None]
"""The Node of a name, None when there is none."""

Located: TypeAlias = Mapping[Ports, Sequence[tuple[Pod, str]]]
"""The pods that count, with the zones of their nodes ("" where there is none), by their ports."""

Desired: TypeAlias = Mapping[Ports, Mapping[str, Endpoint]]
"""The endpoints that there should be, by their ports and the names of their pods."""

ZONE = "topology.kubernetes.io/zone"


@attrs.frozen(kw_only=True)
class Plan:
    """What to write: a group for each family of addresses, the slices of other families, and what went wrong."""

    by_type: tuple[Writes, ...]
    unsupported: tuple[EndpointSlice, ...] = ()
    errors: tuple[str, ...] = ()


def plan(service: Service, pods: Iterable[Pod], existing: Sequence[EndpointSlice], node_of: NodeOf) -> Plan:
    """Return the writes that bring the `existing` slices of `service` in line with the `pods` that it selects."""
    types = address_types(service)
    located, errors = _located(service, pods, node_of)
    by_type: list[Writes] = []
    for address_type in types:
        mine = tuple(one for one in existing if one.address_type == address_type)
        held = {end.target_ref.name: end for one in mine for end in one.endpoints if end.target_ref}
        desired = {ports: _desired(service, group, address_type, held) for ports, group in located.items()}
        by_type.append(_finalized(service, _for_type(service, address_type, desired, mine)))
    unsupported = tuple(one for one in existing if one.address_type not in types)
    return Plan(by_type=tuple(by_type), unsupported=unsupported, errors=errors)


def _located(service: Service, pods: Iterable[Pod], node_of: NodeOf) -> tuple[Located, tuple[str, ...]]:
    """Return the pods that count, and what is wrong with those whose node is not there, which do not."""
    located: dict[Ports, list[tuple[Pod, str]]] = {}
    errors: list[str] = []
    ports_of = ports_finder(service)
    zones: dict[str, str | None] = {}
    for pod in pods:
        if not should_pod_be_in_endpoints(pod):
            continue
        group = located.setdefault(ports_of(pod), [])
        name = pod.spec.node_name
        if name not in zones:
            node = node_of(name)
            zones[name] = None if node is None else node.metadata.labels.get(ZONE, "")
        zone = zones[name]
        if zone is not None or service.spec.publish_not_ready_addresses:
            group.append((pod, zone or ""))
        else:
            whose = f"{service.metadata.namespace}/{service.metadata.name}"
            errors.append(f"skipping Pod {pod.metadata.name} for Service {whose}: Node {name} Not Found")
    return located, tuple(errors)


def _desired(
    service: Service, located: Iterable[tuple[Pod, str]], address_type: str, held: Mapping[str, Endpoint]
) -> Mapping[str, Endpoint]:
    """Return the endpoints of one family by the names of their pods, taken from `held` where they say the same."""
    desired: dict[str, Endpoint] = {}
    for pod, zone in located:
        name = pod.metadata.name
        endpoint = _ENDPOINT(pod, zone, service, address_type, held.get(name))
        if endpoint is not None:
            desired[name] = endpoint
    return desired


_ENDPOINT = Memo(pod_to_endpoint)


def _for_type(service: Service, address_type: str, desired: Desired, existing: Sequence[EndpointSlice]) -> Writes:
    """Return the writes for one family of addresses, as if each slice were on its own."""
    by_ports: dict[Ports, list[EndpointSlice]] = {}
    delete: list[EndpointSlice] = []
    for one in existing:
        if owned_by(one, service):
            by_ports.setdefault(in_order(one.ports), []).append(one)
        else:
            delete.append(one)
    create: list[EndpointSlice] = []
    update: list[EndpointSlice] = []
    for ports, endpoints in desired.items():
        writes = pack(service, address_type, ports, endpoints, by_ports.get(ports, ()))
        create += writes.create
        update += writes.update
        delete += writes.delete
    delete += (one for ports, slices in by_ports.items() if ports not in desired for one in slices)
    if len(existing) == len(delete) and not create:
        placeholder = new_endpoint_slice(service, address_type, ())
        if len(delete) == 1 and _is_placeholder(delete[0], placeholder):
            delete = []
        else:
            create.append(placeholder)
    return _hinted(service, Writes(create=tuple(create), update=tuple(update), delete=tuple(delete)), existing)


def _is_placeholder(one: EndpointSlice, placeholder: EndpointSlice) -> bool:
    """Tell whether a slice is as good as the placeholder; a label that is empty may as well be absent."""
    found, wanted = ({key: text for key, text in each.metadata.labels.items() if text} for each in (one, placeholder))
    return not one.endpoints and not one.ports and found == wanted


def _hinted(service: Service, writes: Writes, existing: Sequence[EndpointSlice]) -> Writes:
    """Return the writes with the right hints, those of slices included that only lack the right hints."""
    touched = {one.metadata.name for one in (*writes.update, *writes.delete)}
    others = ((one, with_hints(service, one)) for one in existing if one.metadata.name not in touched)
    return evolve(
        writes,
        create=tuple(with_hints(service, one) for one in writes.create),
        update=(
            *(with_hints(service, one) for one in writes.update),
            *(hinted for one, hinted in others if hinted is not one),
        ),
    )


def _finalized(service: Service, writes: Writes) -> Writes:
    """Return the writes in which a slice that would go becomes one to create; a Service that goes gets no new ones."""
    create, update, delete = list(writes.create), list(writes.update), []
    for one in writes.delete:
        if create and owned_by(one, service):
            new = create.pop()
            update.append(evolve(new, metadata=evolve(new.metadata, name=one.metadata.name)))
        else:
            delete.append(one)
    if service.metadata.deletion_timestamp is not None:
        create = []
    return Writes(create=tuple(create), update=tuple(update), delete=tuple(delete))
