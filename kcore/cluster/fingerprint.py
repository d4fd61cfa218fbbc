"""Fingerprints of cluster states: 128 bits, the same in every process.

The sum over the objects of a store is kept up along its log, at the cost of what changed; processes and sandboxes are
digested anew, as the times that are left to them change with the clock.

Two states with one fingerprint are taken to be one by a search. Forgotten is what cannot decide anything later:

- uids, as long as they mean an object that is there: what is kept is which. The uid of what is gone counts as it is.
- versions: what is kept is whether one is the latest, wherever a copy of an object or a precondition waits to be used.
- how far generations have counted: what is kept is how far behind a status is.
- points in time: what is kept is how long until something is due, as alarms and timers hold it, and how long ago, up to
  `LONG_AGO`, a container ended. A component that asks how long ago something was has to hold an alarm for the answer.
- the counters that the next name, uid or address is made from, `last_change`, which `settle` alone reads, and the
  configuration, which never changes in a run.

Not forgotten yet: the names of alike pods and nodes, addresses, counts of restarts. A state that differs in one of
those only is searched again: sound, but not as small as it could be. What a component remembers counts as it is, uids
apart; it must not remember versions.
"""

from __future__ import annotations

from collections.abc import Iterable

from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.changes import Change
from kcore.apiserver.store import Store
from kcore.client.component import ComponentKey
from kcore.cluster.content import REMEMBERED, Content, Contents, Loose, Uid, Version, join
from kcore.cluster.control_plane import ControlPlane
from kcore.cluster.process import Process, Working
from kcore.cluster.state import ClusterState
from kcore.machine.digest import MASK, SIZE
from kcore.world.container import Container
from kcore.world.sandbox import Sandbox, SandboxId

LONG_AGO = 660_000
"""How long ago (ms) makes no difference any more: well before, a container's back-off has begun anew."""

_LATEST, _OLD = join("latest"), join("old")


