"""Lease: durations and transitions.

Does not keep the fields of coordinated leader election: their gate is off, and the server drops them.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/coordination/validation/validation.go
"""

from __future__ import annotations

from kcore.api.coordination.lease import Lease
from kcore.api.evolve import evolve
from kcore.api.json import Wire
from kcore.apiserver.defaulting.wire import part
from kcore.apiserver.field import Errors, gathered, invalid
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation import names
from kcore.apiserver.validation.meta import object_meta
from kcore.apiserver.validation.numbers import nonnegative


def default(wire: Wire) -> None:
    """Fill in the parts that are always there."""
    part(wire, "spec")


def prepare_create(wire: Wire) -> None:
    """Drop what a gate that is off guards."""
    for field in ("strategy", "preferredHolder"):
        part(wire, "spec").pop(field, None)


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of a Lease."""
    yield from object_meta(wire.get("metadata") or {}, names.dns1123_subdomain)
    spec = wire.get("spec") or {}
    duration = spec.get("leaseDurationSeconds")
    if duration is not None and duration <= 0:
        yield invalid("spec.leaseDurationSeconds", duration, "must be greater than 0")
    yield from nonnegative(spec.get("leaseTransitions"), "spec.leaseTransitions")


def routine(new: Lease, old: Lease) -> bool:
    """Tell whether the holder renews its Lease, and no more."""
    renewed = evolve(old, spec=evolve(old.spec, renew_time=new.spec.renew_time))
    return new.spec.renew_time is not None and new == renewed


STRATEGY = Strategy(
    kind="Lease",
    default=default,
    prepare_create=prepare_create,
    validate=validate,
    routine=routine,
    create_on_update=True,
    unconditional_update=False,
)
