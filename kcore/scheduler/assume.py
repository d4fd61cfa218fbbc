"""Assuming: which volumes the waiting claims of a pod would get on a node, and which are to be made there.

Models FindPodVolumes for claims whose binding waits: the smallest claims first, no volume twice; a claim that no volume
answers is provided for by its class if that has a provisioner and its topologies allow the node; a claim that was
promised to a node already goes nowhere else.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/plugins/volumebinding/binder.go
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import attrs

from kcore.api.core.node import Node
from kcore.api.core.persistentvolume import PersistentVolume
from kcore.api.core.persistentvolumeclaim import PersistentVolumeClaim
from kcore.api.storage.storageclass import NO_PROVISIONER, StorageClass
from kcore.placement.nodeaffinity import matches_node_selector
from kcore.reconcile.volumes import SELECTED_NODE, find_matching_volume, size
from kcore.scheduler.podvolumes import Want


@attrs.frozen(kw_only=True)
class Assumed:
    """The volumes with the claims that they are for, and the claims for which one is to be made."""

    bindings: tuple[tuple[PersistentVolume, PersistentVolumeClaim], ...] = ()
    provisions: tuple[PersistentVolumeClaim, ...] = ()


def assume(wants: Iterable[Want], node: Node) -> Assumed | None:
    """Return what comes of `wants` on `node`, None if one of them can't be had there."""
    bindings: list[tuple[PersistentVolume, PersistentVolumeClaim]] = []
    provisions: list[PersistentVolumeClaim] = []
    for want in sorted(wants, key=_order):
        selected = want.claim.metadata.annotations.get(SELECTED_NODE)
        if selected is not None and selected != node.metadata.name:
            return None
        taken = [volume.metadata.name for volume, _ in bindings]
        found = None
        if selected is None:
            found = find_matching_volume(want.claim, want.volumes, partial(_reaches, node), taken, delay=True)
        if found is not None:
            bindings.append((found, want.claim))
        elif can_provision(want.storage_class, node):
            provisions.append(want.claim)
        else:
            return None
    return Assumed(bindings=tuple(bindings), provisions=tuple(provisions))


def can_provision(storage_class: StorageClass | None, node: Node) -> bool:
    """Tell whether a volume of the class can be made for `node`."""
    if storage_class is None or storage_class.provisioner in ("", NO_PROVISIONER):
        return False
    terms, labels = storage_class.allowed_topologies, node.metadata.labels
    return not terms or any(
        all(labels.get(one.key) in one.values for one in term.match_label_expressions) for term in terms
    )


def _order(want: Want) -> tuple[int, str]:
    return size(want.claim.spec.resources.requests).value, want.claim.metadata.name


def _reaches(node: Node, volume: PersistentVolume) -> bool:
    affinity = volume.spec.node_affinity
    return affinity is None or affinity.required is None or matches_node_selector(affinity.required, node)
