"""PodTopologyLabels: a pod that is put on a node gets the labels of the node's zone and region.

Models both ways to a node: a binding, and a pod that is created with a node name. What the node says wins.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/plugin/pkg/admission/podtopologylabels/admission.go
"""

from __future__ import annotations

from typing import TypeAlias

from kcore.api.core.binding import Binding
from kcore.api.core.pod import Pod
from kcore.api.evolve import evolve
from kcore.api.json import Wire
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.outcome import Operation
from kcore.apiserver.plugin import Plugin
from kcore.apiserver.store import Store

Labels: TypeAlias = tuple[tuple[str, str], ...]

COPIED = ("topology.kubernetes.io/zone", "topology.kubernetes.io/region")


def _labels(store: Store, node_name: str) -> Labels | None:
    """Return the labels of a node that its pods get, if there are any."""
    node = store.get(ObjectKey("Node", "", node_name)) if node_name else None
    if node is None:
        return None
    return tuple((key, node.metadata.labels[key]) for key in COPIED if key in node.metadata.labels) or None


def _of_binding(operation: Operation, body: ApiObject) -> Labels | None:
    return _labels(operation.store, body.target.name) if isinstance(body, Binding) else None


def _of_pod(operation: Operation, body: ApiObject) -> Labels | None:
    return _labels(operation.store, body.spec.node_name) if isinstance(body, Pod) else None


def _mutate(wire: Wire, labels: Labels) -> None:
    wire["metadata"]["labels"] = {**(wire["metadata"].get("labels") or {}), **dict(labels)}


def _revise(binding: Binding, labels: Labels) -> Binding:
    metadata = binding.metadata
    return evolve(binding, metadata=evolve(metadata, labels=metadata.labels.update(dict(labels))))


PLUGIN = Plugin(name="PodTopologyLabels", kinds=frozenset({"Pod"}), facts=_of_pod, mutate=_mutate)
ON_BINDING = Plugin(
    name="PodTopologyLabels", kinds=frozenset({"Pod"}), subresource="binding", facts=_of_binding, revise=_revise
)
