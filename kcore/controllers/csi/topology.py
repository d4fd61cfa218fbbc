"""Topology: where a volume is made, and which nodes can reach it then.

Models that a volume for a pod that is placed is made where its node is, and any other in one of the zones, so that the
claims of a StatefulSet go round the zones. A node says with its CSINode by which labels the driver tells places apart;
a driver that says nothing of it goes by zones, and by nothing where nodes have none.

Upstream: https://github.com/kubernetes-csi/external-provisioner/blob/v6.0.0/pkg/controller/topology.go
"""

from __future__ import annotations

from collections.abc import Mapping

from kcore.api.core.affinity import NodeSelector, NodeSelectorRequirement, NodeSelectorTerm
from kcore.api.core.node import Node
from kcore.api.core.persistentvolume import VolumeNodeAffinity
from kcore.api.core.persistentvolumeclaim import PersistentVolumeClaim
from kcore.api.object import ObjectKey
from kcore.api.storage.csinode import CSINode
from kcore.api.storage.storageclass import StorageClass
from kcore.client.view import View
from kcore.reconcile.volumes import SELECTED_NODE

ZONE = "topology.kubernetes.io/zone"

_FNV_OFFSET, _FNV_PRIME = 2166136261, 16777619


def affinity_for(view: View, claim: PersistentVolumeClaim, found: StorageClass) -> VolumeNodeAffinity | None:
    """Return from where the volume that is made for the claim can be reached, None for everywhere.

    KeyError if the class allows no place that there is, or the selected node is gone.
    """
    selected = claim.metadata.annotations.get(SELECTED_NODE)
    nodes = [one for one in view.list("Node") if isinstance(one, Node)]
    if selected is not None:
        place = next(_place(view, one, found.provisioner) for one in nodes if one.metadata.name == selected)
        return _affinity(place) if place else None
    places = {tuple(sorted(_place(view, one, found.provisioner).items())) for one in nodes if _allows(found, one)}
    ordered = sorted(place for place in places if place)
    if not ordered:
        return None
    return _affinity(dict(ordered[offset_of(claim.metadata.name) % len(ordered)]))


def offset_of(name: str) -> int:
    """Return the number of the place that a claim goes to: of a StatefulSet's claims one after the other."""
    prefix, dash, ordinal = name.rpartition("-")
    counted = bool(dash) and ordinal.isascii() and ordinal.isdigit()
    text = prefix.rpartition("-")[2] if counted else name
    digest = _FNV_OFFSET
    for byte in text.encode():
        digest = (digest * _FNV_PRIME & 0xFFFFFFFF) ^ byte
    return digest + (int(ordinal) if counted else 0)


def _place(view: View, node: Node, driver: str) -> Mapping[str, str]:
    """Return the labels by which `driver` knows where `node` is."""
    found = view.get(ObjectKey("CSINode", "", node.metadata.name))
    drivers = found.spec.drivers if isinstance(found, CSINode) else ()
    keys = next((one.topology_keys for one in drivers if one.name == driver), (ZONE,))
    return {key: node.metadata.labels[key] for key in keys if key in node.metadata.labels}


def _allows(found: StorageClass, node: Node) -> bool:
    labels = node.metadata.labels
    return not found.allowed_topologies or any(
        all(labels.get(one.key) in one.values for one in term.match_label_expressions)
        for term in found.allowed_topologies
    )


def _affinity(place: Mapping[str, str]) -> VolumeNodeAffinity:
    requirements = tuple(
        NodeSelectorRequirement(key=key, operator="In", values=(value,)) for key, value in sorted(place.items())
    )
    term = NodeSelectorTerm(match_expressions=requirements)
    return VolumeNodeAffinity(required=NodeSelector(node_selector_terms=(term,)))
