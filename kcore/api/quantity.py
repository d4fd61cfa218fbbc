"""Quantity: an exact amount of a resource, with the text that stands for it.

Models the API's Quantity: parsing with its real errors, the canonical text, values in units and thousandths, arithmetic
and comparison. The format of a sum is that of its left side, or of the right one when the left is zero. A value beyond
64 bits wraps as the real one does.

Two quantities are equal when they read the same and are the same amount: "1" and "1000m" are two values, since a stored
object keeps which of them it has. `cmp` and the orderings compare amounts alone.

Does not model: `AsApproximateFloat64`, and amounts of more than 4,000 digits (`kcore.api.amount`).

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apimachinery/pkg/api/resource/quantity.go
"""

from __future__ import annotations

import functools
import math
from decimal import Decimal

import attrs

from kcore.api import amount as amounts
from kcore.api import quantity_text
from kcore.api.amount import MILLI, Amount, QuantityError
from kcore.api.quantity_text import Format

__all__ = ["ZERO", "Format", "Quantity", "QuantityError"]


@attrs.frozen(eq=False, repr=False)
class Quantity:
    """An immutable quantity; made by `parse`, `from_wire`, `of`, `of_milli` and arithmetic."""

    amount: Amount
    format: Format
    _kept: str = ""
    _text: str = attrs.field(default="", init=False)

    @classmethod
    def parse(cls, text: str) -> Quantity:
        """Return the quantity that `text` writes; QuantityError with the real message when it writes none."""
        return _parse(text)

    @classmethod
    def from_wire(cls, value: object) -> Quantity:
        """Return what JSON's `value` stands for: a string, blanks around it allowed, a number, or null, which is 0."""
        if value is None:
            return ZERO
        if isinstance(value, str):
            return _parse(value.strip())
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise QuantityError(quantity_text.ERR_FORMAT)
        return _parse(str(amounts.checked(value)) if isinstance(value, int) else _json_number(value))

    @classmethod
    def of(cls, value: int, format: Format = Format.DECIMAL_SI) -> Quantity:  # noqa: A002 - the word of the API
        """Return the quantity of `value` units, which fit 64 bits."""
        return cls(Amount(value), format)

    @classmethod
    def of_milli(cls, value: int, format: Format = Format.DECIMAL_SI) -> Quantity:  # noqa: A002 - the word of the API
        """Return the quantity of `value` thousandths, which fit 64 bits."""
        return cls(Amount(value, MILLI), format)

    @property
    def canonical(self) -> str:
        """The text that the API shows: the one that was typed where upstream keeps it, else the one computed anew."""
        return self._kept or self.recomputed

    @property
    def recomputed(self) -> str:
        """The canonical text computed anew: no fraction, the largest suffix that loses nothing."""
        if not self._text:
            object.__setattr__(self, "_text", quantity_text.write(self.amount, self.format))
        return self._text

    @property
    def value(self) -> int:
        """The amount in units, rounded up, as 64 bits hold it."""
        return amounts.scaled(self.amount, 0)

    @property
    def milli_value(self) -> int:
        """The amount in thousandths (millicores), rounded up, as 64 bits hold it."""
        return amounts.scaled(self.amount, MILLI)

    @property
    def nano(self) -> int:
        """The exact amount in billionths, as no quantity is finer than that; QuantityError beyond 4,000 digits."""
        return amounts.to_nano(self.amount).number

    @property
    def sign(self) -> int:
        """-1, 0 or 1."""
        return amounts.sign(self.amount)

    def cmp(self, other: Quantity) -> int:
        """Return -1, 0 or 1 as this is less than, the same amount as or more than `other`, whatever the texts."""
        return amounts.compare(self.amount, other.amount)

    def times(self, factor: int) -> tuple[Quantity, bool]:
        """Return the product with an integer, and what upstream's `Mul` says: whether its number fits 64 bits."""
        product, exact = amounts.mul(self.amount, factor)
        return Quantity(product, self.format), exact

    def __add__(self, other: Quantity) -> Quantity:
        return Quantity(amounts.add(self.amount, other.amount), self.format if self.sign else other.format)

    def __sub__(self, other: Quantity) -> Quantity:
        return Quantity(amounts.sub(self.amount, other.amount), self.format if self.sign else other.format)

    def __mul__(self, factor: int) -> Quantity:
        return self.times(factor)[0]

    def __neg__(self) -> Quantity:
        return Quantity(amounts.negate(self.amount), self.format)

    def __lt__(self, other: Quantity) -> bool:
        return self.cmp(other) < 0

    def __le__(self, other: Quantity) -> bool:
        return self.cmp(other) <= 0

    def __gt__(self, other: Quantity) -> bool:
        return self.cmp(other) > 0

    def __ge__(self, other: Quantity) -> bool:
        return self.cmp(other) >= 0

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Quantity):
            return NotImplemented
        return self.canonical == other.canonical and self.cmp(other) == 0

    def __hash__(self) -> int:
        return hash(self.canonical)

    def __str__(self) -> str:
        return self.canonical

    def __repr__(self) -> str:
        return f"Quantity.parse({self.canonical!r})"


@functools.lru_cache(maxsize=8192)
def _parse(text: str) -> Quantity:
    amount, written, kept = quantity_text.read(text)
    return Quantity(amount, written, kept)


def _json_number(value: float) -> str:
    """Return the text of a float as Go's JSON writes it: with an exponent below 1e-6 and from 1e21 on only."""
    if not math.isfinite(value):
        raise QuantityError(quantity_text.ERR_FORMAT)
    number = Decimal(repr(value)).normalize()
    return format(number, "f") if value == 0 or 1e-6 <= abs(value) < 1e21 else f"{number:e}"


ZERO = _parse("0")
"""No resources; where JSON has null for a quantity."""
