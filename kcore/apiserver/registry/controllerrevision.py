"""ControllerRevision: data that never changes, and a number.

Does not model the check of embedded metadata, as no controller of upstream records any.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/apps/validation/validation.go
"""

from __future__ import annotations

from kcore.api.json import Wire
from kcore.apiserver.defaulting.wire import fill_zero
from kcore.apiserver.field import Errors, gathered, immutable, required
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation import names
from kcore.apiserver.validation.meta import object_meta, object_meta_update
from kcore.apiserver.validation.numbers import nonnegative


def default(wire: Wire) -> None:
    """Fill in the number, which is always there."""
    fill_zero(wire, {"revision": 0})


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of a ControllerRevision."""
    yield from object_meta(wire.get("metadata") or {}, names.dns1123_subdomain)
    if wire.get("data") is None:
        yield required("data", "data is mandatory")
    yield from nonnegative(wire.get("revision"), "revision")


@gathered
def validate_update(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a change: the data stays."""
    yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})
    yield from immutable("data", new.get("data"), old.get("data"))


STRATEGY = Strategy(
    kind="ControllerRevision", default=default, validate=validate, validate_update=validate_update, spec_fields=()
)
