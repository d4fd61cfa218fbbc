"""PriorityClass: a number and whether it preempts; neither may change.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/scheduling/validation/validation.go
"""

from __future__ import annotations

from kcore.api.json import Wire
from kcore.apiserver.defaulting.wire import fill
from kcore.apiserver.field import Errors, forbidden, gathered, immutable
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation import names
from kcore.apiserver.validation.containers import one_of
from kcore.apiserver.validation.meta import object_meta, object_meta_update

_USER_MAX = 1_000_000_000
_SYSTEM = {"system-node-critical": 2_000_001_000, "system-cluster-critical": 2_000_000_000}
_POLICIES = ("PreemptLowerPriority", "Never")


def default(wire: Wire) -> None:
    """Fill in that a class preempts, and its value, which is always there."""
    fill(wire, {"preemptionPolicy": "PreemptLowerPriority", "value": 0})


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of a class."""
    meta = wire.get("metadata") or {}
    yield from object_meta(meta, names.dns1123_subdomain, namespaced=False)
    name, value = meta.get("name", ""), wire.get("value", 0)
    if name.startswith("system-"):
        if wire.get("globalDefault") or _SYSTEM.get(name) != value:
            yield forbidden(
                "metadata.name", "priority class names with 'system-' prefix are reserved for system use only"
            )
    elif value > _USER_MAX:
        yield forbidden("value", f"maximum allowed value of a user defined priority is {_USER_MAX}")
    if wire.get("preemptionPolicy") is not None:
        yield from one_of(wire["preemptionPolicy"], _POLICIES, "preemptionPolicy")


@gathered
def validate_update(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a change: value and policy stay."""
    yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})
    if new.get("value") != old.get("value"):
        yield forbidden("value", "may not be changed in an update.")
    yield from immutable("preemptionPolicy", new.get("preemptionPolicy"), old.get("preemptionPolicy"))


STRATEGY = Strategy(
    kind="PriorityClass", default=default, validate=validate, validate_update=validate_update, spec_fields=("value",)
)
