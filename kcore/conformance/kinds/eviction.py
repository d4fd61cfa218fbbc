"""Evictions: a pod and the disruption budgets of its cluster.

Input: `pod` and `pdbs`, taken as they stand; the time is 2000-01-01T00:00:00Z. Says the HTTP `code`, whether the pod
is deleted (`podDeleted`), of a refusal the `reason`, `message`, `cause` and `retryAfterSeconds`, and the status of a
budget that was written (`pdbStatusWritten`).
"""

from __future__ import annotations

from typing import Any

from kcore.api.convert import structure, unstructure
from kcore.api.core.pod import Pod
from kcore.api.kinds import key_of
from kcore.api.policy.poddisruptionbudget import PodDisruptionBudget
from kcore.api.times import parse_time
from kcore.apiserver.handle import Context, Outcome, handle
from kcore.apiserver.request import Request, Verb
from kcore.apiserver.store import Store

NOW = parse_time("2000-01-01T00:00:00Z") * 1000


def predict(case: dict[str, Any]) -> dict[str, Any]:
    """Return what the real handler would answer to evicting the pod of `case`, and would write."""
    pod = structure(Pod, case["pod"])
    store = Store.of([pod, *(structure(PodDisruptionBudget, budget) for budget in case.get("pdbs") or ())])
    request = Request(verb=Verb.CREATE, key=key_of(pod), subresource="eviction")
    return _shown(store, handle(store, request, Context(now=NOW)))


def _shown(before: Store, outcome: Outcome) -> dict[str, Any]:
    response = outcome.response
    shown: dict[str, Any] = {"code": response.code, "podDeleted": response.ok}
    if response.status is not None:
        status = response.status
        shown |= {"reason": status.reason, "message": status.message, "retryAfterSeconds": status.retry_after_seconds}
        shown["cause"] = "; ".join(cause.message for cause in status.causes)
    for change in outcome.store.changes_since(before.revision) or ():
        if isinstance(change.new, PodDisruptionBudget):
            shown["pdbStatusWritten"] = {"name": change.key.name, "status": unstructure(change.new.status)}
    return shown
