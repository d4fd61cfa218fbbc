"""The descheduler: it evicts pods that would be placed elsewhere now."""

from kcore.optional.descheduler.descheduler import descheduler
from kcore.optional.descheduler.policies import (
    low_node_utilization,
    remove_duplicates,
    remove_pods_violating_node_taints,
    remove_pods_violating_topology_spread_constraint,
)

__all__ = [
    "descheduler",
    "low_node_utilization",
    "remove_duplicates",
    "remove_pods_violating_node_taints",
    "remove_pods_violating_topology_spread_constraint",
]
