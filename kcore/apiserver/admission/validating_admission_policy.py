"""ValidatingAdmissionPolicy: writes keep to the policies that are bound.

Models policies and bindings as the store has them, with parameters by name or selector, and the actions: Deny refuses,
Warn and Audit let a write pass. Policies are never judged by policies.

Not modelled: writes through subresources, warnings to the client, and who it is that writes.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/validating/dispatcher.go
"""

from __future__ import annotations

from collections.abc import Iterator

from kcore.api.convert import to_wire
from kcore.api.json import Wire
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.outcome import Operation
from kcore.apiserver.plugin import Plugin
from kcore.apiserver.policy.asking import any_of, asked_of
from kcore.apiserver.policy.evaluation import Denial, denials
from kcore.apiserver.policy.matching import Asked, matches
from kcore.apiserver.policy.params import NOT_FOUND, params_of
from kcore.apiserver.request import Verb
from kcore.apiserver.status import Cause, Status, forbidden
from kcore.apiserver.store import Store

POLICY, BINDING = "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"
CODES = {"Unauthorized": 401, "Forbidden": 403, "Invalid": 422, "RequestEntityTooLarge": 413}
_EXEMPT_GROUP = "admissionregistration.k8s.io"


def _charge(operation: Operation, store: Store, new: ApiObject, old: ApiObject | None) -> Store | Status:
    """Return the store as it is, or what a policy has against the write."""
    if not any_of(store, BINDING):
        return store
    how = "CREATE" if old is None else "UPDATE"
    return _judged(operation, store, asked_of(operation, store, how, new, old)) or store


def _check(operation: Operation, _: ApiObject | None) -> Status | None:
    """Return what a policy has against the deletion of what is there."""
    store, old = operation.store, operation.store.get(operation.key)
    if old is None or not any_of(store, BINDING):
        return None
    return _judged(operation, store, asked_of(operation, store, "DELETE", None, old))


def _judged(operation: Operation, store: Store, asked: Asked) -> Status | None:
    """Return the refusal of the first policy, in the order of bindings' names, that says no."""
    if operation.kind.group == _EXEMPT_GROUP:
        return None
    for binding in map(to_wire, store.list(BINDING)):
        spec = binding.get("spec") or {}
        if "Deny" not in (spec.get("validationActions") or ()):
            continue
        policy = store.get(ObjectKey(POLICY, "", spec.get("policyName", "")))
        if policy is None:
            continue
        for denial in _against(store, (to_wire(policy).get("spec") or {}), spec, asked):
            said = (
                f"{POLICY} '{spec['policyName']}' with binding '{binding['metadata']['name']}' denied request: "
                f"{denial.message}"
            )
            return _refusal(operation, asked.name, said, denial.reason)
    return None


def _against(store: Store, policy: Wire, binding: Wire, asked: Asked) -> Iterator[Denial]:
    if not (matches(policy.get("matchConstraints"), asked) and matches(binding.get("matchResources"), asked)):
        return
    namespace = ((asked.new or asked.old or {}).get("metadata") or {}).get("namespace", "")
    params = params_of(store, policy, binding, namespace)
    if params is None:
        yield Denial(NOT_FOUND, "Forbidden")
    for one in params or ():
        yield from denials(policy, asked, one)


def _refusal(operation: Operation, name: str, said: str, reason: str) -> Status:
    refused = forbidden(operation.kind, name, said)
    code = CODES.get(reason, 422)
    return Status(code=code, reason=reason, message=refused.message, causes=(Cause(reason="", message=said),))


PLUGIN = Plugin(name=POLICY, verbs=frozenset({Verb.CREATE, Verb.UPDATE}), charge=_charge)
ON_DELETE = Plugin(name=POLICY, verbs=frozenset({Verb.DELETE}), check=_check)
