"""Patch, and the acts that are patches: scaling, labelling, cordoning, tainting.

Models `kubectl patch --type merge|strategic`, `kubectl label`, `kubectl cordon`, `kubectl taint` (which replaces the
taints here) and `kubectl scale` through the scale subresource.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.object import ObjectKey
from kcore.apiserver.request import Options, PatchType, Request, Verb
from kcore.cluster.state import ClusterState
from kcore.cluster.target import Target
from kcore.machine import Refusal
from kcore.users.act import missing

PATCH_RULE = "users.patch_object"
SCALE_RULE = "users.scale_workload"
LABEL_RULE = "users.label_object"
CORDON_RULE = "users.cordon_node"
TAINT_RULE = "users.taint_node"


@attrs.frozen(kw_only=True)
class Patch:
    """Change the target by `patch`, read as `type` says."""

    target: Target
    patch: Json
    type: PatchType = PatchType.MERGE


@attrs.frozen(kw_only=True)
class Scale:
    """Set the replicas of the target through its scale subresource."""

    target: Target
    replicas: int


@attrs.frozen(kw_only=True)
class Label:
    """Set labels of the target; None takes a label away."""

    target: Target
    labels: FrozenMap[str | None]


@attrs.frozen(kw_only=True)
class Cordon:
    """Make a node unschedulable, or schedulable again."""

    node: str
    unschedulable: bool = True


@attrs.frozen(kw_only=True)
class Taint:
    """Replace the taints of a node; each is a JSON object with key, value and effect."""

    node: str
    taints: tuple[Json, ...]


def patch_requests(state: ClusterState, event: Patch) -> tuple[Request, ...] | Refusal:
    """Return the patch."""
    return _patch(PATCH_RULE, state, event.target, event.patch, event.type)


def scale_requests(state: ClusterState, event: Scale) -> tuple[Request, ...] | Refusal:
    """Return the merge patch of the scale subresource."""
    patch = Json.of({"spec": {"replicas": event.replicas}})
    return _patch(SCALE_RULE, state, event.target, patch, PatchType.MERGE, "scale")


def label_requests(state: ClusterState, event: Label) -> tuple[Request, ...] | Refusal:
    """Return the merge patch of the labels."""
    patch = Json.of({"metadata": {"labels": _plain(event.labels)}})
    return _patch(LABEL_RULE, state, event.target, patch, PatchType.MERGE)


def cordon_requests(state: ClusterState, event: Cordon) -> tuple[Request, ...] | Refusal:
    """Return the merge patch of spec.unschedulable."""
    patch = Json.of({"spec": {"unschedulable": event.unschedulable or None}})
    return _patch(CORDON_RULE, state, Target(kind="Node", name=event.node), patch, PatchType.MERGE)


def taint_requests(state: ClusterState, event: Taint) -> tuple[Request, ...] | Refusal:
    """Return the merge patch that replaces spec.taints."""
    patch = Json.of({"spec": {"taints": [taint.value for taint in event.taints]}})
    return _patch(TAINT_RULE, state, Target(kind="Node", name=event.node), patch, PatchType.MERGE)


def _plain(labels: Mapping[str, str | None]) -> dict[str, str | None]:
    return dict(labels)


def _patch(
    rule: str, state: ClusterState, target: Target, patch: Json, patch_type: PatchType, subresource: str = ""
) -> tuple[Request, ...] | Refusal:
    key: ObjectKey | None = target.resolve(state)
    if key is None:
        return missing(rule, target)
    options = Options(patch_type=patch_type, strict=True)
    return (Request(verb=Verb.PATCH, key=key, subresource=subresource, body=patch, options=options),)
