"""How many pods one metric of a HorizontalPodAutoscaler asks for.

Input: `kind` of the metric and of its target, `resource`, `container`, `currentReplicas` and `statusReplicas` of the
scale, `target` (percent or thousandths), `toleranceUp`, `toleranceDown`, the `pods`, the samples `podMetrics` by pod
(which need not be of the selected ones) and `externalMilliValues`. Says `replicas`, `utilization` and `usageMilli`, or
an `error`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from kcore.api.convert import structure
from kcore.api.core.pod import Pod
from kcore.api.selectors.label import parse
from kcore.api.times import parse_time
from kcore.apiserver.store import Store
from kcore.client.view import View
from kcore.controllers.podautoscaler.replica_calculator import (
    MetricsError,
    Proposal,
    Scaled,
    Tolerances,
    average_replicas,
    plain_replicas,
    resource_replicas,
    total,
    value_replicas,
)
from kcore.world.metrics import PodMetric

NOW = parse_time("2000-01-01T00:00:00Z") * 1000
SELECTOR = parse("app=h")


@attrs.frozen(kw_only=True)
class Given:
    """The input of a case: what is scaled, the samples of its pods, and the rest as it was recorded."""

    case: dict[str, Any]
    of: Scaled
    metrics: dict[str, PodMetric]

    @property
    def target(self) -> int:
        """What is aimed for."""
        return int(self.case["target"])

    @property
    def usage(self) -> int:
        """The sum of the values that are of no pod."""
        return total(self.case.get("externalMilliValues") or ())


def predict(case: dict[str, Any]) -> dict[str, Any]:
    """Return what the real calculator would say about `case`."""
    found = [structure(Pod, pod) for pod in case.get("pods") or ()]
    of = Scaled(
        pods=[pod for pod in found if SELECTOR.matches(pod.metadata.labels)],
        current=case["currentReplicas"],
        tolerances=Tolerances(down=case["toleranceDown"], up=case["toleranceUp"]),
        elapsed=View(Store(), NOW).elapsed,
    )
    metrics = {name: _sample(one) for name, one in (case.get("podMetrics") or {}).items()}
    try:
        proposal = _KINDS[case["kind"]](Given(case=case, of=of, metrics=metrics))
    except MetricsError as problem:
        return {"replicas": 0, "usageMilli": 0, "error": str(problem)}
    shown = {"replicas": proposal.replicas, "usageMilli": proposal.usage}
    return shown if proposal.utilization is None else {**shown, "utilization": proposal.utilization}


def _sample(one: dict[str, Any]) -> PodMetric:
    return PodMetric(one["milliValue"], NOW - one["ageSeconds"] * 1000, one["windowSeconds"] * 1000)


def _utilization(given: Given) -> Proposal:
    resource, container = given.case["resource"], given.case["container"]
    return resource_replicas(given.of, given.metrics, given.target, resource, container)


def _value(given: Given) -> Proposal:
    return value_replicas(given.of, given.usage, given.target)


def _average(given: Given) -> Proposal:
    return average_replicas(given.usage, given.case["statusReplicas"], given.target, given.of.tolerances)


_KINDS: dict[str, Callable[[Given], Proposal]] = {
    "resourceUtilization": _utilization,
    "resourceAverageValue": lambda given: plain_replicas(given.of, given.metrics, given.target, given.case["resource"]),
    "pods": lambda given: plain_replicas(given.of, given.metrics, given.target),
    "objectValue": _value,
    "externalValue": _value,
    "objectAverageValue": _average,
    "externalAverageValue": _average,
}
"""What each kind of metric asks for."""
