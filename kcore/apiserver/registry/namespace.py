"""Namespace: its own label, its finalizer and its phase.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/registry/core/namespace/strategy.go
"""

from __future__ import annotations

import copy

from kcore.api.json import Wire
from kcore.apiserver.defaulting.wire import fill, part
from kcore.apiserver.field import Errors, gathered, invalid, invalid_each
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation import names
from kcore.apiserver.validation.meta import object_meta, object_meta_update, standard_finalizer

_NAME_LABEL = "kubernetes.io/metadata.name"
_FINALIZER = "kubernetes"


def default(wire: Wire) -> None:
    """Fill in the label that says the name, and the phase."""
    meta = part(wire, "metadata")
    if meta.get("name"):
        part(meta, "labels")[_NAME_LABEL] = meta["name"]
    part(wire, "spec")
    fill(part(wire, "status"), {"phase": "Active"})


def prepare_create(wire: Wire) -> None:
    """Give a new namespace its first phase and the finalizer that empties it before it goes."""
    wire["status"] = {"phase": "Active"}
    finalizers = part(wire, "spec").setdefault("finalizers", [])
    if _FINALIZER not in finalizers:
        finalizers.append(_FINALIZER)


def prepare_update(new: Wire, old: Wire) -> None:
    """Keep the finalizers of the spec and the status, which have subresources of their own."""
    new["status"] = copy.deepcopy(old.get("status") or {})
    part(new, "spec")["finalizers"] = list((old.get("spec") or {}).get("finalizers") or ())


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of a namespace."""
    yield from object_meta(wire.get("metadata") or {}, names.dns1123_label, namespaced=False)
    for finalizer in (wire.get("spec") or {}).get("finalizers") or ():
        yield from invalid_each("spec.finalizers", finalizer, names.qualified_name(finalizer))
        yield from standard_finalizer(finalizer, "spec.finalizers")


@gathered
def validate_status(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a write of the status: the phase follows the deletion."""
    meta = new.get("metadata") or {}
    yield from object_meta_update(meta, old.get("metadata") or {})
    phase = (new.get("status") or {}).get("phase", "")
    due, word = ("Terminating", "is not empty") if meta.get("deletionTimestamp") else ("Active", "is empty")
    if phase != due:
        yield invalid("status.Phase", phase, f"may only be '{due}' if `deletionTimestamp` {word}")


STRATEGY = Strategy(
    kind="Namespace",
    default=default,
    prepare_create=prepare_create,
    prepare_update=prepare_update,
    validate=validate,
    validate_status=validate_status,
)
