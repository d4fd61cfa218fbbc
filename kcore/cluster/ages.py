"""Ages: which of the pods of one controller came first, and which has been ready longest.

Models the order of the times in their objects, which ranks the pods that a controller deletes first. Times that are
equal count as equal.

Not modelled: that ages are compared by their logarithm, so that those of long ago are equal in the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kcore.api.core.pod import Pod
from kcore.reconcile.podutil import ready_since


def ages(pods: Iterable[Pod]) -> Iterator[tuple[str, int, int]]:
    """Yield the name of each pod that is not as old as its siblings, and its place by creation and by readiness."""
    siblings: dict[str, list[tuple[Pod, int, int]]] = {}
    for pod in pods:
        controller = pod.metadata.controller
        if controller is not None:
            facts = (pod, pod.metadata.creation_timestamp or 0, ready_since(pod) or 0)
            siblings.setdefault(controller.uid, []).append(facts)
    for group in siblings.values():
        created, ready = sorted({one[1] for one in group}), sorted({one[2] for one in group})
        if len(created) > 1 or len(ready) > 1:
            for pod, came, since in group:
                yield pod.metadata.name, created.index(came), ready.index(since)
