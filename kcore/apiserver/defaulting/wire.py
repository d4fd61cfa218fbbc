"""The wire form as the API server writes it: defaults, amounts and parts that are always there.

Models what encoding from upstream's types does to a JSON object beyond defaults: amounts take their canonical text,
those of resources rounded up to thousandths.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/v1/defaults.go
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kcore.api.json import Wire
from kcore.api.quantity import Quantity, QuantityError

_MILLI = 10**6


def part(wire: Wire, field: str) -> Wire:
    """Return the JSON object in `field`, which is always there: an empty one is put in where there is none."""
    found = wire.get(field)
    if found is None:
        found = wire[field] = {}
    value: Wire = found
    return value


def fill(wire: Wire, defaults: Mapping[str, Any]) -> None:
    """Put in those of `defaults` whose field is absent, null or, for a string default, empty; only plain values."""
    for field, default in defaults.items():
        found = wire.get(field)
        if found is None or (found == "" and isinstance(default, str)):
            wire[field] = default


def fill_zero(wire: Wire, defaults: Mapping[str, int]) -> None:
    """Put in those of `defaults` whose field is absent or 0, as that is the same where a number is no pointer."""
    for field, default in defaults.items():
        if not wire.get(field):
            wire[field] = default


def canonical_quantity(value: object, *, rounded: bool = True) -> object:
    """Return the text of an amount as the API server shows it, rounded up to thousandths if so asked."""
    try:
        quantity = Quantity.from_wire(value)
    except QuantityError:
        return value
    if rounded and quantity.nano % _MILLI:
        quantity = Quantity.of_milli(quantity.milli_value, quantity.format)
    return quantity.canonical


def canonical_quantities(wire: Wire | None, *fields: str) -> None:
    """Give the amounts in the resource lists `fields` of `wire` their canonical text."""
    for field in fields:
        found = (wire or {}).get(field)
        if found:
            found.update({name: canonical_quantity(value) for name, value in found.items()})
