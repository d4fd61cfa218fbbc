"""Sandbox: what a machine runs of one pod, its address and its containers together.

Models the pod sandbox of the container runtime: it is made for one pod by uid, gets an address, and is torn down as a
whole. A sandbox outlives the API object of its pod until the kubelet removes it.

Not modelled: cgroups, namespaces, and a sandbox that dies by itself.

Upstream: https://github.com/kubernetes/cri-api/blob/v0.36.0/pkg/apis/runtime/v1/api.proto
"""

from __future__ import annotations

from typing import NamedTuple

import attrs

from kcore.api.core.pod import Pod
from kcore.api.evolve import quick
from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.api.object import ObjectKey
from kcore.world.container import Container, ContainerState

MIRROR = "kubernetes.io/config.mirror"
"""The annotation of a pod in the API that stands for a static one; its value is the uid of that."""


def uid_of(pod: Pod) -> str:
    """Return the uid under which a machine runs `pod`: its own, or that of the static pod that it stands for."""
    annotations = pod.metadata.annotations
    return annotations[MIRROR] if annotations and MIRROR in annotations else pod.metadata.uid


class SandboxId(NamedTuple):
    """The machine by name, and the uid of the pod."""

    node: str
    pod_uid: str


class Cause(NamedTuple):
    """Why a pod was ended before its time: a reason as a status gives it, and a sentence.

    A `disruption` is a cause that is not the pod's own fault, which its conditions say.
    """

    reason: str
    message: str
    disruption: bool = True


@quick
@attrs.frozen(kw_only=True)
class Sandbox:
    """A sandbox of `pod`; `address` is "" in the machine's own network.

    `grace` is the seconds that the pod was given to stop within, `stop_within` those of the latest request to stop,
    None until there is one. Containers are in the order in which they were first started. `files` are those of its
    volumes of ConfigMaps and Secrets: content by path, by volume; they were first `written` at that time (ms since
    1970). The `cause` is why it was stopped, where that was not the pod's own end or its deletion. The `hostname` is
    what its containers call themselves, "" for the name of the pod.
    """

    id: SandboxId
    pod: ObjectKey
    address: str
    grace: int
    containers: tuple[Container, ...] = ()
    stop_within: int | None = None
    files: FrozenMap[FrozenMap[str]] = EMPTY
    written: int | None = None
    cause: Cause | None = None
    hostname: str = ""

    @property
    def due(self) -> int | None:
        """When something happens next in the sandbox by itself (ms since 1970), None for never."""
        times = [one.due for one in self.containers if one.due is not None]
        return min(times) if times else None

    @property
    def up(self) -> bool:
        """Tell whether the sandbox has come up, network and all: a container in it is past its start."""
        return any(one.state is not ContainerState.STARTING for one in self.containers)

    @property
    def stopping(self) -> bool:
        """Tell whether it was asked to stop."""
        return self.stop_within is not None

    @property
    def running(self) -> bool:
        """Tell whether a process runs in it."""
        return any(one.has_process for one in self.containers)

    @property
    def stopped(self) -> bool:
        """Tell whether it was asked to stop and has: no process runs, and the address is free."""
        return self.stopping and not self.running

    def container(self, name: str) -> Container | None:
        """Return the container of that name, None if it was never asked to start."""
        return next((one for one in self.containers if one.name == name), None)
