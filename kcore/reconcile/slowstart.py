"""Slow start: many creations in batches that double, so that what fails for all is not tried by all.

Models the batches 1, 2, 4, … A batch is made as a whole; one failure in it, and the rest is skipped. A creation that is
refused because its namespace ends is no failure.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/replicaset/replica_set.go
"""

from __future__ import annotations

from collections.abc import Sequence

from kcore.apiserver.request import Request, Response
from kcore.reconcile.program import Program, go_on

INITIAL_BATCH_SIZE = 1
"""The size of the first batch."""

NAMESPACE_TERMINATING = "NamespaceTerminating"
"""The cause of a refusal that says that the namespace ends."""


def slow_start(requests: Sequence[Request]) -> Program[tuple[Response, ...]]:
    """Make the creations `requests` and return the answers: fewer when some failed."""
    made: tuple[Response, ...] = ()
    size = INITIAL_BATCH_SIZE
    while len(made) < len(requests):
        answers = yield tuple(map(go_on, requests[len(made) : len(made) + size]))
        made += answers
        if any(map(failed_to_create, answers)):
            break
        size *= 2
    return made


def failed_to_create(answer: Response) -> bool:
    """Tell whether a creation failed in a way that counts: not because its namespace ends."""
    causes = answer.status.causes if answer.status else ()
    return not answer.ok and not any(cause.reason == NAMESPACE_TERMINATING for cause in causes)
