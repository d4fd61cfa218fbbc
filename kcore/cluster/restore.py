"""Restore: etcd holds what it held when a backup was made, and everybody has to find out.

Models a restore with the revision moved on, as is recommended: objects are as they were, versions included, but what is
written from now on comes after everything that was ever seen, and older changes count as compacted away, so that every
cache lists anew. Nothing is done to machines: what runs there and is not in the backup is found by the kubelets.

Not modelled: a restore that lets revisions run backwards, under which caches believe to be ahead.

Upstream: https://etcd.io/docs/v3.6/op-guide/recovery/#restoring-with-revision-bump
"""

from __future__ import annotations

import attrs

from kcore.api.evolve import evolve
from kcore.apiserver.store import Minted, Store
from kcore.client.component import Components
from kcore.cluster.asking import told
from kcore.cluster.deliver import differences
from kcore.cluster.kinds import kinds_of
from kcore.cluster.state import ClusterState


def restored(state: ClusterState, components: Components, store: Store) -> ClusterState:
    """Return the state in which etcd holds what `store` does, at a revision of its own."""
    revision = max(state.store.revision, store.revision) + 1
    bumped = evolve(store, revision=revision, compacted=revision, minted=_further(state.store.minted, store.minted))
    servers = state.control_plane.servers
    for name, server in servers.items():
        if server.seen is not None:
            servers = servers.set(name, evolve(server, seen=bumped))
    plane = evolve(state.control_plane, servers=servers)
    after = evolve(state, store=bumped, control_plane=plane, last_change=state.now)
    if state.timing.freedom.lag:
        return after
    stores = (state.store, bumped)
    kinds = {kind for component in components.values() for kind in kinds_of(component, *stores)}
    return told(after, components, differences(state.store, bumped, kinds))


def _further(one: Minted, other: Minted) -> Minted:
    """Return counters that nothing was minted from, on either side."""
    names = [field.name for field in attrs.fields(Minted)]
    return Minted(**{name: max(getattr(one, name), getattr(other, name)) for name in names})
