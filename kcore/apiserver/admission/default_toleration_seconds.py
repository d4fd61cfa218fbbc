"""DefaultTolerationSeconds: every pod tolerates a node that is not ready or unreachable, for a while.

Models the two NoExecute tolerations that a pod gets unless it has one for the same taint.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/plugin/pkg/admission/defaulttolerationseconds/admission.go
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kcore.api.json import Wire
from kcore.apiserver.plugin import Plugin

NOT_READY = "node.kubernetes.io/not-ready"
UNREACHABLE = "node.kubernetes.io/unreachable"


def _covers(toleration: Mapping[str, Any], taint: str) -> bool:
    """Tell whether a toleration speaks of the NoExecute taint `taint`; one without key or effect speaks of all."""
    return toleration.get("key", "") in ("", taint) and toleration.get("effect", "") in ("", "NoExecute")


def _mutate(wire: Wire, seconds: int) -> None:
    tolerations = wire["spec"].get("tolerations") or []
    missing = [taint for taint in (NOT_READY, UNREACHABLE) if not any(_covers(one, taint) for one in tolerations)]
    if missing:
        wire["spec"]["tolerations"] = [
            *tolerations,
            *(
                {"key": taint, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": seconds}
                for taint in missing
            ),
        ]


PLUGIN = Plugin(
    name="DefaultTolerationSeconds",
    kinds=frozenset({"Pod"}),
    facts=lambda operation, _: operation.context.config.default_toleration_seconds,
    mutate=_mutate,
)
