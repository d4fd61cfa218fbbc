"""Update: which pods of an older template make way for the latest, within maxUnavailable or maxSurge.

Models rollingUpdate. Without maxSurge old pods are deleted: those that are not available anyway, and others as long as
no more nodes than maxUnavailable lack an available pod. With maxSurge new pods are created beside old ones: at once
where the old one is not available, elsewhere on maxSurge nodes at a time; an old pod goes when the new one beside it is
available. A node with more than one pod of either sort counts as unavailable, or as surging, and is left to manage.

Upstream takes nodes in the order of a Go map; here they are taken by name, which is one of its orders.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/daemon/update.go
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from kcore.api.core.pod import Pod
from kcore.controllers.daemonset.manage import Plan
from kcore.controllers.daemonset.situation import OnNodes, Situation, max_surge, max_unavailable


@attrs.frozen
class Pair:
    """The pods on a node that are not being deleted: the one of the latest template, and the one of another."""

    new: Pod | None = None
    old: Pod | None = None


@attrs.define(kw_only=True)
class Surge:
    """What a walk over the nodes finds when there may be two pods on a node."""

    surging: int = 0
    available: int = 0
    doomed: list[Pod] = attrs.Factory(list)
    misplaced: list[Pod] = attrs.Factory(list)
    at_once: list[str] = attrs.Factory(list)
    candidates: list[str] = attrs.Factory(list)


def rolling_update(situation: Situation, on_nodes: OnNodes) -> Plan | None:
    """Return what an update does now, None when it can't tell; IntOrStringError when its limits are no numbers."""
    wanted = situation.wanted
    unavailable, surge = max_unavailable(situation.daemon_set, wanted), max_surge(situation.daemon_set, wanted)
    if wanted and not unavailable and not surge:
        unavailable = 1
    missing = {node: () for node, one in situation.nodes.items() if one.should_run and node not in on_nodes}
    everywhere = dict(sorted({**on_nodes, **missing}.items()))
    if surge:
        return _surge(situation, everywhere, surge)
    return Plan(doomed=tuple(_replace(situation, everywhere, unavailable)))


def pair_on_node(situation: Situation, pods: Iterable[Pod]) -> Pair | None:
    """Return the pods of a node by template; None when there are two of one sort."""
    alive = [pod for pod in pods if pod.metadata.deletion_timestamp is None]
    new = [pod for pod in alive if situation.updated(pod)]
    old = [pod for pod in alive if not situation.updated(pod)]
    if len(new) > 1 or len(old) > 1:
        return None
    return Pair(new[0] if new else None, old[0] if old else None)


def _replace(situation: Situation, on_nodes: OnNodes, most: int) -> list[Pod]:
    """Return the old pods to delete, so that at most `most` nodes are without an available pod for it."""
    unavailable = 0
    at_once: list[Pod] = []
    candidates: list[Pod] = []
    for pods in on_nodes.values():
        pair = pair_on_node(situation, pods)
        if pair is None or (pair.new is None) == (pair.old is None):
            unavailable += 1
        elif pair.new is not None:
            unavailable += not situation.available(pair.new)
        elif pair.old is not None and not situation.available(pair.old):
            at_once.append(pair.old)
            unavailable += 1
        elif pair.old is not None and unavailable < most:
            candidates.append(pair.old)
    return at_once + candidates[: max(most - unavailable, 0)]


def _surge(situation: Situation, on_nodes: OnNodes, most: int) -> Plan | None:
    """Return the nodes that get a second pod, at most `most` at a time, and the old pods that may go."""
    found = Surge()
    for node, pods in on_nodes.items():
        pair = pair_on_node(situation, pods)
        if pair is None:
            found.surging += 1
            continue
        first = pair.old or pair.new
        found.available += first is not None and situation.available(first)
        if pair.old is None:
            continue
        if pair.new is not None:
            _surged(situation, found, pair.new, pair.old)
        elif node not in situation.nodes:
            return None
        else:
            _candidate(situation, found, node, pair.old, most)
    spare = max(found.available - situation.wanted, 0)
    room = max(most - found.surging, 0)
    return Plan(
        needing=(*found.at_once, *found.candidates[:room]),
        doomed=(*found.doomed, *found.misplaced[:spare]),
    )


def _surged(situation: Situation, found: Surge, new: Pod, old: Pod) -> None:
    """Take note of a node that has a new pod beside the old one."""
    if situation.available(new):
        found.doomed.append(old)
    else:
        found.surging += 1


def _candidate(situation: Situation, found: Surge, node: str, old: Pod, most: int) -> None:
    """Take note of a node that has an old pod only."""
    available = situation.available(old)
    if not situation.eligibility(node).should_run:
        (found.misplaced if available else found.doomed).append(old)
    elif not available:
        found.at_once.append(node)
    elif found.surging < most:
        found.candidates.append(node)
