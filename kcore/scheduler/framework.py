"""The scheduling framework: what a plugin is given, what it answers, and how plugins make a profile.

Models the extension points PreFilter (as `relevant`: a plugin with nothing to say of a pod is skipped), Filter and
Score. A plugin is a frozen record of pure functions, a profile is data.

Not modelled yet: PreEnqueue, QueueSort, PostFilter with preemption, NormalizeScore, Reserve, Permit and PreBind.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/kube-scheduler/framework/interface.go
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import TypeAlias

import attrs

from kcore.api.core.affinity import Affinity
from kcore.api.core.node import Node
from kcore.api.core.pod import Pod
from kcore.api.core.taint import Toleration
from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.placement.fit import Request, Usage, request_of

MAX_NODE_SCORE = 100


class Code(enum.Enum):
    """Why a plugin rejects a node."""

    UNSCHEDULABLE = "Unschedulable"
    """The node may do once other pods are gone."""

    UNSCHEDULABLE_AND_UNRESOLVABLE = "UnschedulableAndUnresolvable"
    """No pod's going would help."""


@attrs.frozen
class Rejection:
    """A plugin's no to a node: its name, the code and the reasons as people read them."""

    plugin: str
    code: Code
    reasons: tuple[str, ...]


@attrs.frozen(kw_only=True, cache_hash=True)
class PodInfo:
    """All that plugins read of a pod to be placed. Pods of one template are one PodInfo, whatever their names."""

    request: Request
    tolerations: tuple[Toleration, ...] = ()
    node_selector: FrozenMap[str] = EMPTY
    affinity: Affinity | None = None


@attrs.frozen(kw_only=True)
class NodeInfo:
    """A node, what it may give and what its pods ask for together (millicores for cpu, else whole units)."""

    node: Node
    allocatable: FrozenMap[int]
    usage: Usage


def pod_info(pod: Pod) -> PodInfo:
    """Return what plugins read of `pod`."""
    spec = pod.spec
    return PodInfo(
        request=request_of(pod),
        tolerations=spec.tolerations,
        node_selector=spec.node_selector,
        affinity=spec.affinity,
    )


Filter: TypeAlias = Callable[[PodInfo, NodeInfo], Rejection | None]
"""Whether a pod may go to a node: None, or why not. The answer follows from these two alone, and is remembered."""

Score: TypeAlias = Callable[[PodInfo, NodeInfo], int]
"""How good a node that passed all filters is for a pod, 0 to MAX_NODE_SCORE; remembered like a filter's answer."""


def _always(_: PodInfo) -> bool:
    """Return True: the plugin has something to say of every pod."""
    return True


@attrs.frozen(kw_only=True)
class Plugin:
    """One plugin under upstream's name; a point that it does not extend is None."""

    name: str
    relevant: Callable[[PodInfo], bool] = _always
    filter: Filter | None = None
    score: Score | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class Profile:
    """A scheduler's name, its plugins in the order in which they filter, and the weights of those that score."""

    scheduler_name: str
    plugins: tuple[Plugin, ...]
    weights: FrozenMap[int]
