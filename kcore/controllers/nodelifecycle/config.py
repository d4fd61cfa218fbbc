"""NodeLifecycleConfig: how patient the node lifecycle controller is, and how fast it gives nodes up.

Models the flags of kube-controller-manager, with their names and defaults; durations are ms, rates are nodes a second.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/nodelifecycle/config/types.go
"""

from __future__ import annotations

import attrs


@attrs.frozen(kw_only=True)
class NodeLifecycleConfig:
    """The configuration; a zone is large above `large_cluster_size_threshold` nodes.

    A zone with `unhealthy_zone_threshold` (a share) or more of its nodes lost is disrupted: the nodes of a large one
    are given up at the secondary rate, those of a small one not at all.
    """

    node_monitor_period: int = 5_000
    node_monitor_grace_period: int = 50_000
    node_startup_grace_period: int = 60_000
    node_eviction_rate: float = 0.1
    secondary_node_eviction_rate: float = 0.01
    large_cluster_size_threshold: int = 50
    unhealthy_zone_threshold: float = 0.55


DEFAULT = NodeLifecycleConfig()
