"""Loose: what in a value has a meaning only in a whole state.

Models a uid (whose it is), an invented name or address (which one it is, among those that mean something in the state),
a version (whether it is the latest), a generation, and the times and revisions that components remember.

Invented names are told by their look: the five letters of a generated suffix, an IPv4 address, a block of addresses.
"""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias

from kcore.api.object import ObjectKey
from kcore.client.instant import Instant, Revision

_INVENTED = re.compile(r"[a-z0-9.-]*-[bcdfghjklmnpqrstvwxz2456789]{5}|\d{1,3}\.\d{1,3}\.\d{1,3}\.(?:\d{1,3})?")

_SUFFIX = 5


class Uid(NamedTuple):
    """A uid: what matters is whose it is."""

    uid: str


class Name(NamedTuple):
    """An invented name or address: what matters is which one it is."""

    text: str


class Version(NamedTuple):
    """A version of the object at a key: what matters is whether it is the latest."""

    key: ObjectKey
    version: str


class Generation(NamedTuple):
    """A generation that a status speaks of: what matters is how far it is behind that of its object."""

    number: int


class Point(NamedTuple):
    """A time or revision that is remembered: what matters is how far it is from the present."""

    at: Instant | Revision


class Seen(NamedTuple):
    """A time that was read in the object at a key: what matters is how it compares with the times there now."""

    key: ObjectKey
    at: int


class Said(NamedTuple):
    """A number that means the same in every state."""

    number: int


Loose: TypeAlias = Uid | Name | Version | Generation | Point | Seen | Said


class Content(NamedTuple):
    """The digest of a value in 16 bytes, and what is loose in it, in order.

    A tie (start, width, count) says that so many runs of loose parts of one width have no order among themselves.
    """

    digest: bytes
    loose: tuple[Loose, ...] = ()
    ties: tuple[tuple[int, int, int], ...] = ()


def is_uid(text: str) -> bool:
    """Tell whether `text` has the form of a uid."""
    return len(text) == 36 and text[8] == text[13] == text[18] == text[23] == "-"


def is_invented(text: str) -> bool:
    """Tell whether `text` has the look of a generated name, an address or a block of addresses."""
    return _INVENTED.fullmatch(text) is not None


def base_of(text: str) -> str:
    """Return what an invented name says beside the invention: what it was generated from, "" for an address."""
    return text[:-_SUFFIX] if text[-1:].isalnum() and not text[0].isdigit() else ""
