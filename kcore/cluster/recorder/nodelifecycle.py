"""What the node lifecycle controller tells of pods: that their node is not ready.

Models the warning on each pod that it marks as not ready, as it shows in the write that does so.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/util/node/controller_utils.go
"""

from __future__ import annotations

from collections.abc import Iterator

from kcore.api.core.pod import Pod
from kcore.client.component import ComponentKey
from kcore.client.record.event import WARNING, Occurrence
from kcore.cluster.recorder.notes import reference_to
from kcore.cluster.state import ClusterState

FAMILY = "node-lifecycle-controller"


def marked(name: ComponentKey, before: ClusterState, after: ClusterState) -> Iterator[Occurrence]:
    """Yield what the node lifecycle controller `name` tells of the pods that it marked from `before` to `after`."""
    for change in after.store.changes_since(before.store.revision) or ():
        if change.reporter == str(name) and isinstance(change.new, Pod):
            yield Occurrence(
                component="node-controller",
                about=reference_to(change.new),
                reason="NodeNotReady",
                message="Node is not ready",
                type=WARNING,
            )
