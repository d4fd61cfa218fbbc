"""The taints of a node that follow from its conditions, and how a controller puts them on and takes them off.

Models the NoSchedule taints of conditions and of cordoning; and the writes, which read the node first, from a watch
cache unless that proves stale, and name the version that they change. A taint is told by key and effect; putting one on
that is there already renews its time.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/controller_utils.go
Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/util/node/controller_utils.go
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from kcore.api.convert import unstructure
from kcore.api.core.node import Node
from kcore.api.core.taint import Taint
from kcore.api.json import Json, Wire
from kcore.api.object import ObjectKey
from kcore.api.times import Time
from kcore.apiserver.request import Options, PatchType, Request, Verb
from kcore.placement.taints import NO_EXECUTE, NO_SCHEDULE
from kcore.reconcile.program import Program, ask

PREFIX = "node.kubernetes.io/"
TAINT_OF = {
    ("Ready", "False"): f"{PREFIX}not-ready",
    ("Ready", "Unknown"): f"{PREFIX}unreachable",
    ("MemoryPressure", "True"): f"{PREFIX}memory-pressure",
    ("DiskPressure", "True"): f"{PREFIX}disk-pressure",
    ("NetworkUnavailable", "True"): f"{PREFIX}network-unavailable",
    ("PIDPressure", "True"): f"{PREFIX}pid-pressure",
}
"""The key of the taint that a condition with this status has."""

UNSCHEDULABLE = f"{PREFIX}unschedulable"
MANAGED = frozenset((*TAINT_OF.values(), UNSCHEDULABLE))
"""The keys of the NoSchedule taints that the controller keeps in step."""

NOT_READY = Taint(key=TAINT_OF["Ready", "False"], effect=NO_EXECUTE)
UNREACHABLE = Taint(key=TAINT_OF["Ready", "Unknown"], effect=NO_EXECUTE)

ATTEMPTS = 5
"""How often a write is tried while somebody else changes the node."""

_STRATEGIC = Options(patch_type=PatchType.STRATEGIC)
_ANY_VERSION = Options(resource_version="0")
_LATEST = Options()


def no_schedule_changes(node: Node) -> tuple[tuple[Taint, ...], tuple[Taint, ...]]:
    """Return the NoSchedule taints that `node` lacks and those that it has without cause."""
    keys = [TAINT_OF[pair] for pair in ((one.type, one.status) for one in node.status.conditions) if pair in TAINT_OF]
    if node.spec.unschedulable:
        keys.append(UNSCHEDULABLE)
    present = [one for one in node.spec.taints if one.effect == NO_SCHEDULE and one.key in MANAGED]
    has = {one.key for one in present}
    lacking = tuple(Taint(key=key, effect=NO_SCHEDULE) for key in keys if key not in has)
    return lacking, tuple(one for one in present if one.key not in keys)


def has_taint(node: Node, taint: Taint) -> bool:
    """Tell whether `node` has a taint with the key and effect of `taint`."""
    return any(_same(one, taint) for one in node.spec.taints)


def swap_taints(node: Node, added: Iterable[Taint], removed: Iterable[Taint], now: Time) -> Program[bool]:
    """Put `added` on the node as of `now`, then take `removed` off; return whether both went well."""
    new = tuple(attrs.evolve(one, time_added=now) for one in added)
    if new and not (yield from _write(node.metadata.name, new, ())):
        return False
    return (yield from remove_taints(node, *removed))


def remove_taints(node: Node, *taints: Taint) -> Program[bool]:
    """Take `taints` off the node unless it, as it is known, has none of them; return whether that went well."""
    if not any(has_taint(node, one) for one in taints):
        return True
    return (yield from _write(node.metadata.name, (), taints))


def _write(name: str, added: tuple[Taint, ...], removed: tuple[Taint, ...]) -> Program[bool]:
    """Change the taints of the node `name` as the API server has it; return whether that went well."""
    key = ObjectKey("Node", "", name)
    options = _ANY_VERSION
    for _ in range(ATTEMPTS):
        found = (yield from ask(Request(verb=Verb.GET, key=key, options=options))).object
        if not isinstance(found, Node):
            return False
        taints = _changed(found.spec.taints, added, removed)
        if taints == found.spec.taints:
            return True
        answer = yield from ask(_patch(key, found, taints))
        if answer.ok or answer.reason != "Conflict":
            return answer.ok
        options = _LATEST
    return False


def _changed(taints: tuple[Taint, ...], added: Iterable[Taint], removed: Iterable[Taint]) -> tuple[Taint, ...]:
    """Return `taints` in which those of `added` stand in the place of what they are told by, or last."""
    for new in added:
        stays = tuple(new if _same(one, new) else one for one in taints)
        taints = stays if new in stays else (*taints, new)
    for old in removed:
        taints = tuple(one for one in taints if not _same(one, old))
    return taints


def _patch(key: ObjectKey, node: Node, taints: tuple[Taint, ...]) -> Request:
    spec: Wire = {"taints": [unstructure(one) for one in taints] or None}
    body = Json.of({"metadata": {"resourceVersion": node.metadata.resource_version}, "spec": spec})
    return Request(verb=Verb.PATCH, key=key, body=body, options=_STRATEGIC)


def _same(one: Taint, other: Taint) -> bool:
    return one.key == other.key and one.effect == other.effect
