"""NamespaceLifecycle: nothing is created in a namespace that does not exist or is going, and some namespaces stay.

Models the 404 and 403 of creations and the 403 of deleting default, kube-system or kube-public. Objects that already
are in a namespace on its way out may be changed and deleted.

Not modelled: the delay with which a server hears of namespaces.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle/admission.go
"""

from __future__ import annotations

from kcore.api.core.namespace import Namespace
from kcore.api.kinds import by_name
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.outcome import Operation
from kcore.apiserver.plugin import Plugin
from kcore.apiserver.request import Verb
from kcore.apiserver.status import Cause, Status, forbidden, not_found

IMMORTAL = frozenset({"default", "kube-system", "kube-public"})


def _check(operation: Operation, body: ApiObject | None) -> Status | None:
    """Refuse to create where there is no namespace, and to delete one that must stay."""
    if operation.request.verb is Verb.DELETE:
        return _check_delete(operation)
    namespace = body.metadata.namespace if body else operation.key.namespace
    if not operation.kind.namespaced:
        return None
    found = operation.store.get(ObjectKey("Namespace", "", namespace))
    if not isinstance(found, Namespace):
        kind = by_name("Namespace")
        return not_found(kind, namespace) if kind else None
    if found.status.phase != "Terminating" and found.metadata.deletion_timestamp is None:
        return None
    why = f"unable to create new content in namespace {namespace} because it is being terminated"
    cause = Cause(
        reason="NamespaceTerminating", field="metadata.namespace", message=f"namespace {namespace} is being terminated"
    )
    refusal = forbidden(operation.kind, body.metadata.name if body else operation.key.name, why)
    return Status(code=refusal.code, reason=refusal.reason, message=refusal.message, causes=(cause,))


def _check_delete(operation: Operation) -> Status | None:
    if operation.key.kind != "Namespace" or operation.key.name not in IMMORTAL:
        return None
    return forbidden(operation.kind, operation.key.name, "this namespace may not be deleted")


PLUGIN = Plugin(name="NamespaceLifecycle", verbs=frozenset({Verb.CREATE, Verb.DELETE}), check=_check)
