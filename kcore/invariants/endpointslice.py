"""What holds of EndpointSlices: once settled they hold the pods of their Service, each as it is.

The rules are said here anew: a pod that its Service selects is in while it has an address and has not come to its end;
it is serving while it is ready, terminating while it is being deleted, and ready if the one and not the other, or
always where the Service publishes addresses that are not ready.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/endpointslice/utils.go
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from kcore.api.core.pod import Pod
from kcore.api.core.service import Service
from kcore.api.discovery.endpointslice import EndpointSlice
from kcore.api.selectors.label import from_set
from kcore.apiserver.store import Store
from kcore.cluster.state import ClusterState
from kcore.invariants.invariant import Invariant, law
from kcore.invariants.pods import ended, going, name, ready
from kcore.invariants.settled import WhenSettled, settled
from kcore.machine import Culprits, Finding

FAMILY = "endpointslice-controller"
SERVICE_NAME = "kubernetes.io/service-name"
MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
MANAGER = "endpointslice-controller.k8s.io"

_Said: TypeAlias = tuple[bool, bool, bool, str]
"""Ready, serving, terminating, and the node."""


def wrongly_held(state: ClusterState, service: Service) -> Culprits | None:
    """Return how the slices of a Service do not hold its pods."""
    wanted, held = _wanted(state, service), {}
    for uid, address, said, pod in _held(state, service):
        if (uid, address) in held:
            return Culprits(f"{address} is held twice", name(service), pod)
        held[uid, address] = (said, pod)
    for who, (said, pod) in wanted.items():
        if who not in held:
            return Culprits(f"{who[1]} is missing", name(service), pod)
        if held[who][0] != said:
            return Culprits(f"{who[1]} is {_words(held[who][0])} and should be {_words(said)}", name(service), pod)
    for who, (_, pod) in held.items():
        if who not in wanted:
            return Culprits(f"{who[1]} should not be there", name(service), pod)
    return None


def _services(store: Store) -> Iterator[Service]:
    """Yield the Services whose slices are the controller's to write."""
    for one in store.list("Service"):
        if isinstance(one, Service) and one.spec.selector and one.spec.type != "ExternalName":
            yield one


def _wanted(state: ClusterState, service: Service) -> dict[tuple[str, str], tuple[_Said, str]]:
    """Return what the slices should say, by uid and address of the pod, with the pod's name."""
    wanted: dict[tuple[str, str], tuple[_Said, str]] = {}
    families = service.spec.ip_families
    for pod in state.store.select("Pod", service.metadata.namespace, from_set(service.spec.selector)):
        if not isinstance(pod, Pod) or ended(pod):
            continue
        serving, terminating = ready(pod), going(pod)
        ready_now = service.spec.publish_not_ready_addresses or (serving and not terminating)
        for one in pod.status.pod_ips:
            if one.ip and (not families or ("IPv6" if ":" in one.ip else "IPv4") in families):
                said = (ready_now, serving, terminating, pod.spec.node_name)
                wanted[pod.metadata.uid, one.ip] = (said, name(pod))
    return wanted


def _held(state: ClusterState, service: Service) -> Iterator[tuple[str, str, _Said, str]]:
    """Yield what the slices say: uid and address, the conditions, and the pod's name."""
    labels = from_set({SERVICE_NAME: service.metadata.name, MANAGED_BY: MANAGER})
    for one in state.store.select("EndpointSlice", service.metadata.namespace, labels):
        if not isinstance(one, EndpointSlice) or going(one):
            continue
        for each in one.endpoints:
            target, stated = each.target_ref, each.conditions
            said = (bool(stated.ready), bool(stated.serving), bool(stated.terminating), each.node_name or "")
            for address in each.addresses:
                yield target.uid if target else "", address, said, f"Pod/{target.name}" if target else "nobody"


def _words(said: _Said) -> str:
    names = [word for word, is_so in zip(("ready", "serving", "terminating"), said[:3], strict=True) if is_so]
    return f"{' and '.join(names) or 'neither ready nor serving nor terminating'} on {said[3]}"


def _some_endpoints(state: ClusterState) -> Finding:
    return settled(state, FAMILY) and any(_wanted(state, service) for service in _services(state.store))


INVARIANTS: tuple[Invariant, ...] = (
    law(
        "slices-hold-pods-when-settled",
        "The EndpointSlices of a Service whose controller is through with it hold exactly its pods, each as it is.",
        WhenSettled(FAMILY, _services, wrongly_held, "Service", "EndpointSlice", "Pod"),
        _some_endpoints,
        upstream="https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#conditions",
    ),
)
