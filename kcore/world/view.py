"""MachineView: what a kubelet sees, its cache of the API and its own machine.

Models that a kubelet knows the state of its containers from the runtime at once, what they use too, and that of the
API through its cache. It sees no other machine.
"""

from __future__ import annotations

from kcore.api.object import ObjectKey
from kcore.apiserver.request import Response
from kcore.apiserver.store import Store
from kcore.client.view import View
from kcore.world.disk import Mount
from kcore.world.machine import Machine
from kcore.world.sandbox import Sandbox, SandboxId
from kcore.world.usage import Usage, image_sizes, is_measured, usage_of
from kcore.world.world import World


class MachineView(View):
    """A view of `store` at the time `now` (ms since 1970), and of the machine `node` in `world`."""

    __slots__ = ("_node", "_world")

    def __init__(
        self,
        store: Store,
        now: int,
        answers: tuple[Response, ...] = (),
        reads: list[tuple[tuple[object, ...], object]] | None = None,
        *,
        world: World,
        node: str,
    ) -> None:
        """Look at the machine as it is, and at the API as the cache last heard of it."""
        super().__init__(store, now, answers, reads)
        self._world = world
        self._node = node

    def machine(self) -> Machine:
        """Return the machine that the kubelet runs on."""
        return self._read(("machine",), self._world.machine(self._node))

    def sandbox(self, uid: str) -> Sandbox | None:
        """Return what runs of the pod `uid` here, None for nothing."""
        return self._read(("sandbox", uid), self._world.sandboxes.get(SandboxId(self._node, uid)))

    def sandboxes(self) -> tuple[Sandbox, ...]:
        """Return all that runs here, sorted by pod uid."""
        return self._read(("sandboxes",), self._world.sandboxes_on(self._node))

    def is_measured(self) -> bool:
        """Tell whether anything uses memory or disk here, or may."""
        return self._read(("is_measured",), is_measured(self._world, self._node))

    def images(self) -> tuple[tuple[str, int], ...]:
        """Return the images here whose size somebody has said, with that in bytes, the largest first."""
        return self._read(("images",), image_sizes(self._world, self._node))

    def usage(self, resource: str) -> Usage:
        """Return what is in use of `resource` here ("memory", "ephemeral-storage")."""
        return self._read(("usage", resource), usage_of(self._world, self._store, self._node, resource, self._now))

    def mounts(self) -> tuple[Mount, ...]:
        """Return what is mounted here in sandboxes that have not stopped, by pod uid."""
        return self._read(("mounts",), self._world.mounts_on(self._node))

    def mounted(self, uid: str) -> tuple[Mount, ...]:
        """Return what is mounted for the pod `uid` here."""
        return self._read(("mounted", uid), self._world.disks.of_sandbox.get(SandboxId(self._node, uid), ()))

    def sandboxes_of(self, pod: ObjectKey) -> tuple[Sandbox, ...]:
        """Return the sandboxes here of all pods that had or have this name, sorted by uid."""
        return self._read(("sandboxes_of", pod), self._world.sandboxes_of(self._node, pod))
