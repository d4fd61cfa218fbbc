"""How Services count against quotas: their number, their node ports and their load balancers.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/quota/v1/evaluator/core/services.go
"""

from __future__ import annotations

from kcore.api.core.service import Service
from kcore.api.object import ApiObject
from kcore.api.quantity import Quantity
from kcore.api.times import Time
from kcore.apiserver.quota.evaluator import ONE, Amounts, Evaluator

_NAMES = frozenset({"count/services", "services", "services.nodeports", "services.loadbalancers"})


def usage(service: ApiObject, _: Time) -> Amounts:
    """Return what `service` uses by the names of quotas."""
    used = {"count/services": ONE, "services": ONE}
    if not isinstance(service, Service):
        return used
    balanced = service.spec.type == "LoadBalancer"
    ports = node_ports(service)
    return {
        **used,
        "services.nodeports": Quantity.of(ports),
        "services.loadbalancers": Quantity.of(int(balanced)),
    }


def node_ports(service: Service) -> int:
    """Return how many node ports a Service takes: one a port, unless it is to have none for its load balancer."""
    if service.spec.type == "NodePort":
        return len(service.spec.ports)
    if service.spec.type != "LoadBalancer":
        return 0
    if service.spec.allocate_load_balancer_node_ports is not False:
        return len(service.spec.ports)
    return sum(port.node_port != 0 for port in service.spec.ports)


def _always(_: ApiObject, __: ApiObject) -> bool:
    return True


SERVICES = Evaluator(kind="Service", counts=_NAMES.__contains__, usage=usage, charged=_always)
