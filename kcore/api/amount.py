"""The number inside a quantity: a whole number times a power of ten, in one of two forms, as upstream keeps it.

Models `int64Amount` and `infDecAmount`. A small amount is a 64-bit number with its scale; where a sum or a product does
not fit, it becomes a decimal of any size. The form shows only in `scaled`, which overflows differently in each, so that
the value of an amount too large for 64 bits is the one that the real code would compute on a 64-bit machine.

Does not model: amounts of more than 4,000 digits, which are refused. The real code computes them for as long as its
memory lasts.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apimachinery/pkg/api/resource/amount.go
"""

from __future__ import annotations

from typing import NamedTuple

from kcore.errors import KcoreError

INT64_MAX = 2**63 - 1
INT64_MIN = -(2**63)
NANO = -9
MILLI = -3
DIGITS_LIMIT = 4_000

_BITS_LIMIT = 13_287  # 10^4000 has one bit more
_TOO_LONG = f"a quantity of more than {DIGITS_LIMIT:,} digits is not computed"
_FAR_APART = 64
_BY_ONE_PRODUCT = frozenset((1, 2, 3, 6, 9))  # powers of ten that upstream multiplies by in one go


class QuantityError(KcoreError, ValueError):
    """A text that is no quantity, with the real message; or an amount beyond 4,000 digits."""


class Amount(NamedTuple):
    """`number` × 10^`scale`; `big` when it is kept as a decimal of any size instead of a 64-bit number."""

    number: int
    scale: int = 0
    big: bool = False


def int64(number: int) -> int:
    """Return what is left of `number` in 64 bits, two's complement."""
    return number if INT64_MIN <= number <= INT64_MAX else ((number + 2**63) & (2**64 - 1)) - 2**63


def int32(number: int) -> int:
    """Return what is left of `number` in 32 bits, two's complement."""
    return ((number + 2**31) & (2**32 - 1)) - 2**31


def checked(number: int) -> int:
    """Return `number`; QuantityError when it has more than 4,000 digits."""
    if number.bit_length() > _BITS_LIMIT:
        raise QuantityError(_TOO_LONG)
    return number


def _power(scale: int) -> int:
    power: int = 10**scale
    return power


def _times_power(number: int, scale: int) -> int:
    """Return `number` × 10^`scale`; QuantityError when that has more than 4,000 digits."""
    if number and scale > DIGITS_LIMIT:
        raise QuantityError(_TOO_LONG)
    return checked(number * _power(scale)) if number else 0


def round_away(number: int, scale: int) -> tuple[int, bool]:
    """Return `number` / 10^`scale` rounded away from zero, and whether that is exact."""
    if scale > number.bit_length():
        return (number > 0) - (number < 0), number == 0
    quotient, rest = divmod(abs(number), _power(scale))
    quotient += rest > 0
    return (quotient if number > 0 else -quotient), rest == 0


def multiply_int64(left: int, right: int) -> tuple[int, bool]:
    """Return the product in 64 bits, and whether it fits."""
    product = left * right
    trivial = left in (0, 1) or right in (0, 1)
    fits = INT64_MIN <= product <= INT64_MAX and (trivial or INT64_MIN not in (left, right))
    return int64(product), fits


def _scale_up(number: int, scale: int) -> tuple[int, bool]:
    """Return `number` × 10^`scale` in 64 bits, and whether it fits; what overflows wraps or is 0, as upstream."""
    if scale <= 0 or number == 0:
        return number, True
    if scale > 19 or number == INT64_MIN:
        return 0, False
    product = number * _power(scale)
    if INT64_MIN <= product <= INT64_MAX:
        return product, True
    return (int64(product) if scale in _BY_ONE_PRODUCT else 0), False


def add(left: Amount, right: Amount) -> Amount:
    """Return the sum: in 64 bits where both are and it fits, else as a decimal."""
    if not left.big and not right.big:
        small = _add_int64(left, right)
        if small is not None:
            return small
    return _decimal_sum(left, right, 1)


def sub(left: Amount, right: Amount) -> Amount:
    """Return the difference: in 64 bits where both are and it fits, else as a decimal."""
    if not left.big and not right.big:
        small = _add_int64(left, Amount(int64(-right.number), right.scale))
        if small is not None:
            return small
    return _decimal_sum(left, right, -1)


def _add_int64(left: Amount, right: Amount) -> Amount | None:
    """Return the sum in 64 bits at the finer of the two scales, None when it does not fit."""
    if right.number == 0:
        return left
    if left.number == 0:
        return Amount(right.number, right.scale)
    fine, coarse = (left, right) if left.scale <= right.scale else (right, left)
    aligned, fits = _scale_up(coarse.number, int32(coarse.scale - fine.scale))
    total = aligned + fine.number
    return Amount(total, fine.scale) if fits and INT64_MIN <= total <= INT64_MAX else None


