"""Reconciling one volume: where it is to be attached, where it is, and what is to be done about that.

Models the reconciler: detaches come before attaches; a volume that the node says it uses is not taken from it, unless
the node is marked out of service, or is not ready and has had six minutes to let go; one that only one node may have is
attached to no second one.

Not modelled: pods that have ended but are kept, and the back-off of operations that fail.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/volume/attachdetach/reconciler/reconciler.go
"""

from __future__ import annotations

import attrs

from kcore.api.core.node import Node
from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.client.instant import Instant
from kcore.reconcile.attachment import unique_name
from kcore.world.disk import DiskId

MAX_WAIT_FOR_UNMOUNT = 360_000
"""How long (ms) a node that is not ready may go on using a volume that is wanted elsewhere."""

OUT_OF_SERVICE = "node.kubernetes.io/out-of-service"


@attrs.frozen(kw_only=True)
class Attached:
    """An attachment: its node (None: gone), and whether it is done and whether it is on its way out."""

    name: str
    node: Node | None
    attached: bool = False
    leaving: bool = False


@attrs.frozen(kw_only=True)
class Plan:
    """The names of nodes to detach from, to attach to, and that have to wait for another to let go.

    `since` are the times (ms since 1970) since which nodes are asked to let go.
    """

    detach: tuple[str, ...] = ()
    attach: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    since: FrozenMap[Instant] = EMPTY


def plan_of(
    disk: DiskId,
    wanted: tuple[str, ...],
    actual: tuple[Attached, ...],
    since: FrozenMap[Instant],
    now: int,
    *,
    shared: bool,
) -> Plan:
    """Return what is to be done about a volume that is `wanted` on these nodes and is attached as `actual` says."""
    detach: list[str] = []
    asked: dict[str, Instant] = {}
    for one in actual:
        if one.name in wanted or one.leaving:
            continue
        begun = since.get(one.name, Instant(now, matters=MAX_WAIT_FOR_UNMOUNT))
        if may_detach(one.node, disk, expired=now - begun >= MAX_WAIT_FOR_UNMOUNT):
            detach.append(one.name)
        else:
            asked[one.name] = begun
    there = [one.name for one in actual]
    missing = [name for name in wanted if name not in there]
    blocked = not shared and bool(there)
    attach = missing if shared else missing[:1]
    return Plan(
        detach=tuple(detach),
        attach=() if blocked else tuple(attach),
        refused=tuple(missing) if blocked else tuple(missing[len(attach) :]),
        since=FrozenMap(asked),
    )


def may_detach(node: Node | None, disk: DiskId, *, expired: bool) -> bool:
    """Tell whether a volume that nobody wants on `node` any more may be taken from it."""
    if node is None or unique_name(disk) not in node.status.volumes_in_use:
        return True
    if any(taint.key == OUT_OF_SERVICE for taint in node.spec.taints):
        return True
    return expired and not any(one.type == "Ready" and one.status == "True" for one in node.status.conditions)
