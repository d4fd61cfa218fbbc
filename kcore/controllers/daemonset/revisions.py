"""Revisions: a ControllerRevision as the controller reads and writes it.

Models the patch that a revision holds, which replaces the template of the DaemonSet, and by which the revision of the
latest template is told from the others; and its hash and its name.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/daemon/update.go
"""

from __future__ import annotations

from functools import lru_cache

from kcore.api.apps.controllerrevision import ControllerRevision
from kcore.api.apps.daemonset import DaemonSet
from kcore.api.convert import unstructure
from kcore.api.core.pod import PodTemplateSpec
from kcore.api.json import Json
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.controllers.daemonset.template import HASH_LABEL
from kcore.reconcile.ownership import controller_ref


def hash_of(revision: ControllerRevision) -> str:
    """Return the hash by which the pods of a revision are labelled; "" for none."""
    return revision.metadata.labels.get(HASH_LABEL, "")


def matches(daemon_set: DaemonSet, revision: ControllerRevision) -> bool:
    """Tell whether a revision is of the template that the DaemonSet has now."""
    return revision.data == patch_of(daemon_set.spec.template)


def new_revision(daemon_set: DaemonSet, revision_hash: str, number: int) -> ControllerRevision:
    """Return the revision that keeps the template of `daemon_set`."""
    metadata = ObjectMeta(
        name=f"{daemon_set.metadata.name}-{revision_hash}",
        namespace=daemon_set.metadata.namespace,
        labels=daemon_set.spec.template.metadata.labels.set(HASH_LABEL, revision_hash),
        annotations=daemon_set.metadata.annotations,
        owner_references=(controller_ref(daemon_set),),
    )
    return ControllerRevision(metadata=metadata, data=patch_of(daemon_set.spec.template), revision=number)


@lru_cache(maxsize=1024)
def patch_of(template: PodTemplateSpec) -> Json:
    """Return the strategic merge patch that gives a DaemonSet this template."""
    return Json.of({"spec": {"template": {**unstructure(template), "$patch": "replace"}}})
