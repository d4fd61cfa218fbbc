"""DefaultPreemption: pods of lower priority make room; and what is said of resource claims where no node takes a pod.

Models PostFilter. DynamicResources stands beside it for its answer only: no claim is to be given back.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/plugins/defaultpreemption/default_preemption.go
"""

from __future__ import annotations

from functools import partial

import attrs

from kcore.scheduler.framework import LifecyclePlugin
from kcore.scheduler.preemption import (
    CANDIDATES_PERCENTAGE,
    LEAST_CANDIDATES,
    NAME,
    NEVER,
    Preemption,
    Situation,
    nobody_to_preempt,
    preempt,
)


def _post_filter(percentage: int, least: int, situation: Situation) -> Preemption:
    polite = situation.pod.spec.preemption_policy == NEVER
    if polite or situation.outranks():
        found = preempt(situation, situation.explain(), percentage, least)
    else:
        found = nobody_to_preempt(situation.rejections)
    return attrs.evolve(found, message=f"preemption: {found.message}") if found.message else found


def _no_claims(_: Situation) -> Preemption:
    return Preemption(eligible=False, message="no new claims to deallocate")


def default_preemption(percentage: int = CANDIDATES_PERCENTAGE, least: int = LEAST_CANDIDATES) -> LifecyclePlugin:
    """Return the plugin that is content with `percentage` of the nodes as candidates, but at least with so many."""
    return LifecyclePlugin(name=NAME, post_filter=partial(_post_filter, percentage, least))


DEFAULT_PREEMPTION = default_preemption()
DYNAMIC_RESOURCES = LifecyclePlugin(name="DynamicResources", post_filter=_no_claims)
