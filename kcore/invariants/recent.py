"""Recent changes: what led to a state, as its store's log tells it.

Models laws about steps: the log holds each write with the object before and after. A law about steps looks at each
change once as long as it is asked of one state after the other, and else at the latest changes only, so that it costs
the same however long a run is. What excuses a state by its past looks further back.

What is remembered is the last store that was found good; it only makes answers come sooner.

Not modelled: steps between states that a search takes for one, of which it looks at the first that it finds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from kcore.api.core.pod import Pod
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.changes import Change
from kcore.apiserver.store import Store
from kcore.cluster.state import ClusterState
from kcore.machine import Culprits, Finding
from kcore.world.world import World

STEP = 32
"""How many of the latest changes are looked at in a state that does not go on from the one before."""

PAST = 256
"""How many changes what excuses a state may lie back."""

Breach: TypeAlias = Callable[[ClusterState, Change], Culprits | None]
"""Returns how a change that led to a state breaks a law; None where it does not."""


class Steps:
    """The predicate that no change breaks a law."""

    def __init__(self, breach: Breach, reach: int = STEP) -> None:
        """Ask `breach` of each change, of the latest `reach` where it is not known what went before."""
        self._breach = breach
        self._reach = reach
        self._good = Store()

    def __call__(self, state: ClusterState) -> Finding:
        """Tell whether the changes since the last state, or the latest ones, break the law."""
        store = state.store
        if store is self._good:
            return True
        for change in _since(self._good, store, self._reach):
            found = self._breach(state, change)
            if found is not None:
                return found
        self._good = store
        return True


class Standing:
    """A predicate about what is in the store: asked of one store after the other, it is asked of each once.

    Where it looks at objects of some `kinds` alone, it is asked again only when one of those has changed; `world` says
    that it looks at the world too.
    """

    def __init__(self, predicate: Callable[[ClusterState], Finding], *kinds: str, world: bool = False) -> None:
        """Ask `predicate`, which looks at nothing but the store, at its objects of all kinds if none are named."""
        self._predicate = predicate
        self._kinds = frozenset(kinds)
        self._world = world
        self._good = Store()
        self._good_world: World | None = None

    def __call__(self, state: ClusterState) -> Finding:
        """Tell whether the predicate holds."""
        same = not self._world or state.world is self._good_world
        if same and (state.store is self._good or untouched(self._good, state.store, self._kinds)):
            self._good = state.store
            return True
        found = self._predicate(state)
        if found is True:
            self._good, self._good_world = state.store, state.world
        return found


def untouched(good: Store, store: Store, kinds: frozenset[str]) -> bool:
    """Tell whether `store` comes from `good` by few changes, none of them of an object of these kinds (none: any)."""
    if not kinds or not good.log or store.revision - good.revision > STEP:
        return False
    last = good.log[-1]
    for change in reversed(store.log):
        if change is last:
            return True
        if change.revision <= last.revision or change.key.kind in kinds:
            break
    return False


def _since(good: Store, store: Store, reach: int) -> Sequence[Change]:
    """Return the changes that made `store` of `good`, or the latest ones where it is another's continuation."""
    log = store.log
    if good.log:
        last = good.log[-1]
        at = len(log) - 1
        least = max(at - reach, 0)
        while at >= least and log[at].revision > last.revision:
            at -= 1
        if at >= least and log[at] is last:
            return log[at + 1 :]
    return log if len(log) <= reach else log[-reach:]


def recent(state: ClusterState) -> Sequence[Change]:
    """Return the latest changes, oldest first."""
    log = state.store.log
    return log if len(log) <= STEP else log[-STEP:]


def past(state: ClusterState) -> Sequence[Change]:
    """Return the changes of late, many more than those of the last event, oldest first."""
    log = state.store.log
    return log if len(log) <= PAST else log[-PAST:]


def before(state: ClusterState, change: Change) -> Change | None:
    """Return the change before one of late; None when that is forgotten."""
    last: Change | None = None
    for one in past(state):
        if one.revision >= change.revision:
            break
        last = one
    return last


def after(state: ClusterState, change: Change) -> Iterator[Change]:
    """Yield the changes after one of late, the latest first."""
    for one in reversed(past(state)):
        if one.revision <= change.revision:
            return
        yield one


def changes_of(state: ClusterState, kind: str) -> Iterator[Change]:
    """Yield the latest changes of objects of `kind`, oldest first."""
    return (change for change in recent(state) if change.key.kind == kind)


def versions(state: ClusterState, key: ObjectKey) -> Iterator[ApiObject]:
    """Yield the object at `key` as it is and as it was of late, the latest first; other objects of its name too."""
    found = state.store.get(key)
    if found is not None:
        yield found
    for change in reversed(past(state)):
        if change.key == key and change.old is not None:
            yield change.old


def latest(state: ClusterState, kind: str) -> Change | None:
    """Return the last of the latest changes that is one of an object of `kind`; None when there is none."""
    for change in reversed(recent(state)):
        if change.key.kind == kind:
            return change
    return None


def as_of(state: ClusterState, key: ObjectKey, change: Change) -> ApiObject | None:
    """Return the object at `key` as it was right after a change of late; None when there was none."""
    found = state.store.get(key)
    for later in after(state, change):
        if later.key == key:
            found = later.old
    return found


def pods_at(state: ClusterState, change: Change) -> Iterator[Pod]:
    """Yield the pods as they were right after a change of late."""
    later = {one.key: one.old for one in after(state, change) if one.key.kind == "Pod"}
    for found in state.store.list("Pod"):
        if isinstance(found, Pod) and ObjectKey("Pod", found.metadata.namespace, found.metadata.name) not in later:
            yield found
    yield from (found for found in later.values() if isinstance(found, Pod))
