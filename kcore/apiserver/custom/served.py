"""The kinds that a store serves beside the built-in ones: one for each CustomResourceDefinition that is established.

Models the version that is stored, with its schema and subresources, and the paths of its size.

Not modelled: conversion; other served versions are not told apart.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiextensions-apiserver/pkg/registry/customresource/strategy.go
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

from kcore.api.convert import to_wire
from kcore.api.json import Wire
from kcore.api.kinds import Kind, custom_kind, key_kind
from kcore.api.object import ApiObject
from kcore.apiserver.custom import schema as structural
from kcore.apiserver.field import Errors, gathered
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.store import Store
from kcore.apiserver.validation import names
from kcore.apiserver.validation.meta import object_meta, object_meta_update

CRD = "CustomResourceDefinition"


class Custom(NamedTuple):
    """A custom kind and what the API server does specially for it."""

    kind: Kind
    strategy: Strategy


def served(store: Store, kind: str) -> Custom | None:
    """Return the custom kind with this name in keys ("Widget.example.com"), None when nothing defines it."""
    return _served(store.list(CRD)).get(kind)


@functools.lru_cache(maxsize=64)
def _served(definitions: tuple[ApiObject, ...]) -> Mapping[str, Custom]:
    found = (custom(to_wire(one)) for one in definitions if is_established(to_wire(one)))
    return {key_kind(one.kind): one for one in found}


def is_established(crd: Wire) -> bool:
    """Tell whether the kind that a definition brings is served, which it is until the definition is gone."""
    conditions = (crd.get("status") or {}).get("conditions") or ()
    return any(one.get("type") == "Established" and one.get("status") == "True" for one in conditions)


def custom(crd: Wire) -> Custom:
    """Return the kind of a definition, with the rules of its schema."""
    kind = custom_kind(crd)
    version = next(one for one in crd["spec"]["versions"] if one.get("storage"))
    schema: dict[str, Any] = (version.get("schema") or {}).get("openAPIV3Schema") or {}
    checker = structural.validator(schema)
    name = f"{kind.kind}.{kind.group}"

    def default(wire: Wire) -> None:
        kept = structural.pruned(wire, schema, root=True)
        wire.clear()
        wire.update(kept)
        structural.default(wire, schema)

    @gathered
    def validate(wire: Wire) -> Errors:
        metadata = wire.get("metadata") or {}
        yield from object_meta(metadata, names.dns1123_subdomain, namespaced=kind.namespaced)
        yield from structural.errors(wire, checker, schema)

    @gathered
    def validate_status(new: Wire, old: Wire) -> Errors:
        yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})
        yield from structural.errors(new, checker, schema)

    strategy = Strategy(
        kind=name, default=default, validate=validate, validate_status=validate_status, unconditional_update=False
    )
    return Custom(kind, strategy)
