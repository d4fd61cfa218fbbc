"""Standings: how all nodes stand for the pods of one template, brought up to date as nodes change.

Models the filters and scores that look at one node alone as remembered verdicts, and puts nodes that look alike to all
other plugins into one group, best first. A decision then looks at the groups and not at the nodes.

Upstream: none; the real scheduler filters and scores its nodes anew for each pod.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from kcore.scheduler.framework import Code, NodeInfo, Plugin, PodInfo, Profile, Rejection
from kcore.scheduler.history import EMPTY, History

REMEMBERED = 1024
"""How many templates are remembered."""


class Place(NamedTuple):
    """What the others are compared by: scores that are to be normalised, and what each counting plugin sees."""

    raw: tuple[int, ...]
    seen: tuple[Any, ...]


class Verdict(NamedTuple):
    """What the plugins that look at one node say of it: their no, or its place and its weighted score."""

    rejection: Rejection | None
    place: Place | None
    score: int


Ranked: TypeAlias = tuple[int, str]
"""A node in its group: minus its weighted score, and its name. The least is the best."""


class Standings:
    """The nodes for one kind of pod: their verdicts by name, how many were rejected why, and the groups, best first."""

    __slots__ = ("_judge", "_keys", "_pod", "_profile", "_seen", "groups", "rejected", "verdicts")

    def __init__(self, pod: PodInfo, profile: Profile) -> None:
        """Start from no nodes at all."""
        self._pod = pod
        self._profile = profile
        self._seen: History = EMPTY
        self._keys: tuple[Any, ...] = ()
        self._judge = _judge(pod, profile, tuple(SKIPPED for _ in profile.counting))
        self._clear()

    def update(self, history: History, nodes: tuple[NodeInfo, ...], keys: tuple[Any, ...]) -> None:
        """Bring the standings to `nodes`, which are those after `history`, seen by the counting plugins' `keys`."""
        if history is self._seen and keys == self._keys:
            return
        changes = history.since(self._seen) if keys == self._keys else None
        if keys != self._keys:
            self._judge = _judge(self._pod, self._profile, keys)
        self._seen, self._keys, judge = history, keys, self._judge
        if changes is None:
            self._clear()
            for node in nodes:
                self._enter(node, judge)
            return
        for old, new in changes:
            if old is not None:
                self._leave(old.node.metadata.name)
            if new is not None:
                self._enter(new, judge)

    def _clear(self) -> None:
        self.verdicts: dict[str, Verdict] = {}
        self.rejected: Counter[Rejection] = Counter()
        self.groups: dict[Place, list[Ranked]] = {}

    def _enter(self, node: NodeInfo, judge: Callable[[NodeInfo], Verdict]) -> None:
        name = node.node.metadata.name
        verdict = self.verdicts[name] = judge(node)
        if verdict.place is None:
            self.rejected[verdict.rejection] += 1  # type: ignore[index] # a verdict is one of the two
        else:
            insort(self.groups.setdefault(verdict.place, []), (-verdict.score, name))

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


def _judge(pod: PodInfo, profile: Profile, keys: tuple[Any, ...]) -> Callable[[NodeInfo], Verdict]:
    """Return what judges nodes for `pod`: the plugins with nothing to say of it are left out."""
    filters = [one.filter for one in profile.plugins if one.filter and one.filters(pod)]
    scoring = [one for one in profile.plugins if one.score and one.scores(pod)]
    plain = [(one.score, profile.weights.get(one.name, 1)) for one in scoring if one.score and not one.normalize]
    compared = [one.score for one in scoring if one.score and one.normalize]
    places = [(one.place, key) for one, key in zip(profile.counting, keys, strict=True)]
    exclude = exclusion(pod, profile.plugins)

    def judge(node: NodeInfo) -> Verdict:
        if exclude is not None and (left_out := exclude(node)):
            return Verdict(left_out, None, 0)
        for say in filters:
            rejection = say(pod, node)
            if rejection is not None:
                return Verdict(rejection, None, 0)
        raw = tuple([score(pod, node) for score in compared])
        place = Place(raw, tuple([None if key is SKIPPED else see(pod, key, node) for see, key in places]))
        return Verdict(None, place, sum([weight * score(pod, node) for score, weight in plain]))

    return judge


class _Skipped:
    """Stands for the keys of a plugin that has nothing to say now."""


SKIPPED = _Skipped()
"""The keys of a counting plugin that has nothing to say of a pod now: it sees no difference between nodes."""


def exclusion(pod: PodInfo, plugins: tuple[Plugin, ...]) -> Callable[[NodeInfo], Rejection | None] | None:
    """Return what leaves nodes out before the filters, None when nothing does."""
    limits = [(one.name, one.names(pod)) for one in plugins if one.names]
    said = [(name, names) for name, names in limits if names is not None]
    if not said:
        return None
    allowed = frozenset.intersection(*(names for _, names in said))
    who = " ".join(sorted(name for name, _ in said))
    reason = f"node(s) didn't satisfy plugin(s) [{who}]"
    rejection = Rejection("", Code.UNSCHEDULABLE_AND_UNRESOLVABLE, (reason,))
    return lambda node: None if node.node.metadata.name in allowed else rejection
