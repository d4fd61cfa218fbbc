"""Derived: a value that is a function of the whole store, brought up to date by what changed since.

Models nothing of Kubernetes: it is what makes a question about all objects cost what changed and not the size of the
cluster. The values of the latest few stores are remembered; one whose store has gone on is folded over the changes
since. A store that is no continuation of a remembered one is folded from its beginning.

The answers are those of a pure function; what is remembered only makes them come sooner.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeAlias, TypeVar

from kcore.api.object import ApiObject
from kcore.apiserver.changes import Change
from kcore.apiserver.store import Store

T = TypeVar("T")

Fold: TypeAlias = Callable[[T, ApiObject | None, ApiObject | None], T]
"""Returns the value after an object was the first (None: absent) and became the second (None: gone)."""

REMEMBERED = 8
"""How many stores are remembered: one for each cache that takes turns."""


class Derived(Generic[T]):
    """The function from a store to the fold of its objects of `kinds`, beginning with `empty`."""

    def __init__(self, empty: T, after: Fold[T], kinds: tuple[str, ...]) -> None:
        """Fold with `after`, in which objects of other kinds change nothing."""
        self._empty = empty
        self._after = after
        self._kinds = kinds
        self._recent: list[tuple[Store, T]] = []

    def __call__(self, store: Store) -> T:
        """Return the value of `store`."""
        for at, (seen, value) in enumerate(self._recent):
            if seen is store:
                return value
            changes = _changes_between(seen, store)
            if changes is not None:
                del self._recent[at]
                return self._remember(store, self._caught_up(value, changes))
        return self._remember(store, self._made_anew(store))

    def _caught_up(self, value: T, changes: Iterable[Change]) -> T:
        """Return the value after `changes`."""
        for change in changes:
            if change.key.kind in self._kinds:
                value = self._after(value, change.old, change.new)
        return value

    def _made_anew(self, store: Store) -> T:
        value = self._empty
        for kind in self._kinds:
            for found in store.list(kind):
                value = self._after(value, None, found)
        return value

    def _remember(self, store: Store, value: T) -> T:
        self._recent.insert(0, (store, value))
        del self._recent[REMEMBERED:]
        return value


def _changes_between(seen: Store, store: Store) -> Sequence[Change] | None:
    """Return the changes that made `store` of `seen`; None when it did not come from there, or they are forgotten.

    It did if the last change of `seen` is still at its place.
    """
    if not seen.log or seen.revision > store.revision:
        return None
    last, at = seen.log[-1], len(seen.log)
    if at <= len(store.log) and store.log[at - 1] is last:
        return [store.log[place] for place in range(at, len(store.log))]
    changes = store.changes_since(last.revision - 1)
    return changes[1:] if changes and changes[0] is last else None
