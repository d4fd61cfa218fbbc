"""Assumed: what a scheduler remembers besides its cache: whom it has bound, and at which node it looks next.

Models the assumed pods of the scheduler's cache. A pod that was bound takes up its room at once, and is not placed a
second time, though the watch has not told of it yet; it is assumed until it is heard of on its node, or is gone. A
binding that failed assumes nothing. Where caches hear of each write at once, nobody is assumed.

Not modelled: that a pod is assumed while its binding is under way, which nobody sees, as one turn is the next one's
past; that whoever waits for volumes or for permission is assumed: its node is promised to it instead.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/backend/cache/cache.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import attrs

from kcore.api.core.pod import Pod
from kcore.api.evolve import evolve
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.client.view import View
from kcore.scheduler.snapshot import Snapshot


class Assumption(NamedTuple):
    """A pod that was bound, and its node."""

    key: ObjectKey
    uid: str
    node: str


@attrs.frozen(kw_only=True)
class Common:
    """The pods that are assumed to be on their nodes, by key, and the place of the node that is looked at next.

    The place counts only where not all nodes are scored.
    """

    assumed: tuple[Assumption, ...] = ()
    start: int = 0

    def beyond(self, looked: int, nodes: int) -> Common:
        """Return what is remembered after so many of the nodes were looked at."""
        return evolve(self, start=(self.start + looked) % nodes) if looked % max(nodes, 1) else self

    def with_bound(self, pod: Pod, node: str) -> Common:
        """Return what is remembered after `pod` was bound to `node`."""
        assumed = (*self.assumed, Assumption(key_of(pod), pod.metadata.uid, node))
        return evolve(self, assumed=tuple(sorted(assumed)))


NOTHING = Common()


class Ahead(NamedTuple):
    """A pod as the cache has it, and as it is since its binding."""

    heard: Pod
    bound: Pod


def unheard(view: View, common: Common) -> tuple[Ahead, ...]:
    """Return the pods that are assumed and that the cache has without a node still."""
    found = []
    for key, uid, node in common.assumed:
        pod = view.get(key)
        if isinstance(pod, Pod) and pod.metadata.uid == uid and not pod.spec.node_name:
            found.append(Ahead(pod, evolve(pod, spec=evolve(pod.spec, node_name=node))))
    return tuple(found)


def keeping(common: Common, ahead: Iterable[Ahead]) -> Common:
    """Return what is remembered when no more than `ahead` are still unheard of."""
    keys = {key_of(one.heard) for one in ahead}
    kept = tuple(one for one in common.assumed if one.key in keys)
    return common if kept == common.assumed else evolve(common, assumed=kept)


def assuming(snapshot: Snapshot, ahead: Iterable[Ahead]) -> Snapshot:
    """Return the snapshot in which those `ahead` are on their nodes."""
    for heard, bound in ahead:
        snapshot = snapshot.after(heard, bound)
    return snapshot
