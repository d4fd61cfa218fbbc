"""schedule_one: where one pod goes, or why nowhere.

Models the scheduling cycle: all nodes go through the filters in order, the first no counts; those that are left are
scored, the scores are normalised and weighted, and the best node wins. Of equal nodes the first by name is taken; the
real scheduler draws among them.

A node that is nominated for the pod is taken if it does; nodes that are promised to pods which the pod does not outrank
have to do with those there too.

By default all nodes are scored. With a percentage, as many as upstream would look for are: those that come first by
name from a node on that moves with the number of pods, where upstream goes on from where it stopped.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/schedule_one.go
"""

from __future__ import annotations

import operator
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import attrs

from kcore.scheduler.framework import ALL_NODES, Code, CountingPlugin, PodInfo, Profile, Rejection
from kcore.scheduler.hypothesis import Promises, spoken_for
from kcore.scheduler.snapshot import Snapshot
from kcore.scheduler.standings import SKIPPED, Place, Ranked, Standings, standings

NO_NODES = "no nodes available to schedule pods"

LEAST_NODES = 100
"""So many feasible nodes are looked for at least."""

DEFAULT_PERCENTAGE = 50
LEAST_PERCENTAGE = 5

_PASSED_OVER = Rejection("", Code.UNSCHEDULABLE_AND_UNRESOLVABLE, ())
"""What stands for a node that is not looked at, since enough others will do."""

_NONE: Mapping[Any, Any] = MappingProxyType({})


@attrs.frozen(kw_only=True)
class Decision:
    """The node that a pod goes to, or, where it is "", why it can't be placed: the rejections with their numbers."""

    node: str = ""
    message: str = ""
    rejections: Mapping[Rejection, int] = _NONE


class Cycle(NamedTuple):
    """A pod between filtering and scoring: how the nodes stand, the groups that may do, and why the others may not.

    `counts` are those of the counting plugins, None for one that is skipped. `spoken_for` are nodes that refuse the pod
    though their groups may do: room there is promised to others.
    """

    standings: Standings
    counts: tuple[Any, ...]
    feasible: tuple[Place, ...]
    refused: Mapping[Place, Rejection]
    spoken_for: Mapping[str, Rejection] = _NONE

    def members(self, place: Place) -> list[Ranked]:
        """Return the nodes of a group that may do, best first."""
        group = self.standings.groups[place]
        return [one for one in group if one[1] not in self.spoken_for] if self.spoken_for else group

    def rejection(self, name: str) -> Rejection | None:
        """Return why the node `name` may not do, whomever it is promised to."""
        verdict = self.standings.verdicts[name]
        return verdict.rejection if verdict.place is None else self.refused.get(verdict.place)

    def with_promises(self, spoken_for: Mapping[str, Rejection]) -> Cycle:
        """Return the cycle without the nodes that are spoken for."""
        cycle = self._replace(spoken_for=spoken_for)
        return cycle._replace(feasible=tuple(place for place in self.feasible if cycle.members(place)))


def schedule(
    pod: PodInfo, snapshot: Snapshot, profile: Profile, promises: Promises = _NONE, nominated: str = ""
) -> Decision:
    """Return where `pod` goes, whose own nominated node is `nominated` ("": none)."""
    rejection = refused(pod, profile)
    if rejection is not None and snapshot.names:
        every = len(snapshot.names)
        return Decision(message=pre_filter_error(rejection, every), rejections={rejection: every})
    cycle = filtered(pod, snapshot, profile)
    if promises:
        cycle = cycle.with_promises(spoken_for(pod, snapshot, promises, profile))
    if not cycle.feasible:
        rejections = dict(rejections_of(cycle))
        return Decision(message=fit_error(rejections), rejections=rejections)
    if nominated and takes(cycle, nominated):
        return Decision(node=nominated)
    if profile.percentage_of_nodes_to_score != ALL_NODES:
        cycle = sampled(cycle, snapshot, profile.percentage_of_nodes_to_score)
    if len(cycle.feasible) == 1:
        return Decision(node=cycle.members(cycle.feasible[0])[0][1])
    totals = [0] * len(cycle.feasible)
    for _, weighted in scored(pod, cycle, profile):
        totals = list(map(operator.add, totals, weighted))
    firsts = (cycle.members(place)[0] for place in cycle.feasible)
    return Decision(node=min((lost - total, name) for (lost, name), total in zip(firsts, totals, strict=True))[1])


