"""How a HorizontalPodAutoscaler follows a series of recommendations.

Input: `hpa`, whose behavior is given its defaults as by the API server, `startReplicas`, and `steps` that say how far
time goes on (`advanceSeconds`), what the metrics ask for (`recommended`) and, where it is not the last result, the size
(`currentReplicas`). Says for each step the size before and the `desired` one, and the reasons of the conditions.
"""

from __future__ import annotations

from typing import Any

from kcore.api.autoscaling.horizontalpodautoscaler import HorizontalPodAutoscaler
from kcore.api.convert import structure
from kcore.api.times import parse_time
from kcore.apiserver.registry import horizontalpodautoscaler
from kcore.apiserver.store import Store
from kcore.client.view import View
from kcore.controllers.podautoscaler.pace import (
    ABOVE_MAX,
    BELOW_MIN,
    Paced,
    Wish,
    begun,
    normalize,
    out_of_bounds,
    scaled,
)

NOW = parse_time("2000-01-01T00:00:00Z") * 1000


def predict(case: dict[str, Any]) -> dict[str, Any]:
    """Return what the real controller would do about `case`."""
    wire = case["hpa"]
    horizontalpodautoscaler.default(wire)
    spec = structure(HorizontalPodAutoscaler, wire).spec
    now, current, shown = NOW, case["startReplicas"], []
    record = begun(spec, current, now)
    for step in case["steps"]:
        now += step["advanceSeconds"] * 1000
        wish = Wish(
            current=step.get("currentReplicas", current),
            wanted=step["recommended"],
            minimum=1 if spec.min_replicas is None else spec.min_replicas,
            maximum=spec.max_replicas,
            now=now,
            elapsed=View(Store(), now).elapsed,
        )
        forced = out_of_bounds(wish)
        if forced is not None:
            current = forced[0]
            shown.append({"currentReplicas": wish.current, "desired": current, "ableToScaleReason": _BOUND[forced[1]]})
        else:
            paced = normalize(spec, record, wish)
            record, current = paced.record, paced.replicas
            shown.append(_shown(wish, paced))
        if current != wish.current:
            record = scaled(spec.behavior, record, wish, current)
    return {"steps": shown}


def _shown(wish: Wish, paced: Paced) -> dict[str, Any]:
    return {
        "currentReplicas": wish.current,
        "desired": paced.replicas,
        "ableToScaleReason": paced.able[0],
        "scalingLimitedStatus": str(paced.limited),
        "scalingLimitedReason": paced.limit[0],
    }


_BOUND = {ABOVE_MAX: "(current above max)", BELOW_MIN: "(current below min)"}
"""What was recorded where the bounds decided, and no condition said anything."""
