"""How a row of a table of states is judged."""

from __future__ import annotations

from kcore.invariants.table import INVARIANTS
from kcore.machine import Culprits


def blamed(name, state):
    """Whom the invariant of this name blames in a state: nobody where it holds."""
    invariant = INVARIANTS[name]
    finding = (invariant.property.premise and not invariant.property.begins(state)) or invariant.property.holds(state)
    return finding.things if isinstance(finding, Culprits) else ()


def witnessed(name, state):
    """Whether the invariant of this name says something in a state."""
    return INVARIANTS[name].witness.met(state)
