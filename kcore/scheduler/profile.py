"""Profiles: which plugins a scheduler has, in which order and with which weights.

Models the default profile as far as its plugins are built.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/apis/config/v1/default_plugins.go
"""

from __future__ import annotations

from kcore.api.frozenmap import FrozenMap
from kcore.scheduler.framework import Profile
from kcore.scheduler.plugins.image_locality import IMAGE_LOCALITY
from kcore.scheduler.plugins.inter_pod_affinity import INTER_POD_AFFINITY
from kcore.scheduler.plugins.node_affinity import NODE_AFFINITY
from kcore.scheduler.plugins.node_name import NODE_NAME
from kcore.scheduler.plugins.node_ports import NODE_PORTS
from kcore.scheduler.plugins.node_resources_balanced_allocation import NODE_RESOURCES_BALANCED_ALLOCATION
from kcore.scheduler.plugins.node_resources_fit import NODE_RESOURCES_FIT
from kcore.scheduler.plugins.node_unschedulable import NODE_UNSCHEDULABLE
from kcore.scheduler.plugins.pod_topology_spread import POD_TOPOLOGY_SPREAD
from kcore.scheduler.plugins.taint_toleration import TAINT_TOLERATION

DEFAULT_PROFILE = Profile(
    scheduler_name="default-scheduler",
    plugins=(
        NODE_UNSCHEDULABLE,
        NODE_NAME,
        TAINT_TOLERATION,
        NODE_AFFINITY,
        NODE_PORTS,
        NODE_RESOURCES_FIT,
        NODE_RESOURCES_BALANCED_ALLOCATION,
    ),
    counting=(
        POD_TOPOLOGY_SPREAD,
        INTER_POD_AFFINITY,
        IMAGE_LOCALITY,
    ),
    weights=FrozenMap(
        {
            TAINT_TOLERATION.name: 3,
            NODE_AFFINITY.name: 2,
            NODE_RESOURCES_FIT.name: 1,
            NODE_RESOURCES_BALANCED_ALLOCATION.name: 1,
            POD_TOPOLOGY_SPREAD.name: 2,
            INTER_POD_AFFINITY.name: 2,
            IMAGE_LOCALITY.name: 1,
        }
    ),
)
