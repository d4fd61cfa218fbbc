"""Answering: which admission webhooks an API server gets an answer from.

Models what the store can't tell: that an endpoint may still be called ready while nothing runs there any more, its
machine is off or cut off from the control plane, or its process hangs. An endpoint that names no node lies outside of
the cluster and answers.

Not modelled: the network of the masters, on which a kube-proxy may be behind, too.
"""

from __future__ import annotations

from kcore.api.discovery.endpointslice import Endpoint
from kcore.cluster.state import ClusterState
from kcore.world.world import World


def answering(state: ClusterState, webhook: str, endpoint: Endpoint | None) -> bool:
    """Tell whether `webhook` gets an answer from `endpoint`, or through its URL (None)."""
    if webhook in state.control_plane.silent:
        return False
    return endpoint is None or not endpoint.node_name or _runs(state.world, endpoint.node_name, endpoint.addresses)


def _runs(world: World, node: str, addresses: tuple[str, ...]) -> bool:
    """Tell whether a process runs at one of `addresses` on a machine that the control plane reaches.

    A pod in the network of its machine has no address of its own there; it is taken for one that runs.
    """
    machine = world.machines.get(node)
    if machine is None or not (machine.powered and machine.connected):
        return False
    there = [one for one in world.sandboxes_on(node) if one.address in addresses]
    return any(one.running for one in there) or not any(one.startswith(machine.prefix) for one in addresses)
