"""Content: what a value says, apart from what only a whole state can tell the meaning of.

A digest that is the same in every process, and beside it, in order, what is loose in the value: uids, versions of
objects and generations. Two values with one digest say the same of whatever their loose parts turn out to stand for.

Forgotten altogether are the points in time in API objects (what is kept is whether there is one) and the revisions at
which something was answered or told. What rides along in an object unread counts as its text.
"""

from __future__ import annotations

import enum
import typing
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from hashlib import blake2b
from typing import Any, NamedTuple, TypeAlias

import attrs

from kcore.api.evolve import evolve
from kcore.api.json import Json
from kcore.api.kinds import key_of
from kcore.api.object import ApiObject, ObjectKey
from kcore.api.struct import Struct
from kcore.api.times import MicroTime, Time
from kcore.apiserver.changes import Change
from kcore.apiserver.request import Request, Response
from kcore.client.fifo import Fifo
from kcore.machine.digest import SIZE, Digester

REMEMBERED = 1 << 18
"""How many values are remembered at most."""

_NOTHING: frozenset[str] = frozenset()
_VERSIONS = frozenset({"resource_version", "generation"})
_REVISIONS = {Change: frozenset({"revision"}), Response: frozenset({"revision"})}


class Uid(NamedTuple):
    """A uid: what matters is whose it is."""

    uid: str


class Version(NamedTuple):
    """A version of the object at a key: what matters is whether it is the latest."""

    key: ObjectKey
    version: str


class Generation(NamedTuple):
    """A generation that a status speaks of: what matters is how far it is behind that of its object."""

    number: int


Loose: TypeAlias = Uid | Version | Generation


class Content(NamedTuple):
    """The digest of a value in 16 bytes, and what is loose in it, in order."""

    digest: bytes
    loose: tuple[Loose, ...] = ()


def join(tag: str, parts: Iterable[Content] = ()) -> Content:
    """Return the content that is made of `parts`, in order; a tag has no zero byte."""
    digests = [tag.encode(), b"\0"]
    loose: tuple[Loose, ...] = ()
    for digest, more in parts:
        digests.append(digest)
        if more:
            loose += more
    return Content(blake2b(b"".join(digests), digest_size=SIZE).digest(), loose)


_UID = join("uid")
_VERSION = join("version")
_GENERATION = join("generation")
_SOME_TIME = join("some time")
_NO_TIME = join("no time")


class Contents:
    """The contents of values; those of API structs and of what it is told to keep are remembered, and kept alive."""

    def __init__(self) -> None:
        """Start with nothing remembered."""
        self._digester = Digester()
        self._texts: dict[str, Content] = {}
        self._kept: dict[int, tuple[object, Content]] = {}
        self._plans: dict[type, tuple[tuple[str, bool], ...]] = {}

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
            return join("map", sorted(join("entry", map(self.of, entry)) for entry in value.items()))
        if isinstance(value, AbstractSet):
            return join("set", sorted(map(self.of, value)))
        if isinstance(value, Request):
            return self._request(value)
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
        content = Content(_UID.digest, (Uid(text),)) if _is_uid(text) else Content(self._digester.of(text))
        self._texts[text] = content
        return content

    def _struct(self, struct: Struct) -> Content:
        known = self._kept.get(id(struct))
        if known is not None:
            return known[1]
        parts = []
        for name, is_time in self._plan(type(struct)):
            value = getattr(struct, name)
            if is_time:
                parts.append(_NO_TIME if value is None else _SOME_TIME)
            elif name == "observed_generation" and value:
                parts.append(Content(_GENERATION.digest, (Generation(value),)))
            else:
                parts.append(self.of(value))
        content = join(type(struct).__qualname__, parts)
        return self._keep(struct, self._object(struct, content) if isinstance(struct, ApiObject) else content)

    def _object(self, obj: ApiObject, content: Content) -> Content:
        """Return the content of an object, given that of its fields: generations are told from its own."""
        generation, version = obj.metadata.generation, obj.metadata.resource_version
        behind = tuple(generation - one.number for one in content.loose if isinstance(one, Generation))
        loose: tuple[Loose, ...] = tuple(one for one in content.loose if not isinstance(one, Generation))
        if version:
            loose += (Version(key_of(obj), version),)
        return Content(join("object", (content, self.of(behind))).digest, loose)

    def _request(self, request: Request) -> Content:
        """Return the content of a request: the versions that it names are those of the object that it is about."""
        body, options = request.body, request.options
        version = options.resource_version
        loose = () if version in ("", "0") else (Version(request.key, version),)
        parts = (
            self.of((request.verb, request.key, request.subresource)),
            self._json(body.value, request.key) if isinstance(body, Json) else self.of(body),
            self.of(evolve(options, resource_version="") if loose else options),
            Content(_VERSION.digest, loose),
        )
        return join("request", parts)

    def _json(self, value: Any, key: ObjectKey) -> Content:
        """Return the content of the JSON body of a request for the object at `key`."""
        if isinstance(value, dict):
            return join("object", (part for name in sorted(value) for part in self._entry(name, value[name], key)))
        if isinstance(value, list):
            return join("list", (self._json(one, key) for one in value))
        return join("number", (self.of(str(value)),)) if isinstance(value, float) else self.of(value)

    def _entry(self, name: str, value: Any, key: ObjectKey) -> tuple[Content, Content]:
        if name == "resourceVersion" and value:
            return self.of(name), Content(_VERSION.digest, (Version(key, str(value)),))
        return self.of(name), self._json(value, key)

    def _plan(self, cls: type) -> tuple[tuple[str, bool], ...]:
        """Return the fields of a class that count, and whether each is a point in time."""
        plan = self._plans.get(cls)
        if plan is None:
            hints = typing.get_type_hints(cls) if issubclass(cls, Struct) else {}
            forgotten = _VERSIONS if issubclass(cls, Struct) else _REVISIONS.get(cls, _NOTHING)
            names = [field.name for field in attrs.fields(cls) if field.name not in forgotten]
            plan = self._plans[cls] = tuple((name, name in hints and _is_time(hints[name])) for name in names)
        return plan


def _is_uid(text: str) -> bool:
    """Tell whether `text` has the form of a uid."""
    return len(text) == 36 and text[8] == text[13] == text[18] == text[23] == "-"


def _is_time(hint: Any) -> bool:
    return Time in typing.get_args(hint) or MicroTime in typing.get_args(hint) or hint in (Time, MicroTime)
