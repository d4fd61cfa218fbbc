"""The resource quota controller: counts what a namespace uses of its quotas, and says so in their status.

Models the count of a new or changed quota, and the one that follows when something that counted is gone or uses less.
The API server adds what is new by itself. While a pod that counts is being deleted there is a count every 5 minutes, as
one that should have gone long ago no longer counts.

Not modelled: the count every 5 minutes where no time decides it, which mends what API servers counted wrong.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/resourcequota/resource_quota_controller.go
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from kcore.api.core.pod import Pod
from kcore.api.core.resourcequota import ResourceQuota, ResourceQuotaStatus
from kcore.api.core.service import Service
from kcore.api.evolve import evolve
from kcore.api.frozenmap import FrozenMap
from kcore.api.kinds import KINDS, key_of
from kcore.api.object import ApiObject, ObjectKey
from kcore.api.quantity import Quantity
from kcore.api.times import Time
from kcore.apiserver.changes import Change
from kcore.apiserver.quota.evaluator import Evaluator, only
from kcore.apiserver.quota.evaluators import evaluator_of
from kcore.apiserver.quota.ledger import counted
from kcore.apiserver.quota.pod import is_alive
from kcore.apiserver.request import Request, Verb
from kcore.apiserver.store import Store
from kcore.client.component import LEADER, Component, Watch, Work, Write
from kcore.client.heeding import Heeding, News
from kcore.client.turn import Call, Key, Turn
from kcore.client.view import View

RESYNC_PERIOD = 300_000
"""How often (ms) a count is made where time may change it."""

_EVALUATORS = tuple(evaluator_of(kind) for kind in KINDS if kind.namespaced)


def reconcile(_: Any, view: View, key: Key) -> Turn:
    """Count what the quota at `key` limits, and write it down if it differs from what is written."""
    quota = view.get(ObjectKey(*key))
    if not isinstance(quota, ResourceQuota):
        return Turn()
    status = recounted(quota, view)
    again = view.now() + RESYNC_PERIOD if _time_decides(quota, view) else None
    if status == quota.status:
        return Turn(wake_at=again)
    body = evolve(quota, status=status)
    request = Request(verb=Verb.UPDATE, key=key_of(quota), subresource="status", body=body)
    return Turn(requests=(Call(request=request),), wake_at=again)


def recounted(quota: ResourceQuota, view: View) -> ResourceQuotaStatus:
    """Return the status that `quota` should have: its limits, and what is used of those that somebody can count."""
    used: dict[str, Quantity] = dict(quota.status.used)
    for evaluator in _limited(quota):
        used |= counted(quota, evaluator, view.list(evaluator.kind, quota.metadata.namespace), view.timestamp())
    return ResourceQuotaStatus(hard=quota.spec.hard, used=FrozenMap(only(used, sorted(quota.spec.hard))))


def _limited(quota: ResourceQuota) -> Iterator[Evaluator]:
    """Yield the evaluators of the kinds that `quota` limits."""
    return (one for one in _EVALUATORS if any(map(one.counts, quota.spec.hard)))


def _time_decides(quota: ResourceQuota, view: View) -> bool:
    """Tell whether a pod counts that is being deleted."""
    if not any(one.kind == "Pod" for one in _limited(quota)):
        return False
    pods = view.list("Pod", quota.metadata.namespace)
    return any(pod.metadata.deletion_timestamp is not None for pod in pods)


def watch_quota(evaluator: Evaluator, change: Change, store: Store) -> Iterator[Work]:
    """Yield a quota that is new or limits something else; where one is gone, those that count quotas."""
    new, old = change.new, change.old
    if isinstance(new, ResourceQuota) and not (isinstance(old, ResourceQuota) and old.spec.hard == new.spec.hard):
        yield Work(LEADER, change.key)
    yield from watch_counted(evaluator, change, store)


def watch_counted(evaluator: Evaluator, change: Change, store: Store) -> Iterator[Work]:
    """Yield the quotas that may have more left, as an object is gone or uses less."""
    if change.new is not None and not _freed(change.old, change.new):
        return
    for quota in store.list("ResourceQuota", change.key.namespace):
        if isinstance(quota, ResourceQuota) and any(map(evaluator.counts, quota.spec.hard)):
            yield Work(LEADER, key_of(quota))


def _freed(old: ApiObject | None, new: ApiObject) -> bool:
    """Tell whether an object that is still there uses less than before, or is on its way to."""
    if isinstance(new, Pod) and isinstance(old, Pod):
        leaving = new.metadata.deletion_timestamp is not None and old.metadata.deletion_timestamp is None
        return leaving or (is_alive(old, _EVER) and not is_alive(new, _EVER))
    return isinstance(new, Service) and isinstance(old, Service) and old.spec.type != new.spec.type


_EVER = Time(0)
"""A time at which no pod is late."""


def _watches() -> dict[str, Watch]:
    """Return a watch of each kind that can be counted."""
    of = {one.kind: watch_quota if one.kind == "ResourceQuota" else watch_counted for one in _EVALUATORS}
    return {one.kind: _heeding(one.kind, partial(of[one.kind], one)) for one in _EVALUATORS}


def _heeding(kind: str, watch: Watch) -> Watch:
    return Heeding(watch, News.WENT | News.DELETION | News.ENDED) if kind == "Pod" else watch


RESOURCE_QUOTA = Component(
    family="resourcequota-controller",
    watches=_watches(),
    reconcile=reconcile,
    writes=frozenset({Write(Verb.UPDATE, "ResourceQuota", "status")}),
)