class Fingerprinter:
    """Fingerprints of the states of one search; it remembers what it has seen and keeps that alive."""

    def __init__(self) -> None:
        """Start with nothing remembered."""
        self._contents = Contents()
        self._stores: dict[int, tuple[Change, Store, int]] = {}
        self._named: dict[str, set[ObjectKey]] = {}
        self._mentioned: dict[str, set[ObjectKey]] = {}

    def __call__(self, state: ClusterState) -> int:
        """Return the fingerprint of `state`, 0 to 2**128 - 1."""
        of = self._contents.of
        total = self.store(state.store)
        for name, process in state.processes.items():
            total += self._weigh(state.store, "process", self._process(state, name, process))
        for sandbox in state.world.sandboxes.values():
            total += self._weigh(state.store, "sandbox", (self._sandbox(state, sandbox),))
        kept = (state.budget, state.world.machines)
        rest = [self._contents.kept(one) for one in kept]
        rest += [of(state.timing), of(_service(state)), of(_ties(state)), *self._control_plane(state)]
        return (total + self._weigh(state.store, "rest", rest)) & MASK

    def store(self, store: Store) -> int:
        """Return the fingerprint of what `store` holds: a sum over its objects, kept up along its log."""
        if not store.log:
            return sum(self._weight(store, found) for found in store.objects.values()) & MASK
        last = store.log[-1]
        known = self._stores.get(id(last))
        if known is not None:
            return known[2]
        base, total = self._base(store)
        for key in self._touched(base, store):
            before, after = base.get(key), store.get(key)
            total -= 0 if before is None else self._weight(base, before)
            total += 0 if after is None else self._weight(store, after)
        if len(self._stores) >= REMEMBERED:
            self._stores.clear()
        self._stores[id(last)] = (last, store, total & MASK)
        return total & MASK

    def _base(self, store: Store) -> tuple[Store, int]:
        """Return the latest store on the way to this one whose sum is known, with it; the empty store if none is."""
        for change in reversed(store.log):
            known = self._stores.get(id(change))
            if known is not None:
                return known[1], known[2]
        return Store(), 0

    def _touched(self, base: Store, store: Store) -> Iterable[ObjectKey]:
        """Return the keys whose weight may differ between two stores: the changed ones, and who refers to those."""
        changes = store.changes_since(base.revision) if base.revision else None
        if changes is None:
            for key, found in store.objects.items():
                self._register(key, found)
            return store.objects.keys() | base.objects.keys()
        touched = set()
        for change in changes:
            touched.add(change.key)
            if change.new is not None:
                self._register(change.key, change.new)
            old, new = change.old and change.old.metadata.uid, change.new and change.new.metadata.uid
            if old != new:
                touched |= self._mentioned.get(old or "", set()) | self._mentioned.get(new or "", set())
        return touched

    def _register(self, key: ObjectKey, found: ApiObject) -> None:
        """Remember under which name a uid was seen, and who speaks of which."""
        own = found.metadata.uid
        self._named.setdefault(own, set()).add(key)
        for loose in self._contents.of(found).loose:
            if isinstance(loose, Uid) and loose.uid != own:
                self._mentioned.setdefault(loose.uid, set()).add(key)

    def _weight(self, store: Store, found: ApiObject) -> int:
        """Return what one object adds; its own uid and version are the latest as a matter of course."""
        digest, loose = self._contents.of(found)
        own = found.metadata.uid
        others = tuple(one for one in loose if isinstance(one, Uid) and one.uid != own)
        return int.from_bytes(self._resolved(store, Content(digest, others)).digest, "big")

    def _weigh(self, store: Store, tag: str, parts: Iterable[Content]) -> int:
        return int.from_bytes(self._resolved(store, join(tag, parts)).digest, "big")

    def _resolved(self, store: Store, content: Content) -> Content:
        """Return the content in which everything loose stands for what it means in `store`."""
        if not content.loose:
            return content
        return join("resolved", (Content(content.digest), *(self._meaning(store, one) for one in content.loose)))

    def _meaning(self, store: Store, loose: Loose) -> Content:
        if isinstance(loose, Version):
            found = store.get(loose.key)
            return _LATEST if found is not None and found.metadata.resource_version == loose.version else _OLD
        if isinstance(loose, Uid):
            for key in sorted(self._named.get(loose.uid, ())):
                found = store.get(key)
                if found is not None and found.metadata.uid == loose.uid:
                    return join("the one at", (self._contents.of(key),))
            return join(f"gone {loose.uid}")
        return self._contents.of(tuple(loose))

    def _older(self, state: ClusterState, older: Store) -> Iterable[Content]:
        """Yield the contents of an older store: what it holds, and what has changed since."""
        if older.revision == state.store.revision:
            return
        yield Content(self.store(older).to_bytes(SIZE, "big"))
        changes = state.store.changes_since(older.revision)
        if changes is None:
            yield from (self._contents.of(found) for _, found in sorted(older.objects.items()))
        else:
            yield from (self._contents.kept(change) for change in changes)

    def _process(self, state: ClusterState, name: ComponentKey, process: Process) -> Iterable[Content]:
        """Yield the contents of what a process knows, with times as how long is left."""
        of, kept, queue = self._contents.of, self._contents.kept, process.queue
        yield of((name, process.server, process.linked, process.cache is None, process.working is None))
        yield kept(queue, lambda: (queue.order, queue.dirty, queue.failures))
        yield kept(process.memory)
        yield of({key: due - state.now for key, due in process.wakes.items()})
        if process.cache is not None:
            yield join("cache", self._older(state, process.cache))
        if process.working is not None:
            yield join("working", self._working(state, name, process.working))

    def _working(self, state: ClusterState, name: ComponentKey, working: Working) -> Iterable[Content]:
        """Yield the contents of a turn under way: what is left of it and, if it wants more, what it sees."""
        turn = working.turn
        wake = None if turn.wake_at is None else turn.wake_at - state.now
        yield self._contents.of((working.key, working.attempts, turn.actions, turn.memory, wake, turn.more))
        for call in turn.requests[working.done :]:
            yield self._contents.kept(call)
        if turn.more:
            yield self._contents.of(working.answers)
            yield join("seen", self._older(state, working.seen))
            yield join("machine", (self._sandbox(state, one) for one in working.world.sandboxes_on(name.instance)))

    def _sandbox(self, state: ClusterState, sandbox: Sandbox) -> Content:
        """Return the content of a sandbox: whose it is, and what is due in it when."""
        whose = (sandbox.id, sandbox.pod, sandbox.address, sandbox.grace, sandbox.stop_within)
        return self._contents.of((whose, tuple(_container(one, state.now) for one in sandbox.containers)))

    def _control_plane(self, state: ClusterState) -> Iterable[Content]:
        plane = state.control_plane
        yield self._contents.kept(plane, lambda: (plane.members, plane.leaders, _up(plane)))
        for name in plane.masters():
            seen = plane.servers[name].seen
            if seen is not None:
                yield join("watch cache", (self._contents.of(name), *self._older(state, seen)))


def _up(plane: ControlPlane) -> object:
    """Return which API servers there are, and whether each is up."""
    return tuple((name, plane.servers[name].up) for name in plane.masters())


def _service(state: ClusterState) -> object:
    """Return the order of service, where it decides."""
    return None if state.timing.freedom.order else tuple(map(tuple, state.ready))


def _ties(state: ClusterState) -> object:
    """Return the order in which the world's timers fire, which decides among those of one time."""
    sandboxes = state.world.sandboxes
    order: dict[SandboxId, None] = {}
    for due, one in state.world.timers:
        if one in sandboxes and sandboxes[one].due == due:
            order[one] = None
    return tuple(order)


def _container(one: Container, now: int) -> object:
    """Return what of a container decides: its state, what is due and when, and how it ended."""
    due = None if one.due is None else one.due - now
    age = None if one.due is None or one.started is None else _ago(one.started, now)
    ends = tuple(
        None if end is None else (end.code, min(end.finished - end.started, LONG_AGO), _ago(end.finished, now))
        for end in (one.exit, one.last_exit)
    )
    return one.name, one.image, one.state, due, age, one.once, one.reason, one.exit_code, one.ready, one.restarts, ends


def _ago(time: int, now: int) -> int:
    return min(now - time, LONG_AGO)
