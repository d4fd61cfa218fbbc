"""Create a Job of a CronJob by hand, whatever its schedule says.

Models `kubectl create job NAME --from=cronjob/NAME`: it reads the CronJob, and creates a Job of its template that the
CronJob owns and controls. A CronJob that is not there is asked for, so that the API server says so.

Not modelled: a Job of an image, which is one to apply.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/kubectl/pkg/cmd/create/create_job.go
"""

from __future__ import annotations

import attrs

from kcore.api.batch.cronjob import CronJob
from kcore.api.batch.job import Job
from kcore.api.convert import to_wire
from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.kinds import class_kind, key_of
from kcore.api.meta.objectmeta import ObjectMeta, OwnerReference
from kcore.api.object import ObjectKey
from kcore.apiserver.request import Options, Request, Verb
from kcore.cluster.state import ClusterState

RULE = "users.create_job"

INSTANTIATE = "cronjob.kubernetes.io/instantiate"
"""The annotation that tells a Job made by hand from one of the schedule."""


@attrs.frozen(kw_only=True)
class CreateJob:
    """Create the Job `name` of the CronJob `cron_job`."""

    name: str
    cron_job: str
    namespace: str = "default"


def create_job_requests(state: ClusterState, event: CreateJob) -> tuple[Request, ...]:
    """Return the creation of the Job; a read where there is no such CronJob."""
    origin = ObjectKey("CronJob", event.namespace, event.cron_job)
    found = state.store.get(origin)
    if not isinstance(found, CronJob):
        return (Request(verb=Verb.GET, key=origin),)
    job = job_of(found, event.name)
    options = Options(strict=True)
    return (Request(verb=Verb.CREATE, key=key_of(job), body=Json.of(to_wire(job)), options=options),)


def job_of(cron_job: CronJob, name: str) -> Job:
    """Return the Job that is made by hand of a CronJob; its owner may be deleted before it."""
    template, kind = cron_job.spec.job_template, class_kind(CronJob)
    owner = OwnerReference(
        api_version=kind.api_version,
        kind=kind.kind,
        name=cron_job.metadata.name,
        uid=cron_job.metadata.uid,
        controller=True,
    )
    metadata = ObjectMeta(
        name=name,
        namespace=cron_job.metadata.namespace,
        labels=template.metadata.labels,
        annotations=FrozenMap({INSTANTIATE: "manual", **template.metadata.annotations}),
        owner_references=(owner,),
    )
    return Job(metadata=metadata, spec=template.spec)
