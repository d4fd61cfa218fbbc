"""The finalize subresource: the finalizers of a namespace, which stand in its spec.

Models the write by which the namespace controller lets an emptied namespace go: nothing but the finalizers changes, and
without any the namespace is gone if its deletion has begun.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/registry/core/namespace/storage/storage.go
"""

from __future__ import annotations

from kcore.api.core.namespace import Namespace
from kcore.api.evolve import evolve
from kcore.apiserver.commit import commit, outdated
from kcore.apiserver.outcome import Operation, Outcome
from kcore.apiserver.status import Status, bad_request
from kcore.apiserver.verbs.get import existing
from kcore.apiserver.verbs.update import sent


def finalize(operation: Operation) -> Outcome:
    """Replace the finalizers by those of the body."""
    old = existing(operation)
    if isinstance(old, Status):
        return operation.refuse(old)
    body = sent(operation)
    if isinstance(body, Status):
        return operation.refuse(body)
    if not isinstance(old, Namespace) or not isinstance(body, Namespace):
        return operation.refuse(bad_request("only namespaces are finalized"))
    refusal = outdated(operation, body, old)
    if refusal:
        return operation.refuse(refusal)
    return commit(operation, operation.store, old, evolve(old, spec=body.spec))
