"""The cluster autoscaler as a component: it looks at the pods without a place and at the nodes now and then.

Models scale-up: machines are wished for, of groups within their bounds; and scale-down: a node that nobody has needed
for a while, whose pods may go, and not soon after a scale-up, is tainted, its pods are evicted through the eviction
API, and once they are gone the node is deleted and its machine is not wanted any more.

Simplified: one node goes at a time. Not modelled: machines that fail to come, and the stopping of a machine whose node
is deleted.

Upstream: https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/core/static_autoscaler.go
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import attrs

from kcore.api.core.node import Node
from kcore.api.core.pod import Pod
from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.api.json import Json
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.apiserver.changes import Change
from kcore.apiserver.request import Options, PatchType, Request, Verb
from kcore.apiserver.store import Store
from kcore.client.component import LEADER, Component, Work, Write
from kcore.client.instant import Instant
from kcore.client.turn import Key, Turn
from kcore.client.view import View
from kcore.machine import Note
from kcore.optional.clusterautoscaler.drainability import Skips
from kcore.optional.clusterautoscaler.groups import WISHES, NodeGroup, Wishes, wishes_of
from kcore.optional.clusterautoscaler.planning import movable, scale_up, unneeded
from kcore.reconcile.program import Program, Telling, ask, play

SCAN: Key = ("Scan",)
TAINT = "ToBeDeletedByClusterAutoscaler"

_MERGE = Options(patch_type=PatchType.MERGE)


@attrs.frozen(kw_only=True)
class AutoscalerConfig:
    """The groups, and upstream's settings: times in ms, the threshold in hundredths."""

    groups: tuple[NodeGroup, ...]
    scan_interval: int = 10_000
    scale_down_unneeded_time: int = 600_000
    scale_down_delay_after_add: int = 600_000
    scale_down_utilization_threshold: int = 50
    skip_nodes_with_local_storage: bool = True
    skip_nodes_with_system_pods: bool = True


@attrs.frozen(kw_only=True)
class Seen:
    """What is remembered: since when each node is not needed, which one is going, and when machines were added last."""

    unneeded: FrozenMap[Instant] = EMPTY
    going: str = ""
    added: Instant | None = None
    scanned: Instant


def reconcile(config: AutoscalerConfig, memory: Seen | None, view: View, _: Key) -> Turn:
    """Scan if it is time."""
    if memory is not None and not view.elapsed(memory.scanned, config.scan_interval):
        return Turn(memory=memory, wake_at=memory.scanned + config.scan_interval)
    seen = memory or Seen(scanned=_now(config, view))
    return play(_scan(config, seen, view), view.answers)


def _scan(config: AutoscalerConfig, seen: Seen, view: View) -> Telling[Turn]:
    now = _now(config, view)
    before = view.derive("clusterautoscaler.wishes", wishes_of)
    after = view.derive("clusterautoscaler.up", partial(scale_up, config.groups))
    if after != before and (yield from _wish(view, after)):
        seen = attrs.evolve(seen, added=Instant(view.now(), matters=config.scale_down_delay_after_add))
        for name in sorted(set().union(*after.machines.values()) - set().union(*before.machines.values())):
            yield Note("clusterautoscaler.scale_up", node=name)
    spare = view.derive("clusterautoscaler.down", partial(_unneeded, config))
    since = {name: seen.unneeded.get(name, _since(config, view)) for name in spare}
    seen = attrs.evolve(seen, unneeded=FrozenMap(since), scanned=now)
    seen = yield from _scale_down(config, seen, view)
    return Turn(memory=seen, wake_at=now + config.scan_interval)


def _scale_down(config: AutoscalerConfig, seen: Seen, view: View) -> Telling[Seen]:
    """Send one node away, or see it off."""
    quiet = seen.added is None or view.elapsed(seen.added, config.scale_down_delay_after_add)
    ready = [one for one, since in seen.unneeded.items() if view.elapsed(since, config.scale_down_unneeded_time)]
    name = seen.going or (min(ready) if ready and quiet else "")
    node = view.get(ObjectKey("Node", "", name)) if name else None
    if not isinstance(node, Node):
        return attrs.evolve(seen, going="")
    if all(one.key != TAINT for one in node.spec.taints) and not (yield from _taint(node)):
        return seen
    pods = view.derive(f"clusterautoscaler.pods {name}", partial(_movable, name))
    for pod in pods:
        if pod.metadata.deletion_timestamp is None:
            yield from ask(_eviction(pod))
    if pods or not (yield from ask(Request(verb=Verb.DELETE, key=key_of(node)))).ok:
        return attrs.evolve(seen, going=name)
    yield Note("clusterautoscaler.scale_down", node=name)
    yield from _wish(view, view.derive("clusterautoscaler.wishes", wishes_of).without(name))
    return attrs.evolve(seen, going="", unneeded=seen.unneeded.remove(name))


def _movable(name: str, store: Store) -> tuple[Pod, ...]:
    return movable(store, name)


def _wish(view: View, wishes: Wishes) -> Program[bool]:
    """Write which machines are wanted."""
    meta = {"name": WISHES.name, "namespace": WISHES.namespace}
    body = Json.of({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": wishes.data()})
    if view.get(WISHES) is None:
        return (yield from ask(Request(verb=Verb.CREATE, key=WISHES, body=body))).ok
    return (yield from ask(Request(verb=Verb.PATCH, key=WISHES, body=body, options=_MERGE))).ok


def _taint(node: Node) -> Program[bool]:
    taints = [{"key": one.key, "value": one.value, "effect": one.effect} for one in node.spec.taints]
    body = Json.of({"spec": {"taints": [*taints, {"key": TAINT, "effect": "NoSchedule"}]}})
    return (yield from ask(Request(verb=Verb.PATCH, key=key_of(node), body=body, options=_MERGE))).ok


def _eviction(pod: Pod) -> Request:
    names = {"name": pod.metadata.name, "namespace": pod.metadata.namespace}
    body = Json.of({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": names})
    return Request(verb=Verb.CREATE, key=key_of(pod), subresource="eviction", body=body)


def _now(config: AutoscalerConfig, view: View) -> Instant:
    return Instant(view.now(), matters=config.scan_interval)


def _since(config: AutoscalerConfig, view: View) -> Instant:
    return Instant(view.now(), matters=config.scale_down_unneeded_time)


def _unneeded(config: AutoscalerConfig, store: Store) -> tuple[str, ...]:
    skips = Skips(local_storage=config.skip_nodes_with_local_storage, system_pods=config.skip_nodes_with_system_pods)
    return unneeded(config.groups, config.scale_down_utilization_threshold, store, skips)


def _begin(change: Change, _: Store) -> Iterator[Work]:
    """Yield the scan when a node comes."""
    if change.old is None:
        yield Work(LEADER, SCAN)


def _unheeded(_: Change, __: Store) -> Iterator[Work]:
    return iter(())


KINDS = ("Pod", "ConfigMap", "Namespace", "Service", "ReplicaSet", "StatefulSet", "PersistentVolumeClaim")


def cluster_autoscaler(config: AutoscalerConfig) -> Component:
    """Return the autoscaler of these groups."""
    return Component(
        family="cluster-autoscaler",
        watches={"Node": _begin, **dict.fromkeys(KINDS, _unheeded)},
        reconcile=partial(reconcile, config),
        writes=frozenset(
            {
                Write(Verb.CREATE, "ConfigMap"),
                Write(Verb.PATCH, "ConfigMap"),
                Write(Verb.PATCH, "Node"),
                Write(Verb.DELETE, "Node"),
                Write(Verb.CREATE, "Pod", "eviction"),
            }
        ),
    )
