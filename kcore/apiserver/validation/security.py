"""Security contexts of pods and containers: users, groups, seccomp, AppArmor, sysctls and Windows.

Models what the API server refuses; privileged containers are allowed, as by kube-apiserver's usual flag. Does not model
the annotations that stood for seccomp and AppArmor before their fields.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from kcore.apiserver.field import (
    Errors,
    duplicate,
    forbidden,
    invalid,
    invalid_each,
    not_supported,
    required,
    too_long,
)
from kcore.apiserver.validation import names
from kcore.apiserver.validation.numbers import user_or_group
from kcore.apiserver.validation.paths import local_descending

Context: TypeAlias = Mapping[str, Any]

_PROFILES = ("Localhost", "RuntimeDefault", "Unconfined")
_PROC_MOUNTS = ("Default", "Unmasked")
_SYSCTL = r"([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
_SYSCTL_MAX = 253
_CREDENTIAL_SPEC_MAX = 64 * 1024
_NET_SYSCTLS = ("net.",)
_IPC_SYSCTLS = ("kernel.shm", "kernel.msg", "fs.mqueue.")


def pod_security_context(context: Context, spec: Context, path: str) -> Errors:
    """Yield the errors of a pod's security context; `spec` tells which namespaces of the host it shares."""
    for field in ("fsGroup", "runAsUser", "runAsGroup"):
        yield from _number(context.get(field), f"{path}.{field}")
    for i, group in enumerate(context.get("supplementalGroups") or ()):
        yield from _number(group, f"{path}.supplementalGroups[{i}]")
    if spec.get("shareProcessNamespace") and spec.get("hostPID"):
        detail = "ShareProcessNamespace and HostPID cannot both be enabled"
        yield invalid(f"{path}.shareProcessNamespace", True, detail)  # noqa: FBT003 - the value found
    yield from _sysctls(context.get("sysctls") or (), spec, f"{path}.sysctls")
    yield from _policy(context, "fsGroupChangePolicy", path)
    yield from _profiles(context, path)
    yield from _policy(context, "supplementalGroupsPolicy", path)
    yield from _policy(context, "seLinuxChangePolicy", path)


def container_security_context(context: Context, path: str, *, host_users: bool) -> Errors:
    """Yield the errors of a container's security context."""
    for field in ("runAsUser", "runAsGroup"):
        yield from _number(context.get(field), f"{path}.{field}")
    mount = context.get("procMount")
    if mount is not None and mount not in _PROC_MOUNTS:
        yield not_supported(f"{path}.procMount", mount, _PROC_MOUNTS)
    if mount == "Unmasked" and host_users:
        yield invalid(f"{path}.procMount", mount, "`hostUsers` must be false to use `Unmasked`")
    if context.get("allowPrivilegeEscalation") is False:
        no_escalation = "cannot set `allowPrivilegeEscalation` to false and"
        if context.get("privileged"):
            yield invalid(path, context, f"{no_escalation} `privileged` to true")
        if "CAP_SYS_ADMIN" in ((context.get("capabilities") or {}).get("add") or ()):
            yield invalid(path, context, f"{no_escalation} `capabilities.Add` CAP_SYS_ADMIN")
    yield from _profiles(context, path)


def _number(value: int | None, path: str) -> Errors:
    if value is not None:
        yield from invalid_each(path, value, user_or_group(value))


def _policy(context: Context, field: str, path: str) -> Errors:
    value = context.get(field)
    if value is not None and value not in _POLICIES[field]:
        yield not_supported(f"{path}.{field}", value, _POLICIES[field])


def _profiles(context: Context, path: str) -> Errors:
    if context.get("seccompProfile") is not None:
        yield from _seccomp(context["seccompProfile"], f"{path}.seccompProfile")
    if context.get("windowsOptions") is not None:
        yield from _windows(context["windowsOptions"], f"{path}.windowsOptions")
    if context.get("appArmorProfile") is not None:
        yield from _app_armor(context["appArmorProfile"], f"{path}.appArmorProfile")


def _profile_type(profile: Context, owner: str, path: str) -> Errors:
    kind = profile.get("type", "")
    if not kind:
        yield required(f"{path}.type", f"type is required when {owner} is set")
    elif kind not in _PROFILES:
        yield not_supported(f"{path}.type", kind, _PROFILES)


def _seccomp(profile: Context, path: str) -> Errors:
    yield from _profile_type(profile, "seccompProfile", path)
    file, here = profile.get("localhostProfile"), f"{path}.localhostProfile"
    if profile.get("type") != "Localhost":
        if file is not None:
            yield invalid(here, profile, "can only be set when seccomp type is Localhost")
    elif file is None:
        yield required(here, "must be set when seccomp type is Localhost")
    else:
        yield from local_descending(file, here)


