"""Taints and tolerations: which taint of a node keeps a pod off it.

Models the operators Exists and Equal, wildcards of key and effect, and the choice of effects that count.

Not modelled: Lt and Gt tolerations, whose feature gate is off by default.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/component-helpers/scheduling/corev1/helpers.go
"""

from __future__ import annotations

from collections.abc import Iterable

from kcore.api.core.taint import Taint, Toleration

NO_SCHEDULE = "NoSchedule"
PREFER_NO_SCHEDULE = "PreferNoSchedule"
NO_EXECUTE = "NoExecute"

KEEPS_OFF = frozenset({NO_SCHEDULE, NO_EXECUTE})
"""The effects that keep a new pod off a node; PreferNoSchedule is a matter of scores."""


def tolerates(toleration: Toleration, taint: Taint) -> bool:
    """Tell whether `toleration` bears `taint`; for how long is another matter."""
    if toleration.effect and toleration.effect != taint.effect:
        return False
    if toleration.key and toleration.key != taint.key:
        return False
    if toleration.operator == "Exists":
        return True
    return toleration.operator in ("", "Equal") and toleration.value == taint.value


def untolerated(
    taints: Iterable[Taint], tolerations: tuple[Toleration, ...], effects: frozenset[str] = KEEPS_OFF
) -> Taint | None:
    """Return the first taint with one of `effects` that no toleration bears, None if there is none."""
    for taint in taints:
        if taint.effect in effects and not any(tolerates(one, taint) for one in tolerations):
            return taint
    return None


def intolerable(taints: Iterable[Taint], tolerations: tuple[Toleration, ...]) -> int:
    """Return how many PreferNoSchedule taints no toleration bears; only tolerations for that effect or any count."""
    soft = tuple(one for one in tolerations if one.effect in ("", PREFER_NO_SCHEDULE))
    return sum(untolerated((taint,), soft, _SOFT) is not None for taint in taints)


_SOFT = frozenset({PREFER_NO_SCHEDULE})
