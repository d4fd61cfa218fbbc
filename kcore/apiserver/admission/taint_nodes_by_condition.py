"""TaintNodesByCondition: a new node takes no pods until it is known to be ready.

Models the taint that every node is created with.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/plugin/pkg/admission/nodetaint/admission.go
"""

from __future__ import annotations

from kcore.api.json import Wire
from kcore.apiserver.plugin import Plugin

NOT_READY = "node.kubernetes.io/not-ready"


def _mutate(wire: Wire, _: object) -> None:
    spec = wire.setdefault("spec", {})
    taints = spec.get("taints") or []
    if not any(taint.get("key") == NOT_READY and taint.get("effect") == "NoSchedule" for taint in taints):
        spec["taints"] = [*taints, {"key": NOT_READY, "effect": "NoSchedule"}]


PLUGIN = Plugin(name="TaintNodesByCondition", kinds=frozenset({"Node"}), mutate=_mutate)
