"""Slow start: many alike calls in batches that double, so that what fails for all is not tried by all.

Models the batches 1, 2, 4, … A batch is made as a whole; one failure in it, and the rest is skipped.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/replicaset/replica_set.go
"""

from __future__ import annotations

from collections.abc import Callable

from kcore.apiserver.request import Request, Response
from kcore.reconcile.program import Program, go_on

INITIAL_BATCH_SIZE = 1
"""The size of the first batch."""


def slow_start(count: int, request: Request, failed: Callable[[Response], bool]) -> Program[tuple[Response, ...]]:
    """Make `request` up to `count` times and return the answers: fewer than `count` when some `failed`."""
    made: tuple[Response, ...] = ()
    size = INITIAL_BATCH_SIZE
    while len(made) < count:
        answers = yield (go_on(request),) * min(size, count - len(made))
        made += answers
        if any(map(failed, answers)):
            break
        size *= 2
    return made
