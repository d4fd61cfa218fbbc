"""StatefulSet: defaults, claim templates, and the few fields of the spec that may change.

Models the template with the volumes that the claim templates will give its pods. Does not keep maxUnavailable of the
rolling update: its gate is off, and the server drops it.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/apps/validation/validation.go
"""

from __future__ import annotations

import copy
from typing import Any

from kcore.api.json import Wire
from kcore.apiserver.defaulting.podspec import default_pod_template
from kcore.apiserver.defaulting.volumes import default_claim_spec
from kcore.apiserver.defaulting.wire import fill, fill_zero, part
from kcore.apiserver.field import Errors, forbidden, gathered, invalid, invalid_each, not_supported, required
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation import names
from kcore.apiserver.validation.claims import claim_spec
from kcore.apiserver.validation.labels import annotation_map, labels
from kcore.apiserver.validation.meta import object_meta, object_meta_update
from kcore.apiserver.validation.numbers import nonnegative, nonnegative_fields
from kcore.apiserver.validation.podspec import workload_template
from kcore.apiserver.validation.selectors import selects, workload_selector
from kcore.apiserver.validation.workloadstatus import workload_status

_ZERO_STATUS = {"replicas": 0, "availableReplicas": 0}
_RETAIN = {"whenDeleted": "Retain", "whenScaled": "Retain"}
_RETENTIONS = ("Retain", "Delete")
_POLICIES = ("OrderedReady", "Parallel")
_MUTABLE = (
    "replicas",
    "template",
    "updateStrategy",
    "minReadySeconds",
    "ordinals",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
)
_FROZEN = (
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
    "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
)
_COUNTS = ("replicas", "readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas")


def default(wire: Wire) -> None:
    """Fill in the defaults of a StatefulSet and of its claim templates."""
    spec = part(wire, "spec")
    fill(spec, {"podManagementPolicy": "OrderedReady", "replicas": 1, "revisionHistoryLimit": 10})
    strategy = part(spec, "updateStrategy")
    if not strategy.get("type"):
        strategy["type"] = "RollingUpdate"
        part(strategy, "rollingUpdate")
    if strategy["type"] == "RollingUpdate" and strategy.get("rollingUpdate") is not None:
        fill(strategy["rollingUpdate"], {"partition": 0})
    fill(part(spec, "persistentVolumeClaimRetentionPolicy"), _RETAIN)
    default_pod_template(part(spec, "template"))
    for claim in spec.get("volumeClaimTemplates") or ():
        claim.update(apiVersion="v1", kind="PersistentVolumeClaim")
        part(claim, "metadata")
        default_claim_spec(part(claim, "spec"))
        fill(part(claim, "status"), {"phase": "Pending"})
    fill_zero(part(wire, "status"), _ZERO_STATUS)


def prepare_create(wire: Wire) -> None:
    """Give a new StatefulSet an empty status, and drop what a gate that is off guards."""
    wire["status"] = dict(_ZERO_STATUS)
    (wire["spec"]["updateStrategy"].get("rollingUpdate") or {}).pop("maxUnavailable", None)


def prepare_update(new: Wire, old: Wire) -> None:
    """Keep the status, which has a subresource of its own, and drop what a gate that is off guards."""
    new["status"] = copy.deepcopy(old.get("status") or _ZERO_STATUS)
    before = (old["spec"].get("updateStrategy") or {}).get("rollingUpdate") or {}
    if before.get("maxUnavailable") is None:
        (new["spec"]["updateStrategy"].get("rollingUpdate") or {}).pop("maxUnavailable", None)


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of a StatefulSet."""
    yield from object_meta(wire.get("metadata") or {}, names.dns1123_label)
    spec = wire.get("spec") or {}
    yield from _policies(spec)
    yield from nonnegative_fields(spec, ("replicas", "minReadySeconds"), "spec")
    yield from nonnegative((spec.get("ordinals") or {}).get("start"), "spec.ordinals.start")
    yield from nonnegative(spec.get("revisionHistoryLimit"), "spec.revisionHistoryLimit")
    if service := spec.get("serviceName"):
        yield from invalid_each("spec.serviceName", service, names.dns1123_label(service))
    claims = spec.get("volumeClaimTemplates") or ()
    for i, claim in enumerate(claims):
        yield from _claim_template(claim, f"spec.volumeClaimTemplates[{i}]")
    selector = spec.get("selector")
    yield from workload_selector(selector, "statefulset", "spec.selector", "")
    if selects(selector):
        template = _with_claims(spec.get("template") or {}, claims)
        yield from workload_template(template, selector, "StatefulSet", "spec.template")


def _policies(spec: dict[str, Any]) -> Errors:
    management, strategy = spec.get("podManagementPolicy", ""), spec.get("updateStrategy") or {}
    if not management:
        yield required("spec.podManagementPolicy")
    elif management not in _POLICIES:
        yield invalid("spec.podManagementPolicy", management, "must be 'OrderedReady' or 'Parallel'")
    kind: str = strategy.get("type", "")
    rolling = strategy.get("rollingUpdate")
    if kind == "RollingUpdate":
        path = "spec.updateStrategy.rollingUpdate.partition"
        yield from nonnegative((rolling or {}).get("partition"), path)
    elif kind == "OnDelete":
        if rolling is not None:
            detail = "only allowed for updateStrategy 'RollingUpdate'"
            yield invalid("spec.updateStrategy.rollingUpdate", rolling, detail)
    elif kind:
        yield invalid("spec.updateStrategy", strategy, "must be 'RollingUpdate' or 'OnDelete'")
    else:
        yield required("spec.updateStrategy")
    retention = spec.get("persistentVolumeClaimRetentionPolicy") or _RETAIN
    for field in _RETAIN:
        if retention.get(field, "") not in _RETENTIONS:
            path = f"spec.persistentVolumeClaimRetentionPolicy.{field}"
            yield not_supported(path, retention.get(field, ""), _RETENTIONS)


def _claim_template(claim: dict[str, Any], path: str) -> Errors:
    meta = claim.get("metadata") or {}
    yield from labels(meta.get("labels"), f"{path}.metadata.labels")
    yield from annotation_map(meta.get("annotations"), f"{path}.metadata.annotations")
    yield from claim_spec(claim.get("spec") or {}, f"{path}.spec")


def _with_claims(template: dict[str, Any], claims: Any) -> dict[str, Any]:
    """Return the template with the volumes that its pods will have from the claim templates."""
    added = {claim["metadata"].get("name", ""): claim for claim in claims}
    spec = template.get("spec") or {}
    own = [volume for volume in spec.get("volumes") or () if volume.get("name", "") not in added]
    volumes = [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in added if name]
    return {**template, "spec": {**spec, "volumes": [*own, *volumes]}}


@gathered
def validate_update(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a change: most of the spec stays."""
    yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})
    if _frozen(new["spec"]) != _frozen(old["spec"]):
        yield forbidden("spec", _FROZEN)


def _frozen(spec: dict[str, Any]) -> dict[str, Any]:
    return {field: value for field, value in spec.items() if field not in _MUTABLE and value}


@gathered
def validate_status(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a write of the status."""
    status, before = new.get("status") or {}, old.get("status") or {}
    yield from workload_status(status, before, _COUNTS, "status", ready="status.readyReplicas")
    yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})


STRATEGY = Strategy(
    kind="StatefulSet",
    default=default,
    prepare_create=prepare_create,
    prepare_update=prepare_update,
    validate=validate,
    validate_update=validate_update,
    validate_status=validate_status,
)
