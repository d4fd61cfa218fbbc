"""list: the objects of a kind, in one namespace or all, that selectors match.

Models the most recent state. Pages, and lists of an older revision, are not modelled.
"""

from __future__ import annotations

from kcore.apiserver.outcome import Operation, Outcome
from kcore.apiserver.request import Response
from kcore.apiserver.selection import selection
from kcore.apiserver.status import Status


def list_objects(operation: Operation) -> Outcome:
    """Answer with the objects that the request selects, sorted by namespace and name."""
    selected = selection(operation)
    if isinstance(selected, Status):
        return operation.refuse(selected)
    store = operation.store
    return Outcome(store=store, response=Response(code=200, items=selected.select(store), revision=store.revision))
