"""Session: one sync of a CronJob under way, with the status that it writes and what it tells.

Models the copy of the CronJob to which upstream makes all changes, to write its status once at the end. Where a sync
finds its copy to be out of date it goes on with a fresh one, whose changes it does not write: those come with the next.

Not modelled: Event objects, whose text is in the notes.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/cronjob/cronjob_controllerv2.go
"""

from __future__ import annotations

from typing import Any

import attrs

from kcore.api.batch.cronjob import CronJob
from kcore.api.batch.job import Job
from kcore.api.evolve import evolve
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.apiserver.request import Options, Request, Response, Verb
from kcore.client.view import View
from kcore.machine import Note
from kcore.reconcile.program import Program, ask


@attrs.define(kw_only=True)
class Session:
    """A sync of `cron_job`, the copy that is changed; `to_write` is the one whose status is written if it `changed`."""

    view: View
    cron_job: CronJob
    to_write: CronJob
    detached: bool = False
    changed: bool = False
    notes: list[Note] = attrs.Factory(list)

    def set_status(self, **changes: Any) -> None:
        """Change the status."""
        self.cron_job = evolve(self.cron_job, status=evolve(self.cron_job.status, **changes))
        if not self.detached:
            self.to_write = self.cron_job

    def go_on_with(self, fresh: CronJob) -> None:
        """Look at `fresh` from here on, and write what was changed before."""
        self.cron_job, self.detached = fresh, True

    def is_active(self, uid: str) -> bool:
        """Tell whether the Job of that uid is among the active ones."""
        return any(one.uid == uid for one in self.cron_job.status.active)

    def forget(self, uid: str) -> None:
        """Take the Job of that uid from the active ones."""
        self.set_status(active=tuple(one for one in self.cron_job.status.active if one.uid != uid))

    def delete(self, job: Job) -> Program[bool]:
        """Delete the Job, and its pods in the background; tell whether that was granted."""
        options = Options(propagation_policy="Background")
        answer = yield from ask(Request(verb=Verb.DELETE, key=key_of(job), options=options))
        if not answer.ok:
            self.tell("FailedDelete", f"Deleted job: {problem_of(answer)}", warning=True)
            return False
        self.forget(job.metadata.uid)
        self.tell("SuccessfulDelete", f"Deleted job {job.metadata.name}")
        return True

    def get_job(self, namespace: str, name: str) -> Program[Response]:
        """Read the Job from the API server."""
        return (yield from ask(Request(verb=Verb.GET, key=ObjectKey("Job", namespace, name))))

    def tell(self, reason: str, message: str, *, warning: bool = False) -> None:
        """Tell what upstream records as an event of the CronJob."""
        kind = "Warning" if warning else "Normal"
        self.notes.append(Note(f"cronjob.{reason}", type=kind, cronjob=str(key_of(self.cron_job)), message=message))


def problem_of(answer: Response) -> str:
    """Return why a request was refused; "" when it was granted."""
    if answer.ok:
        return ""
    return (answer.status.message if answer.status else "") or answer.reason or "refused"
