"""Usage: how much memory and disk is in use on a machine, and by whom.

Models use as a fact: what the behavior of an image says that its containers take while they run, what a load has the
pods take that bear it (a load of the metric `memory` or `ephemeral-storage`), what the images on the disk take, and
what something takes that is no pod.

Not modelled: caches, swap, inodes, processes, a file system of its own for images; what a container that has ended
leaves on the disk, which is as good as gone.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/kubelet/server/stats/summary.go
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from kcore.api.core.pod import Pod
from kcore.api.memo import Memo
from kcore.apiserver.store import Store
from kcore.world.behavior import Behavior, behavior_of
from kcore.world.metrics import Metrics, borne_by
from kcore.world.sandbox import Sandbox, uid_of
from kcore.world.world import World

MEMORY = "memory"
DISK = "ephemeral-storage"

RESOURCES = (MEMORY, DISK)
"""The resources whose use is measured, by the names that nodes and pods call them."""


class PodUse(NamedTuple):
    """What the containers of the pod `uid` use of a resource, in bytes by the name of each that runs."""

    uid: str
    containers: tuple[tuple[str, int], ...]

    @property
    def total(self) -> int:
        """What the pod uses."""
        return sum(amount for _, amount in self.containers)


class Usage(NamedTuple):
    """What is in use of a resource on a machine, in bytes: by each pod of which something runs, and by all else."""

    pods: tuple[PodUse, ...]
    rest: int

    @property
    def total(self) -> int:
        """What is in use in all."""
        return self.rest + sum(one.total for one in self.pods)


def is_measured(world: World, node: str) -> bool:
    """Tell whether anything at all uses memory or disk on the machine `node`, or may."""
    return bool(world.machines[node].taken) or _ANY_USE(world.behaviors, world.metrics)


def usage_of(world: World, store: Store, node: str, resource: str, now: int) -> Usage:
    """Return what is in use of `resource` on the machine `node` at `now` (ms since 1970); `store` knows the pods."""
    pods = tuple(_pod_use(world, store, one, resource, now) for one in world.sandboxes_on(node) if one.running)
    images = sum(size for _, size in image_sizes(world, node)) if resource == DISK else 0
    return Usage(pods, world.machines[node].taken.get(resource, 0) + images)


def _pod_use(world: World, store: Store, sandbox: Sandbox, resource: str, now: int) -> PodUse:
    """Return what one pod uses; a load that it bears is spread evenly over its containers that run."""
    field = _FIELDS[resource]
    running = [one for one in sandbox.containers if one.has_process]
    share, rest = divmod(_load(world, store, sandbox, resource), len(running))
    containers = []
    for number, one in enumerate(running):
        own: int = getattr(behavior_of(world.behaviors, one.image), field) if now >= one.uses_from else 0
        containers.append((one.name, own + share + (rest if number == 0 else 0)))
    return PodUse(sandbox.id.pod_uid, tuple(containers))


def _load(world: World, store: Store, sandbox: Sandbox, resource: str) -> int:
    """Return what loads have the pod of a sandbox use, in bytes."""
    if not world.metrics.loads:
        return 0
    pod = store.get(sandbox.pod)
    same = isinstance(pod, Pod) and uid_of(pod) == sandbox.id.pod_uid
    return borne_by(world, store, pod, resource) // 1000 if isinstance(pod, Pod) and same else 0


def image_sizes(world: World, node: str) -> tuple[tuple[str, int], ...]:
    """Return the images on the disk of a machine that take any room, with how many bytes, the largest first."""
    sizes = [(one, behavior_of(world.behaviors, one).image_size) for one in world.images.get(node, ())]
    return tuple(sorted((one for one in sizes if one[1]), key=lambda one: (-one[1], one[0])))


def _any_use(behaviors: tuple[Behavior, ...], metrics: Metrics) -> bool:
    uses = any(one.memory or one.disk or one.image_size for one in behaviors)
    return uses or any(one.metric in RESOURCES for one in metrics.loads)


_ANY_USE: Memo[bool] = Memo(_any_use, 64)

_FIELDS: Mapping[str, str] = {MEMORY: "memory", DISK: "disk"}
"""What of a behavior says how much of a resource its containers use."""
