"""Metadata that only the system sets: names drawn, uids, times, generations.

Models what the API server does to metadata before an object is created, and what of the old metadata an update keeps
whatever the client sent.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiserver/pkg/registry/rest/update.go
"""

from __future__ import annotations

from kcore.api.evolve import evolve
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.api.times import Time
from kcore.machine import Seed

ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
"""The letters of generated suffixes: no vowels and no look-alikes, so that no words come out."""

SUFFIX_LENGTH = 5
LONGEST_BASE = 63 - SUFFIX_LENGTH

_SUFFIXES = len(ALPHABET) ** SUFFIX_LENGTH
_STRIDE = 8_675_309
_START = 3_141_592
"""Suffix n is _START + n * _STRIDE modulo their number: the stride is prime to it, so none comes twice before all."""


def uid(number: int) -> str:
    """Return the `number`-th uid, in the form of a random UUID; its last part is the number, so none comes twice."""
    bits, _ = Seed(number).bits()
    first, second, third, fourth = bits >> 32, bits >> 16 & 0xFFFF, bits >> 4 & 0xFFF, bits & 0x3FFF | 0x8000
    return f"{first:08x}-{second:04x}-4{third:03x}-{fourth:04x}-{number:012x}"


def suffix(number: int) -> str:
    """Return the `number`-th suffix of a generated name: five letters, none twice within 14 million."""
    place = (_START + number * _STRIDE) % _SUFFIXES
    letters = []
    for _ in range(SUFFIX_LENGTH):
        place, letter = divmod(place, len(ALPHABET))
        letters.append(ALPHABET[letter])
    return "".join(letters)


def generated(base: str, number: int) -> str:
    """Return the name that generateName `base` becomes with the `number`-th suffix."""
    return f"{base[:LONGEST_BASE]}{suffix(number)}"


def for_update(new: ObjectMeta, old: ObjectMeta) -> ObjectMeta:
    """Return `new` with what an update can't change: generation, birth, and a deletion once it has begun."""
    return evolve(
        new,
        uid=new.uid or old.uid,
        namespace=new.namespace or old.namespace,
        resource_version=old.resource_version,
        generation=old.generation,
        creation_timestamp=old.creation_timestamp,
        deletion_timestamp=old.deletion_timestamp if old.deletion_timestamp is not None else new.deletion_timestamp,
        deletion_grace_period_seconds=new.deletion_grace_period_seconds
        if new.deletion_grace_period_seconds is not None
        else old.deletion_grace_period_seconds,
    )


def born(metadata: ObjectMeta, name: str, number: int, now: Time, *, generation: int) -> ObjectMeta:
    """Return the metadata of an object called `name` that begins now, with the `number`-th uid."""
    return evolve(
        metadata,
        name=name,
        uid=uid(number),
        creation_timestamp=now,
        deletion_timestamp=None,
        deletion_grace_period_seconds=None,
        generation=generation or metadata.generation,
    )
