"""The hash of a pod template, as it is in the names of what is made of it.

Models 32 bits of FNV-1a over the template and the collision count, written in letters that spell no words. The hash is
over the canonical JSON of the template and not over Go's printing of it, so the letters are not those that a real
cluster would have; all that follows from them is.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/controller_utils.go
"""

from __future__ import annotations

from kcore.api.convert import unstructure
from kcore.api.core.pod import PodTemplateSpec
from kcore.api.json import canonical

LETTERS = "bcdfghjklmnpqrstvwxz2456789"
"""The letters of a hash, the one of a digit being that of its code point modulo their number."""

_BASIS, _PRIME, _BITS = 2166136261, 16777619, 0xFFFFFFFF


def compute_hash(template: PodTemplateSpec, collisions: int | None) -> str:
    """Return the hash of the template after so many `collisions` (None: never any), as in names and labels."""
    uniquifier = b"" if collisions is None else (collisions & _BITS).to_bytes(8, "little")
    number = _BASIS
    for byte in canonical(unstructure(template)).encode() + uniquifier:
        number = (number ^ byte) * _PRIME & _BITS
    return "".join(LETTERS[ord(digit) % len(LETTERS)] for digit in str(number))
