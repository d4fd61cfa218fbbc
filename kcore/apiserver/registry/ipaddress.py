"""IPAddress: an address that is taken, named after itself, and by whom.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/networking/validation/validation.go
"""

from __future__ import annotations

from kcore.api.json import Wire
from kcore.apiserver.field import Errors, gathered, immutable, invalid, required
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation import names
from kcore.apiserver.validation.meta import object_meta, object_meta_update
from kcore.apiserver.validation.network import parse_ip


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of an address: its name is one in canonical form, and somebody has it."""
    metadata = wire.get("metadata") or {}
    yield from object_meta(metadata, _address, namespaced=False)
    parent = (wire.get("spec") or {}).get("parentRef")
    if parent is None:
        yield required("spec.parentRef")
        return
    for field in ("resource", "name"):
        if not parent.get(field):
            yield required(f"spec.parentRef.{field}")
    namespace = parent.get("namespace", "")
    if namespace and names.dns1123_label(namespace):
        yield invalid("spec.parentRef.namespace", namespace, "; ".join(names.dns1123_label(namespace)))


def _address(name: str) -> names.Details:
    address = parse_ip(name)
    return [] if address is not None and str(address) == name else ["must be a valid IP address in canonical form"]


@gathered
def validate_update(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a change: who has the address stays."""
    yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})
    now, was = ((one.get("spec") or {}).get("parentRef") for one in (new, old))
    yield from immutable("spec.parentRef", now, was)


STRATEGY = Strategy(kind="IPAddress", validate=validate, validate_update=validate_update, spec_fields=())
