"""Explain: what each plugin says of each node for a pod, as the scheduler would have it.

Models one scheduling cycle, node by node: the first filter that says no with its code and reasons, or each plugin's
normalised and weighted score. Scores are told also when only one node is left, where the scheduler does not ask.
Nominated pods count as if they were on their nodes for pods that don't outrank them; a pod's own nominated node is
asked first, and the others only if it won't do.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/schedule_one.go
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import attrs

from kcore.api.frozenmap import EMPTY
from kcore.scheduler.framework import Code, NodeInfo, PodInfo, Profile, Rejection
from kcore.scheduler.hypothesis import Promises, spoken_for
from kcore.scheduler.schedule_one import Cycle, filtered, fit_error, pre_filter_error, scored
from kcore.scheduler.snapshot import Snapshot
from kcore.scheduler.standings import standings

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
    no = standings(pod, profile).refusal
    if no is not None and snapshot.names:
        told = tuple(NodeVerdict(node=name, rejection=no) for name in snapshot.names)
        return Explanation(nodes=told, message=pre_filter_error(no, len(told)))
    cycle = filtered(pod, snapshot, profile)
    rejections = {name: cycle.rejection(name) for name in snapshot.names}
    rejections |= spoken_for(pod, snapshot, promises, profile)
    if nominated in rejections and rejections[nominated] is None:
        rejections = {name: None if name == nominated else NOT_ASKED for name in snapshot.names}
    return _told(pod, snapshot, profile, cycle, rejections)


def _told(
    pod: PodInfo, snapshot: Snapshot, profile: Profile, cycle: Cycle, rejections: Mapping[str, Rejection | None]
) -> Explanation:
    """Return the explanation, with the scores of the nodes that are left."""
    cycle = cycle.with_promises({name: said for name, said in rejections.items() if said is not None})
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
    return {one.name: profile.weights.get(one.name, 1) * one.score(pod, node) for one in scoring if one.score}
