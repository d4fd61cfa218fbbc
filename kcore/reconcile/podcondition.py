"""Conditions of a pod that controllers set, and the patch by which they do.

Models that a condition is replaced in its place or goes last, that its time moves only with its status, and that one
that says nothing new is not written. The patch names the pod's uid, so that it never reaches another pod of that name.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/api/v1/pod/util.go
Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/util/pod/pod.go
"""

from __future__ import annotations

from kcore.api.convert import unstructure
from kcore.api.core.pod import Pod
from kcore.api.core.podstatus import PodStatus
from kcore.api.evolve import evolve
from kcore.api.json import Json, Wire
from kcore.api.kinds import key_of
from kcore.api.meta.condition import Condition
from kcore.api.times import Time
from kcore.apiserver.request import Options, PatchType, Request, Verb

DISRUPTION_TARGET = "DisruptionTarget"
"""The condition of a pod that is about to be ended by something that is not its own doing."""

_STRATEGIC = Options(patch_type=PatchType.STRATEGIC)


def condition_of(status: PodStatus, kind: str) -> Condition | None:
    """Return the condition of the type `kind`, whatever its status; None when there is none."""
    return next((one for one in status.conditions if one.type == kind), None)


def disruption_target(pod: Pod, reason: str, message: str) -> Condition:
    """Return the condition that tells why `pod` is ended; it has no time yet."""
    return Condition(
        type=DISRUPTION_TARGET,
        status="True",
        observed_generation=pod.metadata.generation,
        reason=reason,
        message=message,
    )


def with_condition(status: PodStatus, new: Condition, now: Time) -> PodStatus:
    """Return `status` with the condition `new` as of `now`; `status` itself when that says nothing new."""
    old = condition_of(status, new.type)
    if old is None:
        return evolve(status, conditions=(*status.conditions, evolve(new, last_transition_time=now)))
    new = evolve(new, last_transition_time=now if old.status != new.status else old.last_transition_time)
    if evolve(new, observed_generation=old.observed_generation) == old:
        return status
    return evolve(status, conditions=tuple(new if one is old else one for one in status.conditions))


def patch_status(pod: Pod, status: PodStatus) -> Request:
    """Return the request that makes the phase and conditions of `pod` those of `status`."""
    changed = [one for one in status.conditions if one not in pod.status.conditions]
    wire: Wire = {}
    if changed:
        wire["conditions"] = [unstructure(one) for one in changed]
        wire["$setElementOrder/conditions"] = [{"type": one.type} for one in status.conditions]
    if status.phase != pod.status.phase:
        wire["phase"] = status.phase
    if status.observed_generation != pod.status.observed_generation:
        wire["observedGeneration"] = status.observed_generation
    body = Json.of({"metadata": {"uid": pod.metadata.uid}, "status": wire})
    return Request(verb=Verb.PATCH, key=key_of(pod), subresource="status", body=body, options=_STRATEGIC)
