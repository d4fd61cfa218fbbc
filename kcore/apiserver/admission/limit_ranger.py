"""LimitRanger: pods get a namespace's default requests and limits, and keep within its bounds; claims keep within them.

Models the defaults of containers with the annotation that tells of them, and for each item of each LimitRange the least
and the most, of containers, of pods and of claims, and how far limits may exceed requests.

Not modelled: pods that are resized.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/plugin/pkg/admission/limitranger/admission.go
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kcore.api.convert import to_wire
from kcore.api.core.persistentvolumeclaim import PersistentVolumeClaim
from kcore.api.core.pod import Pod
from kcore.api.json import Wire
from kcore.api.object import ApiObject
from kcore.api.quantity import ZERO, Quantity
from kcore.api.resources import pod_limits, pod_requests
from kcore.apiserver.outcome import Operation
from kcore.apiserver.plugin import Plugin
from kcore.apiserver.request import Verb
from kcore.apiserver.status import Status, forbidden
from kcore.apiserver.store import Store

ANNOTATION = "kubernetes.io/limit-ranger"

_Amounts = Mapping[str, Quantity]


def _ranges(operation: Operation, body: ApiObject) -> tuple[ApiObject, ...] | None:
    """Return the LimitRanges of a new pod's namespace, None when there is none."""
    return operation.store.list("LimitRange", body.metadata.namespace) or None


def _mutate(wire: Wire, ranges: tuple[ApiObject, ...]) -> None:
    """Give containers the requests and limits that they do not state, range by range."""
    for one in ranges:
        limits, requests = _defaults(to_wire(one))
        told = [
            f"{', '.join(names)} {what} for {role} {container.get('name', '')}"
            for role, field in (("container", "containers"), ("init container", "initContainers"))
            for container in wire["spec"].get(field) or ()
            for what, names in _filled(container, requests, limits)
        ]
        if told:
            annotations = {**(wire["metadata"].get("annotations") or {})}
            annotations[ANNOTATION] = f"LimitRanger plugin set: {'; '.join(told)}"
            wire["metadata"]["annotations"] = annotations


def _filled(container: Wire, requests: Wire, limits: Wire) -> Iterator[tuple[str, list[str]]]:
    """Fill in what a container does not state; yield the names of what was filled in, if any."""
    resources = container["resources"] = {**(container.get("resources") or {})}
    for what, defaults in (("request", requests), ("limit", limits)):
        stated = resources.get(f"{what}s") or {}
        missing = sorted(set(defaults).difference(stated))
        if missing:
            resources[f"{what}s"] = {**stated, **{name: defaults[name] for name in missing}}
            yield what, missing


def _defaults(limit_range: Wire) -> tuple[Wire, Wire]:
    """Return the limits and the requests that containers get, the last item of a name counting."""
    limits: Wire = {}
    requests: Wire = {}
    for item in _items(limit_range, "Container"):
        limits |= item.get("default") or {}
        requests |= item.get("defaultRequest") or {}
    return limits, requests


def _charge(operation: Operation, store: Store, new: ApiObject, _: ApiObject | None) -> Store | Status:
    """Return the store as it is, or why `new` is out of bounds."""
    if new.metadata.deletion_timestamp is not None:
        return store
    for one in store.list("LimitRange", new.metadata.namespace):
        broken = list(_broken(to_wire(one), new))
        if broken:
            why = broken[0] if len(broken) == 1 else f"[{', '.join(broken)}]"
            return forbidden(operation.kind, new.metadata.name, why)
    return store


def _broken(limit_range: Wire, obj: ApiObject) -> Iterator[str]:
    """Yield the bounds that `obj` does not keep."""
    if isinstance(obj, Pod):
        for item in _items(limit_range):
            if item.get("type") == "Container":
                for container in (*obj.spec.containers, *obj.spec.init_containers):
                    yield from _of_pod(item, container.resources.requests, container.resources.limits)
            elif item.get("type") == "Pod":
                yield from _of_pod(item, pod_requests(obj), pod_limits(obj))
    elif isinstance(obj, PersistentVolumeClaim):
        for item in _items(limit_range, "PersistentVolumeClaim"):
            yield from _of_claim(item, obj.spec.resources.requests)


def _items(limit_range: Wire, of_type: str = "") -> list[dict[str, Any]]:
    items = (limit_range.get("spec") or {}).get("limits") or []
    return [item for item in items if of_type in ("", item.get("type"))]


def _bounds(item: Wire, field: str) -> list[tuple[str, Quantity]]:
    return [(name, Quantity.from_wire(value)) for name, value in sorted((item.get(field) or {}).items())]


def _of_pod(item: Wire, requests: _Amounts, limits: _Amounts) -> Iterator[str]:
    of = item["type"]
    for name, bound in _bounds(item, "min"):
        yield from _least(f"minimum {name} usage per {of} is {bound}", bound, requests.get(name), limits.get(name))
    for name, bound in _bounds(item, "max"):
        yield from _most(f"maximum {name} usage per {of} is {bound}", bound, requests.get(name), limits.get(name))
    for name, bound in _bounds(item, "maxLimitRequestRatio"):
        said = f"{name} max limit to request ratio per {of} is {bound}, but"
        yield from _ratio(said, bound, requests.get(name, ZERO), limits.get(name, ZERO))


def _of_claim(item: Wire, requests: _Amounts) -> Iterator[str]:
    of = item["type"]
    for name, bound in _bounds(item, "min"):
        yield from _least(f"minimum {name} usage per {of} is {bound}", bound, requests.get(name), None)
    for name, bound in _bounds(item, "max"):
        request = requests.get(name)
        said = f"maximum {name} usage per {of} is {bound}"
        if request is None:
            yield f"{said}.  No request is specified"
        elif request > bound:
            yield f"{said}, but request is {request}"


def _least(said: str, bound: Quantity, request: Quantity | None, limit: Quantity | None) -> Iterator[str]:
    if request is None:
        yield f"{said}.  No request is specified"
    elif request < bound:
        yield f"{said}, but request is {request}"
    elif limit is not None and limit < bound:
        yield f"{said}, but limit is {limit}"


def _most(said: str, bound: Quantity, request: Quantity | None, limit: Quantity | None) -> Iterator[str]:
    if limit is None:
        yield f"{said}.  No limit is specified"
    elif limit > bound:
        yield f"{said}, but limit is {limit}"
    elif request is not None and request > bound:
        yield f"{said}, but request is {request}"


def _ratio(said: str, bound: Quantity, request: Quantity, limit: Quantity) -> Iterator[str]:
    if not request.sign:
        yield f"{said} no request is specified or request is 0"
    elif not limit.sign:
        yield f"{said} no limit is specified or limit is 0"
    elif limit.nano * 10**9 > bound.nano * request.nano:
        yield f"{said} provided ratio is {limit.nano / request.nano:f}"


PLUGIN = Plugin(name="LimitRanger", kinds=frozenset({"Pod"}), facts=_ranges, mutate=_mutate, charge=_charge)
OF_CLAIMS = Plugin(
    name="LimitRanger",
    kinds=frozenset({"PersistentVolumeClaim"}),
    verbs=frozenset({Verb.CREATE, Verb.UPDATE}),
    charge=_charge,
)
