"""World: what is so, as one value, and how it moves by itself and under a kubelet's hands.

Models machines with sandboxes and containers, the addresses in use, and timers: a start that is through, an exit, the
end of a grace period. The API server is never asked; what is here may disagree with it.

Not modelled: networks between machines. Disks are in `kcore.world.disk`, what is asked of the pods is in
`kcore.world.metrics`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import attrs

from kcore.api.evolve import evolve, quick
from kcore.api.hashmap import EMPTY as NOTHING
from kcore.api.hashmap import HashMap
from kcore.api.object import ObjectKey
from kcore.client.turn import Action
from kcore.errors import MisuseError
from kcore.machine.heap import Heap
from kcore.world import disk
from kcore.world.actions import (
    CreateSandbox,
    KillForMemory,
    PowerOff,
    ProceedShutdown,
    RemoveSandbox,
    StartContainer,
    StopContainer,
    StopSandbox,
    WriteFiles,
)
from kcore.world.behavior import Behavior, behavior_of
from kcore.world.configuration import Failure
from kcore.world.container import (
    Container,
    fall_due,
    new_container,
    start_again,
    stop,
)
from kcore.world.disk import NO_DISKS, AttachDisk, DeleteDisk, DetachDisk, Disks, Mount, MountVolumes
from kcore.world.ending import all_stopped, kill_for_memory, power_off, proceed_shutdown
from kcore.world.images import pull_failure
from kcore.world.machine import BLOCK, Machine, free_address, pod_prefix
from kcore.world.metrics import NO_METRICS, Metrics
from kcore.world.sandbox import Sandbox, SandboxId

__all__ = ["EMPTY", "Behavior", "World", "build_world"]

K = TypeVar("K")


@quick
@attrs.frozen(kw_only=True)
class World:
    """The world; `pod_start` and `pod_stop` are the ms that a container takes to start and to stop.

    `of_machine` and `of_pod` index the sandboxes; `handed_out` counts the addresses of each machine; `timers` holds a
    sandbox at each time when something is due in it, and the first of them is never out of date. `images` are those
    that each machine has pulled; nothing is pulled while the registry is down. What starts on the machines in `slow`
    answers a minute later than elsewhere.
    """

    machines: HashMap[str, Machine] = NOTHING
    sandboxes: HashMap[SandboxId, Sandbox] = NOTHING
    of_machine: HashMap[str, tuple[SandboxId, ...]] = NOTHING
    of_pod: HashMap[tuple[str, ObjectKey], tuple[SandboxId, ...]] = NOTHING
    handed_out: HashMap[str, int] = NOTHING
    timers: Heap[SandboxId] = Heap()
    disks: Disks = NO_DISKS
    behaviors: tuple[Behavior, ...] = ()
    metrics: Metrics = NO_METRICS
    images: HashMap[str, frozenset[str]] = NOTHING
    registry_up: bool = True
    slow: frozenset[str] = frozenset()
    pod_start: int = 0
    pod_stop: int = 0

    def add_machine(self, name: str) -> World:
        """Return the world with one more machine; MisuseError if there is one of that name."""
        if name in self.machines:
            raise MisuseError(f"there is a machine {name!r} already")
        machine = Machine(name=name, prefix=pod_prefix(len(self.machines)))
        return evolve(self, machines=self.machines.set(name, machine))

    def machine(self, name: str) -> Machine:
        """Return the machine `name`; MisuseError if there is none."""
        machine = self.machines.get(name)
        if machine is None:
            raise MisuseError(f"there is no machine {name!r}")
        return machine

    def sandboxes_on(self, node: str) -> tuple[Sandbox, ...]:
        """Return the sandboxes on a machine, sorted by pod uid."""
        return tuple(self.sandboxes[one] for one in self.of_machine.get(node, ()))

    def sandboxes_of(self, node: str, pod: ObjectKey) -> tuple[Sandbox, ...]:
        """Return the sandboxes on a machine of pods that have or had this name, sorted by uid."""
        return tuple(self.sandboxes[one] for one in self.of_pod.get((node, pod), ()))

    def mounts_on(self, node: str) -> tuple[Mount, ...]:
        """Return what is mounted on a machine in sandboxes that have not stopped, by pod uid."""
        running = (one.id for one in self.sandboxes_on(node) if not one.stopped)
        return tuple(mount for id_ in running for mount in self.disks.of_sandbox.get(id_, ()))

    def act(self, action: Action, now: int) -> World:
        """Return the world after `action`; a machine that is off, or whose runtime is down, does nothing."""
        stored = _DISK_ACTIONS.get(type(action))
        if stored is not None:
            return evolve(self, disks=stored(self.disks, action))
        act = _ACTIONS.get(type(action))
        if act is None:
            raise MisuseError(f"the world can't do {action!r}")
        machine = self.machines.get(action.id.node)  # type: ignore[attr-defined] # each of the table's has an id
        return act(self, action, now) if machine is not None and machine.runs_containers else self

    def next_time(self) -> int | None:
        """Return when the world moves next by itself (ms since 1970), None for never."""
        first = self.timers.peek()
        return None if first is None else first[0]

    def fire(self, now: int) -> tuple[World, tuple[tuple[str, ObjectKey], ...]]:
        """Let happen what is due first, if that is by `now`; return the world and the (node, pod) that it concerns."""
        first = self.timers.peek()
        if first is None or first[0] > now:
            return self, ()
        at, id_ = first
        sandbox = self.sandboxes[id_]
        advanced = _advanced(sandbox, self.behaviors, at)
        return self.with_sandbox(advanced, self.timers.pop()[1], None), ((id_.node, sandbox.pod),)

    def with_sandbox(self, sandbox: Sandbox, timers: Heap[SandboxId], timed: int | None) -> World:
        """Return the world with `sandbox` as it is now, with `timers` and one for what is due next in it.

        `timed` is the time (ms since 1970) for which it has a timer already, None for none.
        """
        sandboxes = self.sandboxes.set(sandbox.id, sandbox)
        due = sandbox.due
        if due is not None and due != timed:
            timers = timers.push(due, sandbox.id)
        return World(
            machines=self.machines,
            sandboxes=sandboxes,
            of_machine=self.of_machine,
            of_pod=self.of_pod,
            handed_out=self.handed_out,
            timers=_current(timers, sandboxes),
            disks=self.disks,
            behaviors=self.behaviors,
            metrics=self.metrics,
            images=self.images,
            registry_up=self.registry_up,
            slow=self.slow,
            pod_start=self.pod_start,
            pod_stop=self.pod_stop,
        )


EMPTY = World()


def build_world(
    names: Iterable[str] = (),
    *,
    behaviors: tuple[Behavior, ...] = (),
    metrics: Metrics = NO_METRICS,
    pod_start: int = 0,
    pod_stop: int = 0,
) -> World:
    """Return a world of machines with these names, on which nothing runs yet."""
    world = World(behaviors=behaviors, metrics=metrics, pod_start=pod_start, pod_stop=pod_stop)
    for name in names:
        world = world.add_machine(name)
    return world


def _current(timers: Heap[SandboxId], sandboxes: Mapping[SandboxId, Sandbox]) -> Heap[SandboxId]:
    """Return `timers` without the leading ones at which nothing is due any more."""
    while (first := timers.peek()) is not None:
        sandbox = sandboxes.get(first[1])
        if sandbox is not None and sandbox.due == first[0]:
            break
        timers = timers.pop()[1]
    return timers


def _advanced(sandbox: Sandbox, behaviors: tuple[Behavior, ...], at: int) -> Sandbox:
    """Return the sandbox after what is due in it by the time `at`."""
    return evolve(
        sandbox,
        containers=tuple(
            fall_due(one, behavior_of(behaviors, one.image), at) if one.due is not None and one.due <= at else one
            for one in sandbox.containers
        ),
    )


def _create_sandbox(world: World, action: CreateSandbox, _: int) -> World:
    """Make a sandbox; without a free address there is none."""
    if action.id in world.sandboxes:
        return world
    node = action.id.node
    address, handed_out = "", world.handed_out.get(node, 0)
    if not action.host_network:
        found = free_address(world.machines[node].prefix, handed_out, _taken(world, node, handed_out))
        if found is None:
            return world
        address, handed_out = found
    sandbox = Sandbox(id=action.id, pod=action.pod, address=address, grace=action.grace, hostname=action.hostname)
    name = (node, action.pod)
    return evolve(
        world,
        sandboxes=world.sandboxes.set(action.id, sandbox),
        of_machine=world.of_machine.set(node, _inserted(world.of_machine.get(node, ()), action.id)),
        of_pod=world.of_pod.set(name, _inserted(world.of_pod.get(name, ()), action.id)),
        handed_out=world.handed_out.set(node, handed_out),
    )


def _inserted(ids: tuple[SandboxId, ...], id_: SandboxId) -> tuple[SandboxId, ...]:
    """Return the sorted `ids` with one more."""
    at = bisect_left(ids, id_)
    return (*ids[:at], id_, *ids[at:])


def _taken(world: World, node: str, handed_out: int) -> frozenset[str]:
    """Return the addresses in use on a machine; the next one can be among them only after a full circle."""
    if handed_out < BLOCK:
        return frozenset()
    return frozenset(one.address for one in world.sandboxes_on(node) if not one.stopped)


def _start_container(world: World, action: StartContainer, now: int) -> World:
    """Start a container in a sandbox that is not asked to stop."""
    sandbox = world.sandboxes.get(action.id)
    if sandbox is None or sandbox.stopping:
        return world
    before = sandbox.container(action.name)
    due = now + world.pod_start + action.post_start
    here = world.images.get(action.id.node, _NO_IMAGES)
    failure, slowed = action.failure, SLOW if world.slow and action.id.node in world.slow else 0
    if action.image not in here or not world.registry_up:
        world, missing = _pulled(world, action, here)
        failure = missing or failure
    if before is None:
        fresh = new_container(action.name, action.image, once=action.once, restarts=action.restarts, now=now, due=due)
        if failure is not None or action.configuration is not None:
            fresh = evolve(fresh, failure=failure, configuration=action.configuration)
        if action.probed or action.pre_stop:
            fresh = evolve(fresh, probed=action.probed, pre_stop=action.pre_stop)
        if action.memory_limit or slowed or action.sidecar:
            fresh = evolve(fresh, memory_limit=action.memory_limit, slowed=slowed, sidecar=action.sidecar)
        begun = evolve(sandbox, containers=(*sandbox.containers, fresh))
        return world.with_sandbox(begun, world.timers, sandbox.due)
    behavior = behavior_of(world.behaviors, action.image)
    same = before.slowed == slowed and before.image == action.image
    given = before if same else evolve(before, slowed=slowed, image=action.image)
    after = start_again(given, behavior, now, due, failure, action.configuration)
    if after is given:
        return world
    return world.with_sandbox(_replaced(sandbox, before, after), world.timers, sandbox.due)


def _pulled(world: World, action: StartContainer, here: frozenset[str]) -> tuple[World, Failure | None]:
    """Return the world after the image of a container was pulled as its policy says, or why it was not."""
    failure = pull_failure(
        action.image,
        action.pull,
        present=action.present or action.image in here,
        registry_up=world.registry_up,
    )
    if failure is not None or action.image in here or behavior_of(world.behaviors, action.image).waiting:
        return world, failure
    return evolve(world, images=world.images.set(action.id.node, here | {action.image})), None


def _stop_container(world: World, action: StopContainer, now: int) -> World:
    """Ask a container that runs to stop."""
    sandbox = world.sandboxes.get(action.id)
    before = sandbox.container(action.name) if sandbox else None
    if sandbox is None or before is None or not before.has_process:
        return world
    behavior = behavior_of(world.behaviors, before.image)
    after = stop(before, behavior, now, world.pod_stop, action.grace * 1000)
    return (
        world if after is before else world.with_sandbox(_replaced(sandbox, before, after), world.timers, sandbox.due)
    )


def _write_files(world: World, action: WriteFiles, now: int) -> World:
    """Write the files of volumes into a sandbox."""
    sandbox = world.sandboxes.get(action.id)
    if sandbox is None or (sandbox.written is not None and sandbox.files == action.files):
        return world
    written = now if sandbox.written is None else sandbox.written
    return world.with_sandbox(evolve(sandbox, files=action.files, written=written), world.timers, sandbox.due)


def _replaced(sandbox: Sandbox, before: Container, after: Container) -> Sandbox:
    return evolve(sandbox, containers=tuple(after if one is before else one for one in sandbox.containers))


def _stop_sandbox(world: World, action: StopSandbox, now: int) -> World:
    """Ask the containers to stop; a longer grace than was given before changes nothing."""
    sandbox = world.sandboxes.get(action.id)
    if sandbox is None or (sandbox.stop_within is not None and sandbox.stop_within <= action.grace):
        return world
    within = action.grace * 1000
    containers = all_stopped(world, sandbox.containers, now, within)
    stopping = evolve(sandbox, containers=containers, stop_within=action.grace)
    if action.cause is not None:
        stopping = evolve(stopping, cause=action.cause)
    return world.with_sandbox(stopping, world.timers, sandbox.due)


def _remove_sandbox(world: World, action: RemoveSandbox, _: int) -> World:
    sandbox = world.sandboxes.get(action.id)
    if sandbox is None:
        return world
    node = action.id.node
    sandboxes = world.sandboxes.delete(action.id)
    return evolve(
        world,
        sandboxes=sandboxes,
        of_machine=_without(world.of_machine, node, action.id),
        of_pod=_without(world.of_pod, (node, sandbox.pod), action.id),
        timers=_current(world.timers, sandboxes),
        disks=disk.unmounted(world.disks, action.id),
    )


def _mount_volumes(world: World, action: MountVolumes, _: int) -> World:
    return evolve(world, disks=disk.mount(world.disks, action, world.sandboxes))


def _without(index: HashMap[K, tuple[SandboxId, ...]], term: K, id_: SandboxId) -> HashMap[K, tuple[SandboxId, ...]]:
    """Return the index in which `id_` is not found under `term`, nor `term` when nothing else is."""
    rest = tuple(one for one in index[term] if one != id_)
    return index.set(term, rest) if rest else index.delete(term)


SLOW = 60_000
"""How much later (ms) than usual what starts on a slow machine answers."""

_NO_IMAGES: frozenset[str] = frozenset()

_ACTIONS: Mapping[type[Action], Callable[[World, Any, int], World]] = {
    CreateSandbox: _create_sandbox,
    StartContainer: _start_container,
    StopContainer: _stop_container,
    KillForMemory: kill_for_memory,
    StopSandbox: _stop_sandbox,
    WriteFiles: _write_files,
    ProceedShutdown: proceed_shutdown,
    PowerOff: power_off,
    RemoveSandbox: _remove_sandbox,
    MountVolumes: _mount_volumes,
}
"""What each action does: (world, action, ms since 1970) -> world."""

_DISK_ACTIONS: Mapping[type[Action], Callable[[Disks, Any], Disks]] = {
    AttachDisk: disk.attach,
    DetachDisk: disk.detach,
    DeleteDisk: disk.delete,
}
"""What each action of a storage driver does, which needs no machine to be up."""
