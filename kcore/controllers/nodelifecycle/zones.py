"""Zones: in which one a node is, and how badly a zone is off.

Models the key of region and zone, where the old beta labels win over the stable ones, and the three states of a zone
by how many of its nodes are ready. One or two lost nodes never disrupt a zone partially.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/nodelifecycle/node_lifecycle_controller.go
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Sequence

from kcore.api.core.node import Node
from kcore.api.frozenmap import FrozenMap
from kcore.controllers.nodelifecycle.config import NodeLifecycleConfig

ZONE = ("failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone")
REGION = ("failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region")

EXCLUDED = "node.kubernetes.io/exclude-disruption"
"""The label of a node that does not count when its zone is judged."""

FEW = 2
"""So many lost nodes never disrupt a zone partially."""


class ZoneState(enum.Enum):
    """What is going on in a zone."""

    INITIAL = "Initial"
    NORMAL = "Normal"
    PARTIAL_DISRUPTION = "PartialDisruption"
    FULL_DISRUPTION = "FullDisruption"


def zone_of(node: Node) -> str:
    """Return the key of the zone that `node` is in, "" when it is in none."""
    return _zone_key(node.metadata.labels)


@functools.lru_cache(maxsize=8192)
def _zone_key(labels: FrozenMap[str]) -> str:
    region = labels.get(REGION[0] if REGION[0] in labels else REGION[1], "")
    zone = labels.get(ZONE[0] if ZONE[0] in labels else ZONE[1], "")
    return f"{region}:\x00:{zone}" if region or zone else ""


def zone_state(ready: Sequence[bool], config: NodeLifecycleConfig) -> ZoneState:
    """Return the state of a zone whose nodes are `ready` or not."""
    lost = len(ready) - sum(ready)
    if lost and lost == len(ready):
        return ZoneState.FULL_DISRUPTION
    if lost > FEW and lost / len(ready) >= config.unhealthy_zone_threshold:
        return ZoneState.PARTIAL_DISRUPTION
    return ZoneState.NORMAL


def eviction_rate(state: ZoneState, size: int, config: NodeLifecycleConfig) -> float:
    """Return at which rate (a second) the nodes of a zone of `size` nodes are given up."""
    if state is not ZoneState.PARTIAL_DISRUPTION:
        return config.node_eviction_rate
    return config.secondary_node_eviction_rate if size > config.large_cluster_size_threshold else 0.0
