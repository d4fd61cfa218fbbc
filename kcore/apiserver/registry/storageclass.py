"""StorageClass: a provisioner and how it binds; nearly nothing of it may change.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/storage/validation/validation.go
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kcore.api.json import Wire
from kcore.apiserver.defaulting.wire import fill
from kcore.apiserver.field import (
    Errors,
    duplicate,
    forbidden,
    gathered,
    immutable,
    invalid,
    invalid_each,
    not_supported,
    required,
    too_long,
)
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation import names
from kcore.apiserver.validation.labels import label_name
from kcore.apiserver.validation.meta import object_meta, object_meta_update

_RECLAIM_POLICIES = ("Delete", "Retain")
_BINDING_MODES = ("Immediate", "WaitForFirstConsumer")
_PARAMETERS_MAX = 512
_PARAMETERS_MAX_BYTES = 256 * 1024


def default(wire: Wire) -> None:
    """Fill in the defaults of a class."""
    fill(wire, {"reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"})


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of a class."""
    yield from object_meta(wire.get("metadata") or {}, names.dns1123_subdomain, namespaced=False)
    provisioner = wire.get("provisioner", "")
    if provisioner:
        yield from invalid_each("provisioner", provisioner, names.qualified_name(provisioner.lower()))
    else:
        yield required("provisioner")
    yield from _parameters(wire.get("parameters") or {})
    for field, supported in (("reclaimPolicy", _RECLAIM_POLICIES), ("volumeBindingMode", _BINDING_MODES)):
        if wire.get(field, "") not in supported:
            yield not_supported(field, wire.get(field, ""), supported)
    yield from _topologies(wire.get("allowedTopologies") or ())


def _parameters(parameters: Mapping[str, str]) -> Errors:
    if len(parameters) > _PARAMETERS_MAX:
        yield too_long("parameters", _PARAMETERS_MAX)
        return
    if "" in parameters:
        yield invalid("parameters", "", "field can not be empty.")
    if sum(names.length(key) + names.length(value) for key, value in parameters.items()) > _PARAMETERS_MAX_BYTES:
        yield too_long("parameters", _PARAMETERS_MAX_BYTES)


def _topologies(terms: Sequence[Mapping[str, Any]]) -> Errors:
    for i, term in enumerate(terms):
        seen: set[str] = set()
        for j, expression in enumerate(term.get("matchLabelExpressions") or ()):
            path = f"allowedTopologies[{i}].matchLabelExpressions[{j}]"
            key, values = expression.get("key", ""), expression.get("values") or []
            if not values:
                yield required(f"{path}.values")
            for k, value in enumerate(values):
                if value in values[:k]:
                    yield duplicate(f"{path}.values[{k}]", value)
            yield from label_name(key, f"{path}.key")
            if key in seen:
                yield duplicate(f"{path}.key", key)
            seen.add(key)
        if term in terms[:i]:
            yield duplicate(f"allowedTopologies[{i}].matchLabelExpressions", "")


@gathered
def validate_update(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a change: parameters, provisioner and policies stay."""
    yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})
    for field in ("parameters", "provisioner", "reclaimPolicy"):
        if (new.get(field) or None) != (old.get(field) or None):
            yield forbidden(field, f"updates to {field} are forbidden.")
    yield from immutable("volumeBindingMode", new.get("volumeBindingMode"), old.get("volumeBindingMode"))


STRATEGY = Strategy(
    kind="StorageClass", default=default, validate=validate, validate_update=validate_update, spec_fields=()
)
