"""Pods as their controllers see them: active, terminating, ready, available; and a pod made from a template.

Models the predicates of the controller manager. A pod that waits to be deleted is no longer active, whatever its phase;
an available one has been ready for `min_ready_seconds`, to the second.

Not modelled: readiness as the kubelet finds it (`kcore.kubelet.conditions`).

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/api/v1/pod/util.go
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from kcore.api.core.pod import Pod, PodTemplateSpec
from kcore.api.meta.condition import Condition
from kcore.api.meta.objectmeta import ObjectMeta, OwnerReference
from kcore.api.object import ApiObject
from kcore.api.times import Time

TERMINAL = frozenset({"Succeeded", "Failed"})
"""The phases that a pod never leaves."""

MAX_NAME = 253
"""The longest name of a pod, bytes."""

Elapsed: TypeAlias = Callable[[int | None, int], bool]
"""Tells whether a duration (ms) has passed since a time (ms since 1970): `View.elapsed`."""


def is_pod_terminal(pod: Pod) -> bool:
    """Tell whether all containers have stopped for good."""
    return pod.status.phase in TERMINAL


def is_pod_active(pod: Pod) -> bool:
    """Tell whether the pod counts as a replica: neither at its end nor being deleted."""
    return pod.metadata.deletion_timestamp is None and not is_pod_terminal(pod)


def is_pod_terminating(pod: Pod) -> bool:
    """Tell whether the pod is being deleted and has not come to its end yet."""
    return pod.metadata.deletion_timestamp is not None and not is_pod_terminal(pod)


def ready_condition(pod: Pod) -> Condition | None:
    """Return the condition Ready, whatever its status; None when there is none."""
    for condition in pod.status.conditions:
        if condition.type == "Ready":
            return condition
    return None


def is_pod_ready(pod: Pod) -> bool:
    """Tell whether the condition Ready is True."""
    condition = ready_condition(pod)
    return condition is not None and condition.status == "True"


def ready_since(pod: Pod) -> Time | None:
    """Return when a ready pod became so; None when it is not ready, or does not say."""
    condition = ready_condition(pod)
    return condition.last_transition_time if condition is not None and condition.status == "True" else None


def is_available(since: Time | None, min_ready_seconds: int, elapsed: Elapsed) -> bool:
    """Tell whether a ready pod that became so at `since` has been for `min_ready_seconds`; never if it does not say."""
    return min_ready_seconds == 0 or (since is not None and elapsed(since * 1000, min_ready_seconds * 1000))


def is_pod_available(pod: Pod, min_ready_seconds: int, elapsed: Elapsed) -> bool:
    """Tell whether the pod is ready and has been so for `min_ready_seconds`."""
    return is_pod_ready(pod) and is_available(ready_since(pod), min_ready_seconds, elapsed)


def next_available_at(since: Iterable[Time | None], min_ready_seconds: int, elapsed: Elapsed) -> int | None:
    """Return when (ms since 1970) the next of the pods that are ready `since` becomes available.

    None when time alone brings no more.
    """
    due = (one + min_ready_seconds for one in since if one is not None)
    return min((at * 1000 for at in due if not elapsed(at * 1000, 0)), default=None)


def pod_from_template(template: PodTemplateSpec, owner: ApiObject, reference: OwnerReference) -> Pod:
    """Return the pod to create for `owner`, to be named by the API server after it."""
    prefix = f"{owner.metadata.name}-"
    given = template.metadata
    metadata = ObjectMeta(
        namespace=owner.metadata.namespace,
        generate_name=prefix if len(prefix) <= MAX_NAME else owner.metadata.name,
        labels=given.labels,
        annotations=given.annotations,
        finalizers=given.finalizers,
        owner_references=(reference,),
    )
    return Pod(metadata=metadata, spec=template.spec)
