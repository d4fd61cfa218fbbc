"""Parameters: the objects that a binding gives to its policy.

Models a parameter by name and parameters by selector, in the namespace that the binding names, else in that of the
object that is written; and what it means that there is none.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/generic/policy_dispatcher.go
"""

from __future__ import annotations

from kcore.api.convert import to_wire
from kcore.api.json import Wire
from kcore.api.kinds import key_kind, kind_of
from kcore.api.object import ObjectKey
from kcore.api.selectors.label import from_label_selector
from kcore.apiserver.store import Store

NOT_FOUND = "no params found for policy binding with `Deny` parameterNotFoundAction"


def params_of(store: Store, policy: Wire, binding: Wire, namespace: str) -> list[Wire | None] | None:
    """Return the parameters with which a policy is asked, one after the other, for an object in `namespace`.

    `policy` and `binding` are specs. One None: it is asked without. None: there should be some, and there are none.
    """
    kind, reference = policy.get("paramKind"), binding.get("paramRef")
    if not kind or reference is None:
        return [None]
    found: list[Wire | None] = [*_referred(store, kind, reference, namespace)]
    return found if found or reference.get("parameterNotFoundAction") == "Allow" else None


def _referred(store: Store, kind: Wire, reference: Wire, own: str) -> list[Wire]:
    """Return the objects of `kind` that a binding names or selects."""
    api_version, name = kind.get("apiVersion", ""), kind.get("kind", "")
    known = kind_of(api_version, name)
    in_keys = key_kind(known) if known is not None else f"{name}.{api_version.rpartition('/')[0]}"
    namespace = reference.get("namespace") or (own if known is None or known.namespaced else "")
    if reference.get("name"):
        found = store.get(ObjectKey(in_keys, namespace, reference["name"]))
        return [] if found is None else [to_wire(found)]
    selector = from_label_selector(reference.get("selector") or {})
    return [to_wire(one) for one in store.select(in_keys, namespace, selector)]
