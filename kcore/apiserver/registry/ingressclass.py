"""IngressClass: which controller serves the Ingresses that name the class.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/networking/validation/validation.go
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kcore.api.json import Wire
from kcore.apiserver.defaulting.wire import fill
from kcore.apiserver.field import (
    Errors,
    forbidden,
    gathered,
    immutable,
    invalid_each,
    not_supported,
    required,
    too_long,
)
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation import names
from kcore.apiserver.validation.meta import object_meta, object_meta_update

_CONTROLLER_MAX = 250
_SCOPES = ("Cluster", "Namespace")


def default(wire: Wire) -> None:
    """Parameters are cluster-wide unless they say otherwise."""
    parameters = (wire.get("spec") or {}).get("parameters")
    if parameters is not None:
        fill(parameters, {"scope": "Cluster"})


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of a class."""
    yield from object_meta(wire.get("metadata") or {}, names.dns1123_subdomain, namespaced=False)
    spec = wire.get("spec") or {}
    controller = spec.get("controller", "")
    if len(controller) > _CONTROLLER_MAX:
        yield too_long("spec.controller", _CONTROLLER_MAX)
    yield from _domain_prefixed(controller, "spec.controller")
    if spec.get("parameters") is not None:
        yield from _parameters(spec["parameters"], "spec.parameters")


def _domain_prefixed(value: str, path: str) -> Errors:
    """Yield what is wrong with "example.com/path"."""
    if not value:
        yield required(path)
        return
    domain, slash, rest = value.partition("/")
    if not (slash and rest):
        yield from invalid_each(path, value, ['must be a domain-prefixed path (such as "acme.io/foo")'])
        return
    yield from invalid_each(path, domain, names.dns1123_subdomain(domain))


def _parameters(parameters: Mapping[str, Any], path: str) -> Errors:
    for field in ("kind", "name"):
        if not parameters.get(field):
            yield required(f"{path}.{field}", f"{field} is required")
    scope, namespace = parameters.get("scope", ""), parameters.get("namespace")
    if scope not in _SCOPES:
        yield not_supported(f"{path}.scope", scope, _SCOPES)
    elif scope == "Namespace" and not namespace:
        yield required(f"{path}.namespace", "`parameters.scope` is set to 'Namespace'")
    elif scope == "Cluster" and namespace is not None:
        yield forbidden(f"{path}.namespace", "`parameters.scope` is set to 'Cluster'")


@gathered
def validate_update(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a change: the controller stays."""
    yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})
    now, was = ((one.get("spec") or {}).get("controller") for one in (new, old))
    yield from immutable("spec.controller", now, was)


STRATEGY = Strategy(kind="IngressClass", default=default, validate=validate, validate_update=validate_update)
