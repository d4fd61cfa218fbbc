"""The service controller, of the cloud controller manager: gives Services of type LoadBalancer their load balancer.

Models the finalizer that keeps a Service until its load balancer is gone, the address in its status, and that a Service
that stops being of that type gives both up. One with a class of load balancers is somebody else's. The address is as
unique as the cluster IP that it is made of.

Not modelled: clouds that take time, fail or have quotas, and addresses by hostname. Which nodes a load balancer sends
to is `kcore.network.loadbalancer`.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/cloud-provider/controllers/service/controller.go
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kcore.api.core.service import Service
from kcore.api.json import Json
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.apiserver.changes import Change
from kcore.apiserver.request import Options, PatchType, Request, Verb
from kcore.apiserver.store import Store
from kcore.client.component import LEADER, Component, Work, Write
from kcore.client.turn import Call, Key, Turn
from kcore.client.view import View

FINALIZER = "service.kubernetes.io/load-balancer-cleanup"
_GONE = frozenset({"NotFound"})


def reconcile(_: Any, view: View, key: Key) -> Turn:
    """Give the Service at `key` its load balancer, or take it away when it is not wanted any more."""
    service = view.get(ObjectKey(*key))
    if not isinstance(service, Service):
        return Turn()
    if service.metadata.deletion_timestamp is None and wants_load_balancer(service):
        return _ensure(service)
    return _clean_up(service)


def wants_load_balancer(service: Service) -> bool:
    """Tell whether a Service asks for a load balancer of the cloud."""
    return service.spec.type == "LoadBalancer" and service.spec.load_balancer_class is None


def address_of(service: Service) -> str:
    """Return the address of the load balancer: the one that is asked for, or 100.96.0.7 for 10.96.0.7."""
    if service.spec.load_balancer_ip:
        return service.spec.load_balancer_ip
    return "100." + service.spec.cluster_ip.partition(".")[2]


def _ensure(service: Service) -> Turn:
    calls = []
    if FINALIZER not in service.metadata.finalizers:
        calls.append(_finalizers(service, (*service.metadata.finalizers, FINALIZER)))
    address = address_of(service)
    if [one.ip for one in service.status.load_balancer.ingress] != [address]:
        calls.append(_status(service, [{"ip": address, "ipMode": "VIP"}]))
    return Turn(requests=tuple(calls))


def _clean_up(service: Service) -> Turn:
    """Let the Service go: the status first, since it may be gone without the finalizer."""
    if FINALIZER not in service.metadata.finalizers:
        return Turn()
    calls = [_status(service, None)] if service.status.load_balancer.ingress else []
    rest = tuple(one for one in service.metadata.finalizers if one != FINALIZER)
    return Turn(requests=(*calls, _finalizers(service, rest)))


def _finalizers(service: Service, finalizers: tuple[str, ...]) -> Call:
    """Return the patch of the finalizers, which fails if they are not what they were."""
    metadata: dict[str, Any] = {"finalizers": list(finalizers), "resourceVersion": service.metadata.resource_version}
    return _patch(service, "", {"metadata": metadata})


def _status(service: Service, ingress: list[dict[str, str]] | None) -> Call:
    return _patch(service, "status", {"status": {"loadBalancer": {"ingress": ingress}}})


def _patch(service: Service, subresource: str, body: dict[str, Any]) -> Call:
    options = Options(patch_type=PatchType.MERGE)
    request = Request(
        verb=Verb.PATCH, key=key_of(service), subresource=subresource, body=Json.of(body), options=options
    )
    return Call(request=request, accepts=_GONE)


def service_changed(change: Change, _: Store) -> Iterator[Work]:
    """Yield a look at a Service that wants a load balancer, or has to give one up."""
    new = change.new
    if isinstance(new, Service) and (wants_load_balancer(new) or FINALIZER in new.metadata.finalizers):
        yield Work(LEADER, change.key)


SERVICE = Component(
    family="service-lb-controller",
    watches={"Service": service_changed},
    reconcile=reconcile,
    writes=frozenset({Write(Verb.PATCH, "Service"), Write(Verb.PATCH, "Service", "status")}),
)
