"""Which kind a manifest means.

Models what a cluster of 1.36 serves, the kinds that CustomResourceDefinitions of the same input bring, and old
versions: an object of a version that is no longer served is read as the current one, with a finding, when its group (or
the one its kind moved to) still has the kind. A kind that nothing defines is an error that names the nearest.

Does not model: conversion. Fields that the current version does not have are unknown fields.

Upstream: https://kubernetes.io/docs/reference/using-api/deprecation-guide/
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

import attrs

from kcore.api.fields import kind_info, kinds, nearest
from kcore.errors import InputError
from kcore.manifests.documents import Document
from kcore.manifests.finding import Finding
from kcore.manifests.lines import one_line, shown

_MOVED_TO = {"extensions": ("apps", "networking.k8s.io", "policy")}
_VERSION = re.compile(r"v(\d+)(?:(alpha|beta)(\d+))?")
_STAGES = {"alpha": 0, "beta": 1, None: 2}


def custom_kinds(documents: Iterable[Document]) -> frozenset[tuple[str, str]]:
    """Return (apiVersion, kind) of what the CustomResourceDefinitions among `documents` define."""
    specs = [document.wire.get("spec") for document in documents if document.kind == "CustomResourceDefinition"]
    return frozenset(
        (f"{spec.get('group')}/{version.get('name')}", kind)
        for spec in specs
        if isinstance(spec, dict) and isinstance(spec.get("names"), dict) and isinstance(spec.get("versions"), list)
        for version in spec["versions"]
        if isinstance(version, dict)
        for kind in [spec["names"].get("kind")]
        if isinstance(kind, str)
    )


def settle_kind(document: Document, beside: Collection[tuple[str, str]]) -> tuple[Document, tuple[Finding, ...]]:
    """Return the document as a kind that is served, and what there is to say of it.

    `beside` holds the (apiVersion, kind) that are known beside those of the table. InputError for any other kind.
    """
    if (document.api_version, document.kind) in beside or kind_info(document.api_version, document.kind):
        return document, ()
    current = _current(document.api_version, document.kind)
    if not current:
        raise _unknown(document, beside)
    sentence = f"{one_line(document.api_version)} {document.kind} is not served by Kubernetes 1.36; read as {current}"
    finding = Finding(place=document.place(("apiVersion",)), severity="warning", sentence=sentence)
    return attrs.evolve(document, wire={**document.wire, "apiVersion": current}), (finding,)


def _group(api_version: str) -> str:
    return api_version.rpartition("/")[0]


def _age(api_version: str) -> tuple[int, int, int]:
    """Return a key by which the versions of a group sort, the one to prefer last."""
    match = _VERSION.fullmatch(api_version.rpartition("/")[2])
    return (_STAGES[match[2]], int(match[1]), int(match[3] or 0)) if match else (-1, 0, 0)


def _served(kind: str) -> list[str]:
    return [version for version, name in kinds() if name == kind]


def _current(api_version: str, kind: str) -> str | None:
    """Return the apiVersion that serves the kind now, when this was an older one of it."""
    groups = _MOVED_TO.get(_group(api_version), (_group(api_version),))
    served = [version for version in _served(kind) if _group(version) in groups]
    newest = max(served, key=_age, default=None)
    return newest if newest and (_age(newest) > _age(api_version) or _group(newest) != _group(api_version)) else None


def _unknown(document: Document, beside: Collection[tuple[str, str]]) -> InputError:
    """Return the error for a kind that nothing defines."""
    kind, known = document.kind, {name: version for version, name in [*kinds(), *sorted(beside)]}
    served, like = _served(kind), nearest(kind, known)
    if served:
        hint = f"{kind} is served as {' and '.join(served)}"
    elif like:
        hint = f"did you mean {like} ({known[like]})?"
    else:
        hint = "a custom resource needs its CustomResourceDefinition in the input"
    problem = f"no kind {shown(kind)} in version {shown(document.api_version)}"
    return InputError(problem, place=document.place(("kind",)), hint=hint)
