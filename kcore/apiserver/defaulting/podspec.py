"""Defaults of a pod's spec, of templates and of pods themselves.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/v1/defaults.go
"""

from __future__ import annotations

from kcore.api.json import Wire
from kcore.api.quantity import Quantity
from kcore.apiserver.defaulting.image import pull_policy
from kcore.apiserver.defaulting.volumes import default_field_ref, default_volume
from kcore.apiserver.defaulting.wire import canonical_quantities, fill, fill_zero, part
from kcore.apiserver.validation.podresources import aggregate
from kcore.apiserver.validation.resources import is_huge_page, may_overcommit

_POD = {
    "dnsPolicy": "ClusterFirst",
    "restartPolicy": "Always",
    "terminationGracePeriodSeconds": 30,
    "schedulerName": "default-scheduler",
}
_CONTAINER = {"terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"}
_PROBE = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
_HTTP_GET = {"path": "/", "scheme": "HTTP"}
_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")


def default_pod_template(template: Wire) -> None:
    """Fill in the defaults of a pod template."""
    part(template, "metadata")
    default_pod_spec(part(template, "spec"))


def default_pod_spec(spec: Wire) -> None:
    """Fill in the defaults of a pod's spec, which those of a template share."""
    fill(spec, _POD)
    part(spec, "securityContext")
    account = spec.get("serviceAccountName") or spec.get("serviceAccount")
    if account:
        spec["serviceAccountName"] = spec["serviceAccount"] = account
    for volume in spec.get("volumes") or ():
        default_volume(volume)
    for field in _CONTAINERS:
        for container in spec.get(field) or ():
            _default_container(container)
    canonical_quantities(spec.get("resources"), "limits", "requests")
    canonical_quantities(spec, "overhead")


def _default_container(container: Wire) -> None:
    fill(container, _CONTAINER)
    fill(container, {"imagePullPolicy": pull_policy(container.get("image", ""))})
    canonical_quantities(part(container, "resources"), "limits", "requests")
    for port in container.get("ports") or ():
        fill(port, {"protocol": "TCP"})
    for variable in container.get("env") or ():
        if variable.get("valueFrom") is not None:
            default_field_ref(variable["valueFrom"])
            if variable["valueFrom"].get("fileKeyRef") is not None:
                fill(variable["valueFrom"]["fileKeyRef"], {"optional": False})
    for field in _PROBES:
        if container.get(field) is not None:
            fill_zero(container[field], _PROBE)
            _default_handler(container[field])
    for hook in (container.get("lifecycle") or {}).values():
        if isinstance(hook, dict):
            _default_handler(hook)


def _default_handler(handler: Wire) -> None:
    if handler.get("httpGet") is not None:
        fill(handler["httpGet"], _HTTP_GET)
    if handler.get("grpc") is not None:
        fill(handler["grpc"], {"service": ""})


def default_pod(spec: Wire) -> None:
    """Fill in what the spec of a pod has by default and that of a template has not."""
    for field in ("containers", "initContainers"):
        for container in spec.get(field) or ():
            resources = part(container, "resources")
            if resources.get("limits"):
                fill(part(resources, "requests"), resources["limits"])
            for port in container.get("ports") or ():
                if spec.get("hostNetwork") and port.get("containerPort"):
                    fill_zero(port, {"hostPort": port["containerPort"]})
    _default_pod_resources(spec)
    fill(spec, {"enableServiceLinks": True})


def _default_pod_resources(spec: Wire) -> None:
    """Fill in resources of the pod as a whole, once some are given, from those of its containers."""
    resources = spec.get("resources")
    if not resources or not (resources.get("limits") or resources.get("requests")):
        return
    limits, requests = aggregate(spec, "limits"), aggregate(spec, "requests")
    given = resources.get("requests") or {}
    huge = {name: limit for name, limit in limits.items() if is_huge_page(name) and name not in given}
    if huge:
        fill(part(resources, "limits"), _texts(huge))
    if resources.get("limits"):
        shared = {name: request for name, request in requests.items() if _pod_level(name) and may_overcommit(name)}
        fill(part(resources, "requests"), _texts(shared))
        own = {name: limit for name, limit in resources["limits"].items() if _pod_level(name)}
        fill(resources["requests"], own)
        return
    everywhere = {name: limit for name, limit in limits.items() if _pod_level(name) and _limited_everywhere(spec, name)}
    if everywhere:
        fill(part(resources, "limits"), _texts(everywhere))


def _pod_level(name: str) -> bool:
    return name in ("cpu", "memory") or is_huge_page(name)


def _limited_everywhere(spec: Wire, name: str) -> bool:
    containers = [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
    return all(name in ((container.get("resources") or {}).get("limits") or {}) for container in containers)


def _texts(amounts: dict[str, Quantity]) -> dict[str, str]:
    return {name: quantity.canonical for name, quantity in amounts.items()}
