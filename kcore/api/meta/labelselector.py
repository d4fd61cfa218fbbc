"""LabelSelector as it stands in objects; `kcore.api.selectors` evaluates it.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.api.struct import Struct, wire


@attrs.frozen(kw_only=True, cache_hash=True)
class LabelSelectorRequirement(Struct):
    """One requirement: `operator` is In, NotIn, Exists or DoesNotExist."""

    key: str = wire(default="", always=True)
    operator: str = wire(default="", always=True)
    values: tuple[str, ...] = ()


@attrs.frozen(kw_only=True, cache_hash=True)
class LabelSelector(Struct):
    """A selector over labels; all parts must match, an empty one matches everything."""

    match_labels: FrozenMap[str] = EMPTY
    match_expressions: tuple[LabelSelectorRequirement, ...] = ()
