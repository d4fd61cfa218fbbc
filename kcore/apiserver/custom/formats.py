"""Formats: what the text of a custom resource has to look like where its schema names a format.

Models the formats in common use. One that nobody knows says nothing, as upstream has it.

Not modelled: formats of numbers, and those of colours, books and credit cards.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/validation/formats.go
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Mapping

from jsonschema import FormatChecker

from kcore.apiserver.validation import names

_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _date(text: str) -> bool:
    match = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", text)
    if match is None:
        return False
    year, month, day = map(int, match.groups())
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 1 <= month <= len(_DAYS) and 1 <= day <= _DAYS[month - 1] - (month == 2 and not leap)


def _date_time(text: str) -> bool:
    date, _, time = text.partition("T")
    match = re.fullmatch(r"(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)", time)
    return _date(date) and match is not None and all(map(int.__lt__, map(int, match.groups()[:3]), (24, 60, 60)))


def _address(version: int) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        try:
            return ipaddress.ip_address(text).version == version
        except ValueError:
            return False

    return check


def _network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return "/" in text


def _bytes(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except binascii.Error:
        return False
    return True


def _matches(pattern: str) -> Callable[[str], bool]:
    return lambda text: re.fullmatch(pattern, text) is not None


_UUID = r"(?i)[0-9a-f]{{8}}-?[0-9a-f]{{4}}-?{}[0-9a-f]{{3}}-?[0-9a-f]{{4}}-?[0-9a-f]{{12}}"

FORMATS: Mapping[str, Callable[[str], bool]] = {
    "byte": _bytes,
    "cidr": _network,
    "date": _date,
    "date-time": _date_time,
    "datetime": _date_time,
    "duration": _matches(r"[+-]?(\d+(\.\d+)?(ns|us|µs|ms|s|m|h|d|w))+|0"),
    "email": _matches(r"[^@\s]+@[^@\s]+"),
    "hostname": lambda text: not names.dns1123_subdomain(text.lower()),
    "ipv4": _address(4),
    "ipv6": _address(6),
    "k8s-long-name": lambda text: not names.dns1123_subdomain(text),
    "k8s-short-name": lambda text: not names.dns1123_label(text),
    "mac": _matches(r"(?i)([0-9a-f]{2}([:-]))([0-9a-f]{2}\2){4}[0-9a-f]{2}"),
    "uri": _matches(r"[A-Za-z][A-Za-z0-9+.-]*:\S+|/\S*"),
    "uuid": _matches(_UUID.format("[0-9a-f]")),
    "uuid3": _matches(_UUID.format("3")),
    "uuid4": _matches(_UUID.format("4")),
    "uuid5": _matches(_UUID.format("5")),
}
"""Tells whether a text is of a format, by its name."""


def _of_text(check: Callable[[str], bool]) -> Callable[[object], bool]:
    """Return `check` as a check of any value: what is no text has no format."""
    return lambda value: not isinstance(value, str) or check(value)


def _checker() -> FormatChecker:
    checker = FormatChecker(formats=())
    for name, check in FORMATS.items():
        checker.checkers[name] = (_of_text(check), ())
    return checker


CHECKER = _checker()
"""The formats as a validator of JSON schemas takes them."""
