"""The order of a merged list: first as the patch asks, the rest where it stood.

Models the precedence of upstream: the order asked for, then that of the live list. An element that the patch does not
name goes before the first named one that it preceded in the live list.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apimachinery/pkg/util/strategicpatch/patch.go
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

Identity: TypeAlias = Callable[[Any], Any]
"""What tells the elements of a list apart: a hashable value."""


def in_order(items: Sequence[Any], before: Sequence[Any], order: Sequence[Any], identity: Identity) -> list[Any]:
    """Return `items` with those of `order` in that order, the others placed by the live list `before`."""
    wanted = _places(order, identity)
    stood = _places(before, identity)
    named = sorted((item for item in items if identity(item) in wanted), key=lambda item: wanted[identity(item)])
    others = [item for item in items if identity(item) not in wanted]
    merged: list[Any] = []
    at = 0
    for item in named:
        while at < len(others) and _precedes(others[at], item, stood, identity):
            merged.append(others[at])
            at += 1
        merged.append(item)
    return [*merged, *others[at:]]


def _places(items: Sequence[Any], identity: Identity) -> dict[Any, int]:
    """Return the first place of each element."""
    places: dict[Any, int] = {}
    for at, item in enumerate(items):
        places.setdefault(identity(item), at)
    return places


def _precedes(left: Any, right: Any, stood: dict[Any, int], identity: Identity) -> bool:
    """Tell whether both stood in the live list, `left` before `right`."""
    one, other = stood.get(identity(left)), stood.get(identity(right))
    return one is not None and other is not None and one < other
