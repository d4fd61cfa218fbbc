"""Eviction: a node that runs out of memory or disk says so, takes fewer pods, and ends one pod after the other.

Models the eviction manager with hard thresholds: what is available is what the node has without what is in use; a
threshold that is met makes a condition, which stands until none was met for the transition period; then one pod is
evicted a look, the first in the order of the signal that is no critical one, and the next only when that one is gone.
Its containers have a second to stop (two, as any has at least).

The kernel kills what uses more memory than its limit at once, without any kubelet; only where a load makes the use, it
does so at the kubelet's look.

A pod that uses more of the disk than the limits of its containers allow is evicted at once, whatever the node has.

Not modelled: soft thresholds, minimum reclaims, inodes and processes; images and dead containers that are removed
first; limits of emptyDirs; a pod of which nothing runs, which upstream may evict, though that gives nothing back. Of
pods that rank alike the first by name goes.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/kubelet/eviction/eviction_manager.go
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeAlias

import attrs

from kcore.api.core.node import Node
from kcore.api.core.pod import Pod
from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.api.kinds import key_of
from kcore.api.quantity import ZERO, Format, Quantity
from kcore.api.resources import pod_limits, pod_requests
from kcore.client.instant import Instant
from kcore.client.turn import Action
from kcore.kubelet.config import DEFAULT, SYSTEM_CRITICAL, KubeletConfig
from kcore.kubelet.lifecycle import MINIMUM_GRACE
from kcore.kubelet.phase import TERMINAL
from kcore.kubelet.thresholds import PRESSURES, Signal
from kcore.machine import Note
from kcore.world.actions import KillForMemory, StopSandbox
from kcore.world.sandbox import MIRROR, Cause, Sandbox, uid_of
from kcore.world.usage import DISK, MEMORY, PodUse, Usage
from kcore.world.view import MachineView

REASON = "Evicted"

SOURCE = "kubernetes.io/config.source"

Pressures: TypeAlias = FrozenMap[Instant]
"""When a threshold of each condition was last seen to be met, as long as that matters."""


class Observation(NamedTuple):
    """A signal whose threshold is met: how much is asked for, what is available, and what is in use, in bytes."""

    signal: Signal
    threshold: int
    available: int
    usage: Usage


@attrs.frozen(kw_only=True)
class Look:
    """What a look at a node comes to: the conditions that stand, in order, what to remember, to do and to tell."""

    pressed: tuple[str, ...] = ()
    memory: Pressures = EMPTY
    actions: tuple[Action, ...] = ()
    notes: tuple[Note, ...] = ()


AT_EASE = Look()


def look(known: Pressures, view: MachineView, node: Node, config: KubeletConfig = DEFAULT) -> Look:
    """Look at what is in use on `node`; `known` is what was remembered."""
    met, period = tuple(observed(view, node, config.eviction_hard)), config.transition_period
    seen = {one.signal.condition for one in met}
    memory = FrozenMap(
        (name, Instant(view.now(), matters=period) if name in seen else known[name])
        for name in PRESSURES
        if name in seen or (name in known and not view.elapsed(known[name], period))
    )
    stops = tuple(_over_their_limits(view, node))
    actions, notes = _evicted(view, node, met[0]) if met and not stops else (stops, ())
    return Look(pressed=tuple(memory), memory=memory, actions=(*overdrawn(view), *actions), notes=notes)


def overdrawn(view: MachineView) -> Iterator[KillForMemory]:
    """Yield the end of each container that uses more memory than its limit."""
    used = {one.uid: dict(one.containers) for one in view.usage(MEMORY).pods}
    for sandbox in view.sandboxes():
        for one in sandbox.containers:
            if 0 < one.memory_limit < used.get(sandbox.id.pod_uid, {}).get(one.name, 0):
                yield KillForMemory(id=sandbox.id, name=one.name)


def observed(view: MachineView, node: Node, signals: Iterable[Signal]) -> Iterator[Observation]:
    """Yield the signals whose threshold is met on `node`, in order; what it does not have is not observed."""
    for signal in signals:
        capacity = node.status.capacity.get(signal.resource)
        if capacity is None:
            continue
        usage = view.usage(signal.resource)
        threshold, available = signal.threshold(capacity.value), max(0, capacity.value - usage.total)
        if available < threshold:
            yield Observation(signal, threshold, available, usage)


def _evicted(view: MachineView, node: Node, met: Observation) -> tuple[tuple[Action, ...], tuple[Note, ...]]:
    """Return what evicts the first pod in the order of a signal, and tells of it."""
    if any(one.cause is not None and one.running for one in view.sandboxes()):
        return (), ()
    for pod in ranked(candidates(view, node), met.signal, met.usage):
        sandbox = view.sandbox(uid_of(pod))
        if sandbox is None or is_critical(pod):
            continue
        message = message_of(pod, met)
        stop = StopSandbox(id=sandbox.id, grace=MINIMUM_GRACE, cause=Cause(REASON, message))
        return (stop,), (Note("kubelet.Evicted", pod=str(sandbox.pod), node=node.metadata.name, message=message),)
    return (), ()


def _over_their_limits(view: MachineView, node: Node) -> Iterator[StopSandbox]:
    """Yield what evicts each pod that uses more of the disk than its limits allow."""
    used = {one.uid: one for one in view.usage(DISK).pods if one.total}
    for pod in candidates(view, node) if used else ():
        sandbox, use = view.sandbox(uid_of(pod)), used.get(uid_of(pod))
        message = "" if use is None else over_limit(pod, use)
        if sandbox is not None and message and not is_critical(pod):
            yield StopSandbox(id=sandbox.id, grace=MINIMUM_GRACE, cause=Cause(REASON, message, disruption=False))


def over_limit(pod: Pod, use: PodUse) -> str:
    """Return which limit of the disk a pod exceeds, as its status says, "" for none.

    The limits that some of its containers have hold for all of them together.
    """
    limits = {one.name: one.resources.limits[DISK] for one in pod.spec.containers if DISK in one.resources.limits}
    whole = pod_limits(pod).get(DISK)
    if whole is not None and use.total > whole.value:
        return f"Pod ephemeral local storage usage exceeds the total limit of containers {whole}. "
    for name, amount in use.containers:
        if name in limits and 0 < limits[name].value < amount:
            return f'Container {name} exceeded its local ephemeral storage limit "{limits[name]}". '
    return ""


def candidates(view: MachineView, node: Node) -> list[Pod]:
    """Return the pods of `node` that have not ended, of which something runs, and that are not being stopped."""
    pods = [one for one in view.on_node(node.metadata.name) if isinstance(one, Pod)]
    return [one for one in pods if one.status.phase not in TERMINAL and _runs(view.sandbox(uid_of(one)))]


def _runs(sandbox: Sandbox | None) -> bool:
    return sandbox is not None and sandbox.running and not sandbox.stopping


def ranked(pods: list[Pod], signal: Signal, usage: Usage) -> list[Pod]:
    """Return the pods in the order in which a signal has them evicted.

    Those that use more than they ask for come first, then those of less priority, then those that use most beyond
    what they ask for.
    """
    used = {one.uid: one.total for one in usage.pods}

    def rank(pod: Pod) -> tuple[bool, int, int, tuple[str, ...]]:
        beyond = used.get(uid_of(pod), 0) - requested(pod, signal.resource)
        return beyond <= 0, pod.spec.priority or 0, -beyond, key_of(pod)

    return sorted(pods, key=rank)


def requested(pod: Pod, resource: str) -> int:
    """Return what a pod asks for of a resource, in bytes."""
    return pod_requests(pod).get(resource, ZERO).value


def is_critical(pod: Pod) -> bool:
    """Tell whether a pod is static, stands for a static one, or has the priority of those that a system needs."""
    annotations = pod.metadata.annotations
    static = annotations.get(SOURCE, "api") != "api" or MIRROR in annotations
    return static or (pod.spec.priority or 0) >= SYSTEM_CRITICAL


def message_of(pod: Pod, met: Observation) -> str:
    """Return why a pod is evicted, as its status says: what was low, and which containers used more than they asked."""
    resource = met.signal.resource
    parts = [
        f"The node was low on resource: {resource}. ",
        f"Threshold quantity: {_text(met.threshold)}, available: {_text(met.available)}. ",
    ]
    use = next((one for one in met.usage.pods if one.uid == uid_of(pod)), PodUse("", ()))
    specs = {one.name: one for one in (*pod.spec.containers, *pod.spec.init_containers)}
    for name, amount in use.containers:
        request = specs[name].resources.requests.get(resource, ZERO)
        if amount > request.value:
            used = f"Container {name} was using {_text(amount)}, request is {request}"
            parts.append(f"{used}, has larger consumption of {resource}. ")
    return "".join(parts)


def _text(amount: int) -> str:
    return str(Quantity.of(amount, Format.BINARY_SI))
