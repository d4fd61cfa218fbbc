"""Conditions that the API server itself sets in a status: put in place, with the time of the transition.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/api/v1/pod/util.go
"""

from __future__ import annotations

import functools

from kcore.api.evolve import evolve
from kcore.api.meta.condition import Condition
from kcore.api.times import Time


def found(conditions: tuple[Condition, ...], kind: str) -> Condition | None:
    """Return the condition of type `kind`, if there is one."""
    for one in conditions:
        if one.type == kind:
            return one
    return None


def is_true(conditions: tuple[Condition, ...], kind: str) -> bool:
    """Tell whether the condition of type `kind` is there and True."""
    condition = found(conditions, kind)
    return condition is not None and condition.status == "True"


@functools.lru_cache(maxsize=1024)
def with_condition(conditions: tuple[Condition, ...], new: Condition, now: Time) -> tuple[Condition, ...]:
    """Return `conditions` with `new` in the place of its type; its transition is now unless its status stays.

    Objects that are alike come to share what is returned.
    """
    old = found(conditions, new.type)
    if old is None:
        return (*conditions, evolve(new, last_transition_time=now))
    since = old.last_transition_time if old.status == new.status else now
    placed = evolve(new, last_transition_time=since)
    return tuple(placed if one is old else one for one in conditions)