def _app_armor(profile: Context, path: str) -> Errors:
    file, kind, here = profile.get("localhostProfile"), profile.get("type", ""), f"{path}.localhostProfile"
    if kind == "Localhost":
        if file is not None and file != file.strip():
            yield invalid(here, file, "must not be padded with whitespace")
        elif not file:
            yield required(here, "must be set when AppArmor type is Localhost")
        if names.length(file or "") > 4095:
            yield too_long(here, 4095)
    elif kind in _PROFILES and file is not None:
        yield invalid(here, file, "can only be set when AppArmor type is Localhost")
    yield from _profile_type(profile, "appArmorProfile", path)


def _sysctls(sysctls: Sequence[Mapping[str, Any]], spec: Context, path: str) -> Errors:
    seen: set[str] = set()
    for i, sysctl in enumerate(sysctls):
        name, here = sysctl.get("name", ""), f"{path}[{i}].name"
        if not name:
            yield required(here)
        elif len(name) > _SYSCTL_MAX or not re.fullmatch(_SYSCTL, name):
            yield invalid(here, name, f"must have at most {_SYSCTL_MAX} characters and match regex ^{_SYSCTL}$")
        elif name in seen:
            yield duplicate(here, name)
        dotted = name.replace("/", ".")
        if spec.get("hostNetwork") and dotted.startswith(_NET_SYSCTLS):
            yield invalid(here, name, "may not be specified when 'hostNetwork' is true")
        elif spec.get("hostIPC") and (dotted.startswith(_IPC_SYSCTLS) or dotted == "kernel.sem"):
            yield invalid(here, name, "may not be specified when 'hostIPC' is true")
        seen.add(name)


def _windows(options: Context, path: str) -> Errors:
    name, spec, user = (options.get(f) for f in ("gmsaCredentialSpecName", "gmsaCredentialSpec", "runAsUserName"))
    if name is not None:
        yield from invalid_each(f"{path}.gmsaCredentialSpecName", name, names.dns1123_subdomain(name))
    if spec == "":
        yield invalid(f"{path}.gmsaCredentialSpec", spec, "gmsaCredentialSpec cannot be an empty string")
    elif names.length(spec or "") > _CREDENTIAL_SPEC_MAX:
        yield invalid(f"{path}.gmsaCredentialSpec", spec, "gmsaCredentialSpec size must be under 64 KiB")
    if user is not None:
        yield from invalid_each(f"{path}.runAsUserName", user, _user_name(user))


def _user_name(name: str) -> names.Details:
    if not name:
        return ["runAsUserName cannot be an empty string"]
    if re.search(r"[\x00-\x1f\x7f]", name):
        return ["runAsUserName cannot contain control characters"]
    if name.count("\\") > 1:
        return ["runAsUserName cannot contain more than one backslash"]
    domain, slash, user = name.rpartition("\\")
    label = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
    known = re.fullmatch(r'[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}', domain) or re.fullmatch(
        rf"{label}(?:\.{label})*", domain
    )
    faults = {
        "runAsUserName's Domain length must be under 256 characters": len(domain) >= 256,
        "runAsUserName's Domain doesn't match the NetBios nor the DNS format": slash and not known,
        "runAsUserName's User cannot be empty": not user,
        "runAsUserName's User length must not be longer than 104 characters": len(user) > 104,
        "runAsUserName's User cannot contain only periods or spaces": re.fullmatch("[. ]+", user),
        "runAsUserName's User cannot contain the following characters: \"/\\:;|=,+*?<>@[]": re.search(
            r'["/\\:;|=,+*?<>@\[\]]', user
        ),
    }
    return [detail for detail, faulty in faults.items() if faulty]


def host_users(spec: Context, path: str) -> Errors:
    """Yield the errors of a pod with users of its own that shares a namespace of the host."""
    if spec.get("hostUsers") is not False:
        return
    for field, shown in (("hostNetwork", "hostNetwork"), ("hostPID", "HostPID"), ("hostIPC", "HostIPC")):
        if spec.get(field):
            yield forbidden(f"{path}.{shown}", "when `pod.Spec.HostUsers` is false")


_POLICIES = {
    "fsGroupChangePolicy": ("Always", "OnRootMismatch"),
    "supplementalGroupsPolicy": ("Merge", "Strict"),
    "seLinuxChangePolicy": ("MountOption", "Recursive"),
}
