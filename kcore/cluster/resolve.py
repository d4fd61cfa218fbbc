"""Resolving: what the loose parts of a content stand for in one state.

Models a place to look from: etcd's store, the cache of the process that remembers, and the present. What is left are
the invented names, of which `naming` makes what they have in common with those of other states.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from hashlib import blake2b
from typing import Any, NamedTuple, TypeAlias

import attrs

from kcore.api.coordination.lease import Lease
from kcore.api.core.node import Node
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.store import Store
from kcore.client.instant import Instant
from kcore.cluster.content import Contents
from kcore.cluster.loose import Content, Generation, Loose, Name, Point, Said, Seen, Uid, Version
from kcore.cluster.naming import Part, Ties
from kcore.machine.digest import SIZE

Element: TypeAlias = tuple[str, tuple[str, ...]]
"""What a loose part stands for: what it says, and the names that it mentions."""


class Question(NamedTuple):
    """A loose part that only a state can tell the meaning of, and how it is told."""

    ask: Callable[[Resolver, Any], Element]
    loose: Loose


class Digested:
    """A value that was digested: its content, the questions that it leaves open, and the parts that came of answers."""

    __slots__ = ("content", "known", "owner", "questions")

    def __init__(self, owner: object, content: Content) -> None:
        """Keep `owner`, which never changes, alive."""
        self.owner = owner
        self.content = content
        self.questions = tuple(Question(_ASKED[type(one)], one) for one in content.loose if type(one) in _ASKED)
        self.known: dict[tuple[Element, ...], Part] = {}


@attrs.frozen
class Resolver:
    """A place to look from: `uids` are those of the objects that are there, `cache` is what a process has heard of.

    `keys` remembers what a key says.
    """

    contents: Contents
    keys: dict[ObjectKey, Element]
    store: Store
    uids: Mapping[str, ObjectKey]
    now: int
    cache: Store

    def seeing(self, cache: Store) -> Resolver:
        """Return the place of a process that has heard of `cache`."""
        return Resolver(self.contents, self.keys, self.store, self.uids, self.now, cache)

    def part(self, digested: Digested) -> Part:
        """Return what was digested with everything said that this state can say."""
        answers = tuple([ask(self, loose) for ask, loose in digested.questions])
        part = digested.known.get(answers)
        if part is None:
            part = digested.known[answers] = _part(digested.content, iter(answers))
        return part


def _part(content: Content, answers: Iterator[Element]) -> Part:
    """Return the content in which each question has its answer."""
    digest, loose, ties = content
    elements: list[Element] = []
    for one in loose:
        if isinstance(one, Name):
            elements.append(("", (one.text,)))
        elif isinstance(one, Said | Generation):
            elements.append((str(one.number), ()))
        else:
            elements.append(next(answers))
    if ties:
        elements, ties = _sorted(elements, ties)
    said = [one[0] for one in elements]
    if any(said):
        digest = blake2b(digest + "\0".join(said).encode(), digest_size=SIZE).digest()
    return digest, tuple([name for one in elements for name in one[1]]), ties


def _uid(here: Resolver, loose: Uid) -> Element:
    """Return the key of the object that is there with this uid; one that is gone is a name of its own."""
    key = here.uids.get(loose.uid)
    if key is None:
        return "gone", (loose.uid,)
    found = here.keys.get(key)
    if found is None:
        content = here.contents.of(tuple(key))
        names = tuple([one.text for one in content.loose if isinstance(one, Name)])
        found = here.keys[key] = (content.digest.hex(), names)
    return found


def _version(here: Resolver, loose: Version) -> Element:
    found = here.store.get(loose.key)
    return ("latest" if found is not None and found.metadata.resource_version == loose.version else "old"), ()


def _point(here: Resolver, loose: Point) -> Element:
    at = loose.at
    if isinstance(at, Instant):
        return str(at.age(here.now)), ()
    return ("seen" if at <= here.cache.revision else str(here.store.revision - at)), ()


def _seen(here: Resolver, loose: Seen) -> Element:
    """Return how a time compares with those of its object in the cache, and whether it is of this second."""
    return f"{[_compared(loose.at, one) for one in _times(here.cache.get(loose.key))]}", ()


def _compared(one: int, other: int | None) -> int | None:
    return None if other is None else (one > other) - (one < other)


def _times(found: ApiObject | None) -> list[int | None]:
    """Return the signs of life in an object."""
    if isinstance(found, Lease):
        return [found.spec.renew_time]
    if isinstance(found, Node):
        return [one.last_heartbeat_time for one in found.status.conditions]
    return []


def _sorted(elements: list[Element], ties: Ties) -> tuple[list[Element], Ties]:
    """Return the elements in which those runs that have no order are sorted by what they say, and who still ties.

    Ties are told in places of names.
    """
    left: list[tuple[int, int, int]] = []
    for start, width, count in ties:
        end = start + width * count
        runs = sorted(
            (elements[at : at + width] for at in range(start, end, width)), key=lambda run: [one[0] for one in run]
        )
        elements = [*elements[:start], *(one for run in runs for one in run), *elements[end:]]
        place = 0
        while place < count:
            said = [one[0] for one in runs[place]]
            same = 1
            while place + same < count and [one[0] for one in runs[place + same]] == said:
                same += 1
            if same > 1:
                left.append((start + place * width, width, same))
            place += same
    names = [0]
    for one in elements:
        names.append(names[-1] + len(one[1]))
    tied = ((names[start], names[start + width] - names[start], count) for start, width, count in left)
    return elements, tuple(one for one in tied if one[1])


_ASKED: Mapping[type, Callable[[Resolver, Any], Element]] = {
    Uid: _uid,
    Version: _version,
    Point: _point,
    Seen: _seen,
}
