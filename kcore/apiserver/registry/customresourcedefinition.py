"""CustomResourceDefinition: a kind of one's own, with a name, a scope, versions and structural schemas.

Models the names that a definition may have, that exactly one version is stored, and that a version which ever was stays
until its name is taken from the status. A definition that is well formed is established with the write that makes it;
one that is deleted stays until its objects are gone.

Simplified: names that another definition has are not looked for.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go
"""

from __future__ import annotations

from typing import Any

from kcore.api.convert import from_wire, to_wire
from kcore.api.json import Wire
from kcore.api.object import ApiObject
from kcore.apiserver.custom.conditions import ESTABLISHED, NAMES_ACCEPTED, TERMINATING, set_condition
from kcore.apiserver.defaulting.wire import fill, part
from kcore.apiserver.field import Errors, gathered, immutable, invalid, invalid_each, not_supported, required
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation import names
from kcore.apiserver.validation.meta import object_meta, object_meta_update
from kcore.apiserver.validation.structural import root_errors

FINALIZER = "customresourcecleanup.apiextensions.k8s.io"
"""The finalizer that stands for the objects of a definition."""

_PENDING = {
    "type": TERMINATING,
    "status": "True",
    "reason": "InstanceDeletionPending",
    "message": "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
}
_ACCEPTED = (NAMES_ACCEPTED, "NoConflicts", "no conflicts found")
_ESTABLISHED = (ESTABLISHED, "InitialNamesAccepted", "the initial names have been accepted")


def default(wire: Wire) -> None:
    """Fill in the names that follow from the kind, and that nothing is converted."""
    spec = part(wire, "spec")
    given = part(spec, "names")
    kind = given.get("kind") or ""
    fill(given, {"singular": kind.lower(), "listKind": f"{kind}List"})
    fill(spec, {"conversion": {"strategy": "None"}})


def prepare_update(new: Wire, old: Wire) -> None:
    """Keep the status, but for the names and the version that is stored from now on."""
    new["status"] = {**(old.get("status") or {}), "acceptedNames": dict((new.get("spec") or {}).get("names") or {})}
    before = new["status"].get("storedVersions") or []
    new["status"]["storedVersions"] = [*before, *(name for name in _stored(new) if name not in before)]


def stamp(new: Wire, old: Wire | None, now: str) -> None:
    """Say of a new definition that its names are accepted and its kind is served."""
    if old is not None:
        return
    new["status"] = {
        "acceptedNames": dict((new.get("spec") or {}).get("names") or {}),
        "conditions": [
            {"type": kind, "status": "True", "reason": reason, "message": message, "lastTransitionTime": now}
            for kind, reason, message in (_ACCEPTED, _ESTABLISHED)
        ],
        "storedVersions": _stored(new),
    }


def _stored(wire: Wire) -> list[str]:
    """Return the name of the version that is stored."""
    versions = (wire.get("spec") or {}).get("versions") or ()
    return [one.get("name", "") for one in versions if one.get("storage")]


