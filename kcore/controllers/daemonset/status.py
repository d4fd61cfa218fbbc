"""Status: what is counted of the nodes and pods of a DaemonSet, and how it is written.

Models the counts: of several pods on a node the oldest one counts. The status is written when a count differs or the
generation is new, a second time if the first is refused. A sync that still waits for what it did before leaves the
observed generation as it is.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/daemon/daemon_controller.go
"""

from __future__ import annotations

from kcore.api.apps.daemonset import DaemonSet, DaemonSetStatus
from kcore.api.evolve import evolve
from kcore.api.kinds import key_of
from kcore.apiserver.request import Request, Response, Verb
from kcore.controllers.daemonset.situation import OnNodes, Situation, by_age
from kcore.reconcile.podutil import is_pod_ready
from kcore.reconcile.program import Program, ask

UNCHANGED = Response(code=200)
"""The answer to a write that was not needed."""


def calculate_status(situation: Situation, on_nodes: OnNodes) -> DaemonSetStatus:
    """Return the status with the counts of now."""
    desired = [node for node, one in situation.nodes.items() if one.should_run]
    first = [by_age(on_nodes[node])[0] for node in desired if node in on_nodes]
    ready = [pod for pod in first if is_pod_ready(pod)]
    available = sum(map(situation.available, ready))
    return evolve(
        situation.daemon_set.status,
        desired_number_scheduled=len(desired),
        current_number_scheduled=len(first),
        number_misscheduled=sum(not one.should_run and node in on_nodes for node, one in situation.nodes.items()),
        number_ready=len(ready),
        updated_number_scheduled=sum(map(situation.updated, first)),
        number_available=available,
        number_unavailable=len(desired) - available,
    )


def update_daemon_set_status(daemon_set: DaemonSet, status: DaemonSetStatus, *, observed: bool) -> Program[Response]:
    """Write `status` unless it says nothing new, as that of the latest generation if `observed`; return the answer."""
    generation = daemon_set.metadata.generation
    if status == daemon_set.status and status.observed_generation >= generation:
        return UNCHANGED
    status = evolve(status, observed_generation=generation) if observed else status
    answer = yield from ask(_write(daemon_set, status))
    if answer.ok:
        return answer
    fresh = yield from ask(Request(verb=Verb.GET, key=key_of(daemon_set)))
    if not isinstance(fresh.object, DaemonSet):
        return fresh
    kept = fresh.object.status
    again = evolve(
        status,
        collision_count=kept.collision_count,
        conditions=kept.conditions,
        observed_generation=status.observed_generation if observed else kept.observed_generation,
    )
    return (yield from ask(_write(fresh.object, again)))


def _write(daemon_set: DaemonSet, status: DaemonSetStatus) -> Request:
    body = evolve(daemon_set, status=status)
    return Request(verb=Verb.UPDATE, key=key_of(daemon_set), subresource="status", body=body)
