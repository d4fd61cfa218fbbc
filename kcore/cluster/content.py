"""Content: what a value says, apart from what only a whole state can tell the meaning of.

A digest that is the same in every process, and beside it, in order, what is loose in the value: uids, invented names
and addresses, versions of objects, generations, and the times that a component remembers. Two values with one digest
say the same of whatever their loose parts turn out to stand for.

The members of a set, and the entries of a map, have no order; where the digests of some tie, `ties` says which loose
parts may change places.

Forgotten altogether are the points in time in API objects (what is kept is whether there is one) and the revisions at
which something was answered or told. What rides along in an object unread counts as its text.
"""

from __future__ import annotations

import enum
import typing
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from hashlib import blake2b
from typing import Any

import attrs

from kcore.api.evolve import evolve
from kcore.api.json import Json
from kcore.api.kinds import key_of
from kcore.api.object import ApiObject
from kcore.api.struct import Struct
from kcore.api.times import MicroTime, Time
from kcore.apiserver.changes import Change
from kcore.apiserver.request import Request, Response
from kcore.client.fifo import Fifo
from kcore.client.instant import Instant, Revision, Sign
from kcore.cluster.loose import (
    Content,
    Generation,
    Loose,
    Name,
    Point,
    Said,
    Seen,
    Uid,
    Version,
    base_of,
    is_invented,
    is_uid,
)
from kcore.machine.digest import SIZE, Digester

REMEMBERED = 1 << 16
"""How many values are remembered at most."""

MOST_RESTARTS = 7
"""As many restarts are counted: a back-off is the longest by then, and one more makes no difference."""

_NOTHING: frozenset[str] = frozenset()
_VERSIONS = frozenset({"resource_version", "generation"})
_REVISIONS = {Change: frozenset({"revision"}), Response: frozenset({"revision"})}


def join(tag: str, parts: Iterable[Content] = ()) -> Content:
    """Return the content that is made of `parts`, in order; a tag has no zero byte."""
    digests = [tag.encode(), b"\0"]
    loose: tuple[Loose, ...] = ()
    ties: tuple[tuple[int, int, int], ...] = ()
    for digest, more, tied in parts:
        digests.append(digest)
        if tied:
            ties += tuple((start + len(loose), width, count) for start, width, count in tied)
        if more:
            loose += more
    return Content(blake2b(b"".join(digests), digest_size=SIZE).digest(), loose, ties)


def join_unordered(tag: str, parts: Iterable[Content]) -> Content:
    """Return the content that is made of `parts` in no order."""
    members = sorted(parts)
    joined = join(tag, members)
    if not joined.loose:
        return joined
    ties, at, place = joined.ties, 0, 0
    while place < len(members):
        first, width = members[place], len(members[place].loose)
        count = 1
        while place + count < len(members) and members[place + count].digest == first.digest:
            count += 1
        if count > 1 and width:
            ties += ((at, width, count),)
        at, place = at + width * count, place + count
    return joined._replace(ties=ties)


_UID = join("uid").digest
_NAME = join("name").digest
_VERSION = join("version").digest
_GENERATION = join("generation").digest
_TOLD = join("told by the state").digest
_SOME_TIME = join("some time")
_NO_TIME = join("no time")


