"""Fingerprints of cluster states: 128 bits, the same in every process.

What each part of a state says is digested once, as parts are values that states share; what is left to do for a state
is to tell what is loose in them: who is meant, and how long until or since.

Two states with one fingerprint are taken to be one by a search. Forgotten is what cannot decide anything later:

- uids, as long as they mean an object that is there: what is kept is which.
- versions: what is kept is whether one is the latest, wherever a copy of an object or a precondition waits to be used.
- how far generations have counted: what is kept is how far behind a status is.
- points in time: what is kept is how long until something is due, and how long ago what a component remembers was, as
  far as it says that this matters to it (`kcore.client.instant`). Of the times in API objects, how a remembered one
  compares with that of its object is kept, and which of the pods of one controller came first and got ready first. A
  component that asks how long ago something in an object was has to hold an alarm for the answer.
- restarts beyond `MOST_RESTARTS`, and how long a container has run beyond what its back-off knows; all of that where
  no fault is left in the budget and the container does not exit by itself.
- the counters that the next name, uid or address is made from, `last_change`, which `settle` alone reads, and the
  configuration, which never changes in a run.

With `symmetry` also the names of alike pods and nodes, and addresses: what is kept is which are the same, in a form
that is the same for states that differ by a renaming (`naming`). Ties that components break by name are broken in the
state that was found first, as in a run.

Not forgotten: names in texts, and names that are not invented.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from kcore.api.core.pod import Pod
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.store import Store
from kcore.client.component import CUSTOM, ComponentKey, is_custom
from kcore.client.instant import Instant, awaited
from kcore.cluster.ages import ages
from kcore.cluster.content import MOST_RESTARTS, REMEMBERED, Contents, join
from kcore.cluster.control_plane import ControlPlane
from kcore.cluster.deliver import coalesced
from kcore.cluster.loose import Content, Said, Uid, Version
from kcore.cluster.naming import Naming, Part
from kcore.cluster.process import Process, Working
from kcore.cluster.resolve import Digested, Element, Resolver
from kcore.cluster.state import ClusterState
from kcore.controllers.podgc import PODGC
from kcore.controllers.podgc.gc_controller import GC_CHECK_PERIOD
from kcore.kubelet.restart import EXPIRY, MAXIMUM
from kcore.kubelet.setup import START_PERIOD, SYNC_PERIOD
from kcore.world.configuration import CONFIG_ERROR
from kcore.world.container import Container, ContainerState
from kcore.world.metrics import NO_METRICS
from kcore.world.sandbox import Sandbox, SandboxId

CLOCKS = {PODGC.family: GC_CHECK_PERIOD}
"""The families that act at whole multiples of a period (ms): where one of them runs, the phase of the clock counts."""


PROBED = 600_000
"""How long (ms) it matters at most when a container began to answer probes otherwise."""


class Fingerprinter:
    """Fingerprints of the states of one search; it remembers what it has seen and keeps that alive.

    With `symmetry`, invented names and those of `nodes` count as which they are; names in `fixed` never do.
    How long ago an object changed counts up to `quiet` ms. `watches` are the kinds that each family watches, all if
    that is not said.
    """

    def __init__(
        self,
        *,
        symmetry: bool = False,
        nodes: frozenset[str] = frozenset(),
        fixed: frozenset[str] = frozenset(),
        quiet: int = 0,
        watches: Mapping[str, Collection[str]] = MappingProxyType({}),
    ) -> None:
        """Start with nothing remembered."""
        self.symmetry = symmetry
        self._nodes = nodes
        self._fixed = fixed
        self._contents = Contents(nodes - fixed if symmetry else frozenset(), fixed)
        self._naming = Naming(symmetry=symmetry)
        self._quiet = quiet
        self._watches = watches
        self._digested: dict[tuple[int, object], Digested] = {}
        self._keys: dict[ObjectKey, Element] = {}
        self._families: dict[ComponentKey, Callable[[Process], Content]] = {}

    def unreduced(self) -> Fingerprinter:
        """Return the fingerprints without symmetry."""
        return Fingerprinter(nodes=self._nodes, fixed=self._fixed, quiet=self._quiet, watches=self._watches)

    def __call__(self, state: ClusterState) -> int:
        """Return the fingerprint of `state`, 0 to 2**128 - 1."""
        return self._naming.total(self._parts(state))

    def _parts(self, state: ClusterState) -> Iterator[Part]:
        """Yield what the state is made of."""
        store, kept = state.store, self._kept
        uids = {found.metadata.uid: key for key, found in store.objects.items()}
        here = Resolver(self._contents, self._keys, store, uids, state.now, store)
        pods = []
        for found in store.objects.values():
            if isinstance(found, Pod):
                pods.append(found)
            yield here.part(kept(found, self._object))
        for pod, created, ready in ages(pods):
            yield here.part(Digested(pod, self._contents.of(("age", created, ready, pod))))
        for name, process in state.processes.items():
            if process.cache is not None or process.working is not None:
                there = here if process.cache is None else here.seeing(process.cache)
                busy = join("busy", self._busy(state, name, process))
                yield there.part(Digested(process, busy))
            yield here.part(kept(process, self._families.setdefault(name, partial(self._process, name))))
        sandbox_of = self._sandbox if any(state.budget.values()) else self._undisturbed
        for sandbox in state.world.sandboxes.values():
            yield here.part(kept(sandbox, sandbox_of))
        for machine in state.world.machines.values():
            yield here.part(kept(machine, self._contents.of))
        yield here.part(Digested(state, join("rest", self._rest(state))))

    def _kept(self, owner: Any, digest: Callable[[Any], Content]) -> Digested:
        """Return `owner` digested, as it is remembered."""
        known = self._digested.get((id(owner), digest))
        if known is None:
            if len(self._digested) >= REMEMBERED:
                self._digested.clear()
            known = self._digested[id(owner), digest] = Digested(owner, digest(owner))
        return known

    def _object(self, found: ApiObject) -> Content:
        """Return the content of an object; its own uid and version are the latest as a matter of course."""
        digest, loose, ties = self._contents.of(found)
        own = Uid(found.metadata.uid)
        return Content(digest, tuple(Said(0) if isinstance(one, Version) or one == own else one for one in loose), ties)

    def _rest(self, state: ClusterState) -> Iterator[Content]:
        """Yield what of a state is no object, process or thing in the world."""
        of, kept, plane = self._contents.of, self._contents.kept, state.control_plane
        yield kept(state.budget)
        yield kept(state.ready, lambda: _service(state))
        disks = state.world.disks
        if disks.disks:
            yield kept(disks, lambda: (disks.disks, disks.written))
        if state.world.metrics is not NO_METRICS:
            yield kept(state.world.metrics)
        if not state.world.registry_up or "registryDown" in state.budget:
            yield join("images", (of(state.world.registry_up), kept(state.world.images)))
        if state.world.slow:
            yield of(("slow machines", state.world.slow))
        yield of((state.timing, _ties(state), _phases(state), min(state.now - state.last_change, self._quiet)))
        yield kept(plane, lambda: (plane.members, plane.leaders, _up(plane)))
        if plane.silent:
            yield of(("silent webhooks", plane.silent))
        for name in plane.masters():
            seen = plane.servers[name].seen
            if seen is not None:
                yield join("watch cache", (of(name), *self._older(state, seen)))

    def _older(self, state: ClusterState, older: Store, family: str = "") -> Iterable[Content]:
        """Yield how an older store differs from etcd's, as far as `family` watches: what has changed, or all it holds.

        Where caches do not lag, one that was cut off will hear of everything at once.
        """
        if older.revision == state.store.revision:
            return
        yield self._contents.of("behind")
        changes = state.store.changes_since(older.revision)
        if changes is None:
            yield self._contents.of(tuple(found for _, found in sorted(older.objects.items())))
            return
        watched = self._watches.get(family)
        if watched is not None:
            changes = tuple(change for change in changes if _is_among(change.key.kind, watched))
        if state.timing.freedom.lag:
            yield from (self._contents.kept(change) for change in changes)
        else:
            yield from map(self._contents.of, coalesced(changes))

    def _process(self, name: ComponentKey, process: Process) -> Content:
        """Return the content of what a process knows, apart from its cache and a turn that is under way."""
        of, kept, queue, wakes = self._contents.of, self._contents.kept, process.queue, process.wakes
        parts = (
            of((name, process.server, process.linked, process.cache is None, process.working is None)),
            kept(queue, lambda: (queue.order, queue.dirty, queue.failures)),
            kept(process.memory),
            kept(wakes, lambda: {key: Instant(due) for key, due in wakes.items()}),
        )
        return join("process", parts)

    def _busy(self, state: ClusterState, name: ComponentKey, process: Process) -> Iterator[Content]:
        """Yield the contents of the cache of a process, and of the turn that it has under way."""
        yield self._contents.of(name)
        if process.cache is not None:
            yield join("cache", self._older(state, process.cache, name.family))
        if process.working is not None:
            yield join("working", self._working(state, name, process.working))

    def _working(self, state: ClusterState, name: ComponentKey, working: Working) -> Iterable[Content]:
        """Yield the contents of a turn under way: what is left of it and, if it wants more, what it sees."""
        turn = working.turn
        wakes = tuple(None if at is None else Instant(at) for at in (turn.wake_at, turn.retry_at))
        failed = turn.retry_at is not None and not all(answer.ok for answer in working.answers)
        yield self._contents.of(
            (working.key, working.attempts, turn.actions, turn.memory, turn.common, wakes, failed, turn.more)
        )
        for call in turn.requests[working.done :]:
            yield self._contents.kept(call)
        if turn.more:
            yield self._contents.of(working.answers)
            yield join("seen", self._older(state, working.seen, name.family))
            machine = working.world.sandboxes_on(name.instance)
            yield join("machine", (self._kept(one, self._sandbox).content for one in machine))

    def _sandbox(self, sandbox: Sandbox) -> Content:
        """Return the content of a sandbox: whose it is, and what is due in it when."""
        return self._contents.of((_whose(sandbox), tuple(_container(one, one.started) for one in sandbox.containers)))

    def _undisturbed(self, sandbox: Sandbox) -> Content:
        """Return the content of a sandbox whose containers nobody will make exit any more, but they themselves."""
        containers = tuple(_container(one, one.started if one.due else None) for one in sandbox.containers)
        return self._contents.of((_whose(sandbox), containers))


def _is_among(kind: str, watched: Collection[str]) -> bool:
    return kind in watched or (CUSTOM in watched and is_custom(kind))


def _up(plane: ControlPlane) -> object:
    """Return which API servers there are, and whether each is up."""
    return tuple((name, plane.servers[name].up) for name in plane.masters())


def _service(state: ClusterState) -> object:
    """Return the order of service, where it decides."""
    return None if state.timing.freedom.order else tuple(map(tuple, state.ready))


def _phases(state: ClusterState) -> object:
    """Return how far the clock is in the periods that somebody acts by."""
    running = {name.family for name in state.processes}
    return tuple(state.now % period for family, period in CLOCKS.items() if family in running)


def _ties(state: ClusterState) -> object:
    """Return the order in which the world's timers fire, which decides among those of one time."""
    sandboxes = state.world.sandboxes
    order: dict[SandboxId, None] = {}
    for due, one in state.world.timers:
        if one in sandboxes and sandboxes[one].due == due:
            order[one] = None
    return tuple(order)


