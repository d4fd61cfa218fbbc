"""What a YAML scalar means on its way to the API server.

Models the YAML 1.1 of kubectl's YAML library, which is not PyYAML's: yes, no, on, off, y and n are booleans, 0644 is
octal, 1e3 is a number, 12:30:45 and dates stay strings, underscores in numbers are passed over, and a number without a
fraction is an integer, since JSON has but one kind of number. Infinities and not-a-number have no JSON and are refused.

Upstream: https://github.com/kubernetes-sigs/yaml/blob/master/goyaml.v2/resolve.go
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import struct
from decimal import Decimal
from typing import TypeAlias

Scalar: TypeAlias = str | int | float | bool | None

_TAG = "tag:yaml.org,2002:"
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
}
_LETTERS = frozenset("yYnN")
_NOT_JSON = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_INTEGER = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_INTEGRAL_BELOW = 1e21


def resolve(text: str, tag: str | None = None, *, plain: bool = True, letters: bool = True) -> Scalar:
    """Return the value of a scalar; `plain` when it stands without quotes. ValueError says what it can't be.

    `letters` tells whether a plain y or n is a boolean.
    """
    if tag is None or tag == "!":
        return _plain(text) if plain and tag is None and (letters or text not in _LETTERS) else text
    if tag == f"{_TAG}binary":
        return _binary(text)
    if tag.removeprefix(_TAG) not in ("bool", "int", "float", "null"):
        return text
    value = _plain(text)
    if tag != _tag_of(value) and not (tag == f"{_TAG}float" and isinstance(value, int)):
        raise ValueError(f"{text!r} is not of the tag !!{tag.removeprefix(_TAG)}")
    return value


def key_text(value: Scalar) -> str:
    """Return the key that a scalar makes in JSON, where keys are strings; ValueError for null."""
    if value is None:
        raise ValueError("null can't be a key")
    if isinstance(value, bool):
        return "true" if value else "false"
    return _short_float(value) if isinstance(value, float) else str(value)


def whole(value: float) -> float | int:
    """Return a number as JSON readers of the API see it: an integer when it has no fraction."""
    return int(value) if value.is_integer() and abs(value) < _INTEGRAL_BELOW else value


def _plain(text: str) -> Scalar:
    if text in _WORDS:
        return _WORDS[text]
    if _NOT_JSON.fullmatch(text):
        raise ValueError(f"{text} has no place in JSON")
    if not text[0].isdecimal() and text[0] not in "+-.":
        return text
    bare = text if text[0] == "." else text.replace("_", "")
    if _INTEGER.fullmatch(bare):
        return _integer(bare)
    number = float(bare) if _DECIMAL.fullmatch(bare) else math.inf
    return text if math.isinf(number) else whole(number)


def _integer(text: str) -> int:
    digits = text.lstrip("+-")
    octal = digits[0] == "0" and digits.isdecimal()
    value = int(digits, 8 if octal else 0)
    return -value if text[0] == "-" else value


def _binary(text: str) -> str:
    try:
        return base64.b64decode(text, validate=False).decode(errors="replace")
    except binascii.Error as error:
        raise ValueError(f"the !!binary is not base64: {error}") from None


def _tag_of(value: Scalar) -> str:
    """Return the tag that a plain scalar has by itself."""
    words = ((bool, "bool"), (int, "int"), (float, "float"), (str, "str"))
    return _TAG + next((word for kind, word in words if isinstance(value, kind)), "null")


def _short_float(value: float) -> str:
    """Return the shortest text of `value` as 32 bits hold it, which is what the real converter makes of a key."""
    try:
        single = struct.pack("f", value)
    except OverflowError:
        raise ValueError(f"{value} is too large for a key") from None
    digits = next(digits for digits in range(9) if struct.pack("f", float(f"{value:.{digits}e}")) == single)
    number = Decimal(f"{value:.{digits}e}")
    return f"{number:f}" if -4 <= number.adjusted() < 6 else f"{value:.{digits}e}"
