"""The conditions of symmetry, tested: rules and properties treat a renamed state as the renaming of the state.

Models a check on given states and renamings, which finds what breaks a condition and proves nothing. All states of a
small instance and all transpositions of its members are a good choice.

Does not model which renamings a fingerprint forgets: that it forgets no others is tested by counting orbits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import attrs

from kcore.machine.canonical import Rename
from kcore.machine.cells import Layout, Name, Packed
from kcore.machine.property import Property
from kcore.machine.system import System

P = TypeVar("P")
S = TypeVar("S")
E = TypeVar("E")

Permutation = Callable[[P], P]
"""A renaming of a whole packed state."""


@attrs.frozen
class Asymmetry:
    """What treats a state and its renaming differently: the events that lead elsewhere, or a property's name."""

    what: str
    packed: Any
    renamed: Any


def renaming(
    layout: Layout, names: Mapping[Name, Name], rename: Rename = lambda value, _names: value
) -> Permutation[Packed]:
    """Return the renaming that moves cells as `names` says (a permutation) and renames references inside values."""

    def renamed(packed: Packed) -> Packed:
        ids = list(layout.pad(packed))
        for slot, number in enumerate(packed):
            name = layout.names.keys[slot]
            value = rename(layout.interner.values[number], names)
            ids[layout.slot(names.get(name, name))] = layout.interner.id_of(value)
        return tuple(ids)

    return renamed


def check_equivariance(
    system: System[P, Any, S, E],
    states: Iterable[P],
    permutations: Sequence[Permutation[P]],
    properties: Sequence[Property[S]] = (),
) -> tuple[Asymmetry, ...]:
    """Return what breaks the conditions of symmetry on these states, in order; empty where nothing does."""
    plain = system.unreduced()
    judged = [(each.name, plain.judge(each.met, f"property {each.name}")) for each in properties]
    found: list[Asymmetry] = []
    for packed in states:
        for permute in permutations:
            renamed = permute(packed)
            ours = {plain.fingerprint(permute(each)): event for event, each in _successors(plain, packed)}
            theirs = {plain.fingerprint(each): event for event, each in _successors(plain, renamed)}
            odd = ours.keys() ^ theirs.keys()
            if odd:
                events = sorted({str(event) for known in (ours, theirs) for f, event in known.items() if f in odd})
                found.append(Asymmetry(", ".join(events), packed, renamed))
            found += [Asymmetry(name, packed, renamed) for name, holds in judged if holds(packed) != holds(renamed)]
    return tuple(found)


def some_states(system: System[P, Any, S, E], count: int) -> list[P]:
    """Return up to so many reachable states, breadth first."""
    seen: set[int] = set()
    found: list[P] = []
    waiting = [(system.fingerprint(packed), packed) for _start, packed in system.starts()]
    while waiting and len(found) < count:
        following: list[tuple[int, P]] = []
        for fingerprint, packed in waiting:
            if fingerprint not in seen:
                seen.add(fingerprint)
                found.append(packed)
                moves = system.moves(packed)
                following += [(fingerprint + delta, system.build(packed, patch)) for delta, _event, patch in moves]
        waiting = following
    return found[:count]


def _successors(system: System[P, Any, S, E], packed: P) -> list[tuple[E, P]]:
    """Return the events that change a state, with what they lead to."""
    return [(event, system.build(packed, patch)) for _delta, event, patch in system.moves(packed)]
