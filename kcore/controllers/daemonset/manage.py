"""Manage: which nodes need a pod now and which pods have to go, whatever template they are of.

Models podsShouldBeOnNode: a node that should run a pod and has none gets one; a pod that has failed or ended goes, the
failed one no more often than its back-off lets it; of several on a node the oldest stays, or with maxSurge the oldest
of the latest template and the oldest of any other, until the new one is available or the old one is not ready. Where
none may stay, all go; one that is meant for a node that does not exist goes too.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/daemon/daemon_controller.go
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence

import attrs

from kcore.api.core.pod import Pod
from kcore.api.intstr import IntOrStringError
from kcore.controllers.daemonset.situation import OnNodes, Situation, by_age, max_surge
from kcore.controllers.daemonset.template import has_hash
from kcore.reconcile.podutil import is_pod_ready

FAILED = "Failed"
SUCCEEDED = "Succeeded"
_ENDED = (FAILED, SUCCEEDED)


@attrs.frozen(kw_only=True)
class Plan:
    """The nodes that need a pod, the pods that go, and the nodes where one that failed goes, or has to wait for it."""

    needing: tuple[str, ...] = ()
    doomed: tuple[Pod, ...] = ()
    retried: tuple[str, ...] = ()
    delayed: tuple[str, ...] = ()


def manage(situation: Situation, on_nodes: OnNodes, waiting: Container[str]) -> Plan:
    """Return what to create and delete; failed pods on nodes that are `waiting` stay for now."""
    needing: list[str] = []
    doomed: list[Pod] = []
    failed: dict[str, list[Pod]] = {}
    surging = _allows_surge(situation)
    for node, (should_run, should_continue) in situation.nodes.items():
        pods = _alive(on_nodes.get(node, ()))
        if should_run and node not in on_nodes:
            needing.append(node)
        elif should_continue:
            running = [pod for pod in pods if pod.status.phase not in _ENDED]
            failed[node] = [pod for pod in pods if pod.status.phase == FAILED]
            doomed += failed[node][: int(node not in waiting)]
            doomed += [pod for pod in pods if pod.status.phase == SUCCEEDED]
            doomed += _excess(situation, running, surging=surging)
            needing += [node] if surging and should_run and not running else []
        else:
            doomed += pods
    return Plan(
        needing=tuple(needing),
        doomed=(*doomed, *_meant_for_nowhere(situation, on_nodes)),
        retried=tuple(node for node, pods in failed.items() if pods and node not in waiting),
        delayed=tuple(node for node, pods in failed.items() if len(pods) > (node not in waiting)),
    )


def _alive(pods: Iterable[Pod]) -> list[Pod]:
    return [pod for pod in pods if pod.metadata.deletion_timestamp is None]


def _excess(situation: Situation, running: Sequence[Pod], *, surging: bool) -> list[Pod]:
    """Return which of the pods that run on one node are too many."""
    ordered = by_age(running)
    if not surging:
        return ordered[1:]
    new = [pod for pod in ordered if has_hash(pod, situation.revision_hash)]
    old = [pod for pod in ordered if not has_hash(pod, situation.revision_hash)]
    excess = new[1:] + old[1:]
    if new and old and (not is_pod_ready(old[0]) or situation.available(new[0])):
        excess.append(old[0])
    return excess


def _meant_for_nowhere(situation: Situation, on_nodes: OnNodes) -> Iterator[Pod]:
    """Yield the pods that wait for a node that does not exist."""
    for node, pods in on_nodes.items():
        if node not in situation.nodes:
            yield from (pod for pod in pods if not pod.spec.node_name)


def _allows_surge(situation: Situation) -> bool:
    try:
        return max_surge(situation.daemon_set, 1) > 0
    except IntOrStringError:
        return False
