"""get: one object.

Models the answer of the latest revision, and the revisions that a read may ask for: one not older than what is named,
which is a 504 while it is yet to come. Reading from an older cache is the caller's choice of store.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiserver/pkg/storage/cacher/cacher.go
"""

from __future__ import annotations

from kcore.api.evolve import evolve
from kcore.api.kinds import Kind
from kcore.api.object import ApiObject, OpaqueObject
from kcore.apiserver.outcome import Operation, Outcome
from kcore.apiserver.status import Status, failure, not_found, too_large_version
from kcore.apiserver.verbs.listoptions import ANY, revision_of


def get(operation: Operation) -> Outcome:
    """Answer with the object that the request names."""
    found = _unreadable(operation) or existing(operation)
    return operation.refuse(found) if isinstance(found, Status) else operation.grant(operation.store, found)


def _unreadable(operation: Operation) -> Status | None:
    """Return why the store does not have the revision that is asked for."""
    version, store = operation.request.options.resource_version, operation.store
    if version in ANY:
        return None
    asked = revision_of(version)
    if not isinstance(asked, int):
        return failure(str(asked))
    return too_large_version(asked, store.revision) if asked > store.revision else None


def existing(operation: Operation) -> ApiObject | Status:
    """Return the object that the request names, in the version in which its kind is stored now; or the 404."""
    found = operation.store.get(operation.key)
    if found is None:
        return not_found(operation.kind, operation.key.name)
    return _converted(found, operation.kind) if found.__class__ is OpaqueObject else found


def _converted(found: ApiObject, kind: Kind) -> ApiObject:
    """Return an object without a class of its own in the version of `kind`."""
    if not isinstance(found, OpaqueObject) or found.api_version == kind.api_version:
        return found
    return evolve(found, api_version=kind.api_version)
