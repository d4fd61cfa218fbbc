"""schedule_one: where one pod goes, or why nowhere.

Models the scheduling cycle: all nodes go through the filters in order, the first no counts; those that are left are
scored, the scores are normalised and weighted, and the best node wins. Of equal nodes the first by name is taken; the
real scheduler draws among them.

Not modelled yet: `percentageOfNodesToScore`; nominated nodes and preemption are, but `explain` alone asks for them.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/schedule_one.go
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import attrs

from kcore.scheduler.framework import CountingPlugin, PodInfo, Profile, Rejection
from kcore.scheduler.snapshot import Snapshot
from kcore.scheduler.standings import SKIPPED, Place, Ranked, Standings, standings

NO_NODES = "no nodes available to schedule pods"


@attrs.frozen(kw_only=True)
class Decision:
    """The node that a pod goes to, or, where it is "", the message that says why it can't be placed."""

    node: str = ""
    message: str = ""


class Cycle(NamedTuple):
    """A pod between filtering and scoring: how the nodes stand, the groups that may do, and why the others may not.

    `counts` are those of the counting plugins, None for one that is skipped. `spoken_for` are nodes that refuse the pod
    though their groups may do: room there is promised to others.
    """

    standings: Standings
    counts: tuple[Any, ...]
    feasible: tuple[Place, ...]
    refused: Mapping[Place, Rejection]
    spoken_for: Mapping[str, Rejection] = MappingProxyType({})

    def members(self, place: Place) -> list[Ranked]:
        """Return the nodes of a group that may do, best first."""
        group = self.standings.groups[place]
        return [one for one in group if one[1] not in self.spoken_for] if self.spoken_for else group


def schedule(pod: PodInfo, snapshot: Snapshot, profile: Profile) -> Decision:
    """Return where `pod` goes."""
    cycle = filtered(pod, snapshot, profile)
    if not cycle.feasible:
        return Decision(message=fit_error(dict(rejections_of(cycle))))
    if len(cycle.feasible) == 1:
        return Decision(node=cycle.members(cycle.feasible[0])[0][1])
    totals = [0] * len(cycle.feasible)
    for _, weighted in scored(pod, cycle, profile):
        totals = list(map(operator.add, totals, weighted))
    firsts = (cycle.members(place)[0] for place in cycle.feasible)
    return Decision(node=min((lost - total, name) for (lost, name), total in zip(firsts, totals, strict=True))[1])


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
            weight = profile.weights[plugin.name]
            yield plugin.name, [weight * one for one in plugin.normalize([place.raw[number] for place in places])]
    sizes = None
    for number, (counting, found) in enumerate(zip(profile.counting, cycle.counts, strict=True)):
        if found is not None and counting.pre_score and counting.score:
            seen = [place.seen[number] for place in places]
            sizes = sizes or [len(cycle.members(place)) for place in places]
            scores = _counted(pod, counting, found, seen, sizes)
            if scores is not None:
                yield counting.name, [profile.weights[counting.name] * one for one in scores]


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
    yield from hit.items()


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
