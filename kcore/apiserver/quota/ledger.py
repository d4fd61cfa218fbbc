"""The ledger: which quotas an object counts against, whether they allow it, and what they then say is used.

Models that a quota whose usage nobody has counted yet allows nothing that it limits.

Not modelled: resources that may only be used where a quota covers them.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiserver/pkg/admission/plugin/resourcequota/controller.go
"""

from __future__ import annotations

from collections.abc import Iterable

from kcore.api.core.resourcequota import ResourceQuota, ScopedResourceSelectorRequirement
from kcore.api.evolve import evolve
from kcore.api.frozenmap import FrozenMap
from kcore.api.object import ApiObject
from kcore.api.quantity import ZERO
from kcore.api.times import Time
from kcore.apiserver.quota.evaluator import Amounts, Evaluator, added, only


def scopes(quota: ResourceQuota) -> tuple[ScopedResourceSelectorRequirement, ...]:
    """Return all scopes of `quota`: each has to match."""
    selector = quota.spec.scope_selector
    plain = (ScopedResourceSelectorRequirement(scope_name=name, operator="Exists") for name in quota.spec.scopes)
    return (*plain, *(() if selector is None else selector.match_expressions))


def matches(quota: ResourceQuota, evaluator: Evaluator, obj: ApiObject) -> bool:
    """Tell whether `obj` counts against what `quota` enforces."""
    counted = any(map(evaluator.counts, quota.status.hard))
    return counted and all(evaluator.in_scope(obj, scope) for scope in scopes(quota))


def used(obj: ApiObject, old: ApiObject | None, evaluator: Evaluator, now: Time) -> Amounts:
    """Return what `obj` uses more than `old` did, without what it does not."""
    before = {} if old is None else evaluator.usage(old, now)
    usage = evaluator.usage(obj, now).items()
    more = ((name, amount - before[name] if name in before else amount) for name, amount in usage)
    return {name: amount for name, amount in more if amount.sign > 0}


def refusal(quota: ResourceQuota, evaluator: Evaluator, obj: ApiObject) -> str:
    """Say why `quota` can't judge `obj`: it states too little, or nobody has counted yet; "" if it can."""
    limited = frozenset(filter(evaluator.counts, quota.status.hard))
    lacking = evaluator.lacks(obj, limited)
    if lacking:
        return f"failed quota: {quota.metadata.name}: {lacking}"
    if limited.difference(quota.status.used):
        return f"status unknown for quota: {quota.metadata.name}, resources: {','.join(sorted(limited))}"
    return ""


def charged(quota: ResourceQuota, usage: Amounts) -> ResourceQuota | str:
    """Return `quota` with `usage` counted as used, or why that is too much."""
    hard, held = quota.status.hard, quota.status.used
    asked = only(usage, sorted(hard))
    total = added(held, asked)
    exceeded = [one for one in asked if total[one] > hard[one]]
    if exceeded:
        return (
            f"exceeded quota: {quota.metadata.name}, requested: {_shown(asked, exceeded)}, "
            f"used: {_shown(held, exceeded)}, limited: {_shown(hard, exceeded)}"
        )
    return evolve(quota, status=evolve(quota.status, used=FrozenMap(total))) if asked else quota


def counted(quota: ResourceQuota, evaluator: Evaluator, objects: Iterable[ApiObject], now: Time) -> Amounts:
    """Return what `objects` use together of what the spec of `quota` limits, nothing included."""
    limited = sorted(filter(evaluator.counts, quota.spec.hard))
    total = dict.fromkeys(limited, ZERO)
    demanded = scopes(quota)
    for obj in objects if limited else ():
        if all(evaluator.in_scope(obj, scope) for scope in demanded):
            total = added(total, only(evaluator.usage(obj, now), limited))
    return total


def _shown(amounts: Amounts, names: Iterable[str]) -> str:
    return ",".join(f"{name}={amounts[name]}" for name in sorted(names))
