"""Verdicts: what the plugins that look at one node say of it, for the pods of one template.

Models the filters and scores that look at one node alone. What follows from the node itself is remembered until that
changes, and what follows from its room for all nodes with alike room; a pod that comes or goes has only the rest asked
anew.

Upstream: none; the real scheduler filters and scores its nodes anew for each pod.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

from kcore.api.core.node import Node
from kcore.scheduler.framework import Code, CountingPlugin, NodeInfo, Plugin, PodInfo, Profile, Reads, Rejection

MOST_ROOMS = 1 << 14
"""How many rooms are remembered for one template; one more, and all are forgotten."""


class Place(NamedTuple):
    """What the others are compared by: scores that are to be normalised, and what each counting plugin sees."""

    raw: tuple[int, ...]
    seen: tuple[Any, ...]


class Verdict(NamedTuple):
    """What the plugins that look at one node say of it: their no, or its place and its weighted score."""

    rejection: Rejection | None
    place: Place | None
    score: int


class Opinion(NamedTuple):
    """What some of the plugins say of a node: the first no among them and its place in the profile; or the scores.

    `raw` are those that are to be normalised, `score` the weighted sum of the others.
    """

    order: int
    rejection: Rejection | None
    raw: tuple[int, ...] = ()
    score: int = 0


class Panel:
    """The plugins of a profile that read one part of a node, without those that have nothing to say of a pod."""

    __slots__ = ("_compared", "_filters", "_plain", "_pod", "silent")

    def __init__(self, pod: PodInfo, profile: Profile, reads: Reads) -> None:
        """Find out who has something to say."""
        mine = [(order, one) for order, one in enumerate(profile.plugins) if one.reads is reads]
        scoring = [one for _, one in mine if one.score and one.scores(pod)]
        self._pod = pod
        self._filters = [(order, one.filter) for order, one in mine if one.filter and one.filters(pod)]
        self._plain = [
            (one.score, profile.weights.get(one.name, 1)) for one in scoring if one.score and not one.normalize
        ]
        self._compared = [one.score for one in scoring if one.score and one.normalize]
        self.silent = not self._filters and not scoring

    def __call__(self, node: NodeInfo) -> Opinion:
        """Return what they say of `node`."""
        return self.refuse(node) or self.rate(node)

    def refuse(self, node: NodeInfo) -> Opinion | None:
        """Return the first no to `node`, None if there is none."""
        for order, say in self._filters:
            rejection = say(self._pod, node)
            if rejection is not None:
                return Opinion(order, rejection)
        return None

    def rate(self, node: NodeInfo) -> Opinion:
        """Return the scores of `node`."""
        pod = self._pod
        raw = tuple([score(pod, node) for score in self._compared])
        return Opinion(0, None, raw, sum([weight * score(pod, node) for score, weight in self._plain]))


NOTHING_SAID = Opinion(0, None)


class Fixed(NamedTuple):
    """What was said of a node itself, and what the counting plugins see that look at nothing else."""

    node: Node
    opinion: Opinion
    seen: tuple[Any, ...]


class Judge:
    """What judges nodes for the pods of one template, whose counting plugins look by `keys`."""

    __slots__ = ("_exclude", "_fixed", "_moving", "_panels", "_pod", "_rooms", "_standing")

    def __init__(self, pod: PodInfo, profile: Profile, keys: tuple[Any, ...]) -> None:
        """Find out who has something to say."""
        self._pod = pod
        self._exclude = exclusion(pod, profile.plugins)
        self._panels = tuple(Panel(pod, profile, reads) for reads in Reads)
        looking = [
            (number, one, key)
            for number, (one, key) in enumerate(zip(profile.counting, keys, strict=True))
            if key is not SKIPPED
        ]
        nobody: tuple[Any, ...] = (None,) * len(keys)
        self._standing = (nobody, _who_looks(looking, fixed=True))
        self._moving = _who_looks(looking, fixed=False)
        self._fixed: dict[str, Fixed] = {}
        self._rooms: dict[tuple[int, int], tuple[Opinion, NodeInfo]] = {}

    def __call__(self, name: str, node: NodeInfo) -> Verdict:
        """Return the verdict on the node called `name`."""
        known = self._fixed.get(name)
        if known is None or known.node is not node.node:
            known = self._fixed[name] = self._look(node)
        _, itself, seen = known
        if itself.order < 0:
            return Verdict(itself.rejection, None, 0)
        _, room_panel, rest = self._panels
        room = NOTHING_SAID if room_panel.silent else self._room(node, room_panel)
        others = NOTHING_SAID if rest.silent else rest.refuse(node) or NOTHING_SAID
        if itself.rejection or room.rejection or others.rejection:
            first = min([one for one in (itself, room, others) if one.rejection], key=_order)
            return Verdict(first.rejection, None, 0)
        others = others if rest.silent else rest.rate(node)
        if self._moving:
            seen = _seen(self._pod, node, seen, self._moving)
        return Verdict(None, Place(itself.raw + room.raw + others.raw, seen), itself.score + room.score + others.score)

    def forget(self, name: str) -> None:
        """Forget a node that is gone."""
        self._fixed.pop(name, None)

    def _look(self, node: NodeInfo) -> Fixed:
        """Return what is said of a node itself."""
        left_out = None if self._exclude is None else self._exclude(node)
        if left_out is not None:
            return Fixed(node.node, Opinion(-1, left_out), ())
        seen, looking = self._standing
        opinion = self._panels[0](node)
        return Fixed(node.node, opinion, _seen(self._pod, node, seen, looking) if looking else seen)

    def _room(self, node: NodeInfo, panel: Panel) -> Opinion:
        """Return what is said of the room of a node; whoever it was first said of is kept, and with it who it is."""
        rooms, asked = self._rooms, (id(node.allocatable), id(node.load.usage))
        known = rooms.get(asked)
        if known is not None:
            return known[0]
        if len(rooms) >= MOST_ROOMS:
            rooms.clear()
        opinion = panel(node)
        rooms[asked] = (opinion, node)
        return opinion


_Looking: TypeAlias = Sequence[tuple[int, Callable[[PodInfo, Any, NodeInfo], Any], Any]]


def _who_looks(looking: Sequence[tuple[int, CountingPlugin, Any]], *, fixed: bool) -> _Looking:
    """Return the number, the eyes and the keys of the counting plugins that look at the node itself, or at more."""
    return [(number, one.place, key) for number, one, key in looking if (one.reads is Reads.NODE) == fixed]


def _seen(pod: PodInfo, node: NodeInfo, seen: tuple[Any, ...], looking: _Looking) -> tuple[Any, ...]:
    """Return what is seen of a node, `seen` by others and by those who are `looking`."""
    every = list(seen)
    for number, see, key in looking:
        every[number] = see(pod, key, node)
    return tuple(every)


def _order(opinion: Opinion) -> int:
    return opinion.order


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
