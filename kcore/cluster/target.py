"""Target: the object that an act or a fault is about, found when it happens.

Models `kubectl`'s two ways to say which: by name, or by selector; of several objects one is meant by its index, counted
by creation time, then name.
"""

from __future__ import annotations

import attrs

from kcore.api.core.pod import Pod
from kcore.api.object import ApiObject, ObjectKey
from kcore.api.selectors.label import parse
from kcore.cluster.state import ClusterState


@attrs.frozen(kw_only=True)
class Target:
    """The object: by `name`, or by `selector` (text) and `index`; namespace "" for cluster-wide kinds."""

    kind: str
    namespace: str = ""
    name: str = ""
    selector: str = ""
    index: int = 0

    def resolve(self, state: ClusterState) -> ObjectKey | None:
        """Return the key of the object, None when a selector and index find none. A name need not exist."""
        if self.name:
            return ObjectKey(self.kind, self.namespace, self.name)
        found = sorted(state.store.select(self.kind, self.namespace, parse(self.selector)), key=_by_age)
        chosen = found[self.index] if -len(found) <= self.index < len(found) else None
        return None if chosen is None else ObjectKey(self.kind, self.namespace, chosen.metadata.name)

    def bound(self, state: ClusterState) -> tuple[str, ObjectKey] | None:
        """Return the node and key of the pod that is meant, None when there is none that is bound."""
        key = self.resolve(state)
        pod = None if key is None else state.store.get(key)
        return (pod.spec.node_name, key) if isinstance(pod, Pod) and key and pod.spec.node_name else None

    def __str__(self) -> str:
        """Return "Pod/web-0", or "Pod[app=web]#0"."""
        return f"{self.kind}/{self.name}" if self.name else f"{self.kind}[{self.selector}]#{self.index}"


def _by_age(found: ApiObject) -> tuple[int, str]:
    return (found.metadata.creation_timestamp or 0, found.metadata.name)
