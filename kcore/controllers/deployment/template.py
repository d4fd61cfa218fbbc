"""Templates: which ReplicaSets are of the Deployment's template, and the name that a template gets.

Models equality without the label `pod-template-hash`, by which the new ReplicaSet is told from the old ones (of
several, the oldest), and the hash: 32 bits of FNV-1a over the template and the collision count, written in letters that
spell no words. The hash is over the canonical JSON of the template and not over Go's printing of it, so the letters are
not those that a real cluster would have; all that follows from them is.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/controller_utils.go
"""

from __future__ import annotations

from collections.abc import Sequence

from kcore.api.apps.replicaset import ReplicaSet
from kcore.api.convert import unstructure
from kcore.api.core.pod import PodTemplateSpec
from kcore.api.evolve import evolve
from kcore.api.json import canonical
from kcore.controllers.deployment.replicas import by_creation

HASH_LABEL = "pod-template-hash"

LETTERS = "bcdfghjklmnpqrstvwxz2456789"
"""The letters of a hash, the one of a digit being that of its code point modulo their number."""

_BASIS, _PRIME, _BITS = 2166136261, 16777619, 0xFFFFFFFF


def equal_ignore_hash(one: PodTemplateSpec, other: PodTemplateSpec) -> bool:
    """Tell whether the templates are the same, the label with the hash aside."""
    if one is other:
        return True
    if one.spec != other.spec or one.extra != other.extra:
        return False
    return without_hash(one).metadata == without_hash(other).metadata


def split(
    template: PodTemplateSpec, replica_sets: Sequence[ReplicaSet]
) -> tuple[ReplicaSet | None, tuple[ReplicaSet, ...]]:
    """Return the new ReplicaSet, the oldest of the template, if there is one, and all others, the oldest first."""
    ordered = sorted(replica_sets, key=by_creation)
    new = next((one for one in ordered if equal_ignore_hash(one.spec.template, template)), None)
    return new, tuple(one for one in ordered if new is None or one.metadata.uid != new.metadata.uid)


def compute_hash(template: PodTemplateSpec, collisions: int | None) -> str:
    """Return the hash of the template after so many `collisions` (None: never any), as in names and labels."""
    uniquifier = b"" if collisions is None else (collisions & _BITS).to_bytes(8, "little")
    number = _fnv32a(canonical(unstructure(template)).encode() + uniquifier)
    return "".join(LETTERS[ord(digit) % len(LETTERS)] for digit in str(number))


def with_hash(template: PodTemplateSpec, value: str) -> PodTemplateSpec:
    """Return the template with the label that says its hash."""
    labels = template.metadata.labels.set(HASH_LABEL, value)
    return evolve(template, metadata=evolve(template.metadata, labels=labels))


def without_hash(template: PodTemplateSpec) -> PodTemplateSpec:
    """Return the template without the label that says its hash."""
    if HASH_LABEL not in template.metadata.labels:
        return template
    labels = template.metadata.labels.remove(HASH_LABEL)
    return evolve(template, metadata=evolve(template.metadata, labels=labels))


def _fnv32a(text: bytes) -> int:
    number = _BASIS
    for byte in text:
        number = (number ^ byte) * _PRIME & _BITS
    return number
