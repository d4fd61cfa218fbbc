"""A bench for Jobs: the controller behind an API server, and pods that end as they are told to."""

from __future__ import annotations

from controller_bench import START, Bench

from kcore.api.convert import from_wire, to_wire
from kcore.api.json import Json
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.apiserver.bootstrap import bootstrap
from kcore.apiserver.request import Options, PatchType, Request, Verb
from kcore.controllers.job import JOB

TASK = ObjectKey("Job", "default", "task")
FINALIZER = "batch.kubernetes.io/job-tracking"
INDEX = "batch.kubernetes.io/job-completion-index"
CONTAINER = {"name": "c", "image": "i"}
SECOND = 1000


def task(**spec):
    """The Job "task"."""
    template = {"spec": {"restartPolicy": spec.pop("restartPolicy", "Never"), "containers": [CONTAINER]}}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "task", "namespace": "default"},
        "spec": {"template": template, **spec},
    }


class JobBench(Bench):
    """A Job "task" that the controller has looked at once."""

    def __init__(self, **spec):
        super().__init__(JOB)
        self.store = bootstrap(START)
        self.create(task(**spec))
        self.run()

    def run(self):
        """Take turns until there is no work left but later: news is looked at after a second."""
        before = len(self.writes)
        super().run()
        while self.wakes.get(TASK) is not None and self.wakes[TASK] <= self.now + SECOND:
            self.now = max(self.now, self.wakes[TASK])
            self.turn(TASK)
            super().run()
        return self.writes[before:]

    def create(self, wire):
        """Create an object that must be in order."""
        obj = from_wire(wire)
        response = self.ask(Request(verb=Verb.CREATE, key=key_of(obj), body=obj))
        assert response.ok, response.status
        return response.object

    def patch(self, key=TASK, **change):
        """Merge a change into an object."""
        options = Options(patch_type=PatchType.MERGE)
        response = self.ask(Request(verb=Verb.PATCH, key=key, body=Json.of(change), options=options))
        assert response.ok, response.status

    @property
    def job(self):
        """The Job now."""
        return self.store.get(TASK)

    @property
    def status(self):
        """The status of the Job in JSON, without times."""
        status = to_wire(self.job)["status"]
        return {name: value for name, value in status.items() if not name.endswith("Time") and name != "conditions"}

    @property
    def conditions(self):
        """The conditions of the Job as "type=status/reason"."""
        return [f"{one.type}={one.status}/{one.reason}" for one in self.job.status.conditions]

    @property
    def pods(self):
        """All pods, sorted by name."""
        return self.store.list("Pod", "default")

    @property
    def active(self):
        """The pods that are neither ended nor being deleted, sorted by index or name."""
        alive = [one for one in self.pods if one.metadata.deletion_timestamp is None]
        alive = [one for one in alive if one.status.phase not in ("Succeeded", "Failed")]
        return sorted(alive, key=lambda one: (one.metadata.annotations.get(INDEX, ""), one.metadata.name))

    def end(self, pod, phase="Succeeded", exit_code=None, conditions=(), **status):
        """Let a pod come to its end, and the controller look at it; return when that was, ms since 1970."""
        ended_at = self.now
        code = exit_code if exit_code is not None else int(phase == "Failed")
        at = f"2000-01-01T00:{self.now // 60_000 % 60:02}:{self.now // 1000 % 60:02}Z"
        ended = {"name": "c", "state": {"terminated": {"exitCode": code, "finishedAt": at}}, "ready": False}
        wire = to_wire(self.store.get(key_of(pod)))
        wire["status"] = {"phase": phase, "conditions": list(conditions), "containerStatuses": [ended], **status}
        self.put(from_wire(wire))
        self.run()
        return ended_at

    def go(self, milliseconds):
        """Let time pass and the alarm of the Job ring if it has come."""
        self.now += milliseconds
        if (self.wakes.get(TASK) or self.now + 1) <= self.now:
            self.turn(TASK)
        self.run()

    def wait_for_alarm(self):
        """Let time pass until the alarm of the Job rings."""
        self.go(max(self.wakes[TASK] - self.now, 0))
