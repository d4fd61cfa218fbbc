"""The table of how each kind counts against quotas; kinds without rules of their own count as objects.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/quota/v1/evaluator/core/registry.go
"""

from __future__ import annotations

import functools

from kcore.api.kinds import Kind, key_kind
from kcore.apiserver.quota.claim import CLAIMS
from kcore.apiserver.quota.evaluator import ONE, Evaluator
from kcore.apiserver.quota.pod import PODS
from kcore.apiserver.quota.service import SERVICES

_COUNTED_BY_NAME = frozenset({"configmaps", "secrets", "replicationcontrollers", "resourcequotas"})
"""The resources of core that a quota may also count without "count/"."""


@functools.cache
def evaluator_of(kind: Kind) -> Evaluator:
    """Return how objects of a namespaced kind count."""
    return EVALUATORS.get(key_kind(kind)) or _counted(kind)


def _counted(kind: Kind) -> Evaluator:
    names = {f"count/{kind.resource}"}
    if not kind.group and kind.plural in _COUNTED_BY_NAME:
        names.add(kind.plural)
    used = dict.fromkeys(sorted(names), ONE)
    return Evaluator(kind=key_kind(kind), counts=used.__contains__, usage=lambda _, __: used)


EVALUATORS = {one.kind: one for one in (PODS, SERVICES, CLAIMS)}
