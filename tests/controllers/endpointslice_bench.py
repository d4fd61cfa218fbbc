"""A bench for the EndpointSlice controller: the Service "web", its pods, its slices."""

from __future__ import annotations

from controller_bench import Bench

from kcore.api.convert import from_wire
from kcore.api.object import ObjectKey
from kcore.controllers.endpointslice import ENDPOINTSLICE

WEB = ObjectKey("Service", "default", "web")
SELECTED = {"app": "web"}


def make_node(name, zone=None):
    """A node, in a zone if one is given."""
    labels = {"topology.kubernetes.io/zone": zone} if zone else {}
    return from_wire({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}})


def make_namespace(phase="Active", **metadata):
    """The default namespace."""
    wire = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default", **metadata}}
    return from_wire({**wire, "status": {"phase": phase}})


def make_service(*ports, metadata=None, **spec):
    """The Service, which has one address and one port unless told otherwise."""
    wire = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": "default", "uid": "s-1", **(metadata or {})},
        "spec": {
            "selector": SELECTED,
            "clusterIP": "10.0.0.1",
            "ipFamilies": ["IPv4"],
            "ports": list(ports) or [{"port": 80, "protocol": "TCP", "targetPort": 8080}],
            **spec,
        },
    }
    return from_wire(wire)


def make_pod(name="a", *ips, ready=True, deleting=False, node="n1", phase="Running", labels=None, **spec):
    """A pod of the Service, running and ready at 10.1.0.1 unless told otherwise; an empty address is none."""
    addresses = [{"ip": ip} for ip in ips or ("10.1.0.1",) if ip]
    metadata = {"name": name, "namespace": "default", "uid": f"u-{name}", "labels": labels or SELECTED}
    if deleting:
        metadata |= {"deletionTimestamp": "2000-01-01T00:00:10Z", "deletionGracePeriodSeconds": 30}
    status = {"phase": phase, "conditions": [{"type": "Ready", "status": "True" if ready else "False"}]}
    if addresses:
        status |= {"podIP": addresses[0]["ip"], "podIPs": addresses}
    wire = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"nodeName": node, "containers": [{"name": "c", "image": "web:v1"}], **spec},
        "status": status,
    }
    return from_wire(wire)


def many(count, first=0, **how):
    """As many ready pods, each with an address of its own."""
    return [make_pod(f"p{n:03}", f"10.1.{n // 250}.{n % 250 + 1}", **how) for n in range(first, first + count)]


class SliceBench(Bench):
    """The controller and a node in zone za; it is to look at the Service first."""

    def __init__(self, *objects):
        super().__init__(ENDPOINTSLICE, make_namespace(), make_node("n1", "za"), *objects)
        self.queue = [WEB]

    @property
    def slices(self):
        """The slices in JSON."""
        return self.wire("EndpointSlice")

    @property
    def first(self):
        """The first slice as an object."""
        return self.store.list("EndpointSlice")[0]

    @property
    def endpoints(self):
        """The endpoints of all slices by the names of their pods."""
        return {one["targetRef"]["name"]: one for wire in self.slices for one in wire["endpoints"]}

    @property
    def sizes(self):
        """How many endpoints each slice holds, fewest first."""
        return sorted(len(wire["endpoints"]) for wire in self.slices)


def run(*objects):
    """A bench over these objects that has come to rest."""
    bench = SliceBench(*objects)
    bench.run()
    return bench
