"""Recording in the model: the rules of a cluster that keeps events also record what processes tell of.

Models it as a wrapper of every rule in which a process acts, so that a cluster that keeps no events pays nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

import attrs

from kcore.client.component import ComponentKey, Components
from kcore.cluster.recorder import record
from kcore.cluster.state import ClusterState
from kcore.machine import Rule, Step
from kcore.optional.eventttl import FAMILY


def recording(rules: Iterable[Rule[ClusterState, Any]], components: Components) -> tuple[Rule[ClusterState, Any], ...]:
    """Return `rules`, in a cluster with the time to live of events those that record what is told of in them."""
    if FAMILY not in components:
        return tuple(rules)
    return tuple(attrs.evolve(rule, effect=partial(_recorded, rule, components)) for rule in rules)


def _recorded(
    rule: Rule[ClusterState, Any], components: Components, state: ClusterState, event: object
) -> Step[ClusterState]:
    step: Step[ClusterState] = rule.effect(state, event)
    process = getattr(event, "process", None)
    return record(components, process, state, step) if isinstance(process, ComponentKey) else step
