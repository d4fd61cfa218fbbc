"""Profiles: which plugins a scheduler has, in which order and with which weights.

Models the default profile, and several profiles in one scheduler: a pod is placed by the one that it names, and all
wait in one queue, which one plugin sorts.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/apis/config/v1/default_plugins.go
"""

from __future__ import annotations

from functools import cached_property

import attrs

from kcore.api.core.pod import Pod
from kcore.api.frozenmap import FrozenMap
from kcore.errors import MisuseError
from kcore.scheduler.framework import Profile
from kcore.scheduler.plugins.default_binder import DEFAULT_BINDER
from kcore.scheduler.plugins.default_preemption import DEFAULT_PREEMPTION, DYNAMIC_RESOURCES
from kcore.scheduler.plugins.image_locality import IMAGE_LOCALITY
from kcore.scheduler.plugins.inter_pod_affinity import INTER_POD_AFFINITY
from kcore.scheduler.plugins.node_affinity import NODE_AFFINITY
from kcore.scheduler.plugins.node_name import NODE_NAME
from kcore.scheduler.plugins.node_ports import NODE_PORTS
from kcore.scheduler.plugins.node_resources_balanced_allocation import NODE_RESOURCES_BALANCED_ALLOCATION
from kcore.scheduler.plugins.node_resources_fit import NODE_RESOURCES_FIT
from kcore.scheduler.plugins.node_unschedulable import NODE_UNSCHEDULABLE
from kcore.scheduler.plugins.node_volume_limits import NODE_VOLUME_LIMITS
from kcore.scheduler.plugins.pod_topology_spread import POD_TOPOLOGY_SPREAD
from kcore.scheduler.plugins.scheduling_gates import SCHEDULING_GATES
from kcore.scheduler.plugins.taint_toleration import TAINT_TOLERATION
from kcore.scheduler.plugins.volume_binding import VOLUME_BINDING
from kcore.scheduler.plugins.volume_restrictions import VOLUME_RESTRICTIONS
from kcore.scheduler.plugins.volume_zone import VOLUME_ZONE

DEFAULT_SCHEDULER = "default-scheduler"

INITIAL_BACKOFF = 1000
"""How long a pod backs off after its first vain attempt, ms."""

MAX_BACKOFF = 10_000
"""The longest back-off, ms."""


@attrs.frozen(kw_only=True, eq=False, slots=False)
class Profiles:
    """The profiles of one scheduler, by whose names pods ask for it, and how long pods back off, ms."""

    profiles: tuple[Profile, ...]
    initial_backoff: int = INITIAL_BACKOFF
    max_backoff: int = MAX_BACKOFF

    def __attrs_post_init__(self) -> None:
        """Refuse what can't be one scheduler."""
        if not self.profiles or len({one.scheduler_name for one in self.profiles}) < len(self.profiles):
            raise MisuseError("a scheduler has one profile or more, each with a name of its own")
        if len({one.queue_sort for one in self.profiles}) > 1:
            raise MisuseError("the profiles of one scheduler have one queue, and one plugin to sort it")

    @cached_property
    def by_name(self) -> dict[str, Profile]:
        """The profiles by the names of their schedulers; no name stands for the default one."""
        named = {one.scheduler_name: one for one in self.profiles}
        return {**named, "": named[DEFAULT_SCHEDULER]} if DEFAULT_SCHEDULER in named else named

    def of(self, pod: Pod) -> Profile | None:
        """Return the profile that places `pod`, None if it asks for another scheduler."""
        return self.by_name.get(pod.spec.scheduler_name)

    def admit(self, pod: Pod) -> bool:
        """Tell whether `pod` may enter the queue: it is one of this scheduler's, and no plugin holds it back."""
        profile = self.of(pod)
        if profile is None:
            return False
        return not any(one.pre_enqueue(pod) for one in profile.lifecycle if one.pre_enqueue)

    def rank(self, pod: Pod) -> int:
        """Return how early `pod` is tried: the highest first."""
        return self.profiles[0].queue_sort.rank(pod)


DEFAULT_PROFILE = Profile(
    scheduler_name=DEFAULT_SCHEDULER,
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
        VOLUME_RESTRICTIONS,
        NODE_VOLUME_LIMITS,
        VOLUME_BINDING,
        VOLUME_ZONE,
        POD_TOPOLOGY_SPREAD,
        INTER_POD_AFFINITY,
        IMAGE_LOCALITY,
    ),
    lifecycle=(SCHEDULING_GATES, DYNAMIC_RESOURCES, DEFAULT_PREEMPTION, DEFAULT_BINDER),
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

DEFAULT_PROFILES = Profiles(profiles=(DEFAULT_PROFILE,))
