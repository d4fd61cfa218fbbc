"""The text of a quantity: how it is read, and how its canonical form is written.

Models upstream's scanner with its three errors, the suffixes, the three formats, rounding up to nano-units, the cap of
binary amounts at 2^63-1, and which texts are kept as they were typed ("1.500" and "+5" are, "1000" is written "1k").
Upstream's quirks are part of the API and are kept: "." and "Ki" are zero, and a suffix beyond E or Ei is lost.

Does not model: texts of more than 4,000 digits, which are refused.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apimachinery/pkg/api/resource/suffix.go
"""

from __future__ import annotations

import enum
import re
from typing import NamedTuple

from kcore.api import amount as amounts
from kcore.api.amount import DIGITS_LIMIT, INT64_MAX, INT64_MIN, NANO, Amount, QuantityError

ERR_FORMAT = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
ERR_NUMERIC = "unable to parse numeric part of quantity"
ERR_SUFFIX = "unable to parse quantity's suffix"

_SCAN = re.compile(r"([-+]?)0*+([0-9]*+)(?:\.([0-9]*+))?([eEinumkKMGTP]*+[-+]?[0-9]*+)")
_EXPONENT = re.compile(r"[eE]([-+]?)0*+([0-9]*+)")
_INT64_DIGITS = 18  # a number of so many digits fits 64 bits, whichever it is
_KIBI = 1024


class Format(enum.StrEnum):
    """How a quantity is written: 1500m (DecimalSI), 1536Mi (BinarySI), 15e2 (DecimalExponent)."""

    DECIMAL_SI = "DecimalSI"
    BINARY_SI = "BinarySI"
    DECIMAL_EXPONENT = "DecimalExponent"


class Reading(NamedTuple):
    """What a text says: the amount, the format, and the text itself where it is kept as typed, else ""."""

    amount: Amount
    format: Format
    kept: str = ""


class _Scanned(NamedTuple):
    negative: bool
    number: str
    fraction: str
    exponent: int
    format: Format


def read(text: str) -> Reading:
    """Return what `text` says; QuantityError with the real message when it is no quantity."""
    scanned = _scan(text)
    return _read_int64(text, scanned) or _read_decimal(scanned)


def _scan(text: str) -> _Scanned:
    match = _SCAN.fullmatch(text)
    if match is None or not text:
        raise QuantityError(ERR_FORMAT)
    number, fraction = match[2] or "0", match[3] or ""
    exponent, written = _suffix(match[4])
    if len(number) + len(fraction) > DIGITS_LIMIT:
        raise QuantityError(ERR_NUMERIC)
    return _Scanned(match[1] == "-", number, fraction, exponent, written)


def _suffix(suffix: str) -> tuple[int, Format]:
    """Return exponent (of 10, or of 2 where the format is binary) and format; QuantityError for any other suffix."""
    if suffix in _SUFFIXES:
        return _SUFFIXES[suffix]
    match = _EXPONENT.fullmatch(suffix)
    if match is None or len(suffix) < 2 or suffix[-1] in "+-" or len(match[2]) > len(str(INT64_MAX)):
        raise QuantityError(ERR_SUFFIX)
    exponent = int(match[1] + (match[2] or "0"))
    if not INT64_MIN <= exponent <= INT64_MAX:
        raise QuantityError(ERR_SUFFIX)
    return amounts.int32(exponent), Format.DECIMAL_EXPONENT


def _read_int64(text: str, scanned: _Scanned) -> Reading | None:
    """Return the reading as a 64-bit number, None when it might not fit one."""
    negative, number, fraction, exponent, written = scanned
    factor, scale = 1, exponent - len(fraction)
    room = _INT64_DIGITS - len(number) - len(fraction)
    if written is Format.BINARY_SI:
        factor, scale = 2**exponent, 0
        room = -1 if fraction else 14 - len(number) - exponent * 3 // 10
    if room < 0 or amounts.int32(scale) < NANO:
        return None
    digits = number + fraction
    unsigned = int(digits)
    amount = Amount((-unsigned if negative else unsigned) * factor, amounts.int32(scale))
    if written is Format.BINARY_SI:
        keep = unsigned % 8 != 0
    else:
        keep = amount.scale % 3 == 0 and not digits.endswith("000") and digits[0] != "0"
    return Reading(amount, written, text if keep else "")


def _read_decimal(scanned: _Scanned) -> Reading:
    """Return the reading as a decimal: in nano-units, rounded up; a binary one capped."""
    negative, number, fraction, exponent, written = scanned
    amount = Amount(int(number + fraction), -len(fraction), big=True)
    if written is Format.BINARY_SI:
        amount = amount._replace(number=amount.number << exponent)
    else:
        amount = amount._replace(scale=-amounts.int32(len(fraction) + amounts.int32(-exponent)))
    if amount.number:
        amount = amounts.to_nano(amount)
    if written is Format.BINARY_SI:
        if amounts.compare(amount, _MAX_ALLOWED) > 0:
            amount = _MAX_ALLOWED
        elif amount.number > 0 and amounts.compare(amount, _ONE) < 0:
            written = Format.DECIMAL_SI
    return Reading(amounts.negate(amount) if negative else amount, written)


def write(amount: Amount, written: Format) -> str:
    """Return the canonical text: no fraction, the largest suffix that loses nothing.

    A binary amount below 1Ki, or with a fraction, is written as a decimal one.
    """
    if amount.number == 0:
        return "0"
    if written is Format.BINARY_SI:
        number = amounts.whole(amount)
        if number is not None and abs(number) >= _KIBI:
            digits, power = amounts.binary_digits(number, big=amount.big)
            return digits + _BINARY_SUFFIXES.get(power, "")
        written = Format.DECIMAL_SI
    digits, exponent = amounts.decimal_digits(amount)
    if written is Format.DECIMAL_SI:
        return digits + _DECIMAL_SUFFIXES.get(exponent, "")
    return f"{digits}e{exponent}" if exponent else digits


_MAX_ALLOWED = Amount(INT64_MAX, 0, big=True)
_ONE = Amount(1, 0, big=True)

_DECIMAL_SUFFIXES = {-9: "n", -6: "u", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P", 18: "E"}
"""The suffix of each power of 10."""

_BINARY_SUFFIXES = {0: "", 1: "Ki", 2: "Mi", 3: "Gi", 4: "Ti", 5: "Pi", 6: "Ei"}
"""The suffix of each power of 1024."""

_SUFFIXES = {suffix: (exponent, Format.DECIMAL_SI) for exponent, suffix in _DECIMAL_SUFFIXES.items()} | {
    suffix: (10 * power, Format.BINARY_SI) for power, suffix in _BINARY_SUFFIXES.items() if suffix
}
"""Exponent and format of each suffix."""
