"""Settled: whether a controller has had its say about an object.

Models that nothing is due now and nobody has a key waiting: what a controller had to do it has done, unless it is cut
off, does not run, or comes back to the object later by an alarm, as after an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from kcore.api.kinds import key_of
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.store import Store
from kcore.client.component import ComponentKey
from kcore.cluster.clock import idle
from kcore.cluster.process import Process
from kcore.cluster.state import ClusterState
from kcore.invariants.pods import going
from kcore.invariants.recent import untouched
from kcore.machine import Culprits, Finding

T = TypeVar("T", bound=ApiObject)


def leader(state: ClusterState, family: str) -> Process | None:
    """Return the process of `family` that leads; None when none runs."""
    return state.processes.get(ComponentKey(family, state.control_plane.leaders.get(family, "")))


def settled(state: ClusterState, family: str, key: ObjectKey | None = None) -> bool:
    """Tell whether the controllers of `family` are through with the object at `key` (None: with all) for now."""
    if not idle(state):
        return False
    process = leader(state, family)
    if process is None or not process.linked:
        return False
    return not process.wakes if key is None else key not in process.wakes


def _comes_back(process: Process, key: ObjectKey) -> bool:
    """Tell whether a controller has an alarm for what went wrong; one that remembers nothing waits for time to pass."""
    return key in process.wakes and bool(process.memory.get(key))


class WhenSettled(Generic[T]):
    """The predicate that nothing is wrong with the objects that nobody deletes and their controller is through with.

    It remembers the last store in which nothing was wrong with any, and asks again only when an object of `kinds` has
    changed, if some are named; with `timed` it depends on the time, and does not.
    """

    def __init__(
        self,
        family: str,
        objects: Callable[[Store], Iterable[T]],
        breach: Callable[[ClusterState, T], Culprits | None],
        *kinds: str,
        timed: bool = False,
    ) -> None:
        """Ask `breach`, which looks at `kinds`, of each of `objects`, which are those of the controller `family`."""
        self._family = family
        self._objects = objects
        self._breach = breach
        self._kinds = frozenset(kinds)
        self._timed = timed
        self._good = Store()

    def __call__(self, state: ClusterState) -> Finding:
        """Tell whether nothing is wrong with what is settled."""
        if state.store is self._good or not idle(state):
            return True
        if untouched(self._good, state.store, self._kinds):
            self._good = state.store
            return True
        process = leader(state, self._family)
        if process is None or not process.linked:
            return True
        good = not self._timed
        for one in self._objects(state.store):
            found = None if going(one) else self._breach(state, one)
            if found is not None:
                if not _comes_back(process, key_of(one)):
                    return found
                good = False
        if good:
            self._good = state.store
        return True
