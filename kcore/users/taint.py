"""Taints one by one: `kubectl taint node NODE key=value:effect` and `key[:effect]-`.

Models the two refusals of the command: a taint of the same key and effect is there, or there is none to take away. The
patch holds the whole list of taints, as a list of taints can't be merged.

Not modelled: --overwrite; the act `Taint` replaces all taints of a node.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/kubectl/pkg/cmd/taint/taint.go
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from kcore.api.convert import unstructure
from kcore.api.core.node import Node
from kcore.api.core.taint import Taint
from kcore.apiserver.request import PatchType, Request
from kcore.cluster.state import ClusterState
from kcore.cluster.target import Target
from kcore.machine import Refusal
from kcore.users.rollout import absent, find, patched

ADD_RULE = "users.add_taint"
REMOVE_RULE = "users.remove_taint"


@attrs.frozen(kw_only=True)
class AddTaint:
    """Taint a node, besides the taints that it has."""

    node: str
    key: str
    effect: str
    value: str = ""


@attrs.frozen(kw_only=True)
class RemoveTaint:
    """Take from a node the taints of `key`: of one `effect`, or of all for ""."""

    node: str
    key: str
    effect: str = ""


def add_requests(state: ClusterState, event: AddTaint) -> tuple[Request, ...] | Refusal:
    """Return the patch with one taint more."""
    target = Target(kind="Node", name=event.node)
    found = find(ADD_RULE, state, target)
    if not isinstance(found, Node):
        return absent(found) or ()
    taints = found.spec.taints
    if any((one.key, one.effect) == (event.key, event.effect) for one in taints):
        return Refusal(ADD_RULE, "the node has a taint of this key and effect", node=event.node, key=event.key)
    return _replaced(state, target, (Taint(key=event.key, value=event.value, effect=event.effect), *taints))


def remove_requests(state: ClusterState, event: RemoveTaint) -> tuple[Request, ...] | Refusal:
    """Return the patch without the taints that are meant."""
    target = Target(kind="Node", name=event.node)
    found = find(REMOVE_RULE, state, target)
    if not isinstance(found, Node):
        return absent(found) or ()
    kept = [one for one in found.spec.taints if one.key != event.key or event.effect not in ("", one.effect)]
    if len(kept) == len(found.spec.taints):
        return Refusal(REMOVE_RULE, "taint not found", node=event.node, key=event.key)
    return _replaced(state, target, kept)


def _replaced(state: ClusterState, target: Target, taints: Iterable[Taint]) -> tuple[Request, ...]:
    return patched(state, target, {"spec": {"taints": [unstructure(one) for one in taints]}}, PatchType.MERGE)
