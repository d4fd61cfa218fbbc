"""Switch: something of each master that a fault turns off and that can be turned on again, as a pair of faults."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs

from kcore.client.component import Components
from kcore.cluster.fault import Fault
from kcore.cluster.state import ClusterState
from kcore.machine import Refusal


@attrs.frozen
class Way:
    """One way to turn a switch: its rule, its event, whose one field is the `master`, and what is said if it is so."""

    rule: str
    event: type[Any]
    already: str


@attrs.frozen(kw_only=True)
class Switch:
    """What is `up` on a master (None: it has none), and the state in which it is `turned` up or down."""

    up: Callable[[ClusterState, str], bool | None]
    turned: Callable[[ClusterState, str, bool], ClusterState]

    def faults(self, budget: str, off: Way, on: Way) -> tuple[Fault[Any], Fault[Any]]:
        """Return the fault `off`, which is offered while its `budget` lasts, and `on`, which mends it."""
        return self._fault(off, up=False, budget=budget), self._fault(on, up=True, mends=budget)

    def _fault(self, way: Way, *, up: bool, budget: str = "", mends: str = "") -> Fault[Any]:
        def refused(state: ClusterState, event: Any) -> Refusal | None:
            can = self.up(state, event.master) is (not up)
            return None if can else Refusal(way.rule, way.already, master=event.master)

        def turned(state: ClusterState, _: Components, event: Any) -> ClusterState:
            return self.turned(state, event.master, up)

        def candidates(state: ClusterState) -> Sequence[Any]:
            return [way.event(name) for name in state.control_plane.masters() if self.up(state, name) is (not up)]

        return Fault(
            rule=way.rule,
            event=way.event,
            budget=budget,
            mends=mends,
            refused=refused,
            effect=turned,
            candidates=candidates,
        )
