"""get: one object.

Models the answer of the latest revision. Reading from an older cache is the caller's choice of store.
"""

from __future__ import annotations

from kcore.api.object import ApiObject
from kcore.apiserver.outcome import Operation, Outcome
from kcore.apiserver.status import Status, not_found


def get(operation: Operation) -> Outcome:
    """Answer with the object that the request names."""
    found = existing(operation)
    return operation.refuse(found) if isinstance(found, Status) else operation.grant(operation.store, found)


def existing(operation: Operation) -> ApiObject | Status:
    """Return the object that the request names, or the 404."""
    found = operation.store.get(operation.key)
    return not_found(operation.kind, operation.key.name) if found is None else found
