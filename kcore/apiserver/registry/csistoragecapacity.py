"""CSIStorageCapacity: how much a storage class has left for some nodes.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/storage/validation/validation.go
"""

from __future__ import annotations

from kcore.api.json import Wire
from kcore.api.quantity import ZERO, Quantity
from kcore.apiserver.defaulting.wire import canonical_quantities
from kcore.apiserver.field import Errors, gathered, immutable, invalid, invalid_each
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation import names
from kcore.apiserver.validation.labels import label_selector
from kcore.apiserver.validation.meta import object_meta, object_meta_update
from kcore.apiserver.validation.numbers import NEGATIVE

_AMOUNTS = ("capacity", "maximumVolumeSize")
_STAYS = ("nodeTopology", "storageClassName")


def default(wire: Wire) -> None:
    """Give amounts their canonical text."""
    held = {"amounts": {field: wire[field] for field in _AMOUNTS if wire.get(field) is not None}}
    canonical_quantities(held, "amounts")
    wire.update(held["amounts"])


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of a capacity."""
    yield from object_meta(wire.get("metadata") or {}, names.dns1123_subdomain)
    name = wire.get("storageClassName", "")
    yield from invalid_each("storageClassName", name, names.dns1123_subdomain(name))
    if wire.get("nodeTopology") is not None:
        yield from label_selector(wire["nodeTopology"], "nodeTopology")
    for field in _AMOUNTS:
        if wire.get(field) is not None and Quantity.from_wire(wire[field]) < ZERO:
            yield invalid(field, wire[field], NEGATIVE)


@gathered
def validate_update(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a change: class and nodes stay."""
    yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})
    for field in _STAYS:
        yield from immutable(field, new.get(field), old.get(field))


STRATEGY = Strategy(
    kind="CSIStorageCapacity", default=default, validate=validate, validate_update=validate_update, spec_fields=()
)
