"""The columns of `kubectl get`, per kind.

Models the default columns of the kinds that kcore has rules for, and name and age for the others. Wide columns are the
pod's address and node, which a model's user always wants to see.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/printers/internalversion/printers.go
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from kcore.api.json import Wire
from kcore.api.times import parse_time

Cell: TypeAlias = Callable[[Wire, int], str]
"""What a column says of an object at a time in seconds since 1970."""

NONE = "<none>"


def name(wire: Wire, _: int) -> str:
    """Return the name."""
    return str(wire["metadata"]["name"])


def age(wire: Wire, now: int) -> str:
    """Return how long the object has existed, as "5s", "2m3s", "3h", "4d"."""
    created = wire["metadata"].get("creationTimestamp")
    return human_duration(now - parse_time(created)) if created else "<unknown>"


def human_duration(seconds: int) -> str:
    """Return a duration in the two most telling units."""
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if seconds < 120:
        return f"{max(seconds, 0)}s"
    if minutes < 10:
        return f"{minutes}m{seconds % 60}s" if seconds % 60 else f"{minutes}m"
    if hours < 3:
        return f"{minutes}m"
    if hours < 8:
        return f"{hours}h{minutes % 60}m" if minutes % 60 else f"{hours}h"
    if hours < 48:
        return f"{hours}h"
    return f"{days}d{hours % 24}h" if days < 8 and hours % 24 else f"{days}d"


def _get(wire: Wire, path: str, default: Any = None) -> Any:
    """Return the value at the dotted path, or `default`."""
    value: Any = wire
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return default if value is None else value


def _field(path: str, default: str = "") -> Cell:
    return lambda wire, _: str(_get(wire, path, default)) or default


def _count(path: str) -> Cell:
    return lambda wire, _: str(len(_get(wire, path, ())))


def _of(ready: str, wanted: str) -> Cell:
    return lambda wire, _: f"{_get(wire, ready, 0)}/{_get(wire, wanted, 0)}"


def _containers_ready(wire: Wire, _: int) -> str:
    statuses = _get(wire, "status.containerStatuses", ())
    return f"{sum(bool(status.get('ready')) for status in statuses)}/{len(wire['spec']['containers'])}"


def _restarts(wire: Wire, _: int) -> str:
    return str(sum(status.get("restartCount", 0) for status in _get(wire, "status.containerStatuses", ())))


def pod_status(wire: Wire, _: int = 0) -> str:
    """Return the STATUS of a pod: the reason of its containers where one has one, else its phase."""
    status = str(_get(wire, "status.reason") or _get(wire, "status.phase", "Unknown"))
    for container in _get(wire, "status.containerStatuses", ()):
        state = container.get("state") or {}
        waiting, ended = state.get("waiting") or {}, state.get("terminated") or {}
        if waiting.get("reason"):
            status = waiting["reason"]
        elif ended:
            status = ended.get("reason") or f"ExitCode:{ended.get('exitCode', 0)}"
    return "Terminating" if _get(wire, "metadata.deletionTimestamp") else status


def _node_status(wire: Wire, _: int) -> str:
    conditions = {condition["type"]: condition["status"] for condition in _get(wire, "status.conditions", ())}
    ready = {"True": "Ready", "False": "NotReady"}.get(conditions.get("Ready", ""), "Unknown")
    return f"{ready},SchedulingDisabled" if _get(wire, "spec.unschedulable") else ready


def _ports(wire: Wire, _: int) -> str:
    ports = [
        f"{port['port']}:{port['nodePort']}/{port.get('protocol', 'TCP')}"
        if port.get("nodePort")
        else f"{port['port']}/{port.get('protocol', 'TCP')}"
        for port in _get(wire, "spec.ports", ())
    ]
    return ",".join(ports) or NONE


def _endpoints(wire: Wire, _: int) -> str:
    addresses = [address for endpoint in _get(wire, "endpoints", ()) for address in endpoint.get("addresses", ())]
    return ",".join(addresses) or "<unset>"


def _slice_ports(wire: Wire, _: int) -> str:
    return ",".join(str(port.get("port", "")) for port in _get(wire, "ports", ())) or "<unset>"


NAME_AND_AGE: Mapping[str, Cell] = {"NAME": name, "AGE": age}

COLUMNS: Mapping[str, Mapping[str, Cell]] = {
    "Node": {"NAME": name, "STATUS": _node_status, "AGE": age},
    "Pod": {
        "NAME": name,
        "READY": _containers_ready,
        "STATUS": pod_status,
        "RESTARTS": _restarts,
        "AGE": age,
        "IP": _field("status.podIP", NONE),
        "NODE": _field("spec.nodeName", NONE),
    },
    "Deployment": {
        "NAME": name,
        "READY": _of("status.readyReplicas", "spec.replicas"),
        "UP-TO-DATE": _field("status.updatedReplicas", "0"),
        "AVAILABLE": _field("status.availableReplicas", "0"),
        "AGE": age,
    },
    "ReplicaSet": {
        "NAME": name,
        "DESIRED": _field("spec.replicas", "0"),
        "CURRENT": _field("status.replicas", "0"),
        "READY": _field("status.readyReplicas", "0"),
        "AGE": age,
    },
    "StatefulSet": {"NAME": name, "READY": _of("status.readyReplicas", "spec.replicas"), "AGE": age},
    "Service": {
        "NAME": name,
        "TYPE": _field("spec.type"),
        "CLUSTER-IP": _field("spec.clusterIP", NONE),
        "PORT(S)": _ports,
        "AGE": age,
    },
    "EndpointSlice": {
        "NAME": name,
        "ADDRESSTYPE": _field("addressType"),
        "PORTS": _slice_ports,
        "ENDPOINTS": _endpoints,
        "AGE": age,
    },
    "ConfigMap": {"NAME": name, "DATA": _count("data"), "AGE": age},
    "Secret": {"NAME": name, "TYPE": _field("type"), "DATA": _count("data"), "AGE": age},
    "PersistentVolumeClaim": {
        "NAME": name,
        "STATUS": _field("status.phase"),
        "VOLUME": _field("spec.volumeName"),
        "CAPACITY": _field("status.capacity.storage"),
        "STORAGECLASS": _field("spec.storageClassName"),
        "AGE": age,
    },
    "PersistentVolume": {
        "NAME": name,
        "CAPACITY": _field("spec.capacity.storage"),
        "RECLAIM POLICY": _field("spec.persistentVolumeReclaimPolicy"),
        "STATUS": _field("status.phase"),
        "AGE": age,
    },
    "PodDisruptionBudget": {
        "NAME": name,
        "MIN AVAILABLE": _field("spec.minAvailable", "N/A"),
        "MAX UNAVAILABLE": _field("spec.maxUnavailable", "N/A"),
        "ALLOWED DISRUPTIONS": _field("status.disruptionsAllowed", "0"),
        "AGE": age,
    },
}
