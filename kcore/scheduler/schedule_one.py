"""schedule_one: where one pod goes, or why nowhere.

Models the scheduling cycle: all nodes go through the filters in order, the first no counts; those that are left are
scored, the scores are normalised and weighted, and the best node wins. Of equal nodes the first by name is taken; the
real scheduler draws among them.

A node that is nominated for the pod is taken if it does; nodes that are promised to pods which the pod does not outrank
have to do with those there too.

By default all nodes are scored. With a percentage, feasible nodes are looked for, zones in turns, from where the search
before stopped, until as many are found as upstream looks for.

Not modelled: that several nodes are looked at in parallel; the search stops at the first feasible node that is one too
many.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/schedule_one.go
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import attrs

from kcore.api.evolve import quick
from kcore.scheduler.framework import ALL_NODES, CountingPlugin, PodInfo, Profile, Rejection
from kcore.scheduler.hypothesis import Promises, spoken_for
from kcore.scheduler.nodetree import Fleet, in_turns
from kcore.scheduler.snapshot import Snapshot
from kcore.scheduler.standings import Ranked, Standings, standings
from kcore.scheduler.verdicts import SKIPPED, Place

NO_NODES = "no nodes available to schedule pods"

LEAST_NODES = 100
"""So many feasible nodes are looked for at least."""

DEFAULT_PERCENTAGE = 50
LEAST_PERCENTAGE = 5

_NONE: Mapping[Any, Any] = MappingProxyType({})


@quick
@attrs.frozen(kw_only=True)
class Decision:
    """The node that a pod goes to, or, where it is "", why it can't be placed: the rejections with their numbers.

    `looked` counts the nodes that were looked at, 0 where all are always scored.
    """

    node: str = ""
    looked: int = 0
    message: str = ""
    rejections: Mapping[Rejection, int] = _NONE


class Cycle(NamedTuple):
    """A pod between filtering and scoring: how the nodes stand, the groups that may do, and why the others may not.

    `counts` are those of the counting plugins, None for one that is skipped. `spoken_for` are nodes that refuse the pod
    though their groups may do: room there is promised to others. `chosen` has the groups where not all are scored.
    """

    standings: Standings
    counts: tuple[Any, ...]
    feasible: tuple[Place, ...]
    refused: Mapping[Place, Rejection]
    spoken_for: Mapping[str, Rejection] = _NONE
    chosen: Mapping[Place, list[Ranked]] | None = None

    def members(self, place: Place) -> list[Ranked]:
        """Return the nodes of a group that may do, best first."""
        if self.chosen is not None:
            return self.chosen[place]
        group = self.standings.groups[place]
        return [one for one in group if one[1] not in self.spoken_for] if self.spoken_for else group

    def groups(self) -> Iterable[list[Ranked]]:
        """Return the nodes of each group that may do, best first."""
        every = not self.spoken_for and self.chosen is None
        return map(self.standings.groups.__getitem__ if every else self.members, self.feasible)

    def firsts(self) -> list[Ranked]:
        """Return the best node of each group that may do."""
        return [group[0] for group in self.groups()]

    def rejection(self, name: str) -> Rejection | None:
        """Return why the node `name` may not do, whomever it is promised to."""
        verdict = self.standings.verdicts[name]
        return verdict.rejection if verdict.place is None else self.refused.get(verdict.place)

    def with_promises(self, spoken_for: Mapping[str, Rejection]) -> Cycle:
        """Return the cycle without the nodes that are spoken for."""
        cycle = self._replace(spoken_for=spoken_for)
        return cycle._replace(feasible=tuple(place for place in self.feasible if cycle.members(place)))


def schedule(
    pod: PodInfo,
    snapshot: Snapshot,
    profile: Profile,
    promises: Promises = _NONE,
    nominated: str = "",
    start: int = 0,
) -> Decision:
    """Return where `pod` goes, whose own nominated node is `nominated` ("": none).

    Where not all nodes are scored, they are looked at from the one with the number `start` on.
    """
    rejection = standings(pod, profile).refusal
    if rejection is not None and snapshot.names:
        every = len(snapshot.names)
        return Decision(message=pre_filter_error(rejection, every), rejections={rejection: every})
    cycle = filtered(pod, snapshot, profile)
    if promises:
        cycle = cycle.with_promises(spoken_for(pod, snapshot, promises, profile))
    if nominated and takes(cycle, nominated):
        return Decision(node=nominated)
    looked = 0
    if profile.percentage_of_nodes_to_score != ALL_NODES:
        cycle, looked = sampled(cycle, snapshot, profile.percentage_of_nodes_to_score, start)
    if not cycle.feasible:
        rejections = dict(rejections_of(cycle))
        return Decision(message=fit_error(rejections), rejections=rejections, looked=looked)
    if len(cycle.feasible) == 1:
        return Decision(node=cycle.members(cycle.feasible[0])[0][1], looked=looked)
    return Decision(node=best(pod, cycle, profile), looked=looked)


def best(pod: PodInfo, cycle: Cycle, profile: Profile) -> str:
    """Return the node with the highest total, the first by name of those that have it."""
    firsts = cycle.firsts()
    lost = [one for one, _ in firsts]
    for _, weighted in scored(pod, cycle, profile, deciding=True):
        lost = list(map(operator.sub, lost, weighted))
    return min([(one, name) for one, (_, name) in zip(lost, firsts, strict=True)])[1]


def nodes_to_find(nodes: int, percentage: int) -> int:
    """Return how many feasible nodes are enough of so many; 0 percent: the smaller a part the more there are."""
    if nodes < LEAST_NODES:
        return nodes
    adaptive = percentage or max(DEFAULT_PERCENTAGE - nodes // 125, LEAST_PERCENTAGE)
    return max(nodes * adaptive // 100, LEAST_NODES)


def sampled(cycle: Cycle, snapshot: Snapshot, percentage: int, start: int) -> tuple[Cycle, int]:
    """Return the cycle with as many feasible nodes as are enough, and how many nodes were looked at to find them."""
    names = cycle.standings.asked(in_turns(Fleet(snapshot.fleet, snapshot)))
    enough = nodes_to_find(len(names), percentage)
    if sum(map(len, cycle.groups())) <= enough:
        return cycle, len(names)
    verdicts, feasible, found = cycle.standings.verdicts, frozenset(cycle.feasible), 0
    chosen: dict[Place, list[Ranked]] = {}
    for looked in range(len(names)):
        name = names[(start + looked) % len(names)]
        _, place, score = verdicts[name]
        if place is None or place not in feasible or name in cycle.spoken_for:
            continue
        if found == enough:
            break
        found += 1
        chosen.setdefault(place, []).append((-score, name))
    for group in chosen.values():
        group.sort()
    return cycle._replace(feasible=tuple(one for one in cycle.feasible if one in chosen), chosen=chosen), looked


def takes(cycle: Cycle, name: str) -> bool:
    """Tell whether there is a node called `name` and it is one of those that may do."""
    return name in cycle.standings.verdicts and name not in cycle.spoken_for and cycle.rejection(name) is None


def filtered(pod: PodInfo, snapshot: Snapshot, profile: Profile) -> Cycle:
    """Return which nodes pass the filters for `pod`."""
    board = standings(pod, profile)
    counts: list[Any] = [None] * len(profile.counting)
    keys: list[Any] = [SKIPPED] * len(profile.counting)
    filters = []
    for number, one in board.counting:
        found = one.pre_filter(pod, snapshot)
        if found is not None:
            counts[number], keys[number] = found, one.keys(pod, found)
            if one.filter and one.filters(pod, found):
                filters.append((number, one.filter, found))
    board.update(snapshot.history, snapshot, tuple(keys))
    if not filters:
        return Cycle(board, tuple(counts), tuple(board.groups), _NONE)
    feasible, refused = [], {}
    for place in board.groups:
        rejection = _refusal(pod, place, filters)
        if rejection is None:
            feasible.append(place)
        else:
            refused[place] = rejection
    return Cycle(board, tuple(counts), tuple(feasible), refused)


def _refusal(
    pod: PodInfo, place: Place, filters: Sequence[tuple[int, Callable[[PodInfo, Any, Any], Rejection | None], Any]]
) -> Rejection | None:
    """Return the first no of the counting plugins to the nodes at `place`."""
    for number, say, found in filters:
        rejection = say(pod, found, place.seen[number])
        if rejection is not None:
            return rejection
    return None


def scored(
    pod: PodInfo, cycle: Cycle, profile: Profile, *, deciding: bool = False
) -> Iterator[tuple[str, Sequence[int]]]:
    """Yield what each plugin that compares nodes says of the feasible groups: normalised and weighted scores.

    Where they are for `deciding` only, a plugin that sees no difference between the groups is left out.
    """
    places = cycle.feasible
    for number, (name, normalize) in enumerate(cycle.standings.compared):
        raw = [place.raw[number] for place in places]
        if not (deciding and _alike(raw)):
            yield name, _weighted(profile, name, normalize(raw))
    sizes = None
    for number, counting in cycle.standings.counting:
        found = cycle.counts[number]
        if found is None or not counting.pre_score or not counting.score:
            continue
        seen = [place.seen[number] for place in places]
        if deciding and _alike(seen):
            continue
        sizes = sizes or list(map(len, cycle.groups()))
        scores = _counted(pod, counting, found, seen, sizes)
        if scores is not None:
            yield counting.name, _weighted(profile, counting.name, scores)


def _alike(values: Sequence[Any]) -> bool:
    """Tell whether there is but one value."""
    return values.count(values[0]) == len(values)


def _weighted(profile: Profile, name: str, scores: Sequence[int]) -> Sequence[int]:
    weight = profile.weights.get(name, 1)
    return [weight * one for one in scores]


def _counted(
    pod: PodInfo, plugin: CountingPlugin, counts: Any, seen: Sequence[Any], sizes: Sequence[int]
) -> Sequence[int] | None:
    """Return the normalised scores of a counting plugin for the places that it sees, None when it is skipped."""
    nodes: dict[Any, int] = {}
    for place, size in zip(seen, sizes, strict=True):
        nodes[place] = nodes.get(place, 0) + size
    state = plugin.pre_score(pod, counts, nodes) if plugin.pre_score else None
    if state is None or plugin.score is None:
        return None
    distinct = list(nodes)
    scores: Sequence[int] = [plugin.score(pod, state, place) for place in distinct]
    if plugin.normalize:
        scores = plugin.normalize(state, distinct, scores)
    if len(distinct) == len(seen):
        return scores
    by_place = dict(zip(distinct, scores, strict=True))
    return [by_place[place] for place in seen]


def rejections_of(cycle: Cycle) -> Iterator[tuple[Rejection, int]]:
    """Yield each rejection with the number of nodes that it hit."""
    hit: Counter[Rejection] = Counter(+cycle.standings.rejected)
    for place, rejection in cycle.refused.items():
        hit[rejection] += len(cycle.standings.groups[place])
    for name, rejection in cycle.spoken_for.items():
        own = cycle.rejection(name)
        if own is not None:
            hit[own] -= 1
        hit[rejection] += 1
    yield from (+hit).items()


def pre_filter_error(rejection: Rejection, nodes: int) -> str:
    """Return the message of a no to all nodes: "0/3 nodes are available: pod has unbound …."."""
    return f"0/{nodes} nodes are available: {', '.join(rejection.reasons)}."


def fit_error(rejections: Mapping[Rejection, int]) -> str:
    """Return the message that counts the reasons: "0/3 nodes are available: 1 Too many pods, 2 Insufficient cpu."."""
    if not rejections:
        return NO_NODES
    nodes = sum(rejections.values())
    return f"0/{nodes} nodes are available: {', '.join(reasons(rejections.items()))}."


def reasons(rejections: Iterable[tuple[Rejection, int]]) -> list[str]:
    """Return each reason with the number of nodes that have it, sorted as text."""
    counts: Counter[str] = Counter()
    for rejection, nodes in rejections:
        for reason in rejection.reasons:
            counts[reason] += nodes
    return sorted(f"{count} {reason}" for reason, count in counts.items())
