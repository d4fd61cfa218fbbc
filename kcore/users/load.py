"""Set load: more or less is asked of the pods than before.

Models what the users of a service do, and a queue that grows: a load or a gauge of the world has another value from now
on. Nobody is told; the next sample shows it.
"""

from __future__ import annotations

from typing import Any

import attrs

from kcore.cluster.state import ClusterState
from kcore.machine import Note, Refusal, Rule, Step
from kcore.world.metrics import with_value

RULE = "users.set_load"


@attrs.frozen
class LoadSet:
    """The load or gauge of the name `load` is `milli` thousandths of its metric."""

    load: str
    milli: int


def _refused(state: ClusterState, event: LoadSet) -> Refusal | None:
    metrics = state.world.metrics
    known = {one.name for one in metrics.loads} | {one.name for one in metrics.gauges}
    return None if event.load in known else Refusal(RULE, "there is no load of that name", load=event.load)


def _set(state: ClusterState, event: LoadSet) -> Step[ClusterState]:
    metrics = with_value(state.world.metrics, event.load, event.milli)
    world = attrs.evolve(state.world, metrics=metrics)
    return Step(attrs.evolve(state, world=world), (Note("load.set", load=event.load, milli=event.milli),))


def _no_choices(_: ClusterState) -> tuple[()]:
    return ()


def rule() -> Rule[ClusterState, Any]:
    """Return the rule."""
    return Rule(name=RULE, event=LoadSet, guard=_refused, effect=_set, choices=_no_choices)
