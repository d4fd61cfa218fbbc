"""watch: what has happened since a revision to the objects that selectors match.

Models a watch as one answer: the changes up to now, to be asked for again from there. An object that a change moves
into the selection is ADDED, one that it moves out is DELETED. A watch without a starting revision, or one that asks for
it, begins with the objects that there are, as ADDED. A revision whose changes are compacted away is a 410, which a real
stream has as its only event. A watcher that takes bookmarks gets one at the end of an answer that brought it further,
marked if the answer began with what is there.

Not modelled: a stream that stays open; the seconds that a server waits for a revision that is yet to come; bookmarks by
the clock.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiserver/pkg/storage/cacher/cacher.go
"""

from __future__ import annotations

from kcore.api.evolve import evolve
from kcore.api.kinds import key_of
from kcore.apiserver.changes import Bookmark, Change
from kcore.apiserver.outcome import Operation, Outcome
from kcore.apiserver.request import Options, Response
from kcore.apiserver.selection import Selection, selection
from kcore.apiserver.status import Status, expired, failure, too_large_version
from kcore.apiserver.store import Store
from kcore.apiserver.verbs.listoptions import ANY, revision_of, watch_options, watch_refused


def watch(operation: Operation) -> Outcome:
    """Answer with the changes since the revision that the request names, or with what is there."""
    options, store = watch_options(operation.request.options), operation.store
    selected = watch_refused(options) or selection(operation)
    if isinstance(selected, Status):
        return operation.refuse(selected)
    since = store.revision if options.resource_version in ANY else revision_of(options.resource_version)
    if not isinstance(since, int):
        return operation.refuse(failure(str(since)))
    initial = options.send_initial_events is True
    changes = _initial(store, since, selected) if initial else _changes(store, since, selected)
    if isinstance(changes, Status):
        return operation.refuse(changes)
    revision = max(since, store.revision)
    bookmark = _bookmark(options, revision, initial=initial, moved=revision > since)
    return Outcome(store=store, response=Response(code=200, changes=changes, bookmark=bookmark, revision=revision))


def _initial(store: Store, since: int, selected: Selection) -> tuple[Change, ...] | Status:
    """Return what is there, as added, if that is not older than `since`."""
    if since > store.revision:
        return too_large_version(since, store.revision)
    return tuple(Change(revision=store.revision, key=key_of(obj), old=None, new=obj) for obj in selected.select(store))


def _changes(store: Store, since: int, selected: Selection) -> tuple[Change, ...] | Status:
    changes = store.changes_since(since)
    if changes is None:
        return expired(f"too old resource version: {since} ({store.compacted})")
    seen = (as_seen(change, selected) for change in changes)
    return tuple(change for change in seen if change is not None)


def _bookmark(options: Options, revision: int, *, initial: bool, moved: bool) -> Bookmark | None:
    if not options.allow_watch_bookmarks or not (initial or moved):
        return None
    return Bookmark(revision=revision, initial_events_end=initial)


def as_seen(change: Change, selected: Selection) -> Change | None:
    """Return `change` as a watcher of the selection sees it, None when it does not."""
    old = change.old if change.old is not None and selected.matches(change.key, change.old) else None
    new = change.new if change.new is not None and selected.matches(change.key, change.new) else None
    if old is None and new is None:
        return None
    return evolve(change, old=old, new=new)
