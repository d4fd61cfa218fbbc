"""Matching: which requests a policy or a binding is about.

Models rules by group, version, operation and resource, names, exclusions, and selectors of namespaces and objects.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/matching/matching.go
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from kcore.api.json import Wire
from kcore.api.kinds import Kind
from kcore.api.selectors.label import from_label_selector

_ALL = "*"


@attrs.frozen(kw_only=True)
class Asked:
    """A write as a policy sees it: `operation` is CREATE, UPDATE or DELETE; objects are JSON, None where there is none.

    `namespace` is the object's own in JSON, None for a cluster-wide kind.
    """

    operation: str
    kind: Kind
    name: str
    new: Wire | None
    old: Wire | None
    namespace: Wire | None
    dry_run: bool = False


def matches(resources: Mapping[str, Any] | None, asked: Asked) -> bool:
    """Tell whether a write is what `resources` (MatchResources in JSON) are about; nothing said means every write."""
    if resources is None:
        return True
    rules, excluded = resources.get("resourceRules"), resources.get("excludeResourceRules") or ()
    if rules is not None and not any(_rule(one, asked) for one in rules):
        return False
    if any(_rule(one, asked) for one in excluded):
        return False
    return _namespace(resources.get("namespaceSelector"), asked) and _object(resources.get("objectSelector"), asked)


def _rule(rule: Mapping[str, Any], asked: Asked) -> bool:
    kind = asked.kind
    named = rule.get("resourceNames") or ()
    return (
        _has(rule.get("operations"), asked.operation)
        and _has(rule.get("apiGroups"), kind.group)
        and _has(rule.get("apiVersions"), kind.version)
        and any(one in (_ALL, "*/*", kind.plural) for one in rule.get("resources") or ())
        and (not named or asked.name in named)
        and rule.get("scope", _ALL) in (_ALL, "Namespaced" if kind.namespaced else "Cluster")
    )


def _has(values: Any, value: str) -> bool:
    return any(one in (_ALL, value) for one in values or ())


def _namespace(selector: Any, asked: Asked) -> bool:
    """Tell whether the namespace is selected; what is in none always is, but for namespaces themselves."""
    if selector is None:
        return True
    if asked.kind.kind == "Namespace" and not asked.kind.group:
        return any(_selects(selector, one) for one in (asked.new, asked.old) if one is not None)
    return asked.namespace is None or _selects(selector, asked.namespace)


def _object(selector: Any, asked: Asked) -> bool:
    return selector is None or any(_selects(selector, one) for one in (asked.new, asked.old) if one is not None)


def _selects(selector: Any, wire: Wire) -> bool:
    labels = (wire.get("metadata") or {}).get("labels") or {}
    return from_label_selector(selector).matches(labels)
