"""Slices: the metadata of the EndpointSlices of a Service: whose they are, their labels, how a new one begins.

Models the owner reference, the drawn name, the labels copied from the Service and the three that belong to the
controller. A change of a Service from or to headless does not by itself change the labels of its slices, as upstream.

Not modelled: the annotation with the time of the change that triggered a write.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/endpointslice/utils.go
"""

from __future__ import annotations

from kcore.api.core.service import Service
from kcore.api.discovery.endpointslice import EndpointSlice
from kcore.api.frozenmap import FrozenMap
from kcore.api.meta.objectmeta import ObjectMeta, OwnerReference
from kcore.api.selectors.label import Selector, from_set
from kcore.controllers.endpointslice.endpoints import Ports, is_headless

SERVICE_NAME = "kubernetes.io/service-name"
MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
HEADLESS = "service.kubernetes.io/headless"

CONTROLLER_NAME = "endpointslice-controller.k8s.io"
"""Who manages the slices that this controller writes; it leaves all others alone."""

RESERVED = (SERVICE_NAME, MANAGED_BY, HEADLESS)
"""The labels that a slice does not take over from its Service."""


def new_endpoint_slice(service: Service, address_type: str, ports: Ports) -> EndpointSlice:
    """Return a slice of `service` without endpoints, to be created."""
    owner = OwnerReference(
        api_version="v1",
        kind="Service",
        name=service.metadata.name,
        uid=service.metadata.uid,
        controller=True,
        block_owner_deletion=True,
    )
    metadata = ObjectMeta(
        generate_name=f"{service.metadata.name}-",
        namespace=service.metadata.namespace,
        labels=slice_labels(service),
        owner_references=(owner,),
    )
    return EndpointSlice(metadata=metadata, address_type=address_type, ports=ports)


def slice_labels(service: Service) -> FrozenMap[str]:
    """Return the labels that the slices of `service` have."""
    own = {SERVICE_NAME: service.metadata.name, MANAGED_BY: CONTROLLER_NAME}
    headless = {HEADLESS: ""} if is_headless(service) else {}
    return service.metadata.labels.remove(*RESERVED).update(headless | own)


def labels_differ(one: EndpointSlice, service: Service) -> bool:
    """Tell whether the labels of a slice are not those of its Service, the reserved ones aside."""
    return one.metadata.labels.remove(*RESERVED) != service.metadata.labels.remove(*RESERVED)


def owned_by(one: EndpointSlice, service: Service) -> bool:
    """Tell whether a slice names this very Service as an owner."""
    return any(
        owner.uid == service.metadata.uid and owner.kind == "Service" and owner.api_version == "v1"
        for owner in one.metadata.owner_references
    )


def selector_of(service: Service) -> Selector:
    """Return the selector of the slices that this controller manages for `service`."""
    return from_set({SERVICE_NAME: service.metadata.name, MANAGED_BY: CONTROLLER_NAME})


def managed_service(one: EndpointSlice) -> str | None:
    """Return the name of the Service whose slice this is, None when another manages it or it names none."""
    labels = one.metadata.labels
    return labels.get(SERVICE_NAME) or None if labels.get(MANAGED_BY) == CONTROLLER_NAME else None
