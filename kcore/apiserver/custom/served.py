"""The kinds that a store serves beside the built-in ones: one for each CustomResourceDefinition that is established.

Models every version that is served, each with its schema, subresources and paths of the size, and the conversion None:
an object is the same in all of them but for its apiVersion. A kind whose definition is being deleted is served, but
nothing is created of it any more.

Simplified: answers are in the version that is stored, whichever was asked for. Not modelled: conversion by a webhook.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiextensions-apiserver/pkg/registry/customresource/strategy.go
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from kcore.api.convert import to_wire
from kcore.api.evolve import evolve
from kcore.api.fields.check import Path
from kcore.api.json import Wire
from kcore.api.kinds import Kind, custom_kind, key_kind
from kcore.api.object import ApiObject
from kcore.apiserver.apply.shape import resource
from kcore.apiserver.custom import schema as structural
from kcore.apiserver.custom.conditions import ESTABLISHED, TERMINATING, holds
from kcore.apiserver.custom.embedded import embedded_errors
from kcore.apiserver.custom.pruning import drop_nulls, prune, unknown
from kcore.apiserver.custom.rules import rule_errors
from kcore.apiserver.custom.scale import paths_of, scale_errors
from kcore.apiserver.field import Errors, gathered
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.store import Store
from kcore.apiserver.validation import names
from kcore.apiserver.validation.meta import object_meta, object_meta_update

CRD = "CustomResourceDefinition"
CLOSED = "create not allowed while custom resource definition is terminating"


class Custom(NamedTuple):
    """A custom kind and what the API server does specially for it."""

    kind: Kind
    strategy: Strategy


def served(store: Store, kind: str, api_version: str = "") -> Custom | None:
    """Return the custom kind with this name in keys ("Widget.example.com"), None when nothing defines it.

    With an `api_version` of its group it has the rules of that version, None when that is not served.
    """
    versions = _served(store.list(CRD)).get(kind)
    if versions is None:
        return None
    first = next(iter(versions.values()))
    of_group = api_version.startswith(f"{first.kind.group}/")
    return versions.get(api_version) if of_group else first


def custom_kinds(store: Store) -> tuple[Kind, ...]:
    """Return the custom kinds that `store` serves, sorted by their names in keys."""
    return tuple(next(iter(versions.values())).kind for _, versions in sorted(_served(store.list(CRD)).items()))


@functools.lru_cache(maxsize=64)
def _served(definitions: tuple[ApiObject, ...]) -> Mapping[str, Mapping[str, Custom]]:
    """Return the custom kinds by name and version, the version that is stored, or else the first, before the others."""
    established = (crd for crd in map(to_wire, definitions) if holds(crd, ESTABLISHED))
    found = {key_kind(custom_kind(crd)): dict(_versions(crd)) for crd in established}
    return {kind: versions for kind, versions in found.items() if versions}


def _versions(crd: Wire) -> Iterator[tuple[str, Custom]]:
    group = crd["spec"]["group"]
    for version in sorted(crd["spec"]["versions"], key=lambda one: not one.get("storage")):
        if version.get("served"):
            yield f"{group}/{version['name']}", custom(crd, version)


def custom(crd: Wire, version: Mapping[str, Any]) -> Custom:
    """Return the kind of a definition as it is stored, with the subresources and the schema that `version` has."""
    kind = evolve(custom_kind(crd), subresources=frozenset(version.get("subresources") or ()))
    return Custom(kind, _strategy(kind, version, closed=CLOSED if holds(crd, TERMINATING) else ""))


def _strategy(kind: Kind, version: Mapping[str, Any], closed: str) -> Strategy:
    schema: dict[str, Any] = (version.get("schema") or {}).get("openAPIV3Schema") or {}
    checker = structural.validator(schema)
    paths = paths_of(version)

    def default(wire: Wire) -> None:
        prune(wire, schema)
        drop_nulls(wire, schema)
        structural.default(wire, schema)

    @gathered
    def validate(wire: Wire) -> Errors:
        yield from object_meta(wire.get("metadata") or {}, names.dns1123_subdomain, namespaced=kind.namespaced)

    @gathered
    def content(new: Wire, old: Wire | None, part: str) -> Errors:
        found = (
            *structural.errors(new, checker, schema, old),
            *scale_errors(new, paths, part),
            *embedded_errors(new, schema),
        )
        yield from found
        yield from rule_errors(new, old, schema, found)

    def validate_update(new: Wire, old: Wire) -> Errors:
        yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})
        yield from content(new, old, "spec")

    def validate_status(new: Wire, old: Wire) -> Errors:
        yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})
        yield from content(new, old, "status")

    def unknown_fields(wire: Wire) -> Iterator[Path]:
        return unknown(wire, schema, root=True)

    return Strategy(
        kind=f"{kind.kind}.{kind.group}",
        default=default,
        validate=validate,
        validate_create=lambda wire: content(wire, None, "spec"),
        validate_update=gathered(validate_update),
        validate_status=gathered(validate_status),
        unconditional_update=False,
        unknown=unknown_fields,
        scale=paths,
        shape=resource(schema),
        selectable=tuple(one["jsonPath"].removeprefix(".") for one in version.get("selectableFields") or ()),
        closed=closed,
    )
