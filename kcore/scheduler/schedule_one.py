"""schedule_one: where one pod goes, or why nowhere.

Models the scheduling cycle: all nodes go through the filters in order, the first no counts; those that are left are
scored and the best wins. Equal nodes are taken by name; the real scheduler draws among them.

Not modelled yet: `percentageOfNodesToScore`, nominated nodes, preemption and its part of the message.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/schedule_one.go
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import attrs

from kcore.scheduler.framework import NodeInfo, PodInfo, Profile, Rejection

NO_NODES = "no nodes available to schedule pods"


@attrs.frozen(kw_only=True)
class Decision:
    """The node that a pod goes to, or, where it is "", the message that says why it can't be placed."""

    node: str = ""
    message: str = ""


class Verdict(NamedTuple):
    """What a profile says of a node as it was: the first no of its filters, or None and the weighted score."""

    node: NodeInfo
    rejection: Rejection | None
    score: int


def schedule(pod: PodInfo, nodes: Sequence[NodeInfo], profile: Profile) -> Decision:
    """Return where `pod` goes."""
    best: Verdict | None = None
    rejections: list[Rejection] = []
    for verdict in verdicts(pod, nodes, profile):
        if verdict.rejection is not None:
            rejections.append(verdict.rejection)
        elif best is None or verdict.score > best.score:
            best = verdict
    return Decision(node=best.node.node.metadata.name) if best else Decision(message=fit_error(rejections))


def verdicts(pod: PodInfo, nodes: Iterable[NodeInfo], profile: Profile) -> Iterator[Verdict]:
    """Yield what `profile` says of each node for `pod`; a node that has not changed is not judged again."""
    known = _known(pod, profile)
    judge: Callable[[NodeInfo], Verdict] | None = None
    for node in nodes:
        name = node.node.metadata.name
        verdict = known.get(name)
        if verdict is None or verdict.node is not node:
            judge = judge or _judge(pod, profile)
            verdict = known[name] = judge(node)
        yield verdict


def _judge(pod: PodInfo, profile: Profile) -> Callable[[NodeInfo], Verdict]:
    """Return what judges nodes for `pod`: the plugins with nothing to say of it are left out."""
    plugins = [one for one in profile.plugins if one.relevant(pod)]
    filters = [one.filter for one in plugins if one.filter]
    scores = [(one.score, profile.weights.get(one.name, 0)) for one in plugins if one.score]

    def judge(node: NodeInfo) -> Verdict:
        for say in filters:
            rejection = say(pod, node)
            if rejection is not None:
                return Verdict(node, rejection, 0)
        return Verdict(node, None, sum(weight * score(pod, node) for score, weight in scores))

    return judge


@lru_cache(maxsize=256)
def _known(pod: PodInfo, profile: Profile) -> dict[str, Verdict]:
    """Return the latest verdicts by node for the pods of one template. They only save work."""
    return {}


def fit_error(rejections: Sequence[Rejection]) -> str:
    """Return the message that counts the reasons: "0/3 nodes are available: 1 Too many pods, 2 Insufficient cpu."."""
    if not rejections:
        return NO_NODES
    counts = Counter(reason for one in rejections for reason in one.reasons)
    reasons = sorted(f"{count} {reason}" for reason, count in counts.items())
    return f"0/{len(rejections)} nodes are available: {', '.join(reasons)}."
