"""Backup: all objects of a store as one text, a JSON object a line, and back.

Models a snapshot of etcd: what the API says, at one revision, with the counters that names, uids and ports come from.
The first line says the version of the form, the revision and time, how many objects follow and a digest of them: a text
that was cut, changed or made by another version is refused before anything is done with it.

Not modelled: the log of changes, which no backup has, and uids that differ from cluster to cluster: two clusters invent
the same ones, so a backup belongs into the cluster that it was made of, or into a new one. What is so on machines is
not what the API says, and not in it.

Upstream: https://kubernetes.io/docs/tasks/administer-cluster/configure-upgrade-etcd/#backing-up-an-etcd-cluster
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import blake2b
from typing import Any

import attrs

from kcore.api.convert import from_wire, to_wire
from kcore.api.hashmap import HashMap
from kcore.api.json import canonical
from kcore.api.kinds import key_of
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.indexes import Indexes
from kcore.apiserver.store import Minted, Store
from kcore.errors import InputError, Place

KIND, VERSION = "Backup", 1
_COUNTERS = frozenset(field.name for field in attrs.fields(Minted))


@attrs.frozen(kw_only=True)
class Backup:
    """What a text holds: the store, with nothing before its revision, and the time it was made (ms since 1970)."""

    store: Store
    made_at: int


def save(store: Store, now: int) -> str:
    """Return the text of `store`, the same for the same objects, revision and time."""
    lines = [canonical(to_wire(found)) for _, found in sorted(store.objects.items())]
    header = {
        "apiVersion": "kcore/v1",
        "kind": KIND,
        "version": VERSION,
        "madeAt": now,
        "revision": store.revision,
        "minted": attrs.asdict(store.minted),
        "objects": len(lines),
        "digest": _digest(lines),
    }
    return "\n".join([canonical(header), *lines]) + "\n"


def load(text: str, file: str = "") -> Backup:
    """Return what a text of `save` holds; InputError, with the line, for any other text."""
    lines = text.splitlines()
    header = _header(lines[0] if lines else "", file)
    rest = lines[1:]
    if len(rest) != header["objects"]:
        expected = f"{header['objects']} objects after the first line"
        raise InputError(f"the backup has {len(rest)} objects", place=Place(file=file), expected=expected)
    if _digest(rest) != header["digest"]:
        raise InputError("the digest does not fit the objects: the backup was changed", place=Place(file=file))
    objects = dict(_objects(rest, file))
    store = Store(
        revision=header["revision"],
        compacted=header["revision"],
        objects=HashMap(objects),
        indexes=Indexes.of(objects),
        minted=Minted(**header["minted"]),
    )
    return Backup(store=store, made_at=header["madeAt"])


def _header(line: str, file: str) -> dict[str, Any]:
    place = Place(file=file, line=1)
    expected = f"the first line of a backup: a JSON object of the kind {KIND}"
    try:
        header = json.loads(line)
    except ValueError as error:
        raise InputError("this is not a backup", place=place, expected=expected) from error
    if not isinstance(header, dict) or header.get("kind") != KIND:
        raise InputError("this is not a backup", place=place, expected=expected)
    if header.get("version") != VERSION:
        found = header.get("version")
        raise InputError(f"a backup of version {found!r} can't be read", place=place, expected=f"version {VERSION}")
    minted = header.get("minted")
    wrong = [name for name in ("madeAt", "revision", "objects") if not _is_count(header.get(name))]
    if not (isinstance(minted, dict) and minted.keys() == _COUNTERS and all(map(_is_count, minted.values()))):
        wrong.append("minted")
    if wrong:
        raise InputError(f"{wrong[0]} of the backup makes no sense", place=place, expected="whole numbers, 0 or more")
    return header


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _objects(lines: list[str], file: str) -> Iterator[tuple[ObjectKey, ApiObject]]:
    for number, line in enumerate(lines, start=2):
        found = from_wire(json.loads(line))
        if not found.metadata.resource_version:
            raise InputError("an object has no resourceVersion", place=Place(file=file, line=number))
        yield key_of(found), found


def _digest(lines: list[str]) -> str:
    return blake2b("\n".join(lines).encode(), digest_size=16).hexdigest()
