"""Actions: what a kubelet does to its machine, as values; the world carries them out.

Models the calls to the container runtime that this version's kubelet makes. Each is safe to make twice.

Not modelled: mounts, and executing a command in a container.

Upstream: https://github.com/kubernetes/cri-api/blob/v0.36.0/pkg/apis/runtime/v1/api.proto
"""

from __future__ import annotations

import attrs

from kcore.api.evolve import quick
from kcore.api.frozenmap import FrozenMap
from kcore.api.object import ObjectKey
from kcore.client.turn import Action
from kcore.world.configuration import Configuration, Failure
from kcore.world.sandbox import Cause, SandboxId


@quick
@attrs.frozen(kw_only=True)
class CreateSandbox(Action):
    """Make a sandbox for `pod`, with an address of its own unless it uses the machine's; `grace` is in seconds.

    The `hostname` is what its containers call themselves, "" for the name of the pod.
    """

    id: SandboxId
    pod: ObjectKey
    grace: int
    host_network: bool = False
    hostname: str = ""


@quick
@attrs.frozen(kw_only=True)
class StartContainer(Action):
    """Start a container, or start it again after it exited.

    `once` marks one that does its work and ends; `restarts` is how often it was started before in another sandbox.
    `pull` is the pull policy, `present` tells that the image is known to be there. The container gets `configuration`,
    None for none; with a `failure` it comes as far as its image and waits then. `probed` is how often (ms) all its
    probes come together, 0 for none; `post_start` and `pre_stop` are how long (ms) its hooks take. It may use
    `memory_limit` bytes, 0 for as many as it likes. A `sidecar` has its place among the init containers, from 1 on.
    """

    id: SandboxId
    name: str
    image: str
    once: bool = False
    restarts: int = 0
    pull: str = ""
    present: bool = False
    configuration: Configuration | None = None
    failure: Failure | None = None
    probed: int = 0
    post_start: int = 0
    pre_stop: int = 0
    memory_limit: int = 0
    sidecar: int = 0


@attrs.frozen(kw_only=True)
class StopContainer(Action):
    """Ask one container to stop, and kill it after `grace` seconds; it can be started again."""

    id: SandboxId
    name: str
    grace: int


@attrs.frozen(kw_only=True)
class KillForMemory(Action):
    """Let the kernel kill a container that runs, as it uses more memory than it may."""

    id: SandboxId
    name: str


@attrs.frozen(kw_only=True)
class WriteFiles(Action):
    """Write the `files` of the volumes of a pod: content by path, by volume."""

    id: SandboxId
    files: FrozenMap[FrozenMap[str]]


@attrs.frozen(kw_only=True)
class StopSandbox(Action):
    """Ask all containers to stop, and kill them after `grace` seconds; `cause` is why, where that is not the pod's."""

    id: SandboxId
    grace: int
    cause: Cause | None = None


@attrs.frozen(kw_only=True)
class ProceedShutdown(Action):
    """Let the shutdown of the machine come to a `group` of pods; the id names the machine alone."""

    id: SandboxId
    group: int


@attrs.frozen(kw_only=True)
class PowerOff(Action):
    """Let the machine go off, with all that runs on it; the id names the machine alone."""

    id: SandboxId


@attrs.frozen(kw_only=True)
class RemoveSandbox(Action):
    """Kill what still runs and forget the sandbox."""

    id: SandboxId
