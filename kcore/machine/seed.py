"""Reproducible chance: the splitmix64 generator as a value.

Models a stream of draws that is the same on every machine and in every process; a state may hold one. The constants
are those that Steele, Lea and Flood published ("Fast splittable pseudorandom number generators", OOPSLA 2014).

Does not model cryptographic chance.
"""

from __future__ import annotations

import attrs

from kcore.errors import MisuseError

_MASK = (1 << 64) - 1
_GAMMA = 0x9E3779B97F4A7C15
_FIRST = 0xBF58476D1CE4E5B9
_SECOND = 0x94D049BB133111EB


def _scramble(value: int) -> int:
    """Return the 64 well-mixed bits of splitmix64's output function."""
    value = ((value ^ (value >> 30)) * _FIRST) & _MASK
    value = ((value ^ (value >> 27)) * _SECOND) & _MASK
    return value ^ (value >> 31)


def _cut(value: int) -> int:
    """Return the low 64 bits."""
    return value & _MASK


@attrs.frozen
class Seed:
    """A place in a stream of draws; `Seed(0)` starts the stream of the number 0."""

    value: int = attrs.field(converter=_cut)

    def bits(self) -> tuple[int, Seed]:
        """Return 64 bits, 0 to 2**64 - 1, and the seed after them."""
        value = (self.value + _GAMMA) & _MASK
        return _scramble(value), Seed(value)

    def below(self, count: int) -> tuple[int, Seed]:
        """Return a number from 0 to `count` - 1, each as likely as any other, and the seed after it."""
        if count < 1:
            raise MisuseError(f"a draw needs at least one choice, got {count}")
        fair = _MASK + 1 - (_MASK + 1) % count
        drawn, seed = self.bits()
        while drawn >= fair:
            drawn, seed = seed.bits()
        return drawn % count, seed

    def split(self, number: int) -> Seed:
        """Return the start of the `number`-th independent stream under this seed (0, 1, 2, ...)."""
        return Seed(_scramble((self.value + _scramble((number + 1) * _GAMMA & _MASK)) & _MASK))
