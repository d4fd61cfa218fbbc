"""What a pod may not ask for on its operating system, and Windows' HostProcess containers.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from kcore.apiserver.field import Errors, forbidden, invalid, not_supported, required

Spec: TypeAlias = Mapping[str, Any]

_SYSTEMS = ("linux", "windows")
_LINUX_ONLY = "cannot be set for a windows pod"
_WINDOWS_ONLY = "windows options cannot be set for a linux pod"
_POD_SHARED = ("hostUsers", "hostPID", "hostIPC", "shareProcessNamespace")
_POD_LINUX = (
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "fsGroup",
    "fsGroupChangePolicy",
    "sysctls",
    "runAsUser",
    "runAsGroup",
    "supplementalGroups",
    "supplementalGroupsPolicy",
    "seLinuxChangePolicy",
)
_CONTAINER_LINUX = (
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "capabilities",
    "readOnlyRootFilesystem",
    "privileged",
    "allowPrivilegeEscalation",
    "procMount",
    "runAsUser",
    "runAsGroup",
)
_BOOLEANS = ("hostPID", "hostIPC")


def operating_system(spec: Spec, path: str) -> Errors:
    """Yield the errors of `os` and, when it is a known one, of what the other system alone has."""
    name = spec["os"].get("name", "")
    if not name:
        yield required(f"{path}.os.name", "cannot be empty")
    elif name not in _SYSTEMS:
        yield not_supported(f"{path}.os", name, _SYSTEMS)
    elif name == "linux":
        yield from _linux(spec, path)
    else:
        yield from _windows(spec, path)


def _each_container(spec: Spec, path: str) -> Iterator[tuple[Spec, str]]:
    for field in ("initContainers", "containers", "ephemeralContainers"):
        for i, container in enumerate(spec.get(field) or ()):
            yield container.get("securityContext") or {}, f"{path}.{field}[{i}].securityContext"


def _linux(spec: Spec, path: str) -> Errors:
    pod = (spec.get("securityContext") or {}, f"{path}.securityContext")
    for context, here in (pod, *_each_container(spec, path)):
        if context.get("windowsOptions") is not None:
            yield forbidden(f"{here}.windowsOptions", _WINDOWS_ONLY)


def _windows(spec: Spec, path: str) -> Errors:
    for field in _POD_SHARED:
        if spec.get(field) if field in _BOOLEANS else spec.get(field) is not None:
            yield forbidden(f"{path}.{field}", _LINUX_ONLY)
    yield from _set_fields(spec.get("securityContext") or {}, _POD_LINUX, f"{path}.securityContext")
    for context, here in _each_container(spec, path):
        yield from _set_fields(context, _CONTAINER_LINUX, here)


def _set_fields(context: Spec, fields: tuple[str, ...], path: str) -> Errors:
    for field in fields:
        if context.get(field) not in (None, []):
            yield forbidden(f"{path}.{field}", _LINUX_ONLY)


def windows_host_process(spec: Spec, path: str) -> Errors:
    """Yield the errors of HostProcess containers: all or none of a pod, and with the host's network."""
    of_pod = ((spec.get("securityContext") or {}).get("windowsOptions") or {}).get("hostProcess")
    each = []
    for context, here in _each_container(spec, path):
        own = (context.get("windowsOptions") or {}).get("hostProcess")
        each.append(own if own is not None else of_pod)
        if None not in (own, of_pod) and own != of_pod:
            detail = f"pod hostProcess value must be identical if both are specified, was {str(of_pod).lower()}"
            yield invalid(f"{here}.windowsOptions.hostProcess", own, detail)
    if not any(each):
        return
    if not all(each):
        detail = "If pod contains any hostProcess containers then all containers must be HostProcess containers"
        yield invalid(path, "", detail)
    if not spec.get("hostNetwork"):
        detail = "hostNetwork must be true if pod contains any hostProcess containers"
        yield invalid(f"{path}.hostNetwork", False, detail)  # noqa: FBT003 - the value found
