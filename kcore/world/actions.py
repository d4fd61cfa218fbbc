"""Actions: what a kubelet does to its machine, as values; the world carries them out.

Models the calls to the container runtime that this version's kubelet makes. Each is safe to make twice.

Not modelled: images, mounts, and executing a command in a container.

Upstream: https://github.com/kubernetes/cri-api/blob/v0.36.0/pkg/apis/runtime/v1/api.proto
"""

from __future__ import annotations

import attrs

from kcore.api.object import ObjectKey
from kcore.client.turn import Action
from kcore.world.sandbox import SandboxId


@attrs.frozen(kw_only=True)
class CreateSandbox(Action):
    """Make a sandbox for `pod`, with an address of its own unless it uses the machine's; `grace` is in seconds."""

    id: SandboxId
    pod: ObjectKey
    grace: int
    host_network: bool = False


@attrs.frozen(kw_only=True)
class StartContainer(Action):
    """Start a container, or start it again after it exited.

    `once` marks one that does its work and ends; `restarts` is how often it was started before in another sandbox.
    """

    id: SandboxId
    name: str
    image: str
    once: bool = False
    restarts: int = 0


@attrs.frozen(kw_only=True)
class StopSandbox(Action):
    """Ask all containers to stop, and kill them after `grace` seconds."""

    id: SandboxId
    grace: int


@attrs.frozen(kw_only=True)
class RemoveSandbox(Action):
    """Kill what still runs and forget the sandbox."""

    id: SandboxId
