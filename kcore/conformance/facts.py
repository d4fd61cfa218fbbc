"""The facts of a settled cluster: what two runs of one scenario must agree on.

Models what is left of the objects when the names, addresses and times that differ from run to run are taken away:
workloads with their status and conditions, pods by owner (by name where the name is an identity), endpoints, budgets,
claims, volumes, nodes, jobs. A ReplicaSet is called after its owner, revision and image, as its own name holds a hash.

Not facts: events, leases, labels, configuration, and the order of anything.

Upstream: none; the same facts were taken of the recorded clusters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import attrs

from kcore.api.json import Wire

Facts: TypeAlias = dict[str, dict[str, Any]]
"""Section, then what it is about ("Deployment/web"), then a JSON value; a section without entries is left out."""

REVISION = "deployment.kubernetes.io/revision"
TEMPLATE_HASH = "pod-template-hash"
SERVICE_NAME = "kubernetes.io/service-name"
ZONE = "topology.kubernetes.io/zone"

BUDGET_FIGURES = ("currentHealthy", "desiredHealthy", "disruptionsAllowed", "expectedPods")


@attrs.frozen(kw_only=True)
class Cluster:
    """The objects of a cluster by kind, and what a ReplicaSet is called here by (kind, name)."""

    objects: Mapping[str, Sequence[Wire]]
    called: Mapping[tuple[str, str], str]

    def of(self, kind: str) -> Sequence[Wire]:
        """Return the objects of a kind."""
        return self.objects.get(kind) or ()

    def owner(self, wire: Wire) -> str:
        """Return what the owner of an object is called, "-" when it has none."""
        owner = owner_of(wire)
        return "-" if owner is None else self.called.get(owner, "/".join(owner))

    def pod(self, pod: Wire) -> str:
        """Return what a pod is called: by its own name only where that is an identity."""
        owner = owner_of(pod)
        stable = owner is None or owner[0] == "StatefulSet"
        return f"{self.owner(pod)}:{_name(pod) if stable else '*'}"


def facts(objects: Mapping[str, Sequence[Wire]]) -> Facts:
    """Return the facts of a cluster, whose `objects` are given by kind as the API server returns them."""
    replica_sets = objects.get("ReplicaSet") or ()
    called = {("ReplicaSet", _name(wire)): _replica_set_called(wire) for wire in replica_sets}
    cluster = Cluster(objects=objects, called=called)
    sections = {section: found(cluster) for section, found in SECTIONS.items()}
    return {section: entries for section, entries in sections.items() if entries}


def owner_of(wire: Wire) -> tuple[str, str] | None:
    """Return kind and name of the first owner."""
    references = wire["metadata"].get("ownerReferences") or ()
    return next(((reference["kind"], reference["name"]) for reference in references), None)


def _name(wire: Wire) -> str:
    return str(wire["metadata"]["name"])


def _label(wire: Wire, key: str) -> str:
    return str((wire["metadata"].get("labels") or {}).get(key, ""))


def _spec(wire: Wire) -> dict[str, Any]:
    return wire.get("spec") or {}


def _status(wire: Wire) -> dict[str, Any]:
    return wire.get("status") or {}


def _deleting(wire: Wire) -> bool:
    return bool(wire["metadata"].get("deletionTimestamp"))


def _revision(wire: Wire) -> str:
    return str((wire["metadata"].get("annotations") or {}).get(REVISION, ""))


def _conditions(wire: Wire) -> dict[str, str]:
    conditions = _status(wire).get("conditions") or ()
    return {condition["type"]: f"{condition['status']}/{condition.get('reason', '')}" for condition in conditions}


def _figures(status: Mapping[str, Any], *left_out: str) -> dict[str, Any]:
    """Return the numbers of a status that are not 0."""
    return {
        key: value
        for key, value in status.items()
        if isinstance(value, int) and not isinstance(value, bool) and value != 0 and key not in left_out
    }


def _replica_set_called(wire: Wire) -> str:
    owner = owner_of(wire)
    stem = owner[1] if owner else _name(wire).removesuffix(f"-{_label(wire, TEMPLATE_HASH)}")
    image = _spec(wire)["template"]["spec"]["containers"][0]["image"]
    return f"ReplicaSet/{stem}#{_revision(wire)}[{image}]"


def _workloads(cluster: Cluster) -> dict[str, Any]:
    controllers = {
        f"{kind}/{_name(wire)}": _controller(wire)
        for kind in ("Deployment", "StatefulSet", "DaemonSet")
        for wire in cluster.of(kind)
    }
    sets = {cluster.called["ReplicaSet", _name(wire)]: _replica_set(wire) for wire in cluster.of("ReplicaSet")}
    return {**controllers, **sets}


def _controller(wire: Wire) -> dict[str, Any]:
    status = _status(wire)
    observed = wire["metadata"].get("generation") == status.get("observedGeneration")
    figures = _figures(status, "observedGeneration", "collisionCount")
    return {**_workload(wire), "status": {**figures, "observed": observed}, "revision": _revision(wire)}


def _replica_set(wire: Wire) -> dict[str, Any]:
    return {**_workload(wire), "status": _figures(_status(wire), "observedGeneration")}


def _workload(wire: Wire) -> dict[str, Any]:
    return {
        "replicas": _spec(wire).get("replicas"),
        "conditions": _conditions(wire),
        "deleting": _deleting(wire),
    }


def _pods(cluster: Cluster) -> dict[str, Any]:
    found = dict(sorted(Counter(_pod(cluster, pod) for pod in cluster.of("Pod")).items()))
    addresses = [
        address
        for pod in cluster.of("Pod")
        if (address := _status(pod).get("podIP")) and _status(pod).get("phase") in ("Pending", "Running")
    ]
    return {**found, "addresses are all different": len(addresses) == len(set(addresses))} if addresses else {**found}


def _pod(cluster: Cluster, pod: Wire) -> str:
    spec, status = _spec(pod), _status(pod)
    words = (
        cluster.pod(pod),
        f"{status.get('phase')}",
        f"ready={_ready(pod) == 'True'}",
        f"deleting={_deleting(pod)}",
        "placed" if spec.get("nodeName") else "unplaced",
        spec["containers"][0]["image"],
        _container_reason(status),
    )
    return " ".join(words).strip()


def _ready(wire: Wire) -> str | None:
    conditions = _status(wire).get("conditions") or ()
    return next((condition["status"] for condition in conditions if condition["type"] == "Ready"), None)


def _container_reason(status: Mapping[str, Any]) -> str:
    """Return why the first container is in the state it is in, "" when it runs."""
    first: Mapping[str, Any] = next(iter(status.get("containerStatuses") or ()), {})
    detail = next(iter((first.get("state") or {}).values()), None) or {}
    return str(detail.get("reason", ""))


def _placement(cluster: Cluster) -> dict[str, Any]:
    zones = {_name(node): _label(node, ZONE) for node in cluster.of("Node")}
    nodes: dict[str, list[str]] = {}
    for pod in cluster.of("Pod"):
        if node := _spec(pod).get("nodeName"):
            nodes.setdefault(cluster.owner(pod), []).append(node)
    return {
        owner: {"per_node": _counts(placed), "per_zone": _counts([zones.get(node, "") for node in placed])}
        for owner, placed in sorted(nodes.items())
    }


def _counts(places: Sequence[str]) -> list[int]:
    return sorted(Counter(places).values(), reverse=True)


def _services(cluster: Cluster) -> dict[str, Any]:
    slices: dict[str, list[Wire]] = {}
    for wire in cluster.of("EndpointSlice"):
        slices.setdefault(_label(wire, SERVICE_NAME), []).append(wire)
    pods = {_name(pod): pod for pod in cluster.of("Pod")}
    return {_name(wire): _service(cluster, wire, slices.get(_name(wire), []), pods) for wire in cluster.of("Service")}


def _service(cluster: Cluster, service: Wire, slices: Sequence[Wire], pods: Mapping[str, Wire]) -> dict[str, Any]:
    endpoints = [endpoint for wire in slices for endpoint in wire.get("endpoints") or ()]
    ports = {_port(port) for wire in slices for port in wire.get("ports") or ()}
    counted = Counter(_endpoint(cluster, endpoint, pods) for endpoint in endpoints)
    return {
        "type": _spec(service).get("type"),
        "headless": _spec(service).get("clusterIP") == "None",
        "endpoints": dict(sorted(counted.items())),
        "ports": sorted(ports),
        "addresses are those of the pods": all(_right_address(endpoint, pods) for endpoint in endpoints),
    }


def _target(endpoint: Mapping[str, Any]) -> str:
    return str((endpoint.get("targetRef") or {}).get("name", ""))


def _endpoint(cluster: Cluster, endpoint: Mapping[str, Any], pods: Mapping[str, Wire]) -> str:
    conditions = endpoint.get("conditions") or {}
    pod = pods.get(_target(endpoint))
    said = " ".join(f"{name}={conditions.get(name)}" for name in ("ready", "serving", "terminating"))
    return f"{cluster.pod(pod) if pod else '?'} {said}"


def _right_address(endpoint: Mapping[str, Any], pods: Mapping[str, Wire]) -> bool:
    address = _status(pods.get(_target(endpoint), {})).get("podIP")
    return bool(address) and endpoint.get("addresses") == [address]


def _port(port: Mapping[str, Any]) -> str:
    return f"{port.get('name') or ''}:{port.get('port')}/{port.get('protocol')}"


def _budgets(cluster: Cluster) -> dict[str, Any]:
    return {
        _name(wire): {figure: _status(wire).get(figure, 0) for figure in BUDGET_FIGURES}
        for wire in cluster.of("PodDisruptionBudget")
    }


def _claims(cluster: Cluster) -> dict[str, Any]:
    return {
        _name(wire): {
            "phase": _status(wire).get("phase"),
            "bound": bool(_spec(wire).get("volumeName")),
            "deleting": _deleting(wire),
            "owner": cluster.owner(wire),
        }
        for wire in cluster.of("PersistentVolumeClaim")
    }


def _volumes(cluster: Cluster) -> dict[str, Any]:
    return {_name(wire): _status(wire).get("phase") for wire in cluster.of("PersistentVolume")}


def _nodes(cluster: Cluster) -> dict[str, Any]:
    return {
        _name(wire): {
            "taints": sorted(map(_taint, _spec(wire).get("taints") or ())),
            "unschedulable": bool(_spec(wire).get("unschedulable")),
            "ready": _ready(wire),
        }
        for wire in cluster.of("Node")
    }


def _taint(taint: Mapping[str, Any]) -> str:
    return f"{taint['key']}={taint.get('value', '')}:{taint['effect']}"


def _jobs(cluster: Cluster) -> dict[str, Any]:
    return {
        _name(wire): {
            "status": _figures(_status(wire)),
            "completedIndexes": _status(wire).get("completedIndexes", ""),
            "conditions": _conditions(wire),
        }
        for wire in cluster.of("Job")
    }


SECTIONS: Mapping[str, Callable[[Cluster], dict[str, Any]]] = {
    "workloads": _workloads,
    "pods": _pods,
    "placement": _placement,
    "services": _services,
    "budgets": _budgets,
    "claims": _claims,
    "volumes": _volumes,
    "nodes": _nodes,
    "jobs": _jobs,
}
"""What is a fact, section by section."""
