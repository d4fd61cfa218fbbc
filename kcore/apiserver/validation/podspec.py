"""The spec of a pod, of a pod itself and of the templates of workloads.

Models the whole of upstream's ValidatePodSpec in its order. Does not model scheduling groups: their gate is off.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from kcore.apiserver.field import Errors, duplicate, forbidden, invalid, invalid_each, not_supported, required
from kcore.apiserver.validation import names
from kcore.apiserver.validation.affinity import affinity
from kcore.apiserver.validation.containers import (
    RESTART_POLICIES,
    PodContext,
    containers,
    ephemeral_containers,
    image_blanks,
    init_containers,
    one_of,
)
from kcore.apiserver.validation.dns import POLICIES, dns_config, host_aliases
from kcore.apiserver.validation.labels import annotation_map, labels
from kcore.apiserver.validation.numbers import in_range
from kcore.apiserver.validation.podos import operating_system, windows_host_process
from kcore.apiserver.validation.podresources import pod_resources
from kcore.apiserver.validation.resources import resource_requirements
from kcore.apiserver.validation.scheduling import scheduling_gates, tolerations, topology_spread_constraints
from kcore.apiserver.validation.security import host_users, pod_security_context
from kcore.apiserver.validation.selectors import template_labels
from kcore.apiserver.validation.volumes import volumes

Spec: TypeAlias = Mapping[str, Any]

MAX_INT32 = 2**31 - 1
_PREEMPTION_POLICIES = ("PreemptLowerPriority", "Never")
_MIRROR = "kubernetes.io/config.mirror"
_DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"


def pod_spec(spec: Spec, path: str, pod_name: str = "", *, of_pod: bool = False) -> Errors:
    """Yield the errors of a pod's spec; `of_pod` when it is a pod's own, not a template's."""
    if spec.get("terminationGracePeriodSeconds") is None:
        yield required(f"{path}.terminationGracePeriodSeconds")
    sound, errors = volumes(spec.get("volumes") or (), pod_name, f"{path}.volumes")
    yield from errors
    claims = spec.get("resourceClaims") or ()
    yield from _resource_claims(claims, f"{path}.resourceClaims")
    context = PodContext(
        volumes=sound,
        claims=frozenset(claim["name"] for claim in claims if claim.get("name")),
        grace_period=spec.get("terminationGracePeriodSeconds"),
        restart_policy=spec.get("restartPolicy", ""),
        host_users=spec.get("hostUsers") is not False,
    )
    regular, init = spec.get("containers") or (), spec.get("initContainers") or ()
    yield from containers(regular, context, f"{path}.containers")
    yield from init_containers(init, regular, context, f"{path}.initContainers")
    ephemeral = spec.get("ephemeralContainers") or ()
    yield from ephemeral_containers(ephemeral, [*regular, *init], context, f"{path}.ephemeralContainers")
    if spec.get("resources") is not None:
        yield from pod_resources(spec, f"{path}.resources")
    yield from _host_network_ports(spec, f"{path}.containers", of_pod=of_pod)
    yield from _placement(spec, path)
    yield from _references(spec, path)


def _placement(spec: Spec, path: str) -> Errors:
    yield from one_of(spec.get("restartPolicy", ""), RESTART_POLICIES, f"{path}.restartPolicy")
    yield from one_of(spec.get("dnsPolicy", ""), POLICIES, f"{path}.dnsPolicy")
    yield from labels(spec.get("nodeSelector"), f"{path}.nodeSelector")
    yield from pod_security_context(spec.get("securityContext") or {}, spec, f"{path}.securityContext")
    if spec.get("affinity") is not None:
        yield from affinity(spec["affinity"], f"{path}.affinity")
    yield from dns_config(spec.get("dnsConfig"), spec.get("dnsPolicy", ""), f"{path}.dnsConfig")
    for i, gate in enumerate(spec.get("readinessGates") or ()):
        kind = gate.get("conditionType", "")
        yield from invalid_each(f"{path}.readinessGates[{i}].conditionType", kind, names.qualified_name(kind))
    yield from scheduling_gates(spec.get("schedulingGates") or (), f"{path}.schedulingGates")
    constraints = spec.get("topologySpreadConstraints") or ()
    yield from topology_spread_constraints(constraints, f"{path}.topologySpreadConstraints")
    yield from windows_host_process(spec, path)
    yield from host_users(spec, path)


def _references(spec: Spec, path: str) -> Errors:
    for field, check in _NAMES_BEFORE_DEADLINE:
        if spec.get(field):
            yield from invalid_each(f"{path}.{field}", spec[field], check(spec[field]))
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None:
        yield from invalid_each(f"{path}.activeDeadlineSeconds", deadline, in_range(deadline, 1, MAX_INT32))
    for field, check in _NAMES_BEFORE_TOLERATIONS:
        if spec.get(field):
            yield from invalid_each(f"{path}.{field}", spec[field], check(spec[field]))
    yield from tolerations(spec.get("tolerations") or (), f"{path}.tolerations")
    yield from host_aliases(spec.get("hostAliases") or (), f"{path}.hostAliases")
    if name := spec.get("priorityClassName"):
        yield from invalid_each(f"{path}.priorityClassName", name, names.dns1123_subdomain(name))
    if spec.get("runtimeClassName") is not None:
        name = spec["runtimeClassName"]
        yield from invalid_each(f"{path}.runtimeClassName", name, names.dns1123_subdomain(name))
    if spec.get("preemptionPolicy") is not None:
        yield from one_of(spec["preemptionPolicy"], _PREEMPTION_POLICIES, f"{path}.preemptionPolicy")
    yield from resource_requirements({"limits": spec.get("overhead")}, (), f"{path}.overhead")
    if spec.get("os") is not None:
        yield from operating_system(spec, path)


