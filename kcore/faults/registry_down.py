"""The image registry does not answer, and answers again.

Models that nothing is pulled by any machine: a container whose image is not there waits, and so does one whose policy
is Always, though its image is there. What runs goes on running.

Not modelled: a registry that is slow, that lacks some images, or that some machines alone can't reach.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from kcore.client.component import Components
from kcore.cluster.fault import Fault
from kcore.cluster.state import ClusterState
from kcore.machine import Refusal
from kcore.world.disturb import with_registry

DOWN_RULE = "faults.stop_registry"
UP_RULE = "faults.start_registry"
BUDGET = "registryDown"


@attrs.frozen
class RegistryDown:
    """The image registry does not answer any more."""


@attrs.frozen
class RegistryUp:
    """The image registry answers again."""


def _down_refused(state: ClusterState, _: RegistryDown) -> Refusal | None:
    return None if state.world.registry_up else Refusal(DOWN_RULE, "the registry is down already")


def _up_refused(state: ClusterState, _: RegistryUp) -> Refusal | None:
    return Refusal(UP_RULE, "the registry is up") if state.world.registry_up else None


def _down(state: ClusterState, _: Components, __: RegistryDown) -> ClusterState:
    return attrs.evolve(state, world=with_registry(state.world, up=False))


def _up(state: ClusterState, _: Components, __: RegistryUp) -> ClusterState:
    return attrs.evolve(state, world=with_registry(state.world, up=True))


def _that_is_up(state: ClusterState) -> Sequence[RegistryDown]:
    return [RegistryDown()] if state.world.registry_up else []


def _that_is_down(state: ClusterState) -> Sequence[RegistryUp]:
    return [] if state.world.registry_up else [RegistryUp()]


FAULTS = (
    Fault(
        rule=DOWN_RULE,
        event=RegistryDown,
        budget=BUDGET,
        refused=_down_refused,
        effect=_down,
        candidates=_that_is_up,
    ),
    Fault(
        rule=UP_RULE,
        event=RegistryUp,
        mends=BUDGET,
        refused=_up_refused,
        effect=_up,
        candidates=_that_is_down,
    ),
)
