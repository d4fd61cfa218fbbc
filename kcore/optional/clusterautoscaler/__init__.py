"""The cluster autoscaler: nodes come for pods that have no place, and go when nobody needs them."""

from kcore.optional.clusterautoscaler.autoscaler import AutoscalerConfig, cluster_autoscaler
from kcore.optional.clusterautoscaler.groups import NodeGroup

__all__ = ["AutoscalerConfig", "NodeGroup", "cluster_autoscaler"]
