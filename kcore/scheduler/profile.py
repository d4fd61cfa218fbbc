"""Profiles: which plugins a scheduler has, in which order and with which weights.

Models the default profile as far as its plugins are built.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/apis/config/v1/default_plugins.go
"""

from __future__ import annotations

from kcore.api.frozenmap import FrozenMap
from kcore.scheduler.framework import Profile
from kcore.scheduler.plugins.node_affinity import NODE_AFFINITY
from kcore.scheduler.plugins.node_resources_fit import NODE_RESOURCES_FIT
from kcore.scheduler.plugins.node_unschedulable import NODE_UNSCHEDULABLE
from kcore.scheduler.plugins.taint_toleration import TAINT_TOLERATION

DEFAULT_PROFILE = Profile(
    scheduler_name="default-scheduler",
    plugins=(
        NODE_UNSCHEDULABLE,
        TAINT_TOLERATION,
        NODE_AFFINITY,
        NODE_RESOURCES_FIT,
    ),
    weights=FrozenMap({NODE_RESOURCES_FIT.name: 1}),
)
