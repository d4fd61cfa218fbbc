"""One scheduling cycle of the default profile.

Input: `nodes`, `namespaces`, `pods` (bound), the pending `pod`, and perhaps `nominatedPods`, `services`, `pdbs`. Says
what the filters make of each node (`filter`, `feasible`), the `scores` of each plugin, their `totals` and the `best`
nodes; where no node will do, what `preemption` could do and the text of the event (`fitError`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from kcore.api.convert import structure
from kcore.api.core.namespace import Namespace
from kcore.api.core.node import Node
from kcore.api.core.pod import Pod
from kcore.api.core.service import Service
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.api.object import ApiObject
from kcore.api.policy.poddisruptionbudget import PodDisruptionBudget
from kcore.apiserver.store import Store
from kcore.scheduler.cache import snapshot_of
from kcore.scheduler.explain import Explanation, NodeVerdict, explain
from kcore.scheduler.hypothesis import Guest, Promises
from kcore.scheduler.nominations import guest_of
from kcore.scheduler.podinfo import pod_info
from kcore.scheduler.preemption import Preemption, Situation, preempt
from kcore.scheduler.profile import DEFAULT_PROFILE
from kcore.scheduler.waiting import priority_of

_KINDS: Mapping[str, type[ApiObject]] = {
    "namespaces": Namespace,
    "nodes": Node,
    "pods": Pod,
    "services": Service,
}

_NO_CLAIMS = "no new claims to deallocate, preemption: "
"""What the plugins for dynamic resources and for preemption say together."""


def predict(case: dict[str, Any]) -> dict[str, Any]:
    """Return what the real scheduler would say of the pending pod of `case`."""
    objects: list[ApiObject] = [structure(kind, one) for name, kind in _KINDS.items() for one in case.get(name) or ()]
    placed = [one for one in objects if isinstance(one, Pod)]
    pod, snapshot = structure(Pod, case["pod"]), snapshot_of(Store.of(objects))
    promises = _promises(pod, [structure(Pod, one) for one in case.get("nominatedPods") or ()])
    info = pod_info(pod, snapshot.owners)
    explanation = explain(info, snapshot, DEFAULT_PROFILE, promises, pod.status.nominated_node_name)
    feasible = [one for one in explanation.nodes if one.rejection is None]
    shown: dict[str, Any] = {
        "filter": {one.node: _filter(one) for one in explanation.nodes},
        "feasible": [one.node for one in feasible],
    }
    if feasible:
        return {**shown, **_scores(explanation, feasible)}
    situation = Situation(
        pod=pod,
        info=info,
        snapshot=snapshot,
        profile=DEFAULT_PROFILE,
        pods_on=lambda node: [one for one in placed if one.spec.node_name == node],
        budgets=[structure(PodDisruptionBudget, one) for one in case.get("pdbs") or ()],
        promises=promises,
    )
    return {**shown, **_preemption(explanation, preempt(situation, explanation))}


def _promises(pod: Pod, nominated: list[Pod]) -> Promises:
    """Return the pods that are nominated to each node, as far as the recorded scheduler knew them.

    They were in none of its queues. The real code then knows such a pod by name alone: it has priority 0, no labels,
    and asks for nothing but its place among the pods of the node.
    """
    promises: dict[str, list[Guest]] = defaultdict(list)
    if priority_of(pod) <= 0:
        for one in nominated:
            stranger = Pod(metadata=ObjectMeta(name=one.metadata.name, namespace=one.metadata.namespace))
            promises[one.status.nominated_node_name].append(guest_of(stranger))
    return promises


def _filter(verdict: NodeVerdict) -> dict[str, Any]:
    rejection = verdict.rejection
    if rejection is None:
        return {"fits": True}
    reasons = sorted(rejection.reasons)
    return {"fits": False, "plugin": rejection.plugin, "reasons": reasons, "code": rejection.code.value}


def _scores(explanation: Explanation, feasible: list[NodeVerdict]) -> dict[str, Any]:
    return {
        "scores": {one.node: dict(one.scores) for one in feasible},
        "totals": {one.node: one.total for one in feasible},
        "best": list(explanation.best),
    }


def _preemption(explanation: Explanation, preemption: Preemption) -> dict[str, Any]:
    said = f" {_NO_CLAIMS}{preemption.message}" if preemption.message else ""
    candidates = [
        {
            "node": one.node,
            "victims": [f"{victim.metadata.namespace}/{victim.metadata.name}" for victim in one.victims],
            "pdbViolations": one.violations,
        }
        for one in preemption.candidates
    ]
    return {
        "fitError": explanation.message + said,
        "preemption": {
            "eligible": preemption.eligible,
            "status": "Success" if candidates else "Unschedulable",
            "message": preemption.message,
            "candidates": candidates,
            "nominatedNodeAnyOf": list(preemption.best),
        },
    }
