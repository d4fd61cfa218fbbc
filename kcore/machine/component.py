"""Strongly connected components, and those in which a run may go round for ever and be fair.

A weakly fair event that is enabled throughout a component and never taken inside makes all of it unfair. A strongly
fair event that is enabled somewhere and never taken inside forbids the states that enable it; what is left is looked
at again. Components are found iteratively (Tarjan's algorithm), so depth does not matter.

Does not model fairness between rules: it is owed to single events, see rule.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import TypeVar

from kcore.machine.graph import Edge, Graph
from kcore.machine.rule import Fairness

E = TypeVar("E")

FairnessOf = Callable[[int], Fairness]
"""The fairness of an event, by its number."""


def components(graph: Graph[E], states: Collection[int]) -> Iterator[list[int]]:
    """Yield the components of a part of the graph that hold a cycle, each with its states in order."""
    member = frozenset(states)
    order: dict[int, int] = {}
    lowest: dict[int, int] = {}
    open_states: list[int] = []
    is_open: set[int] = set()
    for root in sorted(member):
        if root in order:
            continue
        work = [(root, graph.edges(root))]
        while work:
            state, edges = work[-1]
            if state not in order:
                order[state] = lowest[state] = len(order)
                open_states.append(state)
                is_open.add(state)
            deeper = _descend(edges, state, member, order, lowest, is_open)
            if deeper is not None:
                work.append((deeper, graph.edges(deeper)))
                continue
            work.pop()
            if work:
                above = work[-1][0]
                lowest[above] = min(lowest[above], lowest[state])
            if lowest[state] == order[state]:
                found = [open_states.pop()]
                while found[-1] != state:
                    found.append(open_states.pop())
                is_open.difference_update(found)
                if len(found) > 1 or any(target == state for _state, _label, target in graph.edges(state)):
                    yield sorted(found)


def _descend(
    edges: Iterator[Edge],
    state: int,
    member: frozenset[int],
    order: dict[int, int],
    lowest: dict[int, int],
    is_open: set[int],
) -> int | None:
    """Follow a state's edges until one leads to a state not seen before; return that one, None when there is none."""
    for _state, _label, target in edges:
        if target not in member:
            continue
        if target not in order:
            return target
        if target in is_open:
            lowest[state] = min(lowest[state], order[target])
    return None


def fair_components(graph: Graph[E], states: Collection[int], fairness: FairnessOf) -> Iterator[list[int]]:
    """Yield the components of a part of the graph in which a fair run can stay for ever, visiting all of it."""
    waiting = list(components(graph, states))
    while waiting:
        component = waiting.pop()
        member = frozenset(component)
        enabled = {state: frozenset(label for _s, label, _t in graph.edges(state)) for state in component}
        taken = {label for state in component for _s, label, target in graph.edges(state) if target in member}
        starved = {label for labels in enabled.values() for label in labels - taken}
        strong = {label for label in starved if fairness(label) is Fairness.STRONG}
        if strong:
            waiting += components(graph, [state for state in component if strong.isdisjoint(enabled[state])])
            continue
        weak = [label for label in starved if fairness(label) is Fairness.WEAK]
        if not any(all(label in labels for labels in enabled.values()) for label in weak):
            yield component


def fair_loop(graph: Graph[E], component: list[int], entry: int, fairness: FairnessOf) -> list[Edge]:
    """Return a fair way from a state round a fair component and back to it, short where that is easy."""
    member = frozenset(component)
    way: list[Edge] = []
    at = entry
    while True:
        back = route(graph, at, member, lambda edge: edge[2] == entry) if at != entry or not way else []
        owed = _unmet(graph, way + back, fairness)
        if owed is None:
            return way + back
        way += route(graph, at, member, partial(_meets, graph, owed, fairness))
        at = way[-1][2]


def _meets(graph: Graph[E], label: int, fairness: FairnessOf, edge: Edge) -> bool:
    """Return whether an edge does what is owed to an event: takes it or, for a weakly fair one, finds it disabled."""
    if edge[1] == label:
        return True
    return fairness(label) is Fairness.WEAK and all(other != label for _s, other, _t in graph.edges(edge[2]))


def _unmet(graph: Graph[E], loop: list[Edge], fairness: FairnessOf) -> int | None:
    """Return the first event that a loop owes something, None where the loop is fair."""
    enabled = sorted({label for source, _label, _target in loop for _s, label, _t in graph.edges(source)})
    for label in enabled:
        if fairness(label) is not Fairness.NONE and not any(_meets(graph, label, fairness, edge) for edge in loop):
            return label
    return None


def route(graph: Graph[E], source: int, member: frozenset[int], goal: Callable[[Edge], bool]) -> list[Edge]:
    """Return a shortest way inside some states, of one edge or more, whose last edge meets a goal; else []."""
    arrived: dict[int, Edge] = {}
    level = [source]
    while level:
        following: list[int] = []
        for state in level:
            for edge in graph.edges(state):
                if edge[2] not in member:
                    continue
                if goal(edge):
                    return _walk_back(edge, source, arrived)
                if edge[2] not in arrived and edge[2] != source:
                    arrived[edge[2]] = edge
                    following.append(edge[2])
        level = following
    return []


def _walk_back(edge: Edge, source: int, arrived: dict[int, Edge]) -> list[Edge]:
    """Return the way from a source that ends with an edge."""
    way = [edge]
    while way[-1][0] != source:
        way.append(arrived[way[-1][0]])
    return way[::-1]
