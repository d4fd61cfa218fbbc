"""Cache: the snapshot of a store as the profiles of one scheduler see it.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/backend/cache/cache.go
"""

from __future__ import annotations

from functools import lru_cache

from kcore.reconcile.derived import Derived
from kcore.scheduler.profile import DEFAULT_PROFILES, Profiles
from kcore.scheduler.snapshot import Snapshot
from kcore.scheduler.waiting import Waiting

KINDS = ("Namespace", "Service", "ReplicationController", "ReplicaSet", "StatefulSet", "Node", "Pod")
"""The kinds that a snapshot reads, those that others are counted by first."""


@lru_cache(maxsize=64)
def snapshots(profiles: Profiles) -> Derived[Snapshot]:
    """Return the function from a store to its snapshot, brought up to date by what changed since an earlier one."""
    return Derived(Snapshot(waiting=Waiting(queue=profiles)), Snapshot.after, KINDS)


snapshot_of = snapshots(DEFAULT_PROFILES)
"""The snapshot of a store as the default scheduler sees it."""

EMPTY = Snapshot(waiting=Waiting(queue=DEFAULT_PROFILES))
