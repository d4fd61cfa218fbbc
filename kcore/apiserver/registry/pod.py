"""Pod: defaults, first status, and what an update may change.

Models upstream's pod strategy and validation, status writes too. Does not model static (mirror) pods beyond their
annotation, in-place resize and ephemeral containers' own subresources.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/registry/core/pod/strategy.go
"""

from __future__ import annotations

from typing import Any

from kcore.api.convert import structure
from kcore.api.core.pod import Pod
from kcore.api.evolve import evolve
from kcore.api.json import Wire
from kcore.api.meta.condition import Condition
from kcore.api.qos import compute_pod_qos
from kcore.apiserver.defaulting.podspec import default_pod, default_pod_spec
from kcore.apiserver.defaulting.wire import part
from kcore.apiserver.field import Errors, FieldErrors, forbidden, gathered
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation import names
from kcore.apiserver.validation.meta import object_meta
from kcore.apiserver.validation.podspec import pod_annotations, pod_only, pod_spec
from kcore.apiserver.validation.podstatus import pod_status_update
from kcore.apiserver.validation.podupdate import pod_update

_GATED = {
    "type": "PodScheduled",
    "status": "False",
    "reason": "SchedulingGated",
    "message": "Scheduling is blocked due to non-empty scheduling gates",
}


def default(wire: Wire) -> None:
    """Fill in the defaults of a pod."""
    spec = part(wire, "spec")
    default_pod_spec(spec)
    default_pod(spec)
    part(wire, "status")


def prepare_create(wire: Wire) -> None:
    """Give a new pod its first status, and turn matchLabelKeys into what they stand for."""
    spec = part(wire, "spec")
    status = {"phase": "Pending", "qosClass": compute_pod_qos(structure(Pod, {"spec": spec}))}
    wire["status"] = status
    if spec.get("schedulingGates"):
        wire["status"]["conditions"] = [dict(_GATED)]
    labels = (wire.get("metadata") or {}).get("labels") or {}
    for kind in ("podAffinity", "podAntiAffinity"):
        for term in _pod_affinity_terms((spec.get("affinity") or {}).get(kind) or {}):
            _merge_keys(term, "matchLabelKeys", "In", labels)
            _merge_keys(term, "mismatchLabelKeys", "NotIn", labels)
    for constraint in spec.get("topologySpreadConstraints") or ():
        _merge_keys(constraint, "matchLabelKeys", "In", labels)


def _pod_affinity_terms(affinity: Wire) -> list[Wire]:
    preferred = affinity.get("preferredDuringSchedulingIgnoredDuringExecution") or ()
    return [
        *(affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or ()),
        *(one["podAffinityTerm"] for one in preferred if one.get("podAffinityTerm")),
    ]


def _merge_keys(holder: Wire, field: str, operator: str, labels: dict[str, str]) -> None:
    selector = holder.get("labelSelector")
    if selector is None:
        return
    for key in holder.get(field) or ():
        if key in labels:
            requirement = {"key": key, "operator": operator, "values": [labels[key]]}
            selector.setdefault("matchExpressions", []).append(requirement)


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of a pod."""
    meta, spec = wire.get("metadata") or {}, wire.get("spec") or {}
    yield from object_meta(meta, names.dns1123_subdomain)
    yield from pod_annotations(meta.get("annotations") or {}, spec, "metadata.annotations")
    yield from pod_spec(spec, "spec", meta.get("name", ""), of_pod=True)
    yield from pod_only(spec, "spec")
    if not meta.get("uid") and spec.get("ephemeralContainers"):
        yield forbidden("spec.ephemeralContainers", "cannot be set on create")
    if spec.get("nodeName") and spec.get("schedulingGates"):
        yield forbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared")


check_status = gathered(pod_status_update)


def validate_status(new: Wire, old: Wire) -> FieldErrors:
    """Return the errors of a write of the status, of pods as JSON has them."""
    return check_status(structure(Pod, new), structure(Pod, old))


def grace(pod: Any, requested: int | None) -> int:
    """Return the seconds that a deleted pod has left: none before it is bound and once it has finished."""
    seconds = pod.spec.termination_grace_period_seconds if requested is None else requested
    if not pod.spec.node_name or pod.status.phase in ("Failed", "Succeeded"):
        return 0
    seconds = 30 if seconds is None else seconds
    return 1 if seconds < 0 else int(seconds)


def prepare_status(new: Any, old: Any) -> Any:
    """Return the pod `new` with what no write of the status takes away: the QoS class, and the generations observed."""
    status, was = new.status, old.status
    qos, observed = status.qos_class or was.qos_class, status.observed_generation or was.observed_generation
    conditions = _observed(status.conditions, was.conditions)
    if (qos, observed, conditions) == (status.qos_class, status.observed_generation, status.conditions):
        return new
    kept = evolve(status, qos_class=qos, observed_generation=observed, conditions=conditions)
    return evolve(new, status=kept)


def _observed(new: tuple[Condition, ...], old: tuple[Condition, ...]) -> tuple[Condition, ...]:
    """Return the conditions `new` with the observed generations of `old`, type by type, where they have none."""
    if new is old or all(one.observed_generation for one in new):
        return new
    seen = {one.type: one.observed_generation for one in reversed(old)}
    return tuple(
        one if one.observed_generation or not seen.get(one.type) else evolve(one, observed_generation=seen[one.type])
        for one in new
    )


STRATEGY = Strategy(
    kind="Pod",
    default=default,
    prepare_create=prepare_create,
    validate=validate,
    validate_update=gathered(pod_update),
    validate_status=validate_status,
    check_status=check_status,
    grace=grace,
    status_keeps=("deletion_timestamp", "owner_references"),
    remember=True,
    prepare_status=prepare_status,
)