def nodes_to_find(nodes: int, percentage: int) -> int:
    """Return how many feasible nodes are enough of so many; 0 percent: the smaller a part the more there are."""
    if nodes < LEAST_NODES:
        return nodes
    adaptive = percentage or max(DEFAULT_PERCENTAGE - nodes // 125, LEAST_PERCENTAGE)
    return max(nodes * adaptive // 100, LEAST_NODES)


def sampled(cycle: Cycle, snapshot: Snapshot, percentage: int) -> Cycle:
    """Return the cycle with as many feasible nodes as are enough."""
    enough = nodes_to_find(len(snapshot.names), percentage)
    feasible = [name for name in snapshot.names if takes(cycle, name)]
    if len(feasible) <= enough:
        return cycle
    pods = sum(node.load.usage.pods for node in snapshot.nodes)
    start = bisect_left(feasible, snapshot.names[pods * enough % len(snapshot.names)])
    chosen = {feasible[(start + at) % len(feasible)] for at in range(enough)}
    passed_over = {name: _PASSED_OVER for name in feasible if name not in chosen}
    return cycle.with_promises({**cycle.spoken_for, **passed_over})


def takes(cycle: Cycle, name: str) -> bool:
    """Tell whether there is a node called `name` and it is one of those that may do."""
    return name in cycle.standings.verdicts and name not in cycle.spoken_for and cycle.rejection(name) is None


def refused(pod: PodInfo, profile: Profile) -> Rejection | None:
    """Return the first no to `pod` that holds for every node, None if there is none."""
    said = (one.refuses(pod) for one in profile.counting if one.refuses)
    return next((one for one in said if one is not None), None)


def filtered(pod: PodInfo, snapshot: Snapshot, profile: Profile) -> Cycle:
    """Return which nodes pass the filters for `pod`."""
    counts = tuple([one.pre_filter(pod, snapshot) for one in profile.counting])
    keys = tuple(
        [
            SKIPPED if found is None else one.keys(pod, found)
            for one, found in zip(profile.counting, counts, strict=True)
        ]
    )
    board = standings(pod, profile)
    board.update(snapshot.history, snapshot.nodes, keys)
    filters = [
        (number, one.filter, found)
        for number, (one, found) in enumerate(zip(profile.counting, counts, strict=True))
        if one.filter and found is not None and one.filters(pod, found)
    ]
    feasible, refused = [], {}
    for place in board.groups:
        for number, say, found in filters:
            rejection = say(pod, found, place.seen[number])
            if rejection is not None:
                refused[place] = rejection
                break
        else:
            feasible.append(place)
    return Cycle(board, counts, tuple(feasible), refused)


def scored(pod: PodInfo, cycle: Cycle, profile: Profile) -> Iterator[tuple[str, Sequence[int]]]:
    """Yield what each plugin that compares nodes says of the feasible groups: normalised and weighted scores."""
    places = cycle.feasible
    compared = [one for one in profile.plugins if one.normalize and one.scores(pod)]
    for number, plugin in enumerate(compared):
        if plugin.normalize:
            weight = profile.weights.get(plugin.name, 1)
            yield plugin.name, [weight * one for one in plugin.normalize([place.raw[number] for place in places])]
    sizes = None
    for number, (counting, found) in enumerate(zip(profile.counting, cycle.counts, strict=True)):
        if found is not None and counting.pre_score and counting.score:
            seen = [place.seen[number] for place in places]
            sizes = sizes or [len(cycle.members(place)) for place in places]
            scores = _counted(pod, counting, found, seen, sizes)
            if scores is not None:
                yield counting.name, [profile.weights.get(counting.name, 1) * one for one in scores]


def _counted(
    pod: PodInfo, plugin: CountingPlugin, counts: Any, seen: Sequence[Any], sizes: Sequence[int]
) -> Sequence[int] | None:
    """Return the normalised scores of a counting plugin for the places that it sees, None when it is skipped."""
    nodes: Counter[Any] = Counter()
    for place, size in zip(seen, sizes, strict=True):
        nodes[place] += size
    state = plugin.pre_score(pod, counts, nodes) if plugin.pre_score else None
    if state is None or plugin.score is None:
        return None
    distinct = list(nodes)
    scores: Sequence[int] = [plugin.score(pod, state, place) for place in distinct]
    if plugin.normalize:
        scores = plugin.normalize(state, distinct, scores)
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
