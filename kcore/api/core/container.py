"""Container: one image that a pod runs, with its ports, environment, mounts, resources and probes.

Models regular, init, sidecar (an init container whose restart policy is Always) and ephemeral containers. Restart rules
ride along.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/core/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.core.env import EnvFromSource, EnvVar
from kcore.api.core.probe import Lifecycle, Probe
from kcore.api.core.resourcerequirements import NO_RESOURCES, ContainerResizePolicy, ResourceRequirements
from kcore.api.core.securitycontext import SecurityContext
from kcore.api.struct import Struct, wire


@attrs.frozen(kw_only=True, cache_hash=True)
class ContainerPort(Struct):
    """A port that a container listens on; a `host_port` above 0 is taken on the node too."""

    name: str = ""
    host_port: int = 0
    container_port: int = wire(default=0, always=True)
    protocol: str = ""
    host_ip: str = ""


@attrs.frozen(kw_only=True, cache_hash=True)
class VolumeMount(Struct):
    """A volume of the pod, by name, at a path of the container."""

    name: str = wire(default="", always=True)
    read_only: bool = False
    recursive_read_only: str | None = None
    mount_path: str = wire(default="", always=True)
    sub_path: str = ""
    mount_propagation: str | None = None
    sub_path_expr: str = ""


@attrs.frozen(kw_only=True, cache_hash=True)
class VolumeDevice(Struct):
    """A claim in block mode, by its volume's name, as a device of the container."""

    name: str = wire(default="", always=True)
    device_path: str = wire(default="", always=True)


@attrs.frozen(kw_only=True, cache_hash=True)
class Container(Struct):
    """A container as the pod's spec describes it; `restart_policy` is the container's own, unset for the pod's."""

    name: str = wire(default="", always=True)
    image: str = ""
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    working_dir: str = ""
    ports: tuple[ContainerPort, ...] = ()
    env_from: tuple[EnvFromSource, ...] = ()
    env: tuple[EnvVar, ...] = ()
    resources: ResourceRequirements = NO_RESOURCES
    resize_policy: tuple[ContainerResizePolicy, ...] = ()
    restart_policy: str | None = None
    volume_mounts: tuple[VolumeMount, ...] = ()
    volume_devices: tuple[VolumeDevice, ...] = ()
    liveness_probe: Probe | None = None
    readiness_probe: Probe | None = None
    startup_probe: Probe | None = None
    lifecycle: Lifecycle | None = None
    termination_message_path: str = ""
    termination_message_policy: str = ""
    image_pull_policy: str = ""
    security_context: SecurityContext | None = None
    stdin: bool = False
    stdin_once: bool = False
    tty: bool = False


@attrs.frozen(kw_only=True, cache_hash=True)
class EphemeralContainer(Container):
    """A container that joins a running pod, to look into it."""

    target_container_name: str = ""
