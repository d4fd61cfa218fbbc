"""watch: what has happened since a revision to the objects that selectors match.

Models a watch as one answer: the changes up to now, to be asked for again from there. An object that a change moves
into the selection is ADDED, one that it moves out is DELETED. Without a starting revision the objects that there are
come first, as ADDED. A revision whose changes are compacted away is a 410.

Not modelled: bookmarks, and a stream that stays open.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiserver/pkg/storage/cacher/cache_watcher.go
"""

from __future__ import annotations

from kcore.api.evolve import evolve
from kcore.api.kinds import key_of
from kcore.apiserver.changes import Change
from kcore.apiserver.outcome import Operation, Outcome
from kcore.apiserver.request import Response
from kcore.apiserver.selection import Selection, selection
from kcore.apiserver.status import Status, bad_request, expired


def watch(operation: Operation) -> Outcome:
    """Answer with the changes since the revision that the request names."""
    selected = selection(operation)
    if isinstance(selected, Status):
        return operation.refuse(selected)
    changes = _changes(operation, selected)
    if isinstance(changes, Status):
        return operation.refuse(changes)
    store = operation.store
    return Outcome(store=store, response=Response(code=200, changes=changes, revision=store.revision))


def _changes(operation: Operation, selected: Selection) -> tuple[Change, ...] | Status:
    store, since = operation.store, operation.request.options.resource_version
    if since in ("", "0"):
        return tuple(
            Change(revision=store.revision, key=key_of(obj), old=None, new=obj) for obj in selected.select(store)
        )
    if not since.isascii() or not since.isdigit():
        return bad_request(f'Invalid value: "{since}": a resourceVersion is a decimal number')
    changes = store.changes_since(int(since))
    if changes is None:
        return expired(f"too old resource version: {since} ({store.compacted})")
    seen = (as_seen(change, selected) for change in changes)
    return tuple(change for change in seen if change is not None)


def as_seen(change: Change, selected: Selection) -> Change | None:
    """Return `change` as a watcher of the selection sees it, None when it does not."""
    old = change.old if change.old is not None and selected.matches(change.key, change.old) else None
    new = change.new if change.new is not None and selected.matches(change.key, change.new) else None
    if old is None and new is None:
        return None
    return evolve(change, old=old, new=new)
