"""CSINode: drivers of a node, each once.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/storage/validation/validation.go
"""

from __future__ import annotations

from kcore.api.json import Wire
from kcore.apiserver.field import Errors, duplicate, gathered, invalid, required
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation import names
from kcore.apiserver.validation.labels import label_name
from kcore.apiserver.validation.meta import object_meta, object_meta_update
from kcore.apiserver.validation.numbers import nonnegative
from kcore.apiserver.validation.volumesources import driver_name

_STAYS = ("nodeID", "topologyKeys")


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of the drivers of a node."""
    yield from object_meta(wire.get("metadata") or {}, names.dns1123_subdomain, namespaced=False)
    drivers = (wire.get("spec") or {}).get("drivers") or ()
    for i, driver in enumerate(drivers):
        path = f"spec.drivers[{i}]"
        yield from driver_name(driver.get("name", ""), f"{path}.name")
        if any(one.get("name") == driver.get("name") for one in drivers[:i]):
            yield duplicate(f"{path}.name", driver.get("name"))
        if not driver.get("nodeID"):
            yield required(f"{path}.nodeID")
        yield from nonnegative((driver.get("allocatable") or {}).get("count"), f"{path}.allocatable.count")
        for key in driver.get("topologyKeys") or ():
            yield from label_name(key, path)


@gathered
def validate_update(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a change: a driver keeps its name for the node and its labels."""
    yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})
    before = {one.get("name"): one for one in (old.get("spec") or {}).get("drivers") or ()}
    for i, driver in enumerate((new.get("spec") or {}).get("drivers") or ()):
        known = before.get(driver.get("name"))
        if known is not None and any((known.get(field) or None) != (driver.get(field) or None) for field in _STAYS):
            yield invalid(f"spec.drivers[{i}]", driver.get("name"), "field is immutable")


STRATEGY = Strategy(kind="CSINode", validate=validate, validate_update=validate_update)
