"""Strategies for workloads: Deployments, ReplicaSets, StatefulSets and DaemonSets.

Models every way to roll out. A workload shrinks to one replica of one container, selected by one label.

Not drawn: volume claim templates, host ports, hash collisions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from hypothesis import strategies as st

from kcore.api.apps.daemonset import DaemonSet, DaemonSetSpec, DaemonSetUpdateStrategy, RollingUpdateDaemonSet
from kcore.api.apps.deployment import Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment
from kcore.api.apps.replicaset import ReplicaSet, ReplicaSetSpec
from kcore.api.apps.statefulset import (
    RollingUpdateStatefulSetStrategy,
    StatefulSet,
    StatefulSetSpec,
    StatefulSetUpdateStrategy,
)
from kcore.api.frozenmap import FrozenMap
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.api.object import ApiObject
from kcore.testing.strategies.pods import pod_templates
from kcore.testing.strategies.words import amounts, names, selectors

O = TypeVar("O", bound=ApiObject)  # noqa: E741 - an object

APP = "app"
"""The label by which a workload that is drawn selects its pods; its value is the workload's name."""

_HISTORY = st.none() | st.integers(0, 2)
_MIN_READY = st.sampled_from([0, 5])


_DEPLOYMENT_SURGING = st.builds(RollingUpdateDeployment, max_unavailable=amounts(2), max_surge=amounts(2, least=1))
_DEPLOYMENT_YIELDING = st.builds(RollingUpdateDeployment, max_unavailable=amounts(2, least=1), max_surge=amounts(2))
_DEPLOYMENT_STRATEGIES = (
    st.just(DeploymentStrategy())
    | st.builds(
        DeploymentStrategy,
        type=st.just("RollingUpdate"),
        rolling_update=_DEPLOYMENT_SURGING | _DEPLOYMENT_YIELDING,
    )
    | st.just(DeploymentStrategy(type="Recreate"))
)
_DAEMONSET_ROLLING = st.builds(RollingUpdateDaemonSet, max_unavailable=amounts(2, least=1)) | st.builds(
    RollingUpdateDaemonSet, max_unavailable=st.just(0), max_surge=amounts(2, least=1)
)
_DAEMONSET_STRATEGIES = (
    st.just(DaemonSetUpdateStrategy())
    | st.builds(DaemonSetUpdateStrategy, type=st.just("RollingUpdate"), rolling_update=st.none() | _DAEMONSET_ROLLING)
    | st.just(DaemonSetUpdateStrategy(type="OnDelete"))
)


def replica_counts(most: int = 4) -> st.SearchStrategy[int]:
    """Return numbers of replicas, 0 to `most`; 1 is the simplest."""
    return st.sampled_from([1, *range(2, most + 1), 0])


def deployments(named: st.SearchStrategy[str] | None = None, *, most: int = 4) -> st.SearchStrategy[Deployment]:
    """Return Deployments of at most `most` replicas; the names are of `named`, or any."""
    fields = {
        "replicas": replica_counts(most),
        "strategy": deployment_strategies(),
        "min_ready_seconds": _MIN_READY,
        "revision_history_limit": _HISTORY,
        "progress_deadline_seconds": st.none() | st.integers(10, 600),
    }
    return _workloads(Deployment, DeploymentSpec, named, fields)


def replicasets(named: st.SearchStrategy[str] | None = None, *, most: int = 4) -> st.SearchStrategy[ReplicaSet]:
    """Return ReplicaSets of at most `most` replicas; the names are of `named`, or any."""
    fields = {"replicas": replica_counts(most), "min_ready_seconds": _MIN_READY}
    return _workloads(ReplicaSet, ReplicaSetSpec, named, fields)


def statefulsets(named: st.SearchStrategy[str] | None = None, *, most: int = 3) -> st.SearchStrategy[StatefulSet]:
    """Return StatefulSets of at most `most` replicas, without claims; the names are of `named`, or any."""
    rolling = st.builds(RollingUpdateStatefulSetStrategy, partition=st.none() | st.integers(0, most))
    fields = {
        "replicas": replica_counts(most),
        "service_name": names(),
        "pod_management_policy": st.sampled_from(["", "OrderedReady", "Parallel"]),
        "update_strategy": st.just(StatefulSetUpdateStrategy())
        | st.builds(StatefulSetUpdateStrategy, type=st.just("RollingUpdate"), rolling_update=st.none() | rolling)
        | st.just(StatefulSetUpdateStrategy(type="OnDelete")),
        "min_ready_seconds": _MIN_READY,
        "revision_history_limit": _HISTORY,
    }
    return _workloads(StatefulSet, StatefulSetSpec, named, fields)


def daemonsets(named: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[DaemonSet]:
    """Return DaemonSets; the names are of `named`, or any."""
    fields = {
        "update_strategy": _DAEMONSET_STRATEGIES,
        "min_ready_seconds": _MIN_READY,
        "revision_history_limit": _HISTORY,
    }
    return _workloads(DaemonSet, DaemonSetSpec, named, fields)


def deployment_strategies() -> st.SearchStrategy[DeploymentStrategy]:
    """Return ways to roll out: the default, Recreate, or rolling with a surge or an unavailability above 0."""
    return _DEPLOYMENT_STRATEGIES


@st.composite
def _workloads(
    draw: st.DrawFn,
    cls: Callable[..., O],
    spec: Callable[..., object],
    named: st.SearchStrategy[str] | None,
    fields: Mapping[str, st.SearchStrategy[Any]],
) -> O:
    """Draw an object of `cls` with a `spec` of these fields, a template, and a selector that picks its pods."""
    name = draw(names() if named is None else named)
    own = FrozenMap({APP: name})
    drawn = {field: draw(strategy) for field, strategy in fields.items()}
    filled = spec(selector=draw(selectors(own)), template=draw(pod_templates(own)), **drawn)
    return cls(metadata=ObjectMeta(name=name, labels=own), spec=filled)
