"""Switch: something of each master or node that a fault turns off, and that can be turned on again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import attrs

from kcore.client.component import Components
from kcore.cluster.fault import Fault
from kcore.cluster.state import ClusterState
from kcore.machine import Refusal


class Way(NamedTuple):
    """One way to turn a switch: its rule, and its event, whose one field is the name of the master or node."""

    rule: str
    event: type[Any]


@attrs.frozen(kw_only=True)
class Switch:
    """What can be turned off and `on`.

    `names` are those of the masters or nodes. `stays(state, name, on)` says why it can't be turned so, "" if it can;
    `turned(state, name, on)` is the state in which it is.
    """

    names: Callable[[ClusterState], Iterable[str]]
    stays: Callable[[ClusterState, str, bool], str]
    turned: Callable[[ClusterState, str, bool], ClusterState]

    def faults(self, budget: str, off: Way, on: Way) -> tuple[Fault[Any], Fault[Any]]:
        """Return the fault `off`, which is offered while its `budget` lasts, and `on`, which mends it."""
        return self._fault(off, on=False, budget=budget), self._fault(on, on=True, mends=budget)

    def _fault(self, way: Way, *, on: bool, budget: str = "", mends: str = "") -> Fault[Any]:
        field = attrs.fields(way.event)[0].name

        def refused(state: ClusterState, event: Any) -> Refusal | None:
            name = getattr(event, field)
            why = self.stays(state, name, on)
            return Refusal(way.rule, why, **{field: name}) if why else None

        def turned(state: ClusterState, _: Components, event: Any) -> ClusterState:
            return self.turned(state, getattr(event, field), on)

        def candidates(state: ClusterState) -> Sequence[Any]:
            return [way.event(name) for name in sorted(self.names(state)) if not self.stays(state, name, on)]

        return Fault(
            rule=way.rule,
            event=way.event,
            budget=budget,
            mends=mends,
            refused=refused,
            effect=turned,
            candidates=candidates,
        )
