"""Containers of a pod: regular, init and ephemeral ones.

Models what all have in common, what each kind may not have, names unique among them and host ports without conflict.
Does not model restart rules of single containers (their gate is on since 1.35, but no component here reads them) beyond
the policy and exit code operators.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeAlias

import attrs

from kcore.apiserver.field import (
    Errors,
    duplicate,
    forbidden,
    invalid,
    invalid_each,
    not_found,
    not_supported,
    required,
)
from kcore.apiserver.validation import names
from kcore.apiserver.validation.env import environment, environment_from
from kcore.apiserver.validation.numbers import port_number
from kcore.apiserver.validation.probes import probes
from kcore.apiserver.validation.resources import resource_requirements
from kcore.apiserver.validation.security import container_security_context
from kcore.apiserver.validation.volumes import Volumes, volume_devices, volume_mounts

Container: TypeAlias = Mapping[str, Any]

PROTOCOLS = ("SCTP", "TCP", "UDP")
PULL_POLICIES = ("Always", "IfNotPresent", "Never")
RESTART_POLICIES = ("Always", "OnFailure", "Never")
_MESSAGE_POLICIES = ("File", "FallbackToLogsOnError")
_RESIZED = ("cpu", "memory")
_RESIZE_POLICIES = ("NotRequired", "RestartContainer")
_NOT_IN_INIT = ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe")
_NOT_IN_EPHEMERAL = (
    "ports",
    "resources",
    "livenessProbe",
    "readinessProbe",
    "startupProbe",
    "lifecycle",
    "resizePolicy",
)
_EPHEMERAL = "cannot be set for an Ephemeral Container"


@attrs.frozen(kw_only=True)
class PodContext:
    """What the checks of a container ask of its pod: sound volumes, claims' names, grace period (s), policies."""

    volumes: Volumes
    claims: Collection[str]
    grace_period: int | None
    restart_policy: str
    host_users: bool


def containers(found: Sequence[Container], pod: PodContext, path: str) -> Errors:
    """Yield the errors of the regular containers, of which there must be one."""
    if not found:
        yield required(path)
        return
    seen: set[str] = set()
    for i, container in enumerate(found):
        here = f"{path}[{i}]"
        yield from _common(container, pod, here)
        yield from _unique(container, seen, here)
        yield from probes(container, pod.grace_period, here)
        yield from _restart_policy(container, f"{here}.restartPolicy", RESTART_POLICIES)
    yield from _host_ports(found, path)


def init_containers(found: Sequence[Container], regular: Sequence[Container], pod: PodContext, path: str) -> Errors:
    """Yield the errors of the init containers; those that restart always may have probes and hooks."""
    seen = {container.get("name", "") for container in regular}
    for i, container in enumerate(found):
        here = f"{path}[{i}]"
        yield from _common(container, pod, here)
        yield from _restart_policy(container, f"{here}.restartPolicy", RESTART_POLICIES)
        if container.get("name"):
            yield from _unique(container, seen, here)
        yield from _host_ports([container], path)
        if container.get("restartPolicy") == "Always":
            yield from probes(container, pod.grace_period, here)
            continue
        for field in _NOT_IN_INIT:
            if container.get(field) is not None:
                yield forbidden(f"{here}.{field}", "may not be set for init containers without restartPolicy=Always")


def ephemeral_containers(found: Sequence[Container], others: Sequence[Container], pod: PodContext, path: str) -> Errors:
    """Yield the errors of the ephemeral containers, which have neither ports, probes nor resources."""
    targets = {container.get("name", "") for container in others}
    seen = set(targets)
    for i, container in enumerate(found):
        here = f"{path}[{i}]"
        yield from _common(container, pod, here)
        yield from image_blanks(container, here)
        yield from _unique(container, seen, here)
        target = container.get("targetContainerName", "")
        if target and target not in targets:
            yield not_found(f"{here}.targetContainerName", target)
        for field in _NOT_IN_EPHEMERAL:
            if container.get(field):
                yield forbidden(f"{here}.{field}", _EPHEMERAL)
        for j, mount in enumerate(container.get("volumeMounts") or ()):
            for field in ("subPath", "subPathExpr"):
                if mount.get(field):
                    yield forbidden(f"{here}.volumeMounts[{j}].{field}", _EPHEMERAL)


def image_blanks(container: Container, path: str) -> Errors:
    """Yield the error of an image with blanks around it, which templates may have and pods may not."""
    image = container.get("image", "")
    if image != image.strip():
        yield invalid(f"{path}.image", image, "must not have leading or trailing whitespace")


