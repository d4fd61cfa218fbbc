"""The scheduler as a component: it looks at one waiting pod, binds it, or says why it can't and waits for a change.

Models kube-scheduler with one profile or several. A pod without a place gets the condition PodScheduled=False with the
reason Unschedulable and the real message, and makes room for itself where pods of lower priority are in its way; it is
looked at again when something changes that could help. Pods of higher priority come first: a turn on any pod serves the
highest that was never tried. A pod that was tried in vain lets those go first for as long as it backs off; where nobody
else waits it is tried at once, as upstream does by default.

Whom it has bound takes up room at once, though its cache may not have heard of it. A process that is restarted has
forgotten whom it bound, and has heard of all there is.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/scheduler.go
"""

from __future__ import annotations

from functools import partial

import attrs

from kcore.api.core.pod import Pod
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.apiserver.request import Verb
from kcore.client.component import Component, Write
from kcore.client.heeding import Heeding
from kcore.client.instant import Instant
from kcore.client.turn import Call, Key, Turn
from kcore.client.view import View
from kcore.scheduler.assumed import assuming, keeping, unheard
from kcore.scheduler.attempt import Scene, attempt, still_promised
from kcore.scheduler.cache import snapshots
from kcore.scheduler.eventhandlers import READ, namespace_changed, node_changed, pod_changed, unheeded
from kcore.scheduler.prebind import Reserved
from kcore.scheduler.profile import DEFAULT_PROFILES, Profiles
from kcore.scheduler.storagehandlers import claim_changed, class_changed, limits_changed, volume_changed
from kcore.scheduler.waiting import backoff, is_pending

WRITES = frozenset(
    {
        Write(Verb.CREATE, "Pod", "binding"),
        Write(Verb.UPDATE, "Pod", "status"),
        Write(Verb.PATCH, "Pod", "status"),
        Write(Verb.DELETE, "Pod"),
        Write(Verb.UPDATE, "PersistentVolume"),
        Write(Verb.UPDATE, "PersistentVolumeClaim"),
    }
)
"""What any scheduler may write: bindings, why not, whom it sends away, and the volumes that a pod waits for."""


@attrs.frozen(kw_only=True)
class Tried:
    """What is remembered of a pod without a place: how often it was tried in vain, and when last (ms since 1970)."""

    attempts: int
    at: Instant


def reconcile(profiles: Profiles, memory: Tried | Reserved | None, view: View, key: Key) -> Turn:
    """Place the pod at `key`, if it waits for that, or one that goes before it."""
    pod = view.get(ObjectKey(*key))
    profile = profiles.of(pod) if isinstance(pod, Pod) else None
    if not isinstance(pod, Pod) or profile is None or not is_pending(pod, profiles):
        return Turn()
    scene = _scene(profiles, view)
    snapshot = scene.snapshot
    if any(key_of(one.heard) == key for one in scene.ahead):
        return Turn()
    first = snapshot.waiting.above(profiles.rank(pod))
    other = view.get(first) if first else None
    if isinstance(memory, Reserved):
        kept = still_promised(scene, profile, pod, memory)
        if kept is not None:
            return kept
        memory = None
    if isinstance(other, Pod) and is_pending(other, profiles):
        its_own = profiles.of(other) or profile
        return attrs.evolve(attempt(scene, its_own, other), memory=memory, wake_at=view.now())
    if memory is not None and snapshot.waiting.untried:
        pause = backoff(memory.attempts, profiles.initial_backoff, profiles.max_backoff)
        if not view.elapsed(memory.at, pause):
            return Turn(memory=memory, wake_at=memory.at + pause)
    turn = attempt(scene, profile, pod)
    if turn.more or isinstance(turn.memory, Reserved) or any(_binds(call) for call in turn.requests):
        return turn
    return attrs.evolve(turn, memory=_tried_again(profiles, memory, view.now()))


def _scene(profiles: Profiles, view: View) -> Scene:
    """Return what a turn sees: where somebody is bound ahead of the cache, as if that had been heard of."""
    snapshot, common = view.derive("scheduler.snapshot", snapshots(profiles)), view.common()
    if not common:
        return Scene(view, snapshot)
    ahead = unheard(view, common)
    return Scene(view, assuming(snapshot, ahead), keeping(common, ahead), ahead)


def _binds(call: Call) -> bool:
    return call.request.subresource == "binding"


def _tried_again(profiles: Profiles, memory: Tried | None, now: int) -> Tried:
    """Return what is remembered after one more vain attempt; two at one moment are one.

    As many attempts are counted as it takes to the longest back-off.
    """
    at = Instant(now, matters=profiles.max_backoff)
    if memory is None:
        return Tried(attempts=1, at=at)
    most = (profiles.max_backoff // profiles.initial_backoff).bit_length() + 1
    return Tried(attempts=min(memory.attempts + (now > memory.at), most), at=at)


def scheduler(profiles: Profiles = DEFAULT_PROFILES, family: str = "scheduler") -> Component:
    """Return the scheduler with these profiles; a second one in a cluster needs a family of its own."""
    plugins = (plugin for profile in profiles.profiles for plugin in profile.lifecycle)
    return Component(
        family=family,
        watches={
            "Pod": Heeding(partial(pod_changed, profiles), READ),
            "Node": partial(node_changed, profiles),
            "Namespace": partial(namespace_changed, profiles),
            "Service": unheeded,
            "ReplicationController": unheeded,
            "ReplicaSet": unheeded,
            "StatefulSet": unheeded,
            "PersistentVolumeClaim": partial(claim_changed, profiles),
            "PersistentVolume": partial(volume_changed, profiles),
            "StorageClass": partial(class_changed, profiles),
            "CSINode": partial(limits_changed, profiles),
            "PodDisruptionBudget": unheeded,
        },
        reconcile=partial(reconcile, profiles),
        writes=WRITES.union(*(plugin.writes for plugin in plugins)),
    )


SCHEDULER = scheduler()
