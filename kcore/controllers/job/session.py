"""Session: one sync of a Job under way, with what it has found out, written and told so far.

Models the context that upstream hands from step to step. A sync is run from its beginning for every batch of answers,
with a session of its own each time, so that what it collects depends on the answers alone.

Not modelled: Event objects, whose text is in the notes.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/job/job_controller.go
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from kcore.api.batch.job import Job, UncountedTerminatedPods
from kcore.api.core.pod import Pod
from kcore.api.evolve import evolve
from kcore.api.kinds import key_of
from kcore.api.meta.condition import Condition
from kcore.apiserver.request import Request, Response, Verb
from kcore.client.view import View
from kcore.controllers.job.backoff_utils import NO_FAILURES, BackoffRecord
from kcore.controllers.job.intervals import Intervals
from kcore.machine import Note
from kcore.reconcile.expectations import NONE, Doomed, Expectations
from kcore.reconcile.program import Program, ask

NO_UNCOUNTED = UncountedTerminatedPods()


@attrs.define(kw_only=True)
class Session:
    """A sync of `job` with the cache `view`; the status of `job` is the one to be written.

    `pods` are all of the Job, `active` those that are neither ended nor being deleted. `succeeded` and `failed` are how
    many pods have by now, counted or not; `removals` are the pods whose finalizer is gone though the cache does not
    show it. `backoff` is the record with the pods that ended since, `flushed` whether it has come to count. `delayed`
    are the failed pods that wait for a replacement, by index. `expectations` is what the cache has to show next time.
    """

    view: View
    job: Job
    pods: tuple[Pod, ...] = ()
    active: tuple[Pod, ...] = ()
    removals: tuple[Doomed, ...] = ()
    removed: frozenset[str] = frozenset()
    uncounted: UncountedTerminatedPods = NO_UNCOUNTED
    ready: int = 0
    terminating: int = 0
    succeeded: int = 0
    failed: int = 0
    backoff: BackoffRecord = NO_FAILURES
    flushed: bool = False
    finished: Condition | None = None
    before: Intervals = ()
    succeeded_indexes: Intervals = ()
    failed_indexes: Intervals | None = None
    delayed: Mapping[int, Pod] = attrs.Factory(dict)
    expectations: Expectations = NONE
    wakes: list[int] = attrs.Factory(list)
    notes: list[Note] = attrs.Factory(list)

    def set_status(self, **changes: Any) -> None:
        """Change the status that is to be written."""
        self.job = evolve(self.job, status=evolve(self.job.status, **changes))

    def update_status(self) -> Program[Response]:
        """Write the status; go on from the Job that the answer holds."""
        body = self.job
        answer = yield from ask(Request(verb=Verb.UPDATE, key=key_of(body), subresource="status", body=body))
        self.wrote((answer,))
        if isinstance(answer.object, Job):
            self.job = answer.object
        return answer

    def wrote(self, answers: Iterable[Response]) -> None:
        """Await that the cache shows what was written."""
        self.expectations = self.expectations.wrote(answers)

    def tell(self, reason: str, message: str, *, warning: bool = False) -> None:
        """Tell what upstream records as an event of the Job."""
        self.notes.append(
            Note(f"job.{reason}", type="Warning" if warning else "Normal", job=str(key_of(self.job)), message=message)
        )


def problem_of(answer: Response) -> str:
    """Return why a request was refused; "" when it was granted."""
    if answer.ok:
        return ""
    return (answer.status.message if answer.status else "") or answer.reason or "refused"
