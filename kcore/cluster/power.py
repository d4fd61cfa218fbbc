"""Power: how a machine goes off, at once or after its pods.

Models a machine that loses its power, with all processes of its node; and one that is told to shut down, which waits
for its pods where its kubelet is configured so.
"""

from __future__ import annotations

from kcore.api.evolve import evolve
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.client.component import ComponentKey, Components
from kcore.client.instant import Instant
from kcore.cluster.config import ClusterConfig
from kcore.cluster.links import cut
from kcore.cluster.processes import stop
from kcore.cluster.state import ClusterState
from kcore.kubelet.config import KubeletConfig, Period, shutdown_periods
from kcore.kubelet.heartbeat import lease_key
from kcore.kubelet.thresholds import thresholds
from kcore.world.disturb import with_power
from kcore.world.machine import Shutdown

KUBELET = "kubelet"


def kubelet_config(config: ClusterConfig) -> KubeletConfig:
    """Return the configuration of the kubelets of a cluster."""
    return KubeletConfig(
        renew_interval=config.node_lease_renew_interval,
        transition_period=config.eviction_pressure_transition_period,
        eviction_hard=thresholds(config.eviction_hard),
        shutdown_periods=shutdown_periods_of(config),
    )


def shutdown_periods_of(config: ClusterConfig) -> tuple[Period, ...]:
    """Return how long a machine of this cluster waits for its pods when it shuts down."""
    return shutdown_periods(
        config.shutdown_grace_period,
        config.shutdown_grace_period_critical_pods,
        config.shutdown_grace_period_by_pod_priority,
    )


def lose(state: ClusterState, components: Components, node: str) -> ClusterState:
    """Return the state in which the machine of `node` is off: nothing runs there, and nobody says so."""
    state = cut(state, components, node)
    for component in components.values():
        if component.per_node:
            state = stop(state, ComponentKey(component.family, node))
    return evolve(state, world=with_power(state.world, node, powered=False))


def shut_down(state: ClusterState, components: Components, node: str) -> ClusterState:
    """Return the state in which the machine of `node` shuts down; it is off at once where nobody waits for its pods."""
    process = ComponentKey(KUBELET, node)
    waits = any(one.seconds for one in shutdown_periods_of(state.config))
    if not waits or process not in state.processes:
        return lose(state, components, node)
    machine = evolve(state.world.machine(node), shutdown=Shutdown(-1, Instant(state.now)))
    state = evolve(state, world=evolve(state.world, machines=state.world.machines.set(node, machine)))
    pods = {key_of(one) for one in (*state.store.on_node(node), *machine.static_pods)}
    for key in (lease_key(node), ObjectKey("Node", "", node), *sorted(pods)):
        state = state.enqueue(process, key)
    return state
