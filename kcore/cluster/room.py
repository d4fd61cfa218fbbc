"""Room: what is free on the machine of a node, and what something that is no pod takes of it.

Models the facts by which a fault uses up memory or disk, so that little is left and not nothing: half of what the
kubelet wants to be there at least.
"""

from __future__ import annotations

from kcore.api.core.node import Node
from kcore.api.evolve import evolve
from kcore.api.object import ObjectKey
from kcore.cluster.state import ClusterState
from kcore.cluster.switch import Switch
from kcore.kubelet.thresholds import thresholds
from kcore.world.usage import usage_of


def capacity_of(state: ClusterState, node: str, resource: str) -> int | None:
    """Return how much of `resource` the node has, in bytes; None when it does not say."""
    found = state.store.get(ObjectKey("Node", "", node))
    capacity = found.status.capacity.get(resource) if isinstance(found, Node) else None
    return None if capacity is None else capacity.value


def lacks_room(state: ClusterState, node: str, resource: str) -> str:
    """Return why nothing can be taken of `resource` on the machine of `node`, "" if it can."""
    machine = state.world.machines.get(node)
    if machine is None or not machine.powered:
        return "there is no such machine, or it is off"
    if resource in machine.taken:
        return "it is taken already"
    return "" if filling(state, node, resource) > 0 else "nothing is free, or nobody knows how much there is"


def filling(state: ClusterState, node: str, resource: str) -> int:
    """Return how many bytes of `resource` something can take so that half of what is wanted to be free is left."""
    capacity = capacity_of(state, node, resource)
    signals = [one for one in thresholds(state.config.eviction_hard) if one.resource == resource]
    if capacity is None or not signals:
        return 0
    wanted = min(one.threshold(capacity) for one in signals)
    return max(0, capacity - usage_of(state.world, state.store, node, resource, state.now).total - wanted // 2)


def filled(state: ClusterState, resource: str) -> list[str]:
    """Return the machines of which something takes `resource`, sorted."""
    machines = state.world.machines
    return [name for name in sorted(machines) if resource in machines[name].taken]


def with_room(state: ClusterState, node: str, resource: str, *, taken: int) -> ClusterState:
    """Return the state in which something takes so many bytes of `resource` on the machine of `node`; 0 for nothing."""
    machine = state.world.machine(node)
    amounts = machine.taken.set(resource, taken) if taken else machine.taken.remove(resource)
    machines = state.world.machines.set(node, evolve(machine, taken=amounts))
    return evolve(state, world=evolve(state.world, machines=machines))


def room_of(resource: str) -> Switch:
    """Return what is off while something that is no pod takes `resource` on a machine."""

    def stays(state: ClusterState, node: str, on: bool) -> str:  # noqa: FBT001 - as a Switch asks
        if not on:
            return lacks_room(state, node, resource)
        return "" if node in filled(state, resource) else f"nothing but pods takes {resource} there"

    def turned(state: ClusterState, node: str, on: bool) -> ClusterState:  # noqa: FBT001 - as a Switch asks
        return with_room(state, node, resource, taken=0 if on else filling(state, node, resource))

    return Switch(names=lambda state: state.world.machines, stays=stays, turned=turned)
