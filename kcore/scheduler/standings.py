"""Standings: how all nodes stand for the pods of one template, brought up to date as nodes change.

Models the filters and scores that look at one node alone as remembered verdicts, and puts nodes that look alike to all
other plugins into one group, best first. A decision then looks at the groups and not at the nodes.

Upstream: none; the real scheduler filters and scores its nodes anew for each pod.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeAlias

from kcore.scheduler.framework import Normalize, PodInfo, Profile, Reads, Rejection
from kcore.scheduler.history import EMPTY, History
from kcore.scheduler.tally import Nodes
from kcore.scheduler.verdicts import SKIPPED, Judge, Place, Verdict, exclusion

REMEMBERED = 1024
"""How many templates are remembered."""

Ranked: TypeAlias = tuple[int, str]
"""A node in its group: minus its weighted score, and its name. The least is the best."""


class Standings:
    """The nodes for one kind of pod: their verdicts by name, how many were rejected why, and the groups, best first.

    `refusal` is a no to the pod, whatever the node. `counting` are the counting plugins that may have something to say
    of the pod, each with its number in the profile; `compared` the plugins whose scores are normalised, in the order
    of their scores in a `Place`. `limited` says that some nodes are left out before any filter runs.
    """

    __slots__ = (
        "_judge",
        "_keys",
        "_pod",
        "_profile",
        "_seen",
        "compared",
        "counting",
        "groups",
        "limited",
        "refusal",
        "rejected",
        "verdicts",
    )

    def __init__(self, pod: PodInfo, profile: Profile) -> None:
        """Start from no nodes at all."""
        self._pod = pod
        self._profile = profile
        self._seen: History = EMPTY
        self.limited = exclusion(pod, profile.plugins) is not None
        self.refusal = _refusal(pod, profile)
        self.compared = _compared(pod, profile)
        self.counting = tuple((number, one) for number, one in enumerate(profile.counting) if one.concerns(pod))
        self._keys: tuple[Any, ...] = (SKIPPED,) * len(profile.counting)
        self._judge = Judge(pod, profile, self._keys)
        self._clear()

    def update(self, history: History, nodes: Nodes, keys: tuple[Any, ...]) -> None:
        """Bring the standings to `nodes`, which are those after `history`, seen by the counting plugins' `keys`."""
        same = keys == self._keys
        if history is self._seen and same:
            return
        changes = history.since(self._seen) if same else None
        if not same:
            self._judge = Judge(self._pod, self._profile, keys)
        self._seen, self._keys, judge = history, keys, self._judge
        if changes is None:
            self._clear()
            changes = {node.node.metadata.name: node for node in nodes.nodes}
        verdicts = self.verdicts
        for name, node in changes.items():
            verdict = None if node is None else judge(name, node)
            if name in verdicts:
                if verdicts[name] == verdict:
                    continue
                self._leave(name)
            if verdict is not None:
                self._enter(name, verdict)
            else:
                judge.forget(name)

    def asked(self, names: tuple[str, ...]) -> Sequence[str]:
        """Return those of the nodes called `names` that were not left out before any filter ran."""
        if not self.limited:
            return names
        left_out = {name for name in names if (no := self.verdicts[name].rejection) is not None and not no.plugin}
        return [name for name in names if name not in left_out]

    def _clear(self) -> None:
        self.verdicts: dict[str, Verdict] = {}
        self.rejected: Counter[Rejection] = Counter()
        self.groups: dict[Place, list[Ranked]] = {}

    def _enter(self, name: str, verdict: Verdict) -> None:
        self.verdicts[name] = verdict
        rejection, place, score = verdict
        if place is None:
            self.rejected[rejection] += 1  # type: ignore[index] # a verdict is one of the two
            return
        group = self.groups.get(place)
        if group is None:
            self.groups[place] = [(-score, name)]
        else:
            insort(group, (-score, name))

    def _leave(self, name: str) -> None:
        rejection, place, score = self.verdicts.pop(name)
        if place is None:
            self.rejected[rejection] -= 1  # type: ignore[index] # a verdict is one of the two
            return
        group = self.groups[place]
        del group[bisect_left(group, (-score, name))]
        if not group:
            del self.groups[place]


@lru_cache(maxsize=REMEMBERED)
def standings(pod: PodInfo, profile: Profile) -> Standings:
    """Return the standings that are kept for the pods of one template. They only save work."""
    return Standings(pod, profile)


def _refusal(pod: PodInfo, profile: Profile) -> Rejection | None:
    """Return the first no to `pod` that holds for every node, None if there is none."""
    said = (one.refuses(pod) for one in profile.counting if one.refuses)
    return next((one for one in said if one is not None), None)


def _compared(pod: PodInfo, profile: Profile) -> tuple[tuple[str, Normalize], ...]:
    """Return the names of the plugins whose scores are normalised, and how."""
    scoring = [one for one in profile.plugins if one.score and one.normalize and one.scores(pod)]
    ordered = [one for reads in Reads for one in scoring if one.reads is reads]
    return tuple((one.name, one.normalize) for one in ordered if one.normalize)
