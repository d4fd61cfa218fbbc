"""Unchanged: a predicate over the network that is asked again only when something that it is made of has changed."""

from __future__ import annotations

from collections.abc import Callable

from kcore.cluster.state import ClusterState
from kcore.machine import Finding


class Unchanged:
    """A predicate over what a network is made of; it is asked again only when some of that has changed."""

    def __init__(self, predicate: Callable[[ClusterState], Finding]) -> None:
        """Ask `predicate`."""
        self._predicate = predicate
        self._good: tuple[object, object, object] | None = None

    def __call__(self, state: ClusterState) -> Finding:
        """Tell whether the predicate holds."""
        parts = (state.store, state.world, state.processes)
        if self._good is not None and all(one is other for one, other in zip(parts, self._good, strict=True)):
            return True
        found = self._predicate(state)
        if found is True:
            self._good = parts
        return found
