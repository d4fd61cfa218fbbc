"""metadata: names, namespaces, labels, annotations, owner references and finalizers.

Models create and update. Does not model managed fields.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apimachinery/pkg/api/validation/objectmeta.go
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from kcore.apiserver.field import Errors, forbidden, immutable, invalid, invalid_each, required
from kcore.apiserver.validation import names
from kcore.apiserver.validation.labels import annotation_map, labels
from kcore.apiserver.validation.numbers import nonnegative

Meta: TypeAlias = Mapping[str, Any]

_ORPHAN, _FOREGROUND = "orphan", "foregroundDeletion"
_STANDARD_FINALIZERS = frozenset({"kubernetes", _ORPHAN, _FOREGROUND})
_IMMUTABLE = ("name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds")


def object_meta(meta: Meta, name_check: names.NameCheck, *, namespaced: bool = True, path: str = "metadata") -> Errors:
    """Yield the errors of a new object's metadata, after its name was generated."""
    if generate_name := meta.get("generateName"):
        yield from invalid_each(f"{path}.generateName", generate_name, name_check(_mask_trailing_dash(generate_name)))
    name = meta.get("name", "")
    if name:
        yield from invalid_each(f"{path}.name", name, name_check(name))
    else:
        yield required(f"{path}.name", "name or generateName is required")
    yield from _namespace(meta.get("namespace", ""), path, namespaced=namespaced)
    yield from nonnegative(meta.get("generation"), f"{path}.generation")
    yield from _content(meta, path)


def path_segment(name: str) -> names.Details:
    """Check what any name must be, whatever its kind: one segment of a URL's path."""
    if name in (".", ".."):
        return [f"may not be '{name}'"]
    return [f"may not contain '{char}'" for char in "/%" if char in name]


def _mask_trailing_dash(name: str) -> str:
    """Return `name` as it will be once a suffix follows its last dash."""
    return f"{name[:-2]}a" if len(name) > 1 and name.endswith("-") else name


def _namespace(namespace: str, path: str, *, namespaced: bool) -> Errors:
    if not namespaced:
        if namespace:
            yield forbidden(f"{path}.namespace", "not allowed on this type")
    elif not namespace:
        yield required(f"{path}.namespace")
    else:
        yield from invalid_each(f"{path}.namespace", namespace, names.dns1123_label(namespace))


def _content(meta: Meta, path: str) -> Errors:
    yield from labels(meta.get("labels"), f"{path}.labels")
    yield from annotation_map(meta.get("annotations"), f"{path}.annotations")
    yield from owner_references(meta.get("ownerReferences") or (), f"{path}.ownerReferences")
    yield from finalizers(meta.get("finalizers") or (), f"{path}.finalizers")


def owner_references(references: Sequence[Meta], path: str) -> Errors:
    """Yield the errors of owner references: all parts there, no Event, one controller at most."""
    controller = ""
    for reference in references:
        yield from _owner_reference(reference, path)
        if not reference.get("controller"):
            continue
        here = f"{reference.get('kind', '')}/{reference.get('name', '')}"
        if controller:
            words = 'Only one reference can have Controller set to true. Found "true" in references for'
            yield invalid(path, references, f"{words} {controller} and {here}")
        else:
            controller = here


def _owner_reference(reference: Meta, path: str) -> Errors:
    api_version, kind = reference.get("apiVersion", ""), reference.get("kind", "")
    if not api_version.rpartition("/")[2]:
        yield invalid(f"{path}.apiVersion", api_version, "version must not be empty")
    for field in ("kind", "name", "uid"):
        if not reference.get(field):
            yield invalid(f"{path}.{field}", reference.get(field, ""), "must not be empty")
    if (api_version, kind) == ("v1", "Event"):
        yield invalid(path, reference, "/v1, Kind=Event is disallowed from being an owner")


def finalizers(found: Sequence[str], path: str) -> Errors:
    """Yield the errors of finalizers: qualified names, not both that of orphans and that of the foreground."""
    for finalizer in found:
        yield from invalid_each(path, finalizer, names.qualified_name(finalizer))
    if _ORPHAN in found and _FOREGROUND in found:
        yield invalid(path, found, f"finalizer {_ORPHAN} and {_FOREGROUND} cannot be both set")
    for i, finalizer in enumerate(found):
        yield from standard_finalizer(finalizer, f"{path}[{i}]")


def standard_finalizer(finalizer: str, path: str) -> Errors:
    """Yield an error when a finalizer without a domain is none of the standard ones."""
    if "/" not in finalizer and finalizer not in _STANDARD_FINALIZERS:
        yield invalid(path, finalizer, "name is neither a standard finalizer name nor is it fully qualified")


def object_meta_update(new: Meta, old: Meta, path: str = "metadata") -> Errors:
    """Yield the errors of a change of metadata, beside those of the new metadata.

    What the system set stays, and no finalizer is added while the object is being deleted.
    """
    extra = sorted(set(new.get("finalizers") or ()) - set(old.get("finalizers") or ()))
    if old.get("deletionTimestamp") and extra:
        shown = ", ".join(f'"{finalizer}"' for finalizer in extra)
        words = "no new finalizers can be added if the object is being deleted, found new finalizers"
        yield forbidden(f"{path}.finalizers", f"{words} []string{{{shown}}}")
    if not new.get("resourceVersion"):
        yield invalid(f"{path}.resourceVersion", "", "must be specified for an update")
    if (new.get("generation") or 0) < (old.get("generation") or 0):
        yield invalid(f"{path}.generation", new.get("generation") or 0, "must not be decremented")
    for field in _IMMUTABLE:
        yield from immutable(f"{path}.{field}", new.get(field), old.get(field))


def template_meta(meta: Meta, path: str) -> Errors:
    """Yield the errors of metadata in a template that may hold labels and annotations only."""
    yield from annotation_map(meta.get("annotations"), f"{path}.annotations")
    yield from labels(meta.get("labels"), f"{path}.labels")
    for field in sorted(set(meta) - {"annotations", "labels"}):
        if meta[field]:
            yield forbidden(f"{path}.{field}", "cannot be set")
