"""Change: one entry of the store's log, which is what a watch delivers.

Models ADDED, MODIFIED and DELETED with the object before and after. Bookmarks are not modelled.
"""

from __future__ import annotations

import enum

import attrs

from kcore.api.evolve import quick
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
