"""The cloud's load balancer learns late who is healthy, and learns it again.

Models health checks whose results do not arrive: the load balancer goes on sending to the nodes that were healthy when
it last heard, to nodes that are off or have no pod any more, and to no node that came since.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from kcore.client.component import ComponentKey, Components
from kcore.cluster.fault import Fault
from kcore.cluster.links import deafen, listen
from kcore.cluster.state import ClusterState
from kcore.machine import Refusal

LATE_RULE = "faults.delay_health_checks"
MEND_RULE = "faults.resume_health_checks"
BUDGET = "healthCheckLate"
FAMILY = "cloud-load-balancer"


@attrs.frozen
class HealthChecksLate:
    """The load balancer takes every node for as healthy as it was."""


@attrs.frozen
class HealthChecksResumed:
    """The load balancer knows again who is healthy."""


def _all(state: ClusterState, *, linked: bool) -> list[ComponentKey]:
    names = (ComponentKey(FAMILY, master) for master in state.control_plane.masters())
    return [name for name in names if name in state.processes and state.processes[name].linked is linked]


def _late_refused(state: ClusterState, _: HealthChecksLate) -> Refusal | None:
    return None if _all(state, linked=True) else Refusal(LATE_RULE, "no load balancer checks anybody's health")


def _mend_refused(state: ClusterState, _: HealthChecksResumed) -> Refusal | None:
    return None if _all(state, linked=False) else Refusal(MEND_RULE, "no load balancer is late")


def _delay(state: ClusterState, _: Components, __: HealthChecksLate) -> ClusterState:
    for name in _all(state, linked=True):
        state = deafen(state, name)
    return state


def _resume(state: ClusterState, components: Components, _: HealthChecksResumed) -> ClusterState:
    for name in _all(state, linked=False):
        state = listen(state, components, name)
    return state


def _delays(state: ClusterState) -> Sequence[HealthChecksLate]:
    return [HealthChecksLate()] if _late_refused(state, HealthChecksLate()) is None else []


def _resumptions(state: ClusterState) -> Sequence[HealthChecksResumed]:
    return [HealthChecksResumed()] if _mend_refused(state, HealthChecksResumed()) is None else []


FAULTS = (
    Fault(
        rule=LATE_RULE, event=HealthChecksLate, budget=BUDGET, refused=_late_refused, effect=_delay, candidates=_delays
    ),
    Fault(
        rule=MEND_RULE,
        event=HealthChecksResumed,
        mends=BUDGET,
        refused=_mend_refused,
        effect=_resume,
        candidates=_resumptions,
    ),
)