def prepare_delete(crd: ApiObject, now: str) -> ApiObject:
    """Return the definition that waits for its objects to go first."""
    wire = to_wire(crd)
    finalizers = wire["metadata"].setdefault("finalizers", [])
    if FINALIZER not in finalizers:
        finalizers.append(FINALIZER)
    set_condition(wire, _PENDING, now)
    return from_wire(wire)


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of a definition."""
    spec = wire.get("spec") or {}
    given = spec.get("names") or {}
    yield from object_meta(wire.get("metadata") or {}, names.dns1123_subdomain, namespaced=False)
    expected = f"{given.get('plural', '')}.{spec.get('group', '')}"
    name = (wire.get("metadata") or {}).get("name", "")
    if name != expected:
        yield invalid("metadata.name", name, 'must be spec.names.plural+"."+spec.group')
    yield from _group(spec.get("group") or "")
    yield from _names(given)
    if spec.get("scope") not in ("Cluster", "Namespaced"):
        yield not_supported("spec.scope", spec.get("scope", ""), ("Cluster", "Namespaced"))
    if spec.get("preserveUnknownFields"):
        instead = "set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"
        yield invalid("spec.preserveUnknownFields", spec["preserveUnknownFields"], f"cannot set to true, {instead}")
    strategy = (spec.get("conversion") or {}).get("strategy")
    if strategy not in ("None", "Webhook"):
        yield not_supported("spec.conversion.strategy", strategy, ("None", "Webhook"))
    yield from _versions(spec.get("versions") or [])


def _group(group: str) -> Errors:
    if not group:
        yield required("spec.group")
        return
    yield from invalid_each("spec.group", group, names.dns1123_subdomain(group))
    if "." not in group:
        yield invalid("spec.group", group, "should be a domain with at least one dot")


def _names(given: Wire) -> Errors:
    for field in ("plural", "kind"):
        value = given.get(field) or ""
        if not value:
            yield required(f"spec.names.{field}")
        yield from invalid_each(f"spec.names.{field}", value, names.dns1035_label(value.lower()) if value else ())
    if given.get("kind") and given.get("kind") == given.get("listKind"):
        yield invalid("spec.names.listKind", given["listKind"], "kind and listKind may not be the same")


def _versions(versions: list[Any]) -> Errors:
    if sum(bool(one.get("storage")) for one in versions) != 1:
        yield invalid("spec.versions", versions, "must have exactly one version marked as storage version")
    seen: set[str] = set()
    for at, one in enumerate(versions):
        path = f"spec.versions[{at}]"
        if one.get("name") in seen:
            yield invalid("spec.versions", versions, "must contain unique version names")
        seen.add(one.get("name", ""))
        yield from root_errors((one.get("schema") or {}).get("openAPIV3Schema"), f"{path}.schema.openAPIV3Schema")
        yield from _scale((one.get("subresources") or {}).get("scale"), f"{path}.subresources.scale")


def _scale(scale: Wire | None, path: str) -> Errors:
    """Yield what is wrong with the paths of the size; None: there is no scale."""
    for field, parts in (_SCALE_PATHS if scale is not None else {}).items():
        value = (scale or {}).get(field) or ""
        if not value and field != "labelSelectorPath":
            yield required(f"{path}.{field}")
        elif value and not value.startswith(tuple(f".{one}." for one in parts)):
            yield invalid(
                f"{path}.{field}", value, f"should be a json path under {' or '.join(f'.{one}' for one in parts)}"
            )


@gathered
def validate_update(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a change: group, scope, kind and plural name stay."""
    yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})
    now, was = new.get("spec") or {}, old.get("spec") or {}
    yield from immutable("spec.group", now.get("group"), was.get("group"))
    yield from immutable("spec.scope", now.get("scope"), was.get("scope"))
    for field in ("kind", "plural"):
        left, right = ((spec.get("names") or {}).get(field) for spec in (now, was))
        yield from immutable(f"spec.names.{field}", left, right)
    kept = {one.get("name") for one in now.get("versions") or ()}
    for at, name in enumerate((new.get("status") or {}).get("storedVersions") or ()):
        if name not in kept:
            yield invalid(f"status.storedVersions[{at}]", name, _MISSING.format(name))


_MISSING = (
    "missing from spec.versions; {0} was previously a storage version, and must remain in spec.versions until a "
    "storage migration ensures no data remains persisted in {0} and removes {0} from status.storedVersions"
)
_SCALE_PATHS = {
    "specReplicasPath": ("spec",),
    "statusReplicasPath": ("status",),
    "labelSelectorPath": ("spec", "status"),
}


STRATEGY = Strategy(
    kind="CustomResourceDefinition",
    default=default,
    prepare_update=prepare_update,
    stamp=stamp,
    validate=validate,
    validate_update=validate_update,
    prepare_delete=prepare_delete,
    unconditional_update=False,
)
