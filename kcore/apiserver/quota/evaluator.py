"""Evaluator: how the objects of one kind count against quotas, as a record of pure functions.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiserver/pkg/quota/v1/interfaces.go
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

import attrs

from kcore.api.core.resourcequota import ScopedResourceSelectorRequirement
from kcore.api.object import ApiObject
from kcore.api.quantity import Quantity
from kcore.api.times import Time

Amounts: TypeAlias = Mapping[str, Quantity]

ONE = Quantity.of(1)


def _of_no_scope(_: ApiObject, __: ScopedResourceSelectorRequirement) -> bool:
    return False


def _wants_nothing(_: ApiObject, __: frozenset[str]) -> str:
    return ""


def _on_create_only(_: ApiObject, __: ApiObject) -> bool:
    return False


@attrs.frozen(kw_only=True)
class Evaluator:
    """How objects of `kind` (as in keys) count.

    `counts(name)` tells whether a quota of that name is about them. `usage(obj, now)` is what one uses, by name.
    `in_scope(obj, requirement)` tells whether a scope of a quota is about one. `lacks(obj, names)` says what an object
    has to state that it does not, "" if nothing. `charged(new, old)` tells whether an update is looked at.
    """

    kind: str
    counts: Callable[[str], bool]
    usage: Callable[[ApiObject, Time], Amounts]
    in_scope: Callable[[ApiObject, ScopedResourceSelectorRequirement], bool] = _of_no_scope
    lacks: Callable[[ApiObject, frozenset[str]], str] = _wants_nothing
    charged: Callable[[ApiObject, ApiObject], bool] = _on_create_only


def added(left: Amounts, right: Amounts) -> dict[str, Quantity]:
    """Return the sums by name, of all names on either side."""
    return {**left, **{name: left[name] + amount if name in left else amount for name, amount in right.items()}}


def only(amounts: Amounts, names: Iterable[str]) -> dict[str, Quantity]:
    """Return the amounts of `names`, as far as there are any."""
    return {name: amounts[name] for name in names if name in amounts}
