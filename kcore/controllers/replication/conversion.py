"""Conversion: a ReplicationController as a ReplicaSet and back, and so what is asked and answered about it.

Models upstream's conversion client and listers: the ReplicaSet controller is shown a ReplicaSet of the same metadata,
and what it writes goes to the ReplicationController. Adoption and the pods that it makes name the latter as the owner.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/replication/conversion.go
"""

from __future__ import annotations

import attrs

from kcore.api.apps.replicaset import ReplicaSet, ReplicaSetSpec, ReplicaSetStatus
from kcore.api.core.pod import NO_TEMPLATE
from kcore.api.core.replicationcontroller import ReplicationController, ReplicationControllerStatus
from kcore.api.evolve import evolve
from kcore.api.json import Json
from kcore.api.meta.labelselector import LabelSelector
from kcore.api.meta.objectmeta import OwnerReference
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.request import Request, Response
from kcore.client.view import View

KIND, SHOWN_AS = "ReplicationController", "ReplicaSet"
API_VERSION = "v1"


class ConvertedView(View):
    """What a view shows, with each ReplicationController as a ReplicaSet; ReplicaSets are not seen."""

    __slots__ = ()

    def __init__(self, view: View) -> None:
        """Look at what `view` looks at."""
        answers = tuple(map(shown_answer, view.answers))
        super().__init__(view._store, view._now, answers, view._reads)  # noqa: SLF001 - it stands in for that view

    def get(self, key: ObjectKey) -> ApiObject | None:
        """Return the object at `key`, that of a ReplicaSet being one of a ReplicationController."""
        found = super().get(key._replace(kind=KIND) if key.kind == SHOWN_AS else key)
        return None if found is None else shown(found)

    def owned_by(self, uid: str) -> tuple[ApiObject, ...]:
        """Return the objects that name the owner `uid`, sorted by key."""
        return tuple(shown(one) for one in super().owned_by(uid) if not isinstance(one, ReplicaSet))


def shown(obj: ApiObject) -> ApiObject:
    """Return the ReplicaSet that stands for a ReplicationController; any other object as it is."""
    if not isinstance(obj, ReplicationController):
        return obj
    spec, status = obj.spec, obj.status
    return ReplicaSet(
        metadata=obj.metadata,
        spec=ReplicaSetSpec(
            replicas=spec.replicas,
            min_ready_seconds=spec.min_ready_seconds,
            selector=LabelSelector(match_labels=spec.selector),
            template=spec.template or NO_TEMPLATE,
        ),
        status=ReplicaSetStatus(
            replicas=status.replicas,
            fully_labeled_replicas=status.fully_labeled_replicas,
            ready_replicas=status.ready_replicas,
            available_replicas=status.available_replicas,
            observed_generation=status.observed_generation,
            conditions=status.conditions,
        ),
    )


def shown_answer(answer: Response) -> Response:
    """Return the answer with a ReplicaSet in the place of a ReplicationController."""
    return answer if answer.object is None else attrs.evolve(answer, object=shown(answer.object))


def meant(request: Request) -> Request:
    """Return the request that is meant by one about a ReplicaSet, or about a pod of one."""
    body = request.body
    if isinstance(body, ReplicaSet):
        body = _written(body)
    elif isinstance(body, Json):
        body = _adopting(body)
    elif body is not None and body.metadata.owner_references:
        owners = tuple(map(_owner, body.metadata.owner_references))
        body = evolve(body, metadata=evolve(body.metadata, owner_references=owners))
    key = request.key._replace(kind=KIND) if request.key.kind == SHOWN_AS else request.key
    return evolve(request, key=key, body=body)


def _written(replica_set: ReplicaSet) -> ReplicationController:
    """Return what is written of a status: all but what a ReplicationController does not have."""
    status = replica_set.status
    return ReplicationController(
        metadata=replica_set.metadata,
        status=ReplicationControllerStatus(
            replicas=status.replicas,
            fully_labeled_replicas=status.fully_labeled_replicas,
            ready_replicas=status.ready_replicas,
            available_replicas=status.available_replicas,
            observed_generation=status.observed_generation,
            conditions=status.conditions,
        ),
    )


def _owner(reference: OwnerReference) -> OwnerReference:
    return evolve(reference, kind=KIND, api_version=API_VERSION) if reference.kind == SHOWN_AS else reference


def _adopting(body: Json) -> Json:
    """Return a patch of owners that names the kind of the ReplicationController."""
    wire = body.value
    for reference in (wire.get("metadata") or {}).get("ownerReferences") or ():
        if reference.get("kind") == SHOWN_AS:
            reference |= {"kind": KIND, "apiVersion": API_VERSION}
    return Json.of(wire)
