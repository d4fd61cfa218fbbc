"""PersistentVolumeClaim: what it asks for, and the little that may change of it.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/registry/core/persistentvolumeclaim/strategy.go
"""

from __future__ import annotations

import copy
from typing import Any

from kcore.api.json import Wire
from kcore.apiserver.defaulting.volumes import default_claim_spec
from kcore.apiserver.defaulting.wire import canonical_quantities, fill, part
from kcore.apiserver.field import Errors, forbidden, gathered, immutable, invalid, required
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation import names
from kcore.apiserver.validation.claims import claim_spec
from kcore.apiserver.validation.meta import object_meta, object_meta_update
from kcore.apiserver.validation.resources import amount, basic_quantity

_CLASS = "volume.beta.kubernetes.io/storage-class"
_SOURCE_FIELDS = ("apiGroup", "kind", "name")
_IMMUTABLE = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"


def default(wire: Wire) -> None:
    """Fill in the defaults of a claim."""
    default_claim_spec(part(wire, "spec"))
    canonical_quantities(part(wire, "status"), "capacity", "allocatedResources")
    fill(wire["status"], {"phase": "Pending"})


def prepare_create(wire: Wire) -> None:
    """Give a new claim its first status, and say a data source in both of its fields."""
    wire["status"] = {"phase": "Pending"}
    _pair_sources(wire["spec"])


def _pair_sources(spec: dict[str, Any]) -> None:
    source, ref = spec.get("dataSource"), spec.get("dataSourceRef")
    if ref is None and source is not None:
        spec["dataSourceRef"] = {field: source[field] for field in _SOURCE_FIELDS if field in source}
    elif source is None and ref is not None and not ref.get("namespace"):
        spec["dataSource"] = {field: ref[field] for field in _SOURCE_FIELDS if field in ref}


def prepare_update(new: Wire, old: Wire) -> None:
    """Keep the status, which has a subresource of its own."""
    new["status"] = copy.deepcopy(old.get("status") or {})
    if new["spec"].get("dataSource") is not None or new["spec"].get("dataSourceRef") is not None:
        _pair_sources(new["spec"])


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of a claim."""
    yield from object_meta(wire.get("metadata") or {}, names.dns1123_subdomain)
    yield from claim_spec(wire.get("spec") or {}, "spec")


@gathered
def validate_update(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a change: the volume is set once, a bound claim may ask for more."""
    meta, old_meta = new.get("metadata") or {}, old.get("metadata") or {}
    yield from object_meta_update(meta, old_meta)
    spec, before = new["spec"], old["spec"]
    was, now = ((one.get("annotations") or {}).get(_CLASS) for one in (old_meta, meta))
    if (was or "") != (now or ""):
        yield invalid(f"metadata.annotations.{_CLASS}", now or "", "field is immutable")
    if _comparable(new, old) != _comparable(old, old):
        yield forbidden("spec", _IMMUTABLE)
    size, old_size = (amount(_requests(one).get("storage")) for one in (spec, before))
    if size < old_size and size <= amount(((old.get("status") or {}).get("capacity") or {}).get("storage")):
        yield forbidden("spec.resources.requests.storage", "field can not be less than status.capacity")
    yield from immutable("volumeMode", spec.get("volumeMode"), before.get("volumeMode"))
    yield from _attributes_class(spec.get("volumeAttributesClassName"), before.get("volumeAttributesClassName"))


def _requests(spec: dict[str, Any]) -> dict[str, Any]:
    requests: dict[str, Any] = (spec.get("resources") or {}).get("requests") or {}
    return requests


def _comparable(wire: Wire, old: Wire) -> dict[str, Any]:
    """Return the spec of `wire` with what may change as it is in `old`; the volume when that has none."""
    spec, before = copy.deepcopy(wire["spec"]), old["spec"]
    if not before.get("volumeName"):
        spec.pop("volumeName", None)
    if before.get("storageClassName") is None:
        spec.pop("storageClassName", None)
    if (wire.get("status") or {}).get("phase") == "Bound":
        spec.pop("volumeAttributesClassName", None)
        _requests(spec).pop("storage", None)
    return {field: value for field, value in spec.items() if value not in (None, "", {}, [])}


def _attributes_class(new: str | None, old: str | None) -> Errors:
    if old is not None and not new:
        what = "nil" if new is None else "an empty string"
        yield forbidden("spec.volumeAttributesClassName", f"update from non-nil value to {what} is forbidden")


@gathered
def validate_status(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a write of the status."""
    yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})
    if not (new.get("spec") or {}).get("accessModes"):
        yield required("Spec.accessModes")
    for name, value in sorted(((new.get("status") or {}).get("capacity") or {}).items()):
        yield from basic_quantity(value, f"status.capacity[{name}]")


STRATEGY = Strategy(
    kind="PersistentVolumeClaim",
    default=default,
    prepare_create=prepare_create,
    prepare_update=prepare_update,
    validate=validate,
    validate_update=validate_update,
    validate_status=validate_status,
)
