"""The conditions of a CustomResourceDefinition, in JSON, as the definition has no class of its own.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiextensions-apiserver/pkg/apihelpers/helpers.go
"""

from __future__ import annotations

from kcore.api.json import Wire

ESTABLISHED, NAMES_ACCEPTED, TERMINATING = "Established", "NamesAccepted", "Terminating"


def holds(crd: Wire, kind: str) -> bool:
    """Tell whether the condition of type `kind` is there and True."""
    conditions = (crd.get("status") or {}).get("conditions") or ()
    return any(one.get("type") == kind and one.get("status") == "True" for one in conditions)


def set_condition(crd: Wire, condition: Wire, now: str) -> None:
    """Put `condition` in the place of its type; its transition is `now` (RFC 3339) unless its status stays."""
    conditions = crd.setdefault("status", {}).setdefault("conditions", [])
    for at, old in enumerate(conditions):
        if old.get("type") == condition["type"]:
            same = old.get("status") == condition["status"]
            conditions[at] = {**condition, "lastTransitionTime": old.get("lastTransitionTime", now) if same else now}
            return
    conditions.append({**condition, "lastTransitionTime": now})