def _unique(container: Container, seen: set[str], path: str) -> Errors:
    name = container.get("name", "")
    if name in seen:
        yield duplicate(f"{path}.name", name)
    seen.add(name)


def _common(container: Container, pod: PodContext, path: str) -> Errors:
    name, policy = container.get("name", ""), container.get("terminationMessagePolicy", "")
    if name:
        yield from invalid_each(f"{path}.name", name, names.dns1123_label(name))
    else:
        yield required(f"{path}.name")
    if not container.get("image"):
        yield required(f"{path}.image")
    yield from one_of(policy, _MESSAGE_POLICIES, f"{path}.terminationMessagePolicy")
    yield from _ports(container.get("ports") or (), f"{path}.ports")
    yield from environment(container.get("env") or (), f"{path}.env")
    yield from environment_from(container.get("envFrom") or (), f"{path}.envFrom")
    yield from volume_mounts(container, pod.volumes, f"{path}.volumeMounts")
    yield from volume_devices(container, pod.volumes, f"{path}.volumeDevices")
    yield from one_of(container.get("imagePullPolicy", ""), PULL_POLICIES, f"{path}.imagePullPolicy")
    yield from resource_requirements(container.get("resources") or {}, pod.claims, f"{path}.resources")
    yield from _resize_policy(container.get("resizePolicy") or (), pod.restart_policy, f"{path}.resizePolicy")
    if container.get("securityContext") is not None:
        here = f"{path}.securityContext"
        yield from container_security_context(container["securityContext"], here, host_users=pod.host_users)


def one_of(value: str, supported: Sequence[str], path: str) -> Errors:
    """Yield the error of a value that must be there and one of `supported`."""
    if not value:
        yield required(path)
    elif value not in supported:
        yield not_supported(path, value, supported)


def _ports(ports: Sequence[Mapping[str, Any]], path: str) -> Errors:
    seen: set[str] = set()
    for i, port in enumerate(ports):
        here, name, number = f"{path}[{i}]", port.get("name", ""), port.get("containerPort", 0)
        details = names.port_name(name) if name else []
        yield from invalid_each(f"{here}.name", name, details)
        if name and not details:
            if name in seen:
                yield duplicate(f"{here}.name", name)
            seen.add(name)
        if not number:
            yield required(f"{here}.containerPort")
        else:
            yield from invalid_each(f"{here}.containerPort", number, port_number(number))
        if host_port := port.get("hostPort", 0):
            yield from invalid_each(f"{here}.hostPort", host_port, port_number(host_port))
        yield from one_of(port.get("protocol", ""), PROTOCOLS, f"{here}.protocol")


def _host_ports(found: Sequence[Container], path: str) -> Errors:
    seen: set[str] = set()
    for i, container in enumerate(found):
        for j, port in enumerate(container.get("ports") or ()):
            if not port.get("hostPort"):
                continue
            key = f"{port.get('protocol', '')}/{port.get('hostIP', '')}/{port['hostPort']}"
            if key in seen:
                yield duplicate(f"{path}[{i}].ports[{j}].hostPort", key)
            seen.add(key)


def _resize_policy(policies: Sequence[Mapping[str, Any]], restart_policy: str, path: str) -> Errors:
    seen: set[str] = set()
    for i, policy in enumerate(policies):
        resource, restart = policy.get("resourceName", ""), policy.get("restartPolicy", "")
        if resource in seen:
            yield duplicate(f"{path}[{i}]", resource)
        seen.add(resource)
        yield from one_of(resource, _RESIZED, path)
        yield from one_of(restart, _RESIZE_POLICIES, path)
        if restart_policy == "Never" and restart != "NotRequired":
            yield invalid(path, restart, "must be 'NotRequired' when `restartPolicy` is 'Never'")


def _restart_policy(container: Container, path: str, supported: Sequence[str]) -> Errors:
    policy, rules = container.get("restartPolicy"), container.get("restartPolicyRules") or ()
    if policy is not None and policy not in supported:
        yield not_supported(path, policy, supported)
    if rules and policy is None:
        yield required(path, "must specify restartPolicy when restart rules are used")
    for i, rule in enumerate(rules):
        here = f"{path}Rules[{i}]"
        yield from one_of(rule.get("action", ""), ("Restart", "RestartAllContainers"), f"{here}.action")
        if rule.get("exitCodes") is None:
            yield required(f"{here}.exitCodes", "must be specified")
        else:
            yield from one_of(rule["exitCodes"].get("operator", ""), ("In", "NotIn"), f"{here}.exitCodes.operator")
