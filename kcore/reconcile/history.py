"""History: the templates that a workload has had, each kept in a ControllerRevision.

Models what StatefulSets and DaemonSets have in common: a revision holds a strategic merge patch that replaces the
template, has a number that grows, and is named after the hash of the template; pods say by a label which one they are
of; and revisions that are too many are deleted, the earliest first.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/history/controller_history.go
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from kcore.api.apps.controllerrevision import ControllerRevision
from kcore.api.convert import structure, unstructure
from kcore.api.core.pod import Pod, PodTemplateSpec
from kcore.api.json import Json
from kcore.api.kinds import key_of
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.api.object import ApiObject
from kcore.apiserver.request import Request, Response, Verb
from kcore.reconcile.ownership import controller_ref
from kcore.reconcile.program import Program, ask

REVISION_LABEL = "controller-revision-hash"
"""The label by which a pod names its revision, or the hash of it."""


def revision_of(pod: Pod) -> str:
    """Return what the pod says of its revision; "" when it says nothing."""
    return pod.metadata.labels.get(REVISION_LABEL, "")


@lru_cache(maxsize=1024)
def patch_of(template: PodTemplateSpec) -> Json:
    """Return the strategic merge patch that gives a workload this template."""
    return Json.of({"spec": {"template": {**unstructure(template), "$patch": "replace"}}})


def template_of(revision: ControllerRevision) -> PodTemplateSpec:
    """Return the template that the revision holds."""
    template = (revision.data.value.get("spec") or {}).get("template") or {}
    return structure(PodTemplateSpec, {name: part for name, part in template.items() if name != "$patch"})


def snapshot(
    owner: ApiObject, template: PodTemplateSpec, number: int, name: str, hashed: dict[str, str]
) -> ControllerRevision:
    """Return the revision to make of the template of `owner`; `hashed` is the label that holds its hash."""
    metadata = ObjectMeta(
        name=name,
        namespace=owner.metadata.namespace,
        labels=template.metadata.labels.update(hashed),
        annotations=owner.metadata.annotations,
        owner_references=(controller_ref(owner),),
    )
    return ControllerRevision(metadata=metadata, data=patch_of(template), revision=number)


def delete_revisions(revisions: Iterable[ControllerRevision]) -> Program[Response | None]:
    """Delete the revisions, one after the other, and return the first refusal; None when there was none."""
    for one in revisions:
        answer = yield from ask(Request(verb=Verb.DELETE, key=key_of(one)))
        if not answer.ok:
            return answer
    return None
