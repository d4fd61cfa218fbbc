"""The network between two groups of machines is cut, and mended.

Models that nothing that is sent from a machine of one group arrives at one of the other, in both directions, while all
of them reach the control plane: everybody is Ready, and requests are lost all the same. Any two groups can be asked
for; a search is offered each zone, and each machine, against the rest.

Not modelled: links that lose only some of what is sent. That machines lose the control plane is `node_cut_off`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs

from kcore.api.evolve import evolve
from kcore.client.component import Components
from kcore.cluster.fault import Fault
from kcore.cluster.state import ClusterState
from kcore.machine import Refusal
from kcore.world.disturb import with_wires

CUT_RULE = "faults.partition_network"
MEND_RULE = "faults.mend_network"
BUDGET = "networkPartition"
ZONE = "topology.kubernetes.io/zone"


@attrs.frozen
class NetworkPartitioned:
    """The machines of `one` and `other`, named each, do not reach each other; none named in `other`: all the rest."""

    one: tuple[str, ...]
    other: tuple[str, ...] = ()


@attrs.frozen
class NetworkMended:
    """All machines reach each other again."""


def _other(state: ClusterState, event: NetworkPartitioned) -> tuple[str, ...]:
    return event.other or tuple(name for name in sorted(state.world.machines) if name not in event.one)


def _cut_refused(state: ClusterState, event: NetworkPartitioned) -> Refusal | None:
    machines, other = state.world.machines, _other(state, event)
    missing = sorted(name for name in (*event.one, *other) if name not in machines)
    if missing or not event.one or not other:
        return Refusal(CUT_RULE, "there are no such machines", machines=", ".join(missing))
    both = sorted(set(event.one) & set(other))
    if both:
        return Refusal(CUT_RULE, "a machine is on both sides", machines=", ".join(both))
    if all(machines[name].unreachable.issuperset(other) for name in event.one):
        return Refusal(CUT_RULE, "they do not reach each other already", machines=", ".join(event.one))
    return None


def _mend_refused(state: ClusterState, _: NetworkMended) -> Refusal | None:
    whole = not any(machine.unreachable for machine in state.world.machines.values())
    return Refusal(MEND_RULE, "all machines reach each other") if whole else None


def _cut(state: ClusterState, _: Components, event: NetworkPartitioned) -> ClusterState:
    return evolve(state, world=with_wires(state.world, event.one, _other(state, event), whole=False))


def _mend(state: ClusterState, _: Components, __: NetworkMended) -> ClusterState:
    names = sorted(state.world.machines)
    return evolve(state, world=with_wires(state.world, names, names, whole=True))


def _groups(state: ClusterState) -> Iterable[tuple[str, ...]]:
    """Yield each zone of several machines, then each machine."""
    zones: dict[str, list[str]] = {}
    for node in state.store.list("Node"):
        zone, name = node.metadata.labels.get(ZONE), node.metadata.name
        if zone and name in state.world.machines:
            zones.setdefault(zone, []).append(name)
    yield from (tuple(sorted(zones[zone])) for zone in sorted(zones) if len(zones[zone]) > 1)
    yield from ((name,) for name in sorted(state.world.machines))


def _cuts(state: ClusterState) -> Sequence[NetworkPartitioned]:
    events = [NetworkPartitioned(group) for group in _groups(state)]
    return [event for event in events if _cut_refused(state, event) is None]


def _mends(state: ClusterState) -> Sequence[NetworkMended]:
    return [NetworkMended()] if _mend_refused(state, NetworkMended()) is None else []


FAULTS = (
    Fault(rule=CUT_RULE, event=NetworkPartitioned, budget=BUDGET, refused=_cut_refused, effect=_cut, candidates=_cuts),
    Fault(rule=MEND_RULE, event=NetworkMended, mends=BUDGET, refused=_mend_refused, effect=_mend, candidates=_mends),
)
