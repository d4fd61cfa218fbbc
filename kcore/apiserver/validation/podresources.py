"""Resources of a pod as a whole, and how they fit those of its containers.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kcore.api.quantity import ZERO, Quantity
from kcore.apiserver.field import Errors, forbidden, invalid
from kcore.apiserver.validation.resources import amount, pod_resource_name, resource_requirements

Spec = Mapping[str, Any]


def aggregate(spec: Spec, side: str) -> dict[str, Quantity]:
    """Return what the containers need together: `side` is requests or limits.

    Regular containers and sidecars run at once; an init container runs beside the sidecars before it, alone otherwise.
    """
    total: dict[str, Quantity] = {}
    for container in spec.get("containers") or ():
        _add(total, _asked(container, side))
    sidecars: dict[str, Quantity] = {}
    peak: dict[str, Quantity] = {}
    for container in spec.get("initContainers") or ():
        asked = _asked(container, side)
        if container.get("restartPolicy") == "Always":
            _add(total, asked)
            _add(sidecars, asked)
            asked = dict(sidecars)
        else:
            _add(asked, sidecars)
        _raise(peak, asked)
    _raise(total, peak)
    return total


def _asked(container: Spec, side: str) -> dict[str, Quantity]:
    return {name: amount(value) for name, value in ((container.get("resources") or {}).get(side) or {}).items()}


def _add(total: dict[str, Quantity], more: Mapping[str, Quantity]) -> None:
    for name, quantity in more.items():
        total[name] = total[name] + quantity if name in total else quantity


def _raise(total: dict[str, Quantity], at_least: Mapping[str, Quantity]) -> None:
    for name, quantity in at_least.items():
        if name not in total or quantity > total[name]:
            total[name] = quantity


def pod_resources(spec: Spec, path: str) -> Errors:
    """Yield the errors of `resources` of a pod: no less than its containers ask for together, or than a limit."""
    resources = spec["resources"]
    if resources.get("claims") is not None:
        yield forbidden(f"{path}.claims", "claims cannot be set for Resources at pod-level")
    yield from resource_requirements(resources, (), path, pod_resource_name)
    requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
    for name, needed in sorted(aggregate(spec, "requests").items()):
        granted = amount(requests[name]) if name in requests else ZERO
        if needed > granted:
            detail = f"must be greater than or equal to aggregate container requests of {needed}"
            yield invalid(f"{path}.requests[{name}]", str(granted), detail)
    for i, container in enumerate(spec.get("containers") or ()):
        for name, limit in sorted(_asked(container, "limits").items()):
            if name in limits and limit > amount(limits[name]):
                detail = f"must be less than or equal to pod limits of {amount(limits[name])}"
                yield invalid(f"{path}.containers[{i}][{name}].limits", str(limit), detail)
