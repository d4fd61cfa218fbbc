"""VolumeAttributesClass: settings of volumes that may change while they are in use.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/storage/validation/validation.go
"""

from __future__ import annotations

from kcore.api.json import Wire
from kcore.apiserver.field import Errors, forbidden, gathered, invalid_each, required
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation import names
from kcore.apiserver.validation.meta import object_meta, object_meta_update

_FIELDS = ("driverName", "parameters")


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of a class: a driver and something to set."""
    yield from object_meta(wire.get("metadata") or {}, names.dns1123_subdomain, namespaced=False)
    driver = wire.get("driverName", "")
    if driver:
        yield from invalid_each("driverName", driver, names.qualified_name(driver.lower()))
    else:
        yield required("driverName")
    if not wire.get("parameters"):
        yield required("parameters", "must contain at least one key/value pair")


@gathered
def validate_update(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a change: driver and parameters stay."""
    yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})
    for field in _FIELDS:
        if (new.get(field) or None) != (old.get(field) or None):
            yield forbidden(field, f"updates to {field} are forbidden.")


STRATEGY = Strategy(kind="VolumeAttributesClass", validate=validate, validate_update=validate_update, spec_fields=())
