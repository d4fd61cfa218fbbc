"""Health: when a node last gave a sign of life, and what becomes of its status when it gives none.

Models the two signs of life, the heartbeat in the condition Ready and the renewal of the Lease, each dated by when the
controller noticed it; the grace period, and the longer one of a node that has never posted a status; and the four
conditions of the kubelet that become Unknown when the grace is over.

The Lease that a node has been seen with is forgotten when its status is news, so that its renewal counts once more.

Not modelled: what is remembered of a node after its object is gone.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/nodelifecycle/node_lifecycle_controller.go
"""

from __future__ import annotations

import attrs

from kcore.api.coordination.lease import Lease
from kcore.api.core.node import Node, NodeStatus
from kcore.api.kinds import key_of
from kcore.api.meta.condition import Condition
from kcore.api.times import Time
from kcore.client.instant import Instant, Sign
from kcore.controllers.nodelifecycle.config import NodeLifecycleConfig

READY = "Ready"
FROM_THE_KUBELET = (READY, "MemoryPressure", "DiskPressure", "PIDPressure")
"""The conditions that become Unknown; what else a node says of itself is others' word."""


@attrs.frozen(kw_only=True)
class Health:
    """What is remembered of a node: it gave a sign of life at `probe` (ms since 1970).

    `posted` tells whether its status had the condition Ready, `heartbeat` and `renewed` are the last signs seen.
    """

    probe: Instant
    posted: bool = False
    heartbeat: Sign | None = None
    renewed: Sign | None = None


@attrs.frozen(kw_only=True)
class Observation:
    """What a look at a node shows: its health, the status of Ready as it was `observed`, and Ready as it is now.

    `status` is what is to be written before `current` is true, None when it is true already.
    """

    health: Health
    observed: str
    current: Condition | None
    status: NodeStatus | None = None


def condition_of(status: NodeStatus, kind: str) -> Condition | None:
    """Return the condition of the type `kind`, None when there is none."""
    for one in status.conditions:
        if one.type == kind:
            return one
    return None


def observe(
    health: Health | None, node: Node, lease: Lease | None, now: int, config: NodeLifecycleConfig
) -> Observation:
    """Return what a look at `node` and its `lease` at `now` (ms since 1970) shows, knowing its `health` so far."""
    ready = condition_of(node.status, READY)
    grace = config.node_startup_grace_period if ready is None else config.node_monitor_grace_period
    observed = "Unknown" if ready is None else ready.status
    probed = sign_of_life(now, config)
    health = _with_lease(_noticed(health, node, ready, probed, config), health, lease, probed)
    if now <= health.probe + grace:
        return Observation(health=health, observed=observed, current=ready)
    if ready is not None and ready.status == "Unknown":
        return Observation(health=health, observed=observed, current=ready)
    status = unknown_status(node, Time(now // 1000))
    return Observation(health=health, observed=observed, current=condition_of(status, READY), status=status)


def after_writing(health: Health, node: Node, status: NodeStatus, lease: Lease | None) -> Health:
    """Return what is remembered of `node`, whose `status` was written because it gave no sign of life."""
    heartbeat = _heartbeat(node, condition_of(status, READY))
    return Health(probe=health.probe, posted=True, heartbeat=heartbeat, renewed=_renewal(lease))


def sign_of_life(at: int, config: NodeLifecycleConfig) -> Instant:
    """Return the time `at` (ms since 1970), which no longer matters once every grace is over."""
    grace = max(config.node_monitor_grace_period, config.node_startup_grace_period)
    return Instant(at, matters=grace + 1)


def unknown_status(node: Node, now: Time) -> NodeStatus:
    """Return the status of `node` in which nothing that its kubelet has to say is known any more."""
    conditions = [_unknown(one, now) if one.type in FROM_THE_KUBELET else one for one in node.status.conditions]
    present = {one.type for one in conditions}
    missing = [_never_updated(kind, node, now) for kind in FROM_THE_KUBELET if kind not in present]
    return attrs.evolve(node.status, conditions=(*conditions, *missing))


def _noticed(
    health: Health | None, node: Node, ready: Condition | None, now: Instant, config: NodeLifecycleConfig
) -> Health:
    """Return the health after a look at the condition Ready."""
    if ready is None:
        if health is not None:
            return attrs.evolve(health, posted=False, heartbeat=None)
        return Health(probe=sign_of_life((node.metadata.creation_timestamp or 0) * 1000, config))
    if health is None or not health.posted or health.heartbeat != _heartbeat(node, ready):
        return Health(probe=now, posted=True, heartbeat=_heartbeat(node, ready))
    return health


def _with_lease(health: Health, before: Health | None, lease: Lease | None, now: Instant) -> Health:
    """Return the health after a look at the Lease."""
    renewed, seen = _renewal(lease), None if before is None else before.renewed
    if renewed is None or (seen is not None and renewed <= seen):
        return health
    return Health(probe=now, posted=health.posted, heartbeat=health.heartbeat, renewed=renewed)


def _renewal(lease: Lease | None) -> Sign | None:
    """Return when `lease` was renewed, 0 if it never was; None without a lease."""
    return None if lease is None else Sign(lease.spec.renew_time or 0, key_of(lease))


def _heartbeat(node: Node, ready: Condition | None) -> Sign | None:
    """Return when the kubelet of `node` last reported the condition Ready."""
    beat = None if ready is None else ready.last_heartbeat_time
    return None if beat is None else Sign(beat, key_of(node))


def _unknown(condition: Condition, now: Time) -> Condition:
    if condition.status == "Unknown":
        return condition
    return attrs.evolve(
        condition,
        status="Unknown",
        last_transition_time=now,
        reason="NodeStatusUnknown",
        message="Kubelet stopped posting node status.",
    )


def _never_updated(kind: str, node: Node, now: Time) -> Condition:
    return Condition(
        type=kind,
        status="Unknown",
        last_heartbeat_time=node.metadata.creation_timestamp,
        last_transition_time=now,
        reason="NodeStatusNeverUpdated",
        message="Kubelet never posted node status.",
    )
