"""CustomResourceDefinition: a kind of one's own, with a name, a scope, versions and a structural schema.

Models the names that a definition may have, that exactly one version is stored, and that the schema is structural at
its root. A definition that is well formed is established with the write that makes it.

Simplified: names that another definition has are not looked for, and the objects of a definition that is deleted stay
in the store, where nobody can ask for them.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go
"""

from __future__ import annotations

from typing import Any

from kcore.api.json import Wire
from kcore.apiserver.defaulting.wire import fill, part
from kcore.apiserver.field import Errors, gathered, immutable, invalid, invalid_each, not_supported, required
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation import names
from kcore.apiserver.validation.meta import object_meta, object_meta_update

_ACCEPTED = ("NamesAccepted", "NoConflicts", "no conflicts found")
_ESTABLISHED = ("Established", "InitialNamesAccepted", "the initial names have been accepted")


def default(wire: Wire) -> None:
    """Fill in the names that follow from the kind, and that nothing is converted."""
    spec = part(wire, "spec")
    given = part(spec, "names")
    kind = given.get("kind") or ""
    fill(given, {"singular": kind.lower(), "listKind": f"{kind}List"})
    fill(spec, {"conversion": {"strategy": "None"}})


def stamp(new: Wire, old: Wire | None, now: str) -> None:
    """Say of a new definition that its names are accepted and its kind is served."""
    if old is not None:
        return
    spec = new.get("spec") or {}
    new["status"] = {
        "acceptedNames": dict(spec.get("names") or {}),
        "conditions": [
            {"type": kind, "status": "True", "reason": reason, "message": message, "lastTransitionTime": now}
            for kind, reason, message in (_ACCEPTED, _ESTABLISHED)
        ],
        "storedVersions": [one.get("name", "") for one in spec.get("versions") or () if one.get("storage")],
    }


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
        schema = (one.get("schema") or {}).get("openAPIV3Schema")
        if schema is None:
            yield required(f"{path}.schema.openAPIV3Schema", "schemas are required")
        elif not schema.get("type"):
            yield required(f"{path}.schema.openAPIV3Schema.type", "must not be empty at the root")
        elif schema["type"] != "object":
            yield invalid(f"{path}.schema.openAPIV3Schema.type", schema["type"], "must be object at the root")


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


STRATEGY = Strategy(
    kind="CustomResourceDefinition",
    default=default,
    stamp=stamp,
    validate=validate,
    validate_update=validate_update,
)
