"""Breadth-first exploration: all reachable states within limits, and verdicts on what is asked of them.

The first state that breaks a property is one with the fewest steps, so that its trace is a shortest one. Liveness is
judged on the graph of states, in a pass of its own (see liveness).

Does not model seconds: two runs of one search see the same states in the same order on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from kcore.machine.collection import collection_frozen
from kcore.machine.liveness import judge_liveness
from kcore.machine.progress import SILENT, Reporting
from kcore.machine.property import LIVENESS, Property, check_properties
from kcore.machine.search import Search
from kcore.machine.system import System
from kcore.machine.verdict import Findings, Limits, Verdict

P = TypeVar("P")
W = TypeVar("W")
S = TypeVar("S")
E = TypeVar("E")

DEFAULT_LIMITS = Limits()


def explore(
    system: System[P, W, S, E],
    properties: Sequence[Property[S]] = (),
    *,
    limits: Limits = DEFAULT_LIMITS,
    reporting: Reporting = SILENT,
) -> Findings[E]:
    """Return the verdicts on properties, in order, after looking at all states within the limits.

    Without properties all states are counted; with them the search ends early once nothing is left to decide.
    Liveness is judged on the unreduced system; each verdict carries the coverage of the pass that it comes from.
    """
    asked = check_properties(properties)
    live = tuple(each for each in asked if each.kind in LIVENESS)
    verdicts: dict[str, Verdict[E]] = {}
    with collection_frozen():
        if live:
            coverage, judged = judge_liveness(system.unreduced(), live, limits, reporting)
            verdicts |= judged
        if len(live) < len(asked) or not live:
            search = Search(system, [each for each in asked if each.kind not in LIVENESS], limits, reporting)
            coverage = search.run()
            verdicts |= search.watches.verdicts(coverage)
    return Findings(verdicts=tuple(verdicts[each.name] for each in asked), coverage=coverage)
