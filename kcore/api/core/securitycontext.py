"""SecurityContext and PodSecurityContext: whom containers run as and what they may do.

Models the users, groups and privileges that validation compares. SELinux, seccomp, AppArmor, sysctls and the Windows
options ride along: nothing in a model acts on them.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/core/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.struct import Struct


@attrs.frozen(kw_only=True, cache_hash=True)
class Capabilities(Struct):
    """POSIX capabilities given to and taken from a container."""

    add: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()


@attrs.frozen(kw_only=True, cache_hash=True)
class SecurityContext(Struct):
    """The context of one container; what it sets wins over the pod's. Users and groups are numbers."""

    capabilities: Capabilities | None = None
    privileged: bool | None = None
    run_as_user: int | None = None
    run_as_group: int | None = None
    run_as_non_root: bool | None = None
    read_only_root_filesystem: bool | None = None
    allow_privilege_escalation: bool | None = None
    proc_mount: str | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class PodSecurityContext(Struct):
    """The context of all containers of a pod. Users and groups are numbers."""

    run_as_user: int | None = None
    run_as_group: int | None = None
    run_as_non_root: bool | None = None
    supplemental_groups: tuple[int, ...] = ()
    fs_group: int | None = None