class Contents:
    """The contents of values; those of API structs and of what it is told to keep are remembered, and kept alive.

    `names` are those that count as invented besides those that look it, `fixed` those that do not though they do.
    """

    def __init__(self, names: frozenset[str] = _NOTHING, fixed: frozenset[str] = _NOTHING) -> None:
        """Start with nothing remembered."""
        self._names = names
        self._fixed = fixed
        self._digester = Digester()
        self._texts: dict[str, Content] = {}
        self._kept: dict[int, tuple[object, Content]] = {}
        self._plans: dict[type, tuple[tuple[str, _Field], ...]] = {}

    def of(self, value: Any) -> Content:
        """Return the content of any value that a state is made of."""
        cls = type(value)
        if cls is str:
            return self._texts.get(value) or self._text(value)
        if cls is int or value is None or cls is bool or isinstance(value, enum.Enum):
            return Content(self._digester.of(value))
        if isinstance(value, Struct):
            return self._struct(value)
        if isinstance(value, tuple | Fifo):
            return join("tuple", map(self.of, value))
        if isinstance(value, Mapping):
            return join_unordered("map", (join("entry", map(self.of, entry)) for entry in value.items()))
        if isinstance(value, AbstractSet):
            return join_unordered("set", map(self.of, value))
        if isinstance(value, Request):
            return self._request(value)
        marked = _MARKED.get(cls)
        if marked is not None:
            return Content(_TOLD, (marked(value),))
        if attrs.has(cls) and cls is not Json:
            return join(cls.__qualname__, (self.of(getattr(value, name)) for name, _ in self._plan(cls)))
        return Content(self._digester.of(value))

    def kept(self, owner: object, parts: Callable[[], object] | None = None) -> Content:
        """Return the content of `owner`, or of what stands for it, and remember it: `owner` never changes."""
        known = self._kept.get(id(owner))
        if known is not None:
            return known[1]
        return self._keep(owner, self.of(owner if parts is None else parts()))

    def _keep(self, owner: object, content: Content) -> Content:
        if len(self._kept) >= REMEMBERED:
            self._kept.clear()
        self._kept[id(owner)] = (owner, content)
        return content

    def _text(self, text: str) -> Content:
        if is_uid(text):
            content = Content(_UID, (Uid(text),))
        elif text in self._names:
            content = Content(_NAME, (Name(text),))
        elif is_invented(text) and text not in self._fixed:
            content = join("name", (Content(self._digester.of(base_of(text)), (Name(text),)),))
        else:
            content = Content(self._digester.of(text))
        self._texts[text] = content
        return content

    def _struct(self, struct: Struct) -> Content:
        known = self._kept.get(id(struct))
        if known is not None:
            return known[1]
        parts = []
        for name, kind in self._plan(type(struct)):
            value = getattr(struct, name)
            if kind is _Field.PLAIN:
                parts.append(self.of(value))
            elif kind is _Field.TIME:
                parts.append(_NO_TIME if value is None else _SOME_TIME)
            elif kind is _Field.RESTARTS:
                parts.append(self.of(min(value, MOST_RESTARTS)))
            else:
                parts.append(Content(_GENERATION, (Generation(value),)) if value else self.of(value))
        content = join(type(struct).__qualname__, parts)
        return self._keep(struct, self._object(struct, content) if isinstance(struct, ApiObject) else content)

    def _object(self, obj: ApiObject, content: Content) -> Content:
        """Return the content of an object, given that of its fields: generations are told from its own."""
        generation, version = obj.metadata.generation, obj.metadata.resource_version
        loose, ties = content.loose, content.ties
        if any(type(one) is Generation for one in loose):
            loose = tuple(Said(generation - one.number) if type(one) is Generation else one for one in loose)
        if version:
            loose += (Version(key_of(obj), version),)
        return Content(content.digest, loose, ties)

    def _request(self, request: Request) -> Content:
        """Return the content of a request: the versions that it names are those of the object that it is about."""
        body, options = request.body, request.options
        version = options.resource_version
        loose = () if version in ("", "0") else (Version(request.key, version),)
        parts = (
            self.of((request.verb, request.key, request.subresource)),
            self._json(body.value, request) if isinstance(body, Json) else self.of(body),
            self.of(evolve(options, resource_version="") if loose else options),
            Content(_VERSION, loose),
        )
        return join("request", parts)

    def _json(self, value: Any, request: Request) -> Content:
        """Return the content of the JSON body of a request."""
        if isinstance(value, dict):
            return join("object", (part for name in sorted(value) for part in self._entry(name, value[name], request)))
        if isinstance(value, list):
            return join("list", (self._json(one, request) for one in value))
        return join("number", (self.of(str(value)),)) if isinstance(value, float) else self.of(value)

    def _entry(self, name: str, value: Any, request: Request) -> tuple[Content, Content]:
        if name == "resourceVersion" and value:
            return self.of(name), Content(_VERSION, (Version(request.key, str(value)),))
        return self.of(name), self._json(value, request)

    def _plan(self, cls: type) -> tuple[tuple[str, _Field], ...]:
        """Return the fields of a class that count, and as what."""
        plan = self._plans.get(cls)
        if plan is None:
            hints = typing.get_type_hints(cls) if issubclass(cls, Struct) else {}
            forgotten = _VERSIONS if issubclass(cls, Struct) else _REVISIONS.get(cls, _NOTHING)
            names = [field.name for field in attrs.fields(cls) if field.name not in forgotten]
            plan = self._plans[cls] = tuple((name, _field(name, hints.get(name))) for name in names)
        return plan


class _Field(enum.Enum):
    """As what a field counts."""

    PLAIN = "plain"
    TIME = "time"
    GENERATION = "generation"
    RESTARTS = "restarts"


def _field(name: str, hint: Any) -> _Field:
    if Time in typing.get_args(hint) or MicroTime in typing.get_args(hint) or hint in (Time, MicroTime):
        return _Field.TIME
    if name == "observed_generation" and hint is not None:
        return _Field.GENERATION
    return _Field.RESTARTS if name == "restart_count" and hint is not None else _Field.PLAIN


_MARKED: dict[type, Callable[[Any], Loose]] = {
    Instant: Point,
    Sign: lambda sign: Seen(sign.of, int(sign)),
    Revision: Point,
}
"""What the markers of a memory are in its content."""
