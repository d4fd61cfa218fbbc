"""Delivery: a lagging cache hears of changes, some time after they were made.

Models an informer's stream: changes come in order, and several to one object may be told as one. A cache that is so
far behind that what it missed is compacted away lists anew, and is told what differs. The handlers put keys into the
work queue as they hear.

Not modelled: a stream for each kind; a cache is one older value of the store.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/client-go/tools/cache/reflector.go
"""

from __future__ import annotations

from collections.abc import Iterable

from kcore.api.evolve import evolve
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.apiserver.changes import Change
from kcore.apiserver.store import Store
from kcore.client.component import Component, ComponentKey, Components
from kcore.cluster.asking import routed_to
from kcore.cluster.kinds import kinds_of
from kcore.cluster.process import Process
from kcore.cluster.state import ClusterState


def pending(state: ClusterState, component: Component, process: Process) -> tuple[int, ...]:
    """Return the revisions up to which the cache of `process` may hear next: that of the next change, and the latest.

    Only changes to watched kinds count. A cache that has to list anew hears of the latest only.
    """
    if not process.linked or process.cache is None or process.cache.revision >= state.store.revision:
        return ()
    latest = state.store.revision
    changes = state.store.changes_since(process.cache.revision)
    if changes is None:
        return (latest,)
    watched = [change.revision for change in changes if component.watch_of(change.key.kind) is not None]
    return (watched[0], latest) if len(watched) > 1 else (latest,)


def deliver(state: ClusterState, components: Components, name: ComponentKey, revision: int) -> ClusterState:
    """Let the cache of the process `name` hear of everything up to `revision`."""
    process = state.processes[name]
    component = components[name.family]
    before = process.cache
    if before is None:
        return state
    changes = state.store.changes_since(before.revision)
    if changes is None:
        cache, heard = state.store, differences(before, state.store, kinds_of(component, before, state.store))
    else:
        told = tuple(change for change in changes if change.revision <= revision)
        cache = state.store if len(told) == len(changes) else _applied(before, told)
        heard = coalesced(told)
    after = state.with_process(name, evolve(process, cache=cache))
    for change in heard:
        for routed_name, key in routed_to(after, component, change, cache):
            if routed_name == name:
                after = after.enqueue(name, key)
    return after


def coalesced(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Return one change an object, from what it was first to what it is last; what came and went is left out."""
    merged: dict[ObjectKey, Change] = {}
    for change in changes:
        before = merged.get(change.key)
        merged[change.key] = change if before is None else evolve(change, old=before.old)
    return tuple(change for change in merged.values() if change.old is not None or change.new is not None)


def _applied(cache: Store, changes: Iterable[Change]) -> Store:
    for change in changes:
        cache = cache.apply(change)
    return cache


def differences(before: Store, after: Store, kinds: Iterable[str]) -> tuple[Change, ...]:
    """Return what a new list of `kinds` tells a cache: objects that came, differ or are gone, by kind and name."""
    changes = []
    for kind in sorted(kinds):
        for key in sorted({key_of(one) for side in (before, after) for one in side.list(kind)}):
            old, new = before.get(key), after.get(key)
            if old is not new and old != new:
                changes.append(Change(revision=after.revision, key=key, old=old, new=new))
    return tuple(changes)