def _whose(sandbox: Sandbox) -> object:
    """Return what there is to say of a sandbox besides its containers."""
    written = None if sandbox.written is None else Instant(sandbox.written, every=SYNC_PERIOD)
    within = sandbox.stop_within if sandbox.cause is None else (sandbox.stop_within, sandbox.cause)
    return sandbox.id, sandbox.pod, sandbox.address, sandbox.grace, within, sandbox.files, written


def _container(one: Container, began: int | None) -> object:
    """Return what of a container decides: its state, what is due and when, and how it ended.

    How long it has run since it `began` matters to the next back-off, which there is none of before the first restart.
    """
    due = None if one.due is None else Instant(one.due)
    started = Instant(began, matters=EXPIRY + 1) if began is not None and one.restarts else None
    ended, before = one.exit, one.last_exit
    restarts = min(one.restarts, MOST_RESTARTS)
    return (
        (
            one.name,
            one.image,
            one.state,
            due,
            None if ended else started,
            one.once,
            one.reason,
            one.exit_code,
            one.ready,
        ),
        restarts,
        ended
        and (
            (ended.code, ended.reason),
            ended.finished - ended.started > EXPIRY,
            Instant(ended.finished, matters=MAXIMUM),
        ),
        before and (before.code, before.reason),
        _given(one),
        _used(one) if one.uses_from or one.oom or one.slowed else None,
    )


def _used(one: Container) -> object:
    """Return what decides of how much a container uses, and of how late it answers."""
    return awaited(one.uses_from) if one.has_process and one.uses_from else None, one.oom, one.slowed


def _given(one: Container) -> object:
    """Return what a container was given, or waits for and since when, and how it is probed; nothing for most."""
    if one.failure is None and one.configuration is None and not one.probed:
        return None
    since = None
    if one.failure is not None and one.state is ContainerState.WAITING:
        every = START_PERIOD if one.failure.reason == CONFIG_ERROR else None
        since = Instant(one.since, matters=MAXIMUM, every=every)
    return one.failure, one.configuration, since, one.probed and one.has_process and _probed(one)


def _probed(one: Container) -> object:
    """Return where between two probes a container is, and how long it has answered as it does."""
    until = None if one.answers_until is None else Instant(one.answers_until, matters=PROBED)
    times = tuple(Instant(at, matters=PROBED) for at in (one.answers_from, one.ready_since))
    turns = Instant(one.ready_since, every=2 * one.flaps) if one.flaps else None
    return Instant(one.since if one.started is None else one.started, every=one.probed), times, until, turns