def _decimal_sum(left: Amount, right: Amount, sign: int) -> Amount:
    scale = min(left.scale, right.scale)
    total = _times_power(left.number, left.scale - scale) + sign * _times_power(right.number, right.scale - scale)
    return Amount(checked(total), scale, big=True)


def mul(amount: Amount, factor: int) -> tuple[Amount, bool]:
    """Return the product, and what upstream calls exact: its number fits 64 bits."""
    if not amount.big:
        small = _mul_int64(amount, factor)
        if small is not None:
            return small, True
    product = amount.number * factor
    return Amount(checked(product), amount.scale, big=True), INT64_MIN <= product <= INT64_MAX


def _mul_int64(amount: Amount, factor: int) -> Amount | None:
    """Return the product in 64 bits when it fits as a number, and as a whole value, there; else None."""
    if amount.number == 0:
        return amount
    if factor == 0:
        return Amount(0)
    product, fits = multiply_int64(amount.number, factor)
    if not fits:
        return None
    if amount.scale > 0:
        fits = _scale_up(product, amount.scale)[1]
    elif amount.scale < 0:
        fits = round_away(product, -amount.scale)[1]
    return Amount(product, amount.scale) if fits else None


def negate(amount: Amount) -> Amount:
    """Return the amount with the other sign."""
    return Amount(-amount.number if amount.big else int64(-amount.number), amount.scale, amount.big)


def sign(amount: Amount) -> int:
    """Return -1, 0 or 1."""
    return (amount.number > 0) - (amount.number < 0)


def compare(left: Amount, right: Amount) -> int:
    """Return -1, 0 or 1 as `left` is less than, equal to or greater than `right`."""
    apart = left.scale - right.scale
    if abs(apart) > _FAR_APART:
        ranks = _rank(left), _rank(right)
        if ranks[0] != ranks[1] or ranks == (0, 0):
            return (ranks[0] > ranks[1]) - (ranks[0] < ranks[1])
    first, second = left.number, right.number
    if apart > 0:
        first *= _power(apart)
    elif apart < 0:
        second *= _power(-apart)
    return (first > second) - (first < second)


def _rank(amount: Amount) -> int:
    """Return what orders amounts of different sign or size, whatever the scale; 0 for zero."""
    size = len(str(abs(amount.number))) + amount.scale + 2**32
    return sign(amount) * size


def scaled(amount: Amount, scale: int) -> int:
    """Return the amount / 10^`scale` as 64 bits hold it: rounded up, and wrapped or 0 on overflow.

    A decimal that is negative is rounded up or down as its size has it: the real code does that, too.
    """
    if amount.big:
        return _scaled_decimal(amount.number, scale - amount.scale)
    if amount.scale < scale:
        return round_away(amount.number, scale - amount.scale)[0]
    return _scale_up(amount.number, int32(amount.scale - scale))[0]


def _scaled_decimal(number: int, down: int) -> int:
    """Return `number` / 10^`down` in 64 bits, as the decimal form computes it."""
    if down == 0:
        return int64(number)
    if down < 0:
        factor = _power(-down) if down >= -18 else INT64_MIN  # what a float above 2^63 becomes as an int64
        return int64(int64(number) * factor)
    if number < INT64_MAX and down < 19:
        quotient, rest = divmod(abs(int64(number)), _power(down))
        return (quotient if int64(number) >= 0 else -quotient) + (rest > 0)
    quotient, rest = divmod(number, _times_power(1, down))
    return int64(int64(quotient) + (rest > 0))


def to_nano(amount: Amount) -> Amount:
    """Return the amount as a decimal in billionths, rounded away from zero."""
    if amount.scale < NANO:
        return Amount(round_away(amount.number, NANO - amount.scale)[0], NANO, big=True)
    return Amount(_times_power(amount.number, amount.scale - NANO), NANO, big=True)


def decimal_digits(amount: Amount) -> tuple[str, int]:
    """Return the fewest digits, with their sign, and the exponent, a multiple of 3, that write `amount`, not 0."""
    digits = str(amount.number)
    short = digits.rstrip("0")
    exponent = int32(amount.scale + len(digits) - len(short))
    padding = exponent % 3
    return short + "0" * padding, int32(exponent - padding)


def whole(amount: Amount) -> int | None:
    """Return the amount as an integer, None when it has a fraction."""
    if amount.scale >= 0:
        return _times_power(amount.number, amount.scale)
    number, exact = round_away(amount.number, -amount.scale)
    return number if exact else None


def binary_digits(number: int, *, big: bool) -> tuple[str, int]:
    """Return the fewest digits, with their sign, and the power of 1024 that write the integer `number`, not 0."""
    power_of_1024 = 0
    if big or number != INT64_MIN:  # whose positive does not exist in 64 bits, so that upstream leaves it as it is
        while number % 1024 == 0:
            number //= 1024
            power_of_1024 += 1
    return str(number), power_of_1024