def _resource_claims(claims: Sequence[Spec], path: str) -> Errors:
    seen: set[str] = set()
    for i, claim in enumerate(claims):
        here, name = f"{path}[{i}]", claim.get("name", "")
        if not name:
            yield required(f"{here}.name")
        elif name in seen:
            yield duplicate(f"{here}.name", name)
        else:
            yield from invalid_each(f"{here}.name", name, names.dns1123_label(name))
        seen.add(name)
        found = [field for field in _CLAIM_SOURCES if claim.get(field) is not None]
        if len(found) > 1:
            detail = "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"
            yield invalid(here, claim, detail)
        if not found:
            yield invalid(here, claim, "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`")
        for field in found:
            yield from invalid_each(f"{here}.{field}", claim[field], names.dns1123_subdomain(claim[field]))


def _host_network_ports(spec: Spec, path: str, *, of_pod: bool) -> Errors:
    if not spec.get("hostNetwork"):
        return
    for i, container in enumerate(spec.get("containers") or ()):
        for j, port in enumerate(container.get("ports") or ()):
            host_port = port.get("hostPort") or 0
            if (of_pod or host_port) and host_port != (port.get("containerPort") or 0):
                detail = "must match `containerPort` when `hostNetwork` is true"
                yield invalid(f"{path}[{i}].ports[{j}].hostPort", host_port, detail)


def pod_template(template: Spec, path: str) -> Errors:
    """Yield the errors of a pod template: labels, annotations and spec."""
    meta, spec = template.get("metadata") or {}, template.get("spec") or {}
    yield from labels(meta.get("labels"), f"{path}.labels")
    yield from annotation_map(meta.get("annotations"), f"{path}.annotations")
    yield from pod_annotations(meta.get("annotations") or {}, spec, f"{path}.annotations")
    yield from pod_spec(spec, f"{path}.spec")
    if spec.get("ephemeralContainers"):
        yield forbidden(f"{path}.spec.ephemeralContainers", "ephemeral containers not allowed in pod template")


def pod_annotations(found: Mapping[str, str], spec: Spec, path: str) -> Errors:
    """Yield the errors of the annotations of a pod that mean something."""
    if _MIRROR in found and not spec.get("nodeName"):
        detail = "must set spec.nodeName if mirror pod annotation is set"
        yield invalid(f"{path}[{_MIRROR}]", found[_MIRROR], detail)
    cost = found.get(_DELETION_COST, "0")
    if not _is_int32(cost):
        yield invalid(f"{path}[{_DELETION_COST}]", cost, "must be a 32bit integer")


def _is_int32(text: str) -> bool:
    """Tell whether upstream reads `text` as a deletion cost: no sign "+", no leading zero."""
    digits = text.removeprefix("-")
    plain = digits.isascii() and digits.isdigit() and (digits == "0" or not digits.startswith("0"))
    return plain and -MAX_INT32 - 1 <= int(text) <= MAX_INT32


def pod_only(spec: Spec, path: str) -> Errors:
    """Yield the errors that a pod's spec has and a template's has not."""
    if not spec.get("serviceAccountName"):
        for i, volume in enumerate(spec.get("volumes") or ()):
            for j, source in enumerate((volume.get("projected") or {}).get("sources") or ()):
                if source.get("serviceAccountToken") is not None:
                    here = f"{path}.volumes[{i}].projected.sources[{j}].serviceAccountToken"
                    yield forbidden(here, "must not be specified when serviceAccountName is not set")
    for field in ("containers", "initContainers"):
        for i, container in enumerate(spec.get(field) or ()):
            yield from image_blanks(container, f"{path}.{field}[{i}]")


def workload_template(template: Spec, selector: Spec | None, workload: str, path: str) -> Errors:
    """Yield the errors of the pod template of a workload whose pods run forever and are found by `selector`."""
    yield from template_labels(template, selector, path)
    yield from pod_template(template, path)
    yield from always_restarts(template, workload, path)


def always_restarts(template: Spec, workload: str, path: str) -> Errors:
    """Yield the errors of a template of pods that end: another restart policy than Always, or a deadline."""
    spec = template.get("spec") or {}
    if spec.get("restartPolicy", "") != "Always":
        yield not_supported(f"{path}.spec.restartPolicy", spec.get("restartPolicy", ""), ("Always",))
    if spec.get("activeDeadlineSeconds") is not None:
        detail = f"activeDeadlineSeconds in {workload} is not Supported"
        yield forbidden(f"{path}.spec.activeDeadlineSeconds", detail)


_CLAIM_SOURCES = ("resourceClaimName", "resourceClaimTemplateName")
_NAMES_BEFORE_DEADLINE = (("serviceAccountName", names.dns1123_subdomain), ("nodeName", names.dns1123_subdomain))
_NAMES_BEFORE_TOLERATIONS = (("hostname", names.dns1123_label), ("subdomain", names.dns1123_label))
