"""Ending: what ends containers and machines but for the end of a pod's life: want of memory, and the power switch.

Models the kernel that kills a container for want of memory, a shutdown that goes on from group to group, the machine
that goes off, and the order in which the containers of a sandbox are told to stop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kcore.api.evolve import evolve
from kcore.client.instant import Instant
from kcore.world.actions import KillForMemory, PowerOff, ProceedShutdown
from kcore.world.behavior import behavior_of
from kcore.world.container import Container, killed_with_machine, out_of_memory, stop
from kcore.world.machine import Shutdown
from kcore.world.ordering import stopped_in_order

if TYPE_CHECKING:
    from kcore.world.world import World


def kill_for_memory(world: World, action: KillForMemory, now: int) -> World:
    """Let a container end at once that runs."""
    sandbox = world.sandboxes.get(action.id)
    before = sandbox.container(action.name) if sandbox else None
    if sandbox is None or before is None:
        return world
    after = out_of_memory(before, now)
    if after is before:
        return world
    containers = tuple(after if one is before else one for one in sandbox.containers)
    return world.with_sandbox(evolve(sandbox, containers=containers), world.timers, sandbox.due)


def proceed_shutdown(world: World, action: ProceedShutdown, now: int) -> World:
    """Let the shutdown of a machine come to a group of pods."""
    node = action.id.node
    machine = evolve(world.machines[node], shutdown=Shutdown(action.group, Instant(now)))
    return evolve(world, machines=world.machines.set(node, machine))


def power_off(world: World, action: PowerOff, now: int) -> World:
    """Put the machine off; what still runs there is killed."""
    node = action.id.node
    machine = evolve(world.machines[node], powered=False, connected=False, shutdown=None)
    for sandbox in world.sandboxes_on(node):
        if sandbox.running:
            killed = evolve(sandbox, containers=tuple(killed_with_machine(one, now) for one in sandbox.containers))
            world = world.with_sandbox(killed, world.timers, sandbox.due)
    return evolve(world, machines=world.machines.set(node, machine))


def all_stopped(world: World, containers: tuple[Container, ...], now: int, within: int) -> tuple[Container, ...]:
    """Return the containers asked `now` to stop within `within` ms, sidecars last."""

    def stopped(one: Container) -> Container:
        return stop(one, behavior_of(world.behaviors, one.image), now, world.pod_stop, within)

    for one in containers:
        if one.sidecar:
            return stopped_in_order(containers, stopped, now, world.pod_stop, within)
    return tuple(map(stopped, containers))
