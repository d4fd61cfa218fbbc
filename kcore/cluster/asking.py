"""Asking: one request goes to an API server, and everyone who watches what it changed gets work.

Models which server answers, the quorum that a write needs, a read that a server answers from its own watch cache
(resource version "0"), the webhooks that a write may meet, and the routing of changes to work queues. While a process
follows the store, it hears of a change with the commit; a lagging cache hears of it by a delivery of its own.

Not modelled: the reads that real API servers refuse while etcd has no quorum.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple, TypeAlias

from kcore.api.evolve import evolve
from kcore.api.memo import Memo
from kcore.apiserver.changes import Change
from kcore.apiserver.handle import Context, handle
from kcore.apiserver.request import Request, Response, Verb
from kcore.apiserver.status import Status
from kcore.apiserver.store import Store
from kcore.client.component import LEADER, Component, ComponentKey, Components, Watch
from kcore.client.heeding import Gist, Heeding, gist_of
from kcore.client.turn import Key
from kcore.cluster.answering import answering
from kcore.cluster.compaction import compacted
from kcore.cluster.state import ClusterState
from kcore.machine import Note

READS = frozenset({Verb.GET, Verb.LIST, Verb.WATCH})
QUIET_KINDS = frozenset({"Lease", "Event", "Event.events.k8s.io"})

UNAVAILABLE = Status(code=503, reason="ServiceUnavailable", message="no API server answers")
NO_QUORUM = Status(code=504, reason="Timeout", message="etcdserver: request timed out")
LOST = Status(code=504, reason="Timeout", message="the request or its answer was lost")


UNREACHABLE = Response(code=UNAVAILABLE.code, status=UNAVAILABLE)


Heard: TypeAlias = tuple[ComponentKey, Key]
"""A process and the key that it is to look at."""


class _Watcher(NamedTuple):
    """A component that watches a kind; `leader` is the process that leads it, None where each node has its own."""

    watch: Watch
    leader: ComponentKey | None
    family: str


class _Watchers:
    """Who watches which kind and heeds which news, in the order of `components`; what was asked once is known."""

    __slots__ = ("_by_kind", "_components", "_known", "_leaders")

    def __init__(self, components: Components, leaders: Mapping[str, str]) -> None:
        """Begin with nothing known."""
        self._components, self._leaders = components, leaders
        self._known: dict[tuple[str, Gist], Sequence[_Watcher]] = {}
        self._by_kind: dict[str, tuple[_Watcher, ...]] = {}

    def of(self, change: Change) -> Sequence[_Watcher]:
        """Return who is to be asked what work `change` makes."""
        kind = change.key.kind
        if kind not in self._by_kind:
            self._by_kind[kind] = tuple(self._gathered(kind))
        if not self._by_kind[kind]:
            return ()
        gist = gist_of(change)
        known = self._known.get((kind, gist))
        if known is None:
            heeding = (_heeded(one, gist) for one in self._by_kind[kind])
            known = self._known[kind, gist] = tuple(one for one in heeding if one is not None)
        return known

    def _gathered(self, kind: str) -> Iterator[_Watcher]:
        """Yield who watches `kind`."""
        for one in self._components.values():
            watch = one.watch_of(kind)
            if watch is not None:
                leader = None if one.per_node else ComponentKey(one.family, self._leaders.get(one.family, ""))
                yield _Watcher(watch, leader, one.family)


def _heeded(watcher: _Watcher, gist: Gist) -> _Watcher | None:
    """Return whom to ask about changes of this gist, None if that is nobody."""
    watch = watcher.watch
    if not isinstance(watch, Heeding):
        return watcher
    return watcher._replace(watch=watch.watch) if watch.heeds(gist) else None


class Asked(NamedTuple):
    """What asking came to."""

    state: ClusterState
    response: Response
    notes: tuple[Note, ...]


def ask(state: ClusterState, components: Components, request: Request, server: str = "") -> Asked:
    """Send `request` to the API server `server`, or to any that is up, and tell the watchers what it changed."""
    serving = state.control_plane.serving(server)
    if serving is None:
        return Asked(state, UNREACHABLE, ())
    if request.verb not in READS and not state.control_plane.quorum:
        return Asked(state, Response(code=NO_QUORUM.code, status=NO_QUORUM), ())
    store = _served(state, request, serving)
    context = Context(
        now=state.now,
        config=state.config.api_server,
        webhooks=components.webhooks,
        answering=partial(answering, state),
    )
    outcome = handle(store, request, context)
    if outcome.store is store:
        return Asked(state, outcome.response, outcome.notes)
    return Asked(committed(state, components, outcome.store), outcome.response, outcome.notes)


def _served(state: ClusterState, request: Request, server: str) -> Store:
    """Return what `request` is about: etcd's store, or for a read that takes any version the server's watch cache."""
    if request.verb not in READS or request.options.resource_version != "0":
        return state.store
    return state.control_plane.servers[server].seen or state.store


def committed(state: ClusterState, components: Components, store: Store) -> ClusterState:
    """Return the state in which etcd holds `store`, and whoever follows it has work for what is new there."""
    changes = _made(state.store, store)
    after = evolve(state, store=store, last_change=state.now if _is_loud(changes) else state.last_change)
    if state.timing.freedom.lag:
        return compacted(_heard(after, components, changes, state.store.revision))
    return compacted(told(after, components, changes))


def _made(before: Store, after: Store) -> Sequence[Change]:
    """Return the changes that made `after` of `before`."""
    if after.revision == before.revision + 1 and after.log and after.log[-1].revision == after.revision:
        return (after.log[-1],)
    return after.changes_since(before.revision) or ()


def _is_loud(changes: Iterable[Change]) -> bool:
    for change in changes:  # noqa: SIM110 - a generator would cost as much again
        if change.key.kind not in QUIET_KINDS:
            return True
    return False


def told(state: ClusterState, components: Components, changes: Iterable[Change]) -> ClusterState:
    """Return the state in which everybody who follows the store has heard of `changes`."""
    return state.enqueue_linked(_routed(state, components, changes))


def _heard(state: ClusterState, components: Components, changes: Sequence[Change], revision: int) -> ClusterState:
    """Return the state in which caches that were up to date at `revision` and watch nothing that changed still are."""
    kinds = {change.key.kind for change in changes}
    processes = state.processes
    for name, process in state.processes.items():
        current = process.linked and process.cache is not None and process.cache.revision == revision
        component = components[name.family]
        if current and all(component.watch_of(kind) is None for kind in kinds):
            processes = processes.set(name, evolve(process, cache=state.store))
    return evolve(state, processes=processes)


def _routed(state: ClusterState, components: Components, changes: Iterable[Change]) -> list[Heard]:
    """Return which process gets which key for `changes`, in order."""
    watchers, store = _WATCHERS(components, state.control_plane.leaders), state.store
    routed: list[Heard] = []
    for change in changes:
        for watch, leader, family in watchers.of(change):
            for instance, key in watch(change, store):
                routed.append((leader if instance == LEADER and leader else ComponentKey(family, instance), key))
    return routed


_WATCHERS = Memo(_Watchers, 64)


def routed_to(
    state: ClusterState, component: Component, change: Change, store: Store
) -> Iterator[tuple[ComponentKey, Key]]:
    """Yield which process of one family gets which key for `change`, as seen in `store`."""
    watch = component.watch_of(change.key.kind)
    if watch is None:
        return
    for work in watch(change, store):
        instance = work.instance
        if instance == LEADER and not component.per_node:
            instance = state.control_plane.leaders.get(component.family, "")
        yield ComponentKey(component.family, instance), work.key
