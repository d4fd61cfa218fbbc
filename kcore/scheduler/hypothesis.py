"""Hypothesis: the nodes as they would be if one of them were different, and what the filters would say of it then.

Models what upstream's PreFilter extensions (AddPod, RemovePod) do for nominated pods and for preemption: the counts of
the whole cluster, corrected for one node, without counting anew. A node that is promised to pods which the pod to be
placed does not outrank has to do with them there as well as without.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/runtime/framework.go
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeAlias

import attrs

from kcore.placement.fit import Request
from kcore.scheduler.framework import Bucket, Cluster, Contribution, NodeInfo, PlacedPod, PodInfo, Profile, Rejection
from kcore.scheduler.verdicts import exclusion


class Guest(NamedTuple):
    """A pod that is imagined to be on a node, or away from it, and what it asks for."""

    pod: PlacedPod
    request: Request


Promises: TypeAlias = Mapping[str, Sequence[Guest]]
"""By node, the nominated pods that the pod to be placed does not outrank."""


class Nodes(Cluster, Protocol):
    """The nodes as of one moment, to be asked for by name."""

    def node(self, name: str) -> NodeInfo | None:
        """Return the node called `name`, None when there is none."""


@attrs.frozen(eq=False)
class Hypothesis:
    """`cluster` in which the node `before` is `after`, which has the same name."""

    cluster: Cluster
    before: NodeInfo
    after: NodeInfo

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the nodes, sorted."""
        return self.cluster.names

    def tally(self, contribution: Contribution, question: Hashable) -> Mapping[Bucket, int]:
        """Return the sums as they would be: see `Cluster`."""
        sums = self.cluster.tally(contribution, question)
        gone, come = tuple(contribution(question, self.before)), tuple(contribution(question, self.after))
        if gone == come:
            return sums
        changed = dict(sums)
        for amounts, sign in ((gone, -1), (come, 1)):
            for bucket, amount in amounts:
                changed[bucket] = changed.get(bucket, 0) + sign * amount
        return {bucket: amount for bucket, amount in changed.items() if amount}

    def census(self, contribution: Contribution, question: Hashable) -> Mapping[Bucket, int]:
        """Return the sums as they are: other pods make no other node."""
        return self.cluster.census(contribution, question)


def with_guests(node: NodeInfo, guests: Iterable[Guest], sign: int = 1) -> NodeInfo:
    """Return `node` with some pods more, or with some less if `sign` is -1."""
    load = node.load
    for guest in guests:
        load = load.plus(guest.pod, guest.request, sign)
    return NodeInfo(node=node.node, allocatable=node.allocatable, load=load)


def refusal(pod: PodInfo, cluster: Cluster, node: NodeInfo, after: NodeInfo, profile: Profile) -> Rejection | None:
    """Return the first no of the filters to `node` if it were `after`; plugins that `cluster` skips stay skipped."""
    imagined = Hypothesis(cluster, node, after)
    for one in profile.plugins:
        rejection = one.filter(pod, after) if one.filter and one.filters(pod) else None
        if rejection is not None:
            return rejection
    for counting in profile.counting:
        now = counting.pre_filter(pod, cluster)
        if counting.filter is None or now is None or not counting.filters(pod, now):
            continue
        counts = counting.pre_filter(pod, imagined)
        if counts is not None:
            rejection = counting.filter(pod, counts, counting.place(pod, counting.keys(pod, counts), after))
            if rejection is not None:
                return rejection
    return None


def is_excluded(pod: PodInfo, node: NodeInfo, profile: Profile) -> bool:
    """Tell whether `node` is left out before any filter runs."""
    exclude = exclusion(pod, profile.plugins)
    return exclude is not None and exclude(node) is not None


def spoken_for(pod: PodInfo, cluster: Nodes, promises: Promises, profile: Profile) -> dict[str, Rejection]:
    """Return the nodes that won't do once the pods that they are promised to are there, and why."""
    found: dict[str, Rejection] = {}
    for name, guests in promises.items():
        node = cluster.node(name)
        if node is not None and not is_excluded(pod, node, profile):
            rejection = refusal(pod, cluster, node, with_guests(node, guests), profile)
            if rejection is not None:
                found[name] = rejection
    return found
