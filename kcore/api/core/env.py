"""EnvVar and EnvFromSource: a container's environment.

Models all sources of a value. `optional` says whether the container may start without the source.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/core/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.quantity import ZERO, Quantity
from kcore.api.struct import Struct, wire


@attrs.frozen(kw_only=True, cache_hash=True)
class ConfigMapKeySelector(Struct):
    """One key of a ConfigMap."""

    name: str = ""
    key: str = wire(default="", always=True)
    optional: bool | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class SecretKeySelector(Struct):
    """One key of a Secret."""

    name: str = ""
    key: str = wire(default="", always=True)
    optional: bool | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class FileKeySelector(Struct):
    """One key of an environment file in a volume."""

    volume_name: str = wire(default="", always=True)
    path: str = wire(default="", always=True)
    key: str = wire(default="", always=True)
    optional: bool | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class ObjectFieldSelector(Struct):
    """A field of the pod itself, such as `metadata.name`."""

    api_version: str = ""
    field_path: str = wire(default="", always=True)


@attrs.frozen(kw_only=True, cache_hash=True)
class ResourceFieldSelector(Struct):
    """A request or limit of a container, such as `limits.cpu`, counted in units of `divisor`."""

    container_name: str = ""
    resource: str = wire(default="", always=True)
    divisor: Quantity = ZERO


@attrs.frozen(kw_only=True, cache_hash=True)
class EnvVarSource(Struct):
    """One of the places that a variable's value may come from."""

    field_ref: ObjectFieldSelector | None = None
    resource_field_ref: ResourceFieldSelector | None = None
    config_map_key_ref: ConfigMapKeySelector | None = None
    secret_key_ref: SecretKeySelector | None = None
    file_key_ref: FileKeySelector | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class EnvVar(Struct):
    """One variable: a literal `value`, or a source."""

    name: str = wire(default="", always=True)
    value: str = ""
    value_from: EnvVarSource | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class ConfigMapEnvSource(Struct):
    """All keys of a ConfigMap."""

    name: str = ""
    optional: bool | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class SecretEnvSource(Struct):
    """All keys of a Secret."""

    name: str = ""
    optional: bool | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class EnvFromSource(Struct):
    """One variable for each key, its name with `prefix` before it."""

    prefix: str = ""
    config_map_ref: ConfigMapEnvSource | None = None
    secret_ref: SecretEnvSource | None = None
