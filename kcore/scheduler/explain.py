"""Explain: what each plugin says of each node for a pod, as the scheduler would have it.

Models one scheduling cycle, node by node: the first filter that says no with its code and reasons, or each plugin's
normalised and weighted score. Scores are told also when only one node is left, where the scheduler does not ask.
Nominated pods count as if they were on their nodes for pods that don't outrank them; a pod's own nominated node is
asked first, and the others only if it won't do.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/schedule_one.go
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import attrs

from kcore.api.frozenmap import EMPTY
from kcore.scheduler.framework import Code, NodeInfo, PodInfo, Profile, Rejection
from kcore.scheduler.hypothesis import Guest, is_excluded, refusal, with_guests
from kcore.scheduler.schedule_one import Cycle, filtered, fit_error, scored
from kcore.scheduler.snapshot import Snapshot

Promises: TypeAlias = Mapping[str, Sequence[Guest]]
"""By node, the nominated pods that the pod to be placed does not outrank."""

NOT_ASKED = Rejection("", Code.UNSCHEDULABLE_AND_UNRESOLVABLE, ())
"""What stands for a node that was not asked, since the pod's nominated node will do."""


@attrs.frozen(kw_only=True)
class NodeVerdict:
    """What comes of one node: a rejection, or the scores by plugin, without those that are skipped."""

    node: str
    rejection: Rejection | None = None
    scores: Mapping[str, int] = attrs.field(factory=dict)

    @property
    def total(self) -> int:
        """The sum of the scores."""
        return sum(self.scores.values())


@attrs.frozen(kw_only=True)
class Explanation:
    """The nodes by name; `message` says why no node will do, "" where one will."""

    nodes: tuple[NodeVerdict, ...]
    message: str = ""

    @property
    def best(self) -> tuple[str, ...]:
        """The nodes with the highest total, by name."""
        feasible = [one for one in self.nodes if one.rejection is None]
        most = max((one.total for one in feasible), default=0)
        return tuple(one.node for one in feasible if one.total == most)


def explain(
    pod: PodInfo, snapshot: Snapshot, profile: Profile, promises: Promises = EMPTY, nominated: str = ""
) -> Explanation:
    """Return what `profile` says of each node for `pod`, whose own nominated node is `nominated` ("": none)."""
    cycle = filtered(pod, snapshot, profile)
    rejections = {name: _rejection(cycle, name) for name in snapshot.names}
    promised = {name: _promised(pod, snapshot, name, guests, profile) for name, guests in promises.items()}
    rejections |= {name: said for name, said in promised.items() if said is not None}
    if nominated in rejections and rejections[nominated] is None:
        rejections = {name: None if name == nominated else NOT_ASKED for name in snapshot.names}
    return _told(pod, snapshot, profile, cycle, rejections)


def _rejection(cycle: Cycle, name: str) -> Rejection | None:
    verdict = cycle.standings.verdicts[name]
    return verdict.rejection if verdict.place is None else cycle.refused.get(verdict.place)


def _promised(
    pod: PodInfo, snapshot: Snapshot, name: str, guests: Sequence[Guest], profile: Profile
) -> Rejection | None:
    """Return why a node won't do once the pods that it is promised to are there; None for one that is left out."""
    node = snapshot.node(name)
    if node is None or is_excluded(pod, node, profile):
        return None
    return refusal(pod, snapshot, node, with_guests(node, guests), profile)


def _told(
    pod: PodInfo, snapshot: Snapshot, profile: Profile, cycle: Cycle, rejections: Mapping[str, Rejection | None]
) -> Explanation:
    """Return the explanation, with the scores of the nodes that are left."""
    spoken_for = {name: said for name, said in rejections.items() if said is not None}
    cycle = cycle._replace(spoken_for=spoken_for)
    cycle = cycle._replace(feasible=tuple(place for place in cycle.feasible if cycle.members(place)))
    if not cycle.feasible:
        told = tuple(NodeVerdict(node=name, rejection=said) for name, said in rejections.items())
        return Explanation(nodes=told, message=fit_error(Counter(one.rejection for one in told if one.rejection)))
    weighted = dict(scored(pod, cycle, profile))
    compared = {
        place: {name: scores[number] for name, scores in weighted.items()}
        for number, place in enumerate(cycle.feasible)
    }
    nodes = []
    for node in snapshot.nodes:
        name = node.node.metadata.name
        place = cycle.standings.verdicts[name].place
        scores = {} if rejections[name] or not place else {**_plain(pod, node, profile), **compared[place]}
        nodes.append(NodeVerdict(node=name, rejection=rejections[name], scores=scores))
    return Explanation(nodes=tuple(nodes))


def _plain(pod: PodInfo, node: NodeInfo, profile: Profile) -> dict[str, int]:
    """Return the weighted scores that are not compared with those of other nodes."""
    scoring = (one for one in profile.plugins if not one.normalize and one.scores(pod))
    return {one.name: profile.weights[one.name] * one.score(pod, node) for one in scoring if one.score}
