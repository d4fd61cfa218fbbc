"""Event handlers: which pods the scheduler looks at after a change.

Models that a new pod waits to be placed, and the queueing hints: of the pods that found no place, a change wakes those
that it may help. The node on which something changed passes the filters that look at one node; or a plugin that weighs
nodes against each other says that what came or went there may matter elsewhere. What can't help wakes nobody: a
heartbeat, a status that the scheduler wrote itself.

A promise that is given up is as a pod that is gone, for those that it kept away.

Not modelled: that only the plugins that refused a pod are asked what may help it; all are.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/eventhandlers.go
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from kcore.api.core.node import Node
from kcore.api.core.pod import Pod
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.changes import Change
from kcore.apiserver.store import Store
from kcore.client.component import LEADER, Work
from kcore.client.heeding import News
from kcore.placement.podaffinity import NO_TERMS
from kcore.scheduler.cache import snapshots
from kcore.scheduler.framework import Happening, NodeInfo, PodInfo, Profile
from kcore.scheduler.podinfo import pod_info
from kcore.scheduler.podvolumes import pod_volumes
from kcore.scheduler.profile import Profiles
from kcore.scheduler.snapshot import Snapshot, placed, placed_pod, read_of_node
from kcore.scheduler.waiting import is_pending, is_tried, priority_of

READ = News.CAME | News.WENT | News.LABELS | News.DELETION | News.SPEC | News.ENDED | News.RESOURCES | News.UNBOUND
"""What may be new about a pod that is to be placed, or that takes up room."""


def pod_changed(profiles: Profiles, change: Change, store: Store) -> Iterator[Work]:
    """Yield the pod if it is to be placed and has changed for the scheduler; those that its coming or going helps."""
    waits = is_pending(change.new, profiles)
    if waits and (not is_pending(change.old, profiles) or _differs(change.old, change.new)):
        yield Work(LEADER, change.key)
    if isinstance(change.old, Pod) and change.old.status.nominated_node_name:
        yield from _given_up(profiles, change.old, change.new, store)
    if waits:
        return
    left, come = placed(change.old), placed(change.new)
    if left == come:
        return
    snapshot = snapshots(profiles)(store)
    if not snapshot.waiting.tried:
        return
    happening = Happening(came=come[1] if come else None, gone=left[1] if left else None)
    roomier = snapshot.node(left[0]) if left else None
    yield from _helped(profiles, snapshot, store, happening, roomier)


def _given_up(profiles: Profiles, old: Pod, new: ApiObject | None, store: Store) -> Iterator[Work]:
    """Yield the pods that do not outrank one that was promised a node and does not go there any more."""
    node = old.status.nominated_node_name
    if isinstance(new, Pod) and node in (new.spec.node_name, new.status.nominated_node_name):
        return
    snapshot = snapshots(profiles)(store)
    for work in _helped(profiles, snapshot, store, Happening(gone=placed_pod(old)), snapshot.node(node)):
        found = store.get(ObjectKey(*work.key))
        if isinstance(found, Pod) and priority_of(found) <= priority_of(old):
            yield work


def node_changed(profiles: Profiles, change: Change, store: Store) -> Iterator[Work]:
    """Yield the pods that a new node, or one that differs in what the plugins read, may help."""
    if not isinstance(change.new, Node):
        return
    if isinstance(change.old, Node) and read_of_node(change.old) == read_of_node(change.new):
        return
    snapshot = snapshots(profiles)(store)
    node = snapshot.node(change.new.metadata.name)
    if snapshot.waiting.tried:
        yield from _helped(profiles, snapshot, store, Happening(node=node), node)


def namespace_changed(profiles: Profiles, change: Change, store: Store) -> Iterator[Work]:
    """Yield the pods that look for neighbours, when a namespace has other labels."""
    if change.old is not None and change.new is not None and change.old.metadata.labels == change.new.metadata.labels:
        return
    for work, pod, _ in _tried(profiles, snapshots(profiles)(store), store):
        if pod.terms != NO_TERMS:
            yield work


def unheeded(_: Change, __: Store) -> Iterator[Work]:
    """Yield nothing: the scheduler reads such objects when it places a pod, and waits for none of them."""
    return iter(())


def _helped(
    profiles: Profiles, snapshot: Snapshot, store: Store, happening: Happening, node: NodeInfo | None
) -> Iterator[Work]:
    """Yield the pods that found no place and may go to `node` now, or elsewhere after what happened."""
    for work, pod, profile in _tried(profiles, snapshot, store):
        if (node is not None and _takes(node, pod, profile)) or any(
            one.hint(pod, happening) for one in profile.counting
        ):
            yield work


def _takes(node: NodeInfo, pod: PodInfo, profile: Profile) -> bool:
    """Tell whether no filter that looks at one node alone refuses `node`."""
    filters = (one.filter for one in profile.plugins if one.filter and one.filters(pod))
    return all(say(pod, node) is None for say in filters)


def _tried(profiles: Profiles, snapshot: Snapshot, store: Store) -> Iterator[tuple[Work, PodInfo, Profile]]:
    """Yield the pods of this scheduler that were tried in vain, by key, with their profiles."""
    for key in snapshot.waiting.tried:
        found = store.get(key)
        profile = profiles.of(found) if isinstance(found, Pod) else None
        if isinstance(found, Pod) and profile is not None:
            yield Work(LEADER, key), pod_info(found, snapshot.owners, pod_volumes(store, found)), profile


def _differs(old: ApiObject | None, new: ApiObject | None) -> bool:
    """Tell whether a waiting pod differs in more than its status, or was just tried in vain for the first time.

    One that lost the node that was promised to it looks for another. What happened between the first decision and its
    being written had nobody to wake, so such a pod is looked at again.
    """
    if not isinstance(old, Pod) or not isinstance(new, Pod):
        return True
    if old.spec != new.spec or (is_tried(new) and not is_tried(old)):
        return True
    if old.status.nominated_node_name and not new.status.nominated_node_name:
        return True
    version = old.metadata.resource_version
    return old.metadata != attrs.evolve(new.metadata, resource_version=version)
