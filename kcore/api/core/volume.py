"""Volume: where the files of a pod come from.

Models the sources that exist in every cluster: emptyDir, hostPath, ConfigMap, Secret, claim, ephemeral claim,
projected, downward API and image. Those of particular storage vendors ride along.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/core/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.core.env import ObjectFieldSelector, ResourceFieldSelector
from kcore.api.core.persistentvolumeclaim import NO_CLAIM_SPEC, PersistentVolumeClaimSpec
from kcore.api.meta.objectmeta import EMPTY_META, ObjectMeta
from kcore.api.quantity import Quantity
from kcore.api.struct import Struct, wire


@attrs.frozen(kw_only=True, cache_hash=True)
class KeyToPath(Struct):
    """One key of a ConfigMap or Secret as a file; `mode` is the permission bits."""

    key: str = wire(default="", always=True)
    path: str = wire(default="", always=True)
    mode: int | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class EmptyDirVolumeSource(Struct):
    """A directory that lives as long as the pod stays on its node; `medium` "Memory" makes it a tmpfs."""

    medium: str = ""
    size_limit: Quantity | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class HostPathVolumeSource(Struct):
    """A path of the node."""

    path: str = wire(default="", always=True)
    type: str | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class ConfigMapVolumeSource(Struct):
    """A ConfigMap's keys as files; the pod waits for it unless it is optional."""

    name: str = ""
    items: tuple[KeyToPath, ...] = ()
    default_mode: int | None = None
    optional: bool | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class SecretVolumeSource(Struct):
    """A Secret's keys as files; the pod waits for it unless it is optional."""

    secret_name: str = ""
    items: tuple[KeyToPath, ...] = ()
    default_mode: int | None = None
    optional: bool | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class PersistentVolumeClaimVolumeSource(Struct):
    """A claim in the pod's namespace."""

    claim_name: str = wire(default="", always=True)
    read_only: bool = False


@attrs.frozen(kw_only=True, cache_hash=True)
class PersistentVolumeClaimTemplate(Struct):
    """What the claim of an ephemeral volume will look like."""

    metadata: ObjectMeta = EMPTY_META
    spec: PersistentVolumeClaimSpec = NO_CLAIM_SPEC


@attrs.frozen(kw_only=True, cache_hash=True)
class EphemeralVolumeSource(Struct):
    """A claim of the pod's own, made and deleted with it."""

    volume_claim_template: PersistentVolumeClaimTemplate | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class DownwardAPIVolumeFile(Struct):
    """A field of the pod as a file."""

    path: str = wire(default="", always=True)
    field_ref: ObjectFieldSelector | None = None
    resource_field_ref: ResourceFieldSelector | None = None
    mode: int | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class DownwardAPIVolumeSource(Struct):
    """Fields of the pod as files."""

    items: tuple[DownwardAPIVolumeFile, ...] = ()
    default_mode: int | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class ConfigMapProjection(Struct):
    """A ConfigMap's keys among the files of a projected volume."""

    name: str = ""
    items: tuple[KeyToPath, ...] = ()
    optional: bool | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class SecretProjection(Struct):
    """A Secret's keys among the files of a projected volume."""

    name: str = ""
    items: tuple[KeyToPath, ...] = ()
    optional: bool | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class DownwardAPIProjection(Struct):
    """Fields of the pod among the files of a projected volume."""

    items: tuple[DownwardAPIVolumeFile, ...] = ()


@attrs.frozen(kw_only=True, cache_hash=True)
class ServiceAccountTokenProjection(Struct):
    """A token of the pod's ServiceAccount, renewed before it expires."""

    audience: str = ""
    expiration_seconds: int | None = None
    path: str = wire(default="", always=True)


@attrs.frozen(kw_only=True, cache_hash=True)
class VolumeProjection(Struct):
    """One source of a projected volume; trust bundles and pod certificates ride along."""

    secret: SecretProjection | None = None
    downward_api: DownwardAPIProjection | None = None
    config_map: ConfigMapProjection | None = None
    service_account_token: ServiceAccountTokenProjection | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class ProjectedVolumeSource(Struct):
    """Several sources in one directory."""

    sources: tuple[VolumeProjection, ...] = ()
    default_mode: int | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class ImageVolumeSource(Struct):
    """The files of an OCI image."""

    reference: str = ""
    pull_policy: str = ""


@attrs.frozen(kw_only=True, cache_hash=True)
class Volume(Struct):
    """A named volume of a pod, with one source; none means an emptyDir, before defaulting."""

    name: str = wire(default="", always=True)
    host_path: HostPathVolumeSource | None = None
    empty_dir: EmptyDirVolumeSource | None = None
    secret: SecretVolumeSource | None = None
    persistent_volume_claim: PersistentVolumeClaimVolumeSource | None = None
    downward_api: DownwardAPIVolumeSource | None = None
    config_map: ConfigMapVolumeSource | None = None
    projected: ProjectedVolumeSource | None = None
    ephemeral: EphemeralVolumeSource | None = None
    image: ImageVolumeSource | None = None
