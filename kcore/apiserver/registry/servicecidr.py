"""ServiceCIDR: a range that addresses of Services come from.

Not modelled: that addresses are handed out from it; the range of the API server's flag alone counts.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/networking/validation/validation.go
"""

from __future__ import annotations

from kcore.api.json import Wire
from kcore.apiserver.field import Errors, gathered, immutable, invalid, required
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation import names
from kcore.apiserver.validation.meta import object_meta, object_meta_update
from kcore.apiserver.validation.network import cidr, is_dual_stack

_MOST = 2


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of a range: one or one of each family."""
    yield from object_meta(wire.get("metadata") or {}, names.dns1123_subdomain, namespaced=False)
    cidrs = (wire.get("spec") or {}).get("cidrs") or []
    if not cidrs:
        yield required("spec.cidrs", "at least one CIDR required")
    elif len(cidrs) > _MOST:
        yield invalid("spec", cidrs, "may only hold up to 2 values")
    elif len(cidrs) == _MOST and not is_dual_stack([one.partition("/")[0] for one in cidrs]):
        yield invalid(
            "spec", cidrs, "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"
        )
    for i, one in enumerate(cidrs):
        yield from cidr(one, f"spec.cidrs[{i}]")


@gathered
def validate_update(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a change: ranges stay."""
    yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})
    now, was = ((one.get("spec") or {}).get("cidrs") for one in (new, old))
    yield from immutable("spec.cidrs", now, was)


STRATEGY = Strategy(kind="ServiceCIDR", validate=validate, validate_update=validate_update)
