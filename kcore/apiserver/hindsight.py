"""Hindsight: the store as it was, told from what it is and from the log.

Models the objects as of a revision that the log still reaches. Revisions and versions are made anew: what is asked is
what there was, not when it was written.
"""

from __future__ import annotations

from kcore.apiserver.store import Store


def store_before(store: Store, revision: int) -> Store | None:
    """Return a store with the objects as they were before the write of `revision`; None where that is forgotten."""
    later = store.changes_since(revision - 1)
    if later is None:
        return None
    objects = dict(store.objects)
    for change in reversed(later):
        if change.old is None:
            objects.pop(change.key, None)
        else:
            objects[change.key] = change.old
    return Store.of(objects[key] for key in sorted(objects))
