"""What the model says in place of the real code, and how often the two agree: `kcore conform`.

Models the files of recorded decisions that have a row in the table PREDICTORS. A predictor takes the recorded input and
returns what it would have recorded.

Upstream: none; the decisions were recorded on Kubernetes 1.36.2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from kcore.conformance.agree import agrees
from kcore.conformance.kinds import (
    cron,
    cronjob,
    daemonset_node,
    daemonset_sync,
    deployment,
    disruption,
    endpointslice,
    eviction,
    hpa_behavior,
    hpa_replicas,
    intstr,
    job,
    labelselector,
    nodelifecycle,
    podqos,
    podrequests,
    quantity,
    replicaset,
    scheduler,
    statefulset,
    tainteviction,
    validation,
)
from kcore.conformance.vectors import Case, read_vectors, vector_name
from kcore.errors import InputError, Place

Predictor = Callable[[dict[str, Any]], dict[str, Any]]


@attrs.frozen(kw_only=True)
class Agreement:
    """How a file of recorded decisions fared: of `total` cases, `differing` holds the ids of those that disagree."""

    name: str
    total: int
    differing: tuple[str, ...]

    @property
    def agreed(self) -> int:
        """How many cases agree."""
        return self.total - len(self.differing)

    def __str__(self) -> str:
        """Return one line: the figures, and the first five that differ."""
        text = f"{self.name}: {self.agreed} of {self.total} agree"
        return f"{text}; first that differ: {' '.join(self.differing[:5])}" if self.differing else text


def conform(path: Path) -> Agreement:
    """Return how far the model agrees with the file at `path`; InputError when there is no predictor for its name."""
    name, total, differing = vector_name(path), 0, []
    for case, actual in _predictions(path):
        total += 1
        if not agrees(name, case.expect, actual):
            differing.append(case.id)
    return Agreement(name=name, total=total, differing=tuple(differing))


def predict(path: Path) -> Iterator[dict[str, Any]]:
    """Yield `{"id", "actual"}` for each case of the file at `path`; InputError as `conform`."""
    return ({"id": case.id, "actual": actual} for case, actual in _predictions(path))


def _predictions(path: Path) -> Iterator[tuple[Case, dict[str, Any]]]:
    name = vector_name(path)
    if name not in PREDICTORS:
        known = ", ".join(sorted(PREDICTORS))
        raise InputError(f"nothing predicts {name!r}", place=Place(file=str(path)), expected=f"a file named {known}")
    return ((case, _prediction(PREDICTORS[name], case, path)) for case in read_vectors(path))


def _prediction(predictor: Predictor, case: Case, path: Path) -> dict[str, Any]:
    try:
        return predictor(case.input)
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        place = Place(file=str(path), line=case.line)
        raise InputError(
            f"case {case.id} does not have the input that is expected here: {problem!r}", place=place
        ) from problem


PREDICTORS: Mapping[str, Predictor] = {
    "cron": cron.predict,
    "cronjob": cronjob.predict,
    "daemonset_node": daemonset_node.predict,
    "daemonset_sync": daemonset_sync.predict,
    "deployment": deployment.predict,
    "disruption": disruption.predict,
    "endpointslice": endpointslice.predict,
    "eviction": eviction.predict,
    "hpa_behavior": hpa_behavior.predict,
    "hpa_replicas": hpa_replicas.predict,
    "intstr": intstr.predict,
    "job": job.predict,
    "labelselector": labelselector.predict,
    "nodelifecycle": nodelifecycle.predict,
    "podqos": podqos.predict,
    "podrequests": podrequests.predict,
    "quantity": quantity.predict,
    "replicaset": replicaset.predict,
    "scheduler": scheduler.predict,
    "scheduler_preempt": scheduler.predict,
    "statefulset": statefulset.predict,
    "tainteviction": tainteviction.predict,
    "validation": validation.predict,
}
"""What predicts each file, by the file's name."""
