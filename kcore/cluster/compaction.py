"""Compaction: old changes are forgotten when nobody needs them, so that a long run does not keep them all.

Models the compaction of etcd and the window of a watch cache as one bound on the log, in changes. What a lagging cache
has not heard of yet is kept for it, up to a second bound; a cache that is behind that has to list anew.

Not modelled: compaction by the clock, every five minutes.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiserver/pkg/storage/etcd3/compact.go
"""

from __future__ import annotations

from kcore.api.evolve import evolve
from kcore.cluster.state import ClusterState

KEPT = 1_000
"""How many changes are kept for whoever may ask for them."""

MOST = 10_000
"""How many changes are kept for a cache that has not heard of them."""


def compacted(state: ClusterState) -> ClusterState:
    """Return the state without changes that nobody needs; now and then, so that it costs nothing a change."""
    store = state.store
    if len(store.log) < 2 * KEPT:
        return state
    revision = store.log[len(store.log) - KEPT - 1].revision
    heard = [one.cache.revision for one in state.processes.values() if one.cache is not None]
    if heard:
        needed = min(heard, default=revision)
        oldest = store.log[max(len(store.log) - MOST - 1, 0)].revision
        revision = min(revision, max(needed, oldest))
    return state if revision < store.compacted + KEPT else evolve(state, store=store.compact(revision))
