"""Disturbing the world: what a fault does to machines and containers, as pure functions.

Models a link to the control plane or between machines that is cut and mended, a machine that loses its power, a
container that stops being ready or becomes ready again, or does both by turns, one whose process exits before its time,
and a machine on which all starts are slow. Nobody is asked, least of all the API server.

Not modelled: a machine that comes back from a power loss with its containers gone is a machine that was off; what its
kubelet makes of that is the kubelet's business.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

from kcore.api.evolve import evolve
from kcore.api.object import ObjectKey
from kcore.world.behavior import Behavior, behavior_of
from kcore.world.container import Container, ContainerState, Stimulus, stimulate
from kcore.world.sandbox import Sandbox
from kcore.world.world import World

CRASH_EXIT = 1
"""The exit code of a process that crashes."""


def with_link(world: World, node: str, *, connected: bool) -> World:
    """Return the world in which the machine `node` reaches the control plane, or does not; MisuseError if unknown."""
    machine = evolve(world.machine(node), connected=connected)
    return evolve(world, machines=world.machines.set(node, machine))


def with_wires(world: World, one: Collection[str], other: Collection[str], *, whole: bool) -> World:
    """Return the world in which the machines `one` and `other` reach each other, or do not; MisuseError if unknown."""
    for names, far in ((one, frozenset(other)), (other, frozenset(one))):
        for name in names:
            machine = world.machine(name)
            unreachable = machine.unreachable - far if whole else machine.unreachable | (far - {name})
            world = evolve(world, machines=world.machines.set(name, evolve(machine, unreachable=unreachable)))
    return world


def with_power(world: World, node: str, *, powered: bool) -> World:
    """Return the world in which the machine `node` is on, or off: then nothing runs on it any more."""
    machine = evolve(world.machine(node), powered=powered)
    world = evolve(world, machines=world.machines.set(node, machine))
    ended = partial(_ended, world.behaviors, None)
    return world if powered else _each(world, world.sandboxes_on(node), ended)


def with_registry(world: World, *, up: bool) -> World:
    """Return the world in which the image registry answers, or does not."""
    return evolve(world, registry_up=up)


def with_readiness(world: World, node: str, pod: ObjectKey, now: int, *, ready: bool) -> World:
    """Return the world in which the running containers of `pod` on `node` are ready from `now` on, or are not."""
    return _each(world, world.sandboxes_of(node, pod), partial(_made_ready, ready, now))


def with_pace(world: World, node: str, *, slow: bool) -> World:
    """Return the world in which what starts on the machine `node` from now on is slow to answer, or is not."""
    return evolve(world, slow=world.slow | {node} if slow else world.slow - {node})


def with_flapping(world: World, node: str, pod: ObjectKey, now: int, *, every: int) -> World:
    """Return the world in which the containers of `pod` are not ready and ready by turns of `every` ms, 0 for steady.

    Only those flap that somebody probes.
    """
    return _each(world, world.sandboxes_of(node, pod), partial(_flapping, every, now))


def crashed(world: World, node: str, pod: ObjectKey, now: int) -> World:
    """Return the world in which the running containers of `pod` have exited with an error at `now`."""
    return _each(world, world.sandboxes_of(node, pod), partial(_ended, world.behaviors, now))


def _made_ready(ready: bool, now: int, container: Container) -> Container:  # noqa: FBT001 - bound in one place above
    changes = container.has_process and container.ready is not ready
    return evolve(container, ready=ready, ready_since=now) if changes else container


def _flapping(every: int, now: int, container: Container) -> Container:
    flaps = every if container.probed and container.has_process else 0
    return container if container.flaps == flaps else evolve(container, flaps=flaps, ready_since=now)


def _ended(behaviors: tuple[Behavior, ...], now: int | None, container: Container) -> Container:
    """Return the container whose process, if one runs, has ended with an error at `now` (None: when it last moved)."""
    if not container.has_process:
        return container
    stimulus = Stimulus.STOPPED if container.state is ContainerState.STOPPING else Stimulus.ENDED
    at = container.since if now is None else now
    failing = evolve(container, exit_code=CRASH_EXIT)
    return stimulate(failing, stimulus, behavior_of(behaviors, container.image), at)


def _each(world: World, sandboxes: tuple[Sandbox, ...], change: Callable[[Container], Container]) -> World:
    """Return the world in which `change` has happened to each container of `sandboxes`."""
    for sandbox in sandboxes:
        changed = evolve(sandbox, containers=tuple(map(change, sandbox.containers)))
        if changed != sandbox:
            world = world.with_sandbox(changed, world.timers, sandbox.due)
    return world
