"""Change: one entry of the store's log, which is what a watch delivers.

Models ADDED, MODIFIED and DELETED with the object before and after, and bookmarks, which tell a watcher how far it has
heard although nothing happened that concerns it.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apimachinery/pkg/watch/watch.go
"""

from __future__ import annotations

import enum

import attrs

from kcore.api.evolve import quick
from kcore.api.json import Wire
from kcore.api.kinds import Kind
from kcore.api.object import ApiObject, ObjectKey


class ChangeType(enum.Enum):
    """What happened to the object."""

    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"


@quick
@attrs.frozen(kw_only=True)
class Change:
    """One committed write: the object at `key` was `old` (None when added) and is `new` (None when deleted).

    `reporter` is the client that asked for it if it is a write of the status, else "".
    """

    revision: int
    key: ObjectKey
    old: ApiObject | None
    new: ApiObject | None
    reporter: str = ""

    @property
    def type(self) -> ChangeType:
        """Whether the object was added, modified or deleted."""
        if self.old is None:
            return ChangeType.ADDED
        return ChangeType.DELETED if self.new is None else ChangeType.MODIFIED


INITIAL_EVENTS_END = "k8s.io/initial-events-end"
"""The annotation of the bookmark that follows the last of the objects that were there when a watch began."""


@attrs.frozen(kw_only=True)
class Bookmark:
    """A watcher has been told of everything up to `revision`.

    With `initial_events_end` it has now been told of all that was there when the watch began.
    """

    revision: int
    initial_events_end: bool = False

    def wire(self, kind: Kind) -> Wire:
        """Return the object of the BOOKMARK event of a watch of `kind`."""
        metadata: Wire = {"resourceVersion": str(self.revision)}
        if self.initial_events_end:
            metadata["annotations"] = {INITIAL_EVENTS_END: "true"}
        return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata}
